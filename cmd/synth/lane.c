#include "lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/pcm.h"

/* The first line is short, for latency; later ones grow while they run ahead
 * of the play-out, because fan-out costs by the line (DESIGN 11). */
#define FIRST_MS 100
#define LINE_MS_MAX 800
/* A line of less than this is not worth its envelope, unless it is the last. */
#define LINE_MS_MIN VOICELINE_CUT_MS
/* Audio leaves this long before it is played: enough for a phone's hiccup, and
 * little enough that a listener who joins is not left in silence. */
#define AHEAD_MS 2000
/* With less than this in the listener's buffer, what there is goes at once. */
#define DRY_MS 150
/* Rough, for sentences not yet heard: 15 characters a second. */
#define MS_PER_CHAR 66
#define SENTENCES_MAX 512
/* One sentence: ten minutes of audio are more than the service makes. */
#define PCM_BYTES_MAX (600u * PCM_BYTES_PER_S)

void
lane_init(struct lane *l, const char *tag, const struct lane_config *config,
    void *owner)
{
	memset(l, 0, sizeof(*l));
	snprintf(l->tag, sizeof(l->tag), "%s", tag);
	l->config = config;
	l->owner = owner;
	service_error_init(&l->refusal);
	l->tail = &l->head;
	l->formats = VOICE_PCM;
	l->is_wanted = true;
	voiceline_writer_init(&l->writer, config->out);
}

static void
sentence_free(struct sentence *s, int64_t now_ms)
{
	speech_free(s->speech, now_ms);
	tempo_release(&s->tempo);
	bytes_release(&s->raw);
	bytes_release(&s->pcm);
	free(s->id);
	free(s->text);
	free(s);
}

/* Take the sentence at `at` out of the line. */
static void
lane_remove(struct lane *l, struct sentence **at, int64_t now_ms)
{
	struct sentence *s = *at;

	if ((*at = s->next) == NULL)
		l->tail = at;
	l->nsentences--;
	sentence_free(s, now_ms);
}

void
lane_release(struct lane *l, int64_t now_ms)
{
	while (l->head != NULL)
		lane_remove(l, &l->head, now_ms);
	while (l->nheld > 0)
		speech_free(l->held[--l->nheld], now_ms);
	voiceline_writer_release(&l->writer);
}

int
lane_add(struct lane *l, const char *id, const char *text,
    double translated_at_ms, int64_t now_ms)
{
	struct sentence *s;

	if (l->nsentences >= SENTENCES_MAX)
		return LANE_ERR_FULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return LANE_ERR_NOMEM;
	s->lane = l;
	s->id = strdup(id);
	s->text = strdup(text);
	s->translated_at_ms = translated_at_ms;
	s->arrived_ms = now_ms;
	tempo_init(&s->tempo);
	bytes_init(&s->raw, PCM_BYTES_MAX);
	bytes_init(&s->pcm, PCM_BYTES_MAX);
	if (s->id == NULL || s->text == NULL) {
		sentence_free(s, now_ms);
		return LANE_ERR_NOMEM;
	}
	*l->tail = s;
	l->tail = &s->next;
	l->nsentences++;
	return 0;
}

/* Play-out time of what has come or is to come of a sentence. */
static int64_t
expected_ms(const struct sentence *s)
{
	int64_t ms =
	    (int64_t)pcm_ms_of_bytes(bytes_len(&s->raw) + bytes_len(&s->pcm));

	if (s->state == SENTENCE_SKIPPED)
		return 0;
	if (s->state == SENTENCE_SAID || s->is_started)
		return ms;
	return ms > (int64_t)strlen(s->text) * MS_PER_CHAR
	           ? ms
	           : (int64_t)strlen(s->text) * MS_PER_CHAR;
}

struct sentence *
lane_next(struct lane *l, unsigned int depth, int64_t now_ms)
{
	int64_t starts_ms = l->play_until_ms;
	unsigned int ahead = 0;

	if (starts_ms < now_ms)
		starts_ms = now_ms;
	for (struct sentence *s = l->head; s != NULL && ahead < depth;
	     s = s->next) {
		if (s->state == SENTENCE_WAITING && l->config->max_lag_ms > 0 &&
		    starts_ms - s->arrived_ms > 2 * l->config->max_lag_ms)
			sentence_skip(s, "lag");
		if (s->state == SENTENCE_SKIPPED)
			continue;
		if (s->state == SENTENCE_WAITING)
			return s->retry_at_ms <= now_ms ? s : NULL;
		starts_ms += expected_ms(s);
		ahead++;
	}
	return NULL;
}

void
sentence_audio(struct sentence *s, const uint8_t *pcm, size_t n)
{
	if (bytes_append(&s->raw, pcm, n) != 0)
		log_msg(LOG_WARN, s->lane->tag,
		    "no room for the audio of utterance %s", s->id);
}

long
sentence_chars(const struct sentence *s)
{
	long n = 0;

	for (const char *p = s->text; *p != '\0'; p++)
		n += ((uint8_t)*p & 0xc0) != 0x80;
	return n;
}

void
sentence_reset(struct sentence *s)
{
	bytes_reset(&s->raw);
	bytes_reset(&s->pcm);
	tempo_release(&s->tempo);
	s->is_flushed = false;
}

void
sentence_skip(struct sentence *s, const char *why)
{
	if (!s->is_started)
		sentence_reset(s);
	s->state = SENTENCE_SKIPPED;
	s->why = why;
	s->lane->skipped++;
}

unsigned int
lane_skip_waiting(struct lane *l, const char *why)
{
	unsigned int n = 0;

	for (struct sentence *s = l->head; s != NULL; s = s->next)
		if (s->state == SENTENCE_WAITING) {
			sentence_skip(s, why);
			n++;
		}
	return n;
}

/* How much faster a sentence is spoken that begins to be heard so late. */
static double
speed_for(const struct lane *l, int64_t lag_ms)
{
	int64_t max_ms = l->config->max_lag_ms;
	double over;

	if (max_ms <= 0 || lag_ms <= max_ms)
		return 1.0;
	over = (double)(lag_ms - max_ms) / ((double)max_ms / 2);
	return 1.0 + (TEMPO_MAX - 1.0) * (over > 1 ? 1 : over);
}

/* From what came to what leaves. */
static void
sentence_advance(struct sentence *s, int64_t now_ms)
{
	struct lane *l = s->lane;
	const uint8_t *p;
	int64_t plays_ms;
	size_t n;

	if (!s->is_started && s->tempo.sonic == NULL &&
	    bytes_len(&s->pcm) == 0) {
		plays_ms =
		    l->play_until_ms > now_ms ? l->play_until_ms : now_ms;
		if (tempo_set(
			&s->tempo, speed_for(l, plays_ms - s->arrived_ms)) != 0)
			log_msg(LOG_WARN, l->tag, "out of memory");
	}
	p = bytes_peek(&s->raw, &n);
	n &= ~(size_t)1;
	if (n > 0) {
		if (tempo_feed(&s->tempo, p, n, &s->pcm) != 0)
			log_msg(LOG_WARN, l->tag, "out of memory");
		bytes_skip(&s->raw, n);
	}
	if (s->state != SENTENCE_ASKED && !s->is_flushed) {
		s->is_flushed = true;
		if (tempo_finish(&s->tempo, &s->pcm) != 0)
			log_msg(LOG_WARN, l->tag, "out of memory");
	}
}

static struct voiceline_head
head_of(const struct sentence *s)
{
	const struct lane *l = s->lane;

	return (struct voiceline_head){
		.id = s->id,
		.lang = l->tag,
		.voice = l->voice.voice == NULL ? "" : l->voice.voice->id,
		.speed = s->tempo.speed,
		.translated_at_ms = s->translated_at_ms,
		.voiced_at_ms = s->voiced_at_ms,
		.error = s->why,
	};
}

/* Bytes of the next piece, 0: not now. */
static size_t
piece_bytes(const struct sentence *s, int64_t ahead_ms, bool is_complete)
{
	size_t have = bytes_len(&s->pcm) & ~(size_t)1;
	size_t want;
	int64_t ms = s->is_started ? ahead_ms : FIRST_MS;

	if (s->lane->config->is_fast)
		ms = LINE_MS_MAX;
	ms = ms < FIRST_MS ? FIRST_MS : ms > LINE_MS_MAX ? LINE_MS_MAX : ms;
	want = pcm_bytes_of_ms(ms - ms % VOICELINE_CUT_MS);
	/* A crumb at the end goes with the line before it. */
	if (is_complete && have <= want + pcm_bytes_of_ms(LINE_MS_MIN))
		return have;
	if (have >= want)
		return want;
	if (s->is_started && ahead_ms < DRY_MS)
		return have - have % pcm_bytes_of_ms(VOICELINE_CUT_MS);
	return 0;
}

/* Let n bytes of the head leave, as lines and to the taps. */
static void
emit_piece(struct lane *l, size_t n, bool is_last, double wall_ms)
{
	struct sentence *s = l->head;
	struct voiceline_head head;
	const uint8_t *p;
	size_t len;

	if (!s->is_started)
		s->voiced_at_ms = wall_ms;
	head = head_of(s);
	p = bytes_peek(&s->pcm, &len);
	if (l->error == 0)
		l->error = voicelines_write(
		    &s->lines, &l->writer, &head, l->formats, p, n, is_last);
	taps_feed(l->config->taps, l->tag, s->id, p, n, l->play_until_ms);
	bytes_skip(&s->pcm, n);
	s->is_started = true;
	l->play_until_ms += (int64_t)pcm_ms_of_bytes(n);
	l->audio_ms += pcm_ms_of_bytes(n);
}

/* Write the next line of the head if it is due; it leaves when it is done. */
static bool
emit_next(struct lane *l, int64_t now_ms, double wall_ms)
{
	struct sentence *s = l->head;
	bool is_complete, is_last;
	size_t n;

	if (s == NULL || s->state == SENTENCE_WAITING || l->error != 0 ||
	    out_is_full(l->config->out))
		return false;
	sentence_advance(s, now_ms);
	is_complete = s->state != SENTENCE_ASKED;
	if (l->play_until_ms < now_ms)
		l->play_until_ms = now_ms;
	if (!l->config->is_fast && l->play_until_ms - now_ms > AHEAD_MS)
		return false;
	n = piece_bytes(s, l->play_until_ms - now_ms, is_complete);
	if (n == 0 && !is_complete)
		return false;
	is_last = is_complete && n == (bytes_len(&s->pcm) & ~(size_t)1);
	emit_piece(l, n, is_last, wall_ms);
	if (is_last) {
		l->said += s->state == SENTENCE_SAID;
		lane_remove(l, &l->head, now_ms);
	}
	return true;
}

void
lane_emit_first(struct lane *l, int64_t now_ms, double wall_ms)
{
	if (l->head != NULL && !l->head->is_started)
		(void)emit_next(l, now_ms, wall_ms);
}

bool
lane_emit_one(struct lane *l, int64_t now_ms, double wall_ms)
{
	return l->has_more = emit_next(l, now_ms, wall_ms);
}

void
lane_emit(struct lane *l, int64_t now_ms, double wall_ms)
{
	while (lane_emit_one(l, now_ms, wall_ms))
		continue;
}

size_t
lane_cut(struct lane *l, const char *id, const char *why, int64_t now_ms)
{
	struct sentence **at = &l->head, *s;
	struct voiceline_head head;
	size_t n = 0;

	while ((s = *at) != NULL) {
		if (id != NULL && strcmp(s->id, id) != 0) {
			at = &s->next;
			continue;
		}
		/* The service has its text, and will bill it. */
		if (s->state == SENTENCE_ASKED)
			l->chars += sentence_chars(s);
		s->why = why;
		head = head_of(s);
		if (s->is_started && l->error == 0)
			l->error = voicelines_cut(
			    &s->lines, &l->writer, &head, l->formats);
		lane_remove(l, at, now_ms);
		n++;
	}
	return n;
}

void
lane_prepare(const struct lane *l, struct loop *loop, int64_t now_ms)
{
	const struct sentence *s = l->head;

	if (s == NULL)
		return;
	for (const struct sentence *each = s; each != NULL; each = each->next) {
		if (each->speech != NULL)
			speech_prepare(each->speech, loop);
		if (each->state == SENTENCE_WAITING && each->retry_at_ms != 0)
			loop_deadline(loop, each->retry_at_ms);
	}
	if (s->state == SENTENCE_WAITING || out_is_full(l->config->out))
		return;
	if (l->has_more)
		loop_deadline(loop, now_ms);
	if (!l->config->is_fast && l->play_until_ms - now_ms > AHEAD_MS)
		loop_deadline(loop, l->play_until_ms - AHEAD_MS);
	else if (s->state != SENTENCE_ASKED)
		loop_deadline(loop, now_ms);
	else if (l->play_until_ms - DRY_MS > now_ms && bytes_len(&s->pcm) > 0)
		loop_deadline(loop, l->play_until_ms - DRY_MS);
}

bool
lane_is_idle(const struct lane *l)
{
	return l->head == NULL;
}
