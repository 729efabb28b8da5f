#include "synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/log.h"
#include "spoken.h"

/* Sentences asked for ahead of the one that plays: the next is ready when this
 * one ends, and no more is paid for than will be heard. */
#define DEPTH 2
#define TRIES_MAX 3
/* Of these by a stream; then by SynthesizeSpeech. */
#define STREAM_TRIES_MAX 2
#define BACKOFF_BASE_MS 200
/* With every stream taken for so long, a sentence goes by SynthesizeSpeech. */
#define OVERFLOW_MS 1500
/* Without a connection for so long: likewise. */
#define STARVED_MS 5000
/* SynthesizeSpeech calls at once: the quota of generative voices is 26. */
#define CALLS_MAX 16

static void on_audio(void *arg, const uint8_t *pcm, size_t n);
static void on_done(void *arg, const struct service_error *error, long chars);

static const struct speech_events speech_callbacks = {
	.on_audio = on_audio,
	.on_done = on_done,
};

void
synth_init(struct synth *s, const struct synth_config *config)
{
	memset(s, 0, sizeof(*s));
	s->config = *config;
	s->lane_config.out = config->out;
	s->lane_config.taps = config->taps;
	s->lane_config.max_lag_ms = config->max_lag_ms;
	s->lane_config.is_fast = config->is_fast;
	s->window_ms = 1000;
	s->nbegan = (size_t)config->streams_per_s;
	if (config->streams_per_s < 1) {
		s->window_ms = (int64_t)(1000 / config->streams_per_s);
		s->nbegan = 1;
	}
	for (size_t i = 0; i < s->nbegan; i++)
		s->began_ms[i] = -s->window_ms;
}

void
synth_release(struct synth *s)
{
	for (size_t i = 0; i < s->nlanes; i++) {
		lane_release(s->lanes[i], s->now_ms);
		free(s->lanes[i]);
	}
	free(s->lanes);
}

void
synth_count(const struct synth *s, json_t *status)
{
	unsigned long said = 0, skipped = 0;
	double audio_ms = 0;
	long chars = 0;

	for (size_t i = 0; i < s->nlanes; i++) {
		said += s->lanes[i]->said;
		skipped += s->lanes[i]->skipped;
		audio_ms += s->lanes[i]->audio_ms;
		chars += s->lanes[i]->chars;
	}
	json_object_set_new(status, "said", json_integer((json_int_t)said));
	json_object_set_new(
	    status, "skipped", json_integer((json_int_t)skipped));
	json_object_set_new(status, "chars", json_integer(chars));
	json_object_set_new(status, "audio_s", json_ms(audio_ms / 1000));
}

/* A line about one language, or about all (NULL); takes `voices`, if any. */
static void
say_status(struct synth *s, const char *state, const char *detail,
    const char *lang, json_t *voices)
{
	json_t *obj = json_status("synth", state, detail, s->wall_ms);
	size_t len;
	char *line;

	if (obj == NULL) {
		json_decref(voices);
		return;
	}
	if (lang != NULL)
		json_object_set_new(obj, "lang", json_string(lang));
	if (voices != NULL)
		json_object_set_new(obj, "voices", voices);
	synth_count(s, obj);
	if ((line = json_line_dump(obj, &len)) != NULL)
		out_line(s->config.out, line, len);
	free(line);
	json_decref(obj);
}

void
synth_status(struct synth *s, const char *state, const char *detail)
{
	say_status(s, state, detail, NULL, NULL);
}

static bool
is_wanted(const struct synth *s, const char *tag)
{
	if (s->config.tags == NULL)
		return true;
	for (char **t = s->config.tags; *t != NULL; t++)
		if (strcasecmp(*t, tag) == 0)
			return true;
	return false;
}

static struct lane *
find_lane(struct synth *s, const char *tag)
{
	struct lane **lanes, *l;

	for (size_t i = 0; i < s->nlanes; i++)
		if (strcasecmp(s->lanes[i]->tag, tag) == 0)
			return s->lanes[i];
	lanes = realloc(s->lanes, (s->nlanes + 1) * sizeof(struct lane *));
	if (lanes == NULL)
		return NULL;
	s->lanes = lanes;
	if ((l = malloc(sizeof(*l))) == NULL)
		return NULL;
	lane_init(l, tag, &s->lane_config, s);
	l->formats = s->config.encodings;
	s->lanes[s->nlanes++] = l;
	return l;
}

/* Nobody speaks the language: said once, then its captions go on alone. */
static void
choose_voice(struct synth *s, struct lane *l)
{
	const char *id = NULL;
	char detail[160];

	for (size_t i = 0; i < s->config.nchosen; i++)
		if (strcasecmp(s->config.chosen[i].tag, l->tag) == 0)
			id = s->config.chosen[i].id;
	l->voice =
	    voices_choose(s->config.voices, l->tag, s->config.engine, id);
	l->is_chosen = true;
	if (l->voice.voice != NULL) {
		l->uses_calls = l->voice.engine != POLLY_GENERATIVE;
		log_msg(LOG_DEBUG, l->tag, "voice=%s engine=%s",
		    l->voice.voice->id, polly_engine_name(l->voice.engine));
		return;
	}
	if (id != NULL)
		snprintf(detail, sizeof(detail),
		    "%s: no voice '%s' speaks it with this engine; captions "
		    "only",
		    l->tag, id);
	else
		snprintf(detail, sizeof(detail),
		    "%s: Polly has no voice for it; captions only", l->tag);
	log_msg(LOG_WARN, NULL, "%s", detail);
	say_status(s, "captions-only", detail, l->tag, NULL);
	lane_release(l, s->now_ms);
}

void
synth_say(struct synth *s, const char *tag, const char *id, const char *text,
    double translated_at_ms, int64_t now_ms)
{
	char *spoken = NULL;
	struct lane *l;

	if (!is_wanted(s, tag))
		return;
	if ((l = find_lane(s, tag)) == NULL ||
	    (spoken = spoken_text(text)) == NULL ||
	    (spoken[0] != '\0' && (!l->is_chosen || l->voice.voice != NULL) &&
		lane_add(l, id, spoken, translated_at_ms, now_ms) != 0)) {
		s->lost++;
		log_msg(LOG_WARN, tag,
		    "too much waits; an utterance has captions only, id=%s",
		    id);
	}
	free(spoken);
}

static void
on_audio(void *arg, const uint8_t *pcm, size_t n)
{
	sentence_audio(arg, pcm, n);
}

static void
lane_recovered(struct synth *s, struct lane *l)
{
	char detail[64];

	if (!l->is_degraded)
		return;
	l->is_degraded = false;
	snprintf(detail, sizeof(detail), "%s: speaking again", l->tag);
	log_msg(LOG_INFO, NULL, "%s", detail);
	say_status(s, "recovered", detail, l->tag, NULL);
}

static void
lane_degraded(struct synth *s, struct lane *l, const char *what,
    const struct service_error *error)
{
	char text[768], detail[900];

	if (l->is_degraded)
		return;
	l->is_degraded = true;
	service_error_text(error, text, sizeof(text));
	snprintf(detail, sizeof(detail), "%s: %s: %s", l->tag, what, text);
	log_msg(LOG_ERROR, NULL, "%s", detail);
	say_status(s, "degraded", detail, l->tag, NULL);
}

/* Another try, after a while. */
static void
sentence_again(struct synth *s, struct sentence *e, int64_t max_wait_ms)
{
	e->retry_at_ms = s->now_ms + (int64_t)((double)rand_r(&s->config.seed) /
					       RAND_MAX * (double)max_wait_ms);
	e->state = SENTENCE_WAITING;
	sentence_reset(e);
}

/* A try ended badly: another one, by another way, or none.  What has begun to
 * be heard is not begun again. */
static void
sentence_failed(
    struct synth *s, struct sentence *e, const struct service_error *error)
{
	bool may_retry = !e->is_started && e->tries < TRIES_MAX;

	s->failure = service_error_exit_status(error->class);
	if (may_retry && !e->is_call &&
	    (error->class == SERVICE_ERROR_INVALID ||
		error->class == SERVICE_ERROR_DENIED)) {
		/* PROTOCOL 5.1: a missing permission for the stream shows as
		 * either; SynthesizeSpeech has a permission of its own. */
		e->lane->refusal = *error;
		e->must_call = true;
		sentence_again(s, e, 0);
		return;
	}
	if (may_retry && error->class == SERVICE_ERROR_EXPIRED &&
	    !e->did_refresh) {
		e->did_refresh = true;
		sentence_again(s, e, 0);
		return;
	}
	if (may_retry && service_error_is_retryable(error)) {
		e->must_call = e->must_call || e->tries >= STREAM_TRIES_MAX;
		sentence_again(s, e, (int64_t)BACKOFF_BASE_MS << e->tries);
		return;
	}
	lane_degraded(s, e->lane, "captions go on without voice", error);
	s->lost++;
	sentence_skip(e, "failed");
}

static void
on_done(void *arg, const struct service_error *error, long chars)
{
	struct sentence *e = arg;
	struct lane *l = e->lane;
	struct synth *s = l->owner;

	if (e->is_call)
		s->ncalls--;
	else
		s->nstreams--;
	if (error != NULL) {
		sentence_failed(s, e, error);
		return;
	}
	e->state = SENTENCE_SAID;
	if (chars > 0)
		l->chars += chars;
	/* By the other way it is a stop-gap, not a recovery. */
	if (!e->is_call || l->voice.engine != POLLY_GENERATIVE) {
		lane_recovered(s, l);
	} else if (l->refusal.class != SERVICE_ERROR_NONE && !l->uses_calls) {
		lane_degraded(s, l, "no stream, going on by SynthesizeSpeech",
		    &l->refusal);
		l->uses_calls = true;
	}
}

/* When the quota lets a new stream begin. */
static int64_t
quota_at_ms(const struct synth *s)
{
	return s->began_ms[s->oldest] + s->window_ms;
}

static void
count_stream(struct synth *s)
{
	s->nstreams++;
	s->began_ms[s->oldest] = s->now_ms;
	s->oldest = (s->oldest + 1) % s->nbegan;
}

enum ask {
	ASK_DONE,
	ASK_LATER, /* no connection or no quota now */
};

/* No connection is free: soon, or is the service away for streams? */
static enum ask
starved(struct synth *s, struct sentence *e)
{
	struct service_error error;

	if (s->starved_at_ms == 0)
		s->starved_at_ms = s->now_ms;
	if (s->now_ms - s->starved_at_ms < STARVED_MS)
		return ASK_LATER;
	service_error_set(&error, SERVICE_ERROR_TRANSIENT, "connect", "%s",
	    pool_error(s->config.service->pool) != 0
		? pool_error_text(s->config.service->pool)
		: "no connection is free");
	lane_degraded(s, e->lane, "no stream, trying SynthesizeSpeech", &error);
	e->must_call = true;
	return ASK_DONE;
}

static enum ask
ask_for(struct synth *s, struct sentence *e)
{
	struct speech_request request;
	struct service_error error;
	bool is_full =
	    s->nstreams >= s->config.max_streams || quota_at_ms(s) > s->now_ms;

	e->is_call = e->lane->uses_calls || e->must_call ||
	             (is_full && s->now_ms - e->arrived_ms > OVERFLOW_MS);
	if (e->is_call ? s->ncalls >= CALLS_MAX : is_full)
		return ASK_LATER;
	request.text = e->text;
	request.voice = &e->lane->voice;
	request.events = &speech_callbacks;
	request.arg = e;
	e->speech = e->is_call ? speech_call(s->config.service, &request,
				     s->now_ms, &error)
	                       : speech_stream(s->config.service, &request,
				     s->now_ms, s->wall_ms, &error);
	if (e->speech == NULL && error.class == SERVICE_ERROR_NONE)
		return starved(s, e);
	e->tries++;
	if (!e->is_call)
		s->starved_at_ms = 0;
	if (e->speech == NULL) {
		sentence_failed(s, e, &error);
		return ASK_DONE;
	}
	e->state = SENTENCE_ASKED;
	if (e->is_call)
		s->ncalls++;
	else
		count_stream(s);
	return ASK_DONE;
}

/* Round and round the languages, until nobody wants or nothing goes. */
static void
ask_all(struct synth *s)
{
	size_t idle = 0;

	while (s->nlanes > 0 && idle < s->nlanes) {
		struct lane *l = s->lanes[s->turn++ % s->nlanes];
		struct sentence *e = l->voice.voice == NULL
		                         ? NULL
		                         : lane_next(l, DEPTH, s->now_ms);

		if (e == NULL || ask_for(s, e) == ASK_LATER)
			idle++;
		else
			idle = 0;
	}
}

/* Say which voices there will be, before anybody needs one. */
static void
announce(struct synth *s)
{
	json_t *voices = json_object();

	for (char **tag = s->config.tags; tag != NULL && *tag != NULL; tag++) {
		struct lane *l = find_lane(s, *tag);

		if (l == NULL)
			continue;
		if (!l->is_chosen)
			choose_voice(s, l);
		if (l->voice.voice != NULL)
			json_object_set_new(
			    voices, l->tag, json_string(l->voice.voice->id));
	}
	say_status(s, "ready", NULL, NULL, voices);
}

/* Voices became known, or cannot be had for now. */
static void
watch_voices(struct synth *s)
{
	char text[768], detail[900];

	if (s->config.voices->state == VOICES_KNOWN && !s->is_ready) {
		s->is_ready = true;
		announce(s);
	}
	if (s->config.voices->state != VOICES_FAILED || s->is_voices_told)
		return;
	s->is_voices_told = true;
	s->failure = service_error_exit_status(s->config.voices->error.class);
	service_error_text(&s->config.voices->error, text, sizeof(text));
	snprintf(detail, sizeof(detail),
	    "no voices, captions go on without: %s", text);
	log_msg(LOG_ERROR, NULL, "%s", detail);
	synth_status(s, "degraded", detail);
}

/* What a sentence that waits for its turn waits for. */
static void
prepare_waiting(const struct synth *s, const struct sentence *e, struct loop *l,
    int64_t now_ms)
{
	if (quota_at_ms(s) > now_ms)
		loop_deadline(l, quota_at_ms(s));
	if (e->arrived_ms + OVERFLOW_MS >= now_ms)
		loop_deadline(l, e->arrived_ms + OVERFLOW_MS + 1);
	if (s->starved_at_ms != 0 && s->starved_at_ms + STARVED_MS > now_ms)
		loop_deadline(l, s->starved_at_ms + STARVED_MS);
}

void
synth_prepare(struct synth *s, struct loop *l, int64_t now_ms)
{
	voices_prepare(s->config.voices, l);
	for (size_t i = 0; i < s->nlanes; i++) {
		const struct sentence *e = s->lanes[i]->head;

		lane_prepare(s->lanes[i], l, now_ms);
		while (e != NULL && e->state != SENTENCE_WAITING)
			e = e->next;
		if (e != NULL && s->lanes[i]->voice.voice != NULL)
			prepare_waiting(s, e, l, now_ms);
	}
}

/* Deadlines of what runs; what is over gives its connection back at once, what
 * has waited long enough may be asked for. */
static void
watch_speech(struct sentence *e, int64_t now_ms)
{
	if (e->speech != NULL && e->state == SENTENCE_ASKED)
		speech_dispatch(e->speech, now_ms);
	if (e->speech != NULL && e->state != SENTENCE_ASKED) {
		speech_free(e->speech, now_ms);
		e->speech = NULL;
	}
	if (e->state == SENTENCE_WAITING && e->retry_at_ms <= now_ms)
		e->retry_at_ms = 0;
}

void
synth_dispatch(struct synth *s, int64_t now_ms, double wall_ms)
{
	s->now_ms = now_ms;
	s->wall_ms = wall_ms;
	voices_dispatch(s->config.voices, now_ms);
	watch_voices(s);
	for (size_t i = 0; i < s->nlanes; i++) {
		struct lane *l = s->lanes[i];

		if (s->is_ready && !l->is_chosen)
			choose_voice(s, l);
		for (struct sentence *e = l->head; e != NULL; e = e->next)
			watch_speech(e, now_ms);
	}
	/* What leaves makes room for what is asked next. */
	for (size_t i = 0; i < s->nlanes; i++)
		lane_emit(s->lanes[i], now_ms, wall_ms);
	ask_all(s);
}

void
synth_hurry(struct synth *s)
{
	s->lane_config.is_fast = true;
	for (size_t i = 0; i < s->nlanes; i++)
		for (struct sentence *e = s->lanes[i]->head; e != NULL;
		     e = e->next)
			if (e->state == SENTENCE_WAITING) {
				s->lost++;
				sentence_skip(e, "stopped");
			}
}

void
synth_abandon(struct synth *s, int64_t now_ms, double wall_ms)
{
	s->lane_config.is_fast = true;
	for (size_t i = 0; i < s->nlanes; i++) {
		struct lane *l = s->lanes[i];

		if (l->voice.voice == NULL) {
			l->skipped += l->nsentences;
			continue;
		}
		for (struct sentence *e = l->head; e != NULL; e = e->next)
			if (e->state == SENTENCE_WAITING ||
			    e->state == SENTENCE_ASKED) {
				s->lost++;
				sentence_skip(e, "stopped");
			}
		lane_emit(l, now_ms, wall_ms);
	}
}

bool
synth_is_idle(const struct synth *s)
{
	for (size_t i = 0; i < s->nlanes; i++)
		if (!lane_is_idle(s->lanes[i]))
			return false;
	return true;
}

int
synth_out_error(const struct synth *s)
{
	for (size_t i = 0; i < s->nlanes; i++)
		if (s->lanes[i]->error != 0)
			return s->lanes[i]->error;
	return 0;
}
