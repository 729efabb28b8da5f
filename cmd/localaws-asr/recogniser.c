#include "recogniser.h"

#include <pocketsphinx.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pcm.h"

#define SAMPLES_PER_MS (PCM_RATE_HZ / 1000)
#define FRAME_SAMPLES                                                          \
	(PCM_RATE_HZ / 100) /* pocketsphinx: 100 frames a second */
#define FRAME_MS 10

/* Fed at a time: small, so that an utterance ends soon after its pause began
 * and nothing of the next one is in what the end of the utterance drops. */
#define CHUNK_SAMPLES (2 * FRAME_SAMPLES)

#define PARTIAL_SAMPLES (200 * SAMPLES_PER_MS)

/* Kept from before speech is noticed: more than the 200 ms that pocketsphinx
 * itself goes back. */
#define LEAD_SAMPLES (PCM_RATE_HZ)

/* pocketsphinx counts the samples of a stream in 32 bits, enough for 37 hours;
 * start its stream anew long before, between utterances. */
#define STREAM_SAMPLES_MAX ((uint64_t)8 * 3600 * PCM_RATE_HZ)

/* Where a long utterance is cut: a gap must be this wide and this long ago, or
 * else a word must have ended this long ago. */
#define GAP_MIN_MS 60
#define GAP_AGO_MS 300
#define WORD_AGO_MS 1000
#define GAP_WINDOW_MS 6000

struct recogniser {
	struct recogniser_config config;
	ps_decoder_t *ps; /* owned */
	struct hypothesis now;
	struct hypothesis last_look;
	struct hypothesis last_sent;
	int16_t *kept; /* the utterance's audio (with lead), for a cut */
	size_t nkept;
	size_t kept_max;
	uint64_t heard_samples; /* of the stream, until now */
	uint64_t fed_samples;   /* given to pocketsphinx since its stream
	                           started: more than heard after a cut */
	uint64_t speech_from;   /* heard_samples when speech was noticed */
	uint64_t looked_at;     /* heard_samples at the last look */
	int64_t floor_ms;       /* no word starts before: see frame_ms() */
	bool is_speech;
};

const char *
recogniser_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case RECOGNISER_ERR_##name:                                            \
		return text;
		RECOGNISER_ERRORS(X)
#undef X
	case 0:
		return "no error";
	}
	return "unknown error";
}

static cmd_ln_t *
decoder_config(const struct recogniser_config *c)
{
	char hmm[512], lm[512], dict[512], postspeech[16];

	snprintf(hmm, sizeof(hmm), "%s/en-us", c->model_dir);
	snprintf(lm, sizeof(lm), "%s/en-us.lm.bin", c->model_dir);
	snprintf(dict, sizeof(dict), "%s/cmudict-en-us.dict", c->model_dir);
	snprintf(postspeech, sizeof(postspeech), "%u", c->pause_ms / FRAME_MS);
	/*
	 * Without the second pass (fwdflat) a final comes 10 ms after its pause
	 * instead of 0.3 s, says what the partials said, and on the clips of
	 * pocketsphinx-testdata is no worse (23 errors in 71 words against 25).
	 * The third pass (bestpath) gives the confidences.
	 */
	return cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", hmm, "-lm", lm,
	    "-dict", dict, "-vad_postspeech", postspeech, "-fwdflat", "no",
	    "-bestpath", "yes", NULL);
}

int
recogniser_new(struct recogniser **out, const struct recogniser_config *c)
{
	struct recogniser *r = calloc(1, sizeof(*r));
	cmd_ln_t *config;

	if (r == NULL)
		return RECOGNISER_ERR_NOMEM;
	r->config = *c;
	/* The longest utterance, its lead, and a chunk more. */
	r->kept_max = (size_t)c->max_utterance_ms * SAMPLES_PER_MS +
	              2 * LEAD_SAMPLES + CHUNK_SAMPLES;
	r->kept = calloc(r->kept_max, sizeof(*r->kept));
	if (r->kept == NULL) {
		recogniser_free(r);
		return RECOGNISER_ERR_NOMEM;
	}
	config = decoder_config(c);
	/* ps_init() keeps its own reference. */
	if (config != NULL) {
		r->ps = ps_init(config);
		cmd_ln_free_r(config);
	}
	if (r->ps == NULL || ps_start_stream(r->ps) < 0 ||
	    ps_start_utt(r->ps) < 0) {
		recogniser_free(r);
		return RECOGNISER_ERR_MODEL;
	}
	r->now.id = 1;
	*out = r;
	return 0;
}

void
recogniser_free(struct recogniser *r)
{
	if (r == NULL)
		return;
	if (r->ps != NULL)
		ps_free(r->ps);
	free(r->kept);
	free(r);
}

/*
 * Stream time of a frame.  pocketsphinx counts all that it was fed, and after a
 * cut some of that twice; and where speech is found less than 200 ms after the
 * start of an utterance it dates it 200 ms back all the same.
 */
static int64_t
frame_ms(const struct recogniser *r, int frame)
{
	int64_t again_ms =
	    ((int64_t)r->fed_samples - (int64_t)r->heard_samples) /
	    SAMPLES_PER_MS;
	int64_t ms = (int64_t)frame * FRAME_MS - again_ms;

	return ms > r->floor_ms ? ms : r->floor_ms;
}

/* Read the best hypothesis into r->now, up to the time given. */
static void
look(struct recogniser *r, int64_t until_ms)
{
	logmath_t *lm = ps_get_logmath(r->ps);
	int from, to;

	hyp_reset(&r->now);
	for (ps_seg_t *s = ps_seg_iter(r->ps); s != NULL; s = ps_seg_next(s)) {
		ps_seg_frames(s, &from, &to);
		if (frame_ms(r, to + 1) > until_ms)
			continue;
		hyp_add(&r->now, ps_seg_word(s), frame_ms(r, from),
		    frame_ms(r, to + 1),
		    logmath_exp(lm, ps_seg_prob(s, NULL, NULL, NULL)));
	}
}

static void
send_partial(struct recogniser *r)
{
	r->looked_at = r->heard_samples;
	look(r, INT64_MAX);
	hyp_carry_looks(&r->now, &r->last_look);
	r->last_look = r->now;
	if (r->now.nwords == 0 || hyp_same_text(&r->now, &r->last_sent))
		return;
	r->last_sent = r->now;
	r->config.on_hypothesis(r->config.arg, &r->now);
}

/* The decoder has ended the utterance: report its words up to until_ms. */
static void
send_final(struct recogniser *r, int64_t until_ms)
{
	look(r, until_ms);
	hyp_reset(&r->last_look);
	hyp_reset(&r->last_sent);
	if (r->now.nwords == 0)
		return; /* the number is used again: partials with it may be
		           out, and the next utterance replaces them */
	r->now.is_final = true;
	r->config.on_hypothesis(r->config.arg, &r->now);
	r->floor_ms = r->now.words[r->now.nwords - 1].end_ms;
	r->now.id++;
}

static int
start_utterance(struct recogniser *r)
{
	r->is_speech = false;
	if (r->fed_samples > STREAM_SAMPLES_MAX) {
		if (ps_start_stream(r->ps) < 0)
			return RECOGNISER_ERR_DECODE;
		/* frame_ms() must go on from where the stream is. */
		r->fed_samples = 0;
	}
	return ps_start_utt(r->ps) < 0 ? RECOGNISER_ERR_DECODE : 0;
}

/* Where to cut, as stream time: in the middle of the widest gap of the last
 * seconds, else after a word, else now. */
static int64_t
find_cut_ms(struct recogniser *r)
{
	int64_t now_ms = (int64_t)(r->heard_samples / SAMPLES_PER_MS);
	int64_t window_ms = r->config.max_utterance_ms / 2;
	int64_t widest_ms = GAP_MIN_MS - 1, gap_ms = -1, word_ms = -1;
	int64_t start_ms, end_ms;
	int from, to;

	if (window_ms > GAP_WINDOW_MS)
		window_ms = GAP_WINDOW_MS;
	for (ps_seg_t *s = ps_seg_iter(r->ps); s != NULL; s = ps_seg_next(s)) {
		ps_seg_frames(s, &from, &to);
		start_ms = frame_ms(r, from);
		end_ms = frame_ms(r, to + 1);
		if (!hyp_is_filler(ps_seg_word(s))) {
			if (end_ms <= now_ms - WORD_AGO_MS)
				word_ms = end_ms;
		} else if (start_ms >= now_ms - window_ms &&
			   end_ms <= now_ms - GAP_AGO_MS &&
			   end_ms - start_ms > widest_ms) {
			widest_ms = end_ms - start_ms;
			gap_ms = start_ms + widest_ms / 2;
		}
	}
	if (gap_ms >= 0)
		return gap_ms;
	return word_ms >= now_ms - window_ms ? word_ms : now_ms;
}

static int feed_chunk(struct recogniser *r, const int16_t *p, size_t n);

/* The utterance is too long: finish it at a gap and hear the rest again. */
static int
cut_utterance(struct recogniser *r)
{
	uint64_t cut_samples;
	size_t nagain, nfed, n;
	int16_t *again;
	int64_t cut_ms;
	int err = 0;

	if (ps_end_utt(r->ps) < 0)
		return RECOGNISER_ERR_DECODE;
	cut_ms = find_cut_ms(r);
	send_final(r, cut_ms);
	r->floor_ms = cut_ms;
	if ((err = start_utterance(r)) < 0)
		return err;
	cut_samples = (uint64_t)cut_ms * SAMPLES_PER_MS;
	nagain = (size_t)(r->heard_samples - cut_samples);
	if (nagain > r->nkept)
		nagain = r->nkept;
	if (nagain == 0) {
		r->nkept = 0;
		return 0;
	}
	if ((again = malloc(nagain * sizeof(*again))) == NULL)
		return RECOGNISER_ERR_NOMEM;
	memcpy(again, r->kept + r->nkept - nagain, nagain * sizeof(*again));
	r->nkept = 0;
	r->heard_samples -= nagain;
	for (nfed = 0; nfed < nagain && err == 0; nfed += n) {
		n = nagain - nfed < CHUNK_SAMPLES ? nagain - nfed
		                                  : CHUNK_SAMPLES;
		err = feed_chunk(r, again + nfed, n);
	}
	free(again);
	return err;
}

/* Between utterances only the lead is kept. */
static void
keep(struct recogniser *r, const int16_t *p, size_t n)
{
	if (!r->is_speech && r->nkept >= 2 * LEAD_SAMPLES) {
		memmove(r->kept, r->kept + r->nkept - LEAD_SAMPLES,
		    LEAD_SAMPLES * sizeof(*r->kept));
		r->nkept = LEAD_SAMPLES;
	}
	if (r->nkept + n > r->kept_max)
		return; /* cannot be: a cut comes before */
	memcpy(r->kept + r->nkept, p, n * sizeof(*p));
	r->nkept += n;
}

static int
feed_chunk(struct recogniser *r, const int16_t *p, size_t n)
{
	uint64_t max_samples =
	    (uint64_t)r->config.max_utterance_ms * SAMPLES_PER_MS;
	bool was_speech = r->is_speech;

	keep(r, p, n);
	if (ps_process_raw(r->ps, p, n, FALSE, FALSE) < 0)
		return RECOGNISER_ERR_DECODE;
	r->heard_samples += n;
	r->fed_samples += n;
	r->is_speech = ps_get_in_speech(r->ps);
	if (r->is_speech && !was_speech) {
		r->speech_from = r->heard_samples;
		r->looked_at = r->heard_samples;
	}
	if (was_speech && !r->is_speech) {
		if (ps_end_utt(r->ps) < 0)
			return RECOGNISER_ERR_DECODE;
		send_final(r, INT64_MAX);
		return start_utterance(r);
	}
	if (r->is_speech && r->heard_samples - r->looked_at >= PARTIAL_SAMPLES)
		send_partial(r);
	if (r->is_speech && r->heard_samples - r->speech_from >= max_samples)
		return cut_utterance(r);
	return 0;
}

int
recogniser_feed(struct recogniser *r, const int16_t *samples, size_t n)
{
	size_t part;
	int err;

	for (; n > 0; samples += part, n -= part) {
		part = n < CHUNK_SAMPLES ? n : CHUNK_SAMPLES;
		if ((err = feed_chunk(r, samples, part)) < 0)
			return err;
	}
	return 0;
}

int
recogniser_finish(struct recogniser *r)
{
	if (ps_end_utt(r->ps) < 0)
		return RECOGNISER_ERR_DECODE;
	send_final(r, INT64_MAX);
	return 0;
}
