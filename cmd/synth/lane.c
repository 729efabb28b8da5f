#include "lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/pcm.h"

/* The first line is short, for latency; later ones grow while they run ahead
 * of the play-out, because fan-out costs by the line (DESIGN 11). */
#define FIRST_MS 100
#define LINE_MS_MAX 800
/* A line of less than this is not worth its envelope, unless it is the last. */
#define LINE_MS_MIN 20
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

static void
lane_pop(struct lane *l, int64_t now_ms)
{
	struct sentence *s = l->head;

	if ((l->head = s->next) == NULL)
		l->tail = &l->head;
	l->nsentences--;
	sentence_free(s, now_ms);
}

void
lane_release(struct lane *l, int64_t now_ms)
{
	while (l->head != NULL)
		lane_pop(l, now_ms);
}

int
lane_add(struct lane *l, const char *id, const char *text,
    double translated_at_ms, int64_t now_ms)
{
	struct sentence *s;

	if (l->nsentences >= SENTENCES_MAX ||
	    (s = calloc(1, sizeof(*s))) == NULL)
		return -1;
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
		return -1;
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

	if (!s->is_started && s->n == 0 && s->tempo.sonic == NULL &&
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

static void
write_audio(struct sentence *s, const uint8_t *pcm, size_t n, bool is_last)
{
	struct lane *l = s->lane;
	json_t *obj = json_object();
	char *line = NULL;
	size_t len;

	json_object_set_new(obj, "type", json_string("audio"));
	json_object_set_new(obj, "id", json_string(s->id));
	json_object_set_new(obj, "lang", json_string(l->tag));
	json_object_set_new(obj, "voice",
	    json_string(l->voice.voice == NULL ? "" : l->voice.voice->id));
	json_object_set_new(obj, "n", json_integer((json_int_t)s->n));
	json_object_set_new(obj, "last", json_boolean(is_last));
	json_object_set_new(obj, "encoding", json_string("pcm_s16le"));
	json_object_set_new(obj, "rate_hz", json_integer(PCM_RATE_HZ));
	json_object_set_new(obj, "speed", json_real(s->tempo.speed));
	json_object_set_new(
	    obj, "translated_at_ms", json_ms(s->translated_at_ms));
	if (s->n == 0 && n > 0)
		json_object_set_new(
		    obj, "voiced_at_ms", json_ms(s->voiced_at_ms));
	if (s->why != NULL && is_last)
		json_object_set_new(obj, "error", json_string(s->why));
	if (obj == NULL ||
	    (line = json_line_dump_data(obj, pcm, n, &len)) == NULL)
		l->error = OUT_ERR_NOMEM;
	else if (l->error == 0)
		l->error = out_line(l->config->out, line, len);
	free(line);
	json_decref(obj);
	s->n++;
	s->is_started = true;
}

/* Bytes of the next line, 0: not now. */
static size_t
line_bytes(const struct sentence *s, int64_t ahead_ms, bool is_complete)
{
	size_t have = bytes_len(&s->pcm) & ~(size_t)1;
	size_t want;
	int64_t ms = s->n == 0 ? FIRST_MS : ahead_ms;

	if (s->lane->config->is_fast)
		ms = LINE_MS_MAX;
	ms = ms < FIRST_MS ? FIRST_MS : ms > LINE_MS_MAX ? LINE_MS_MAX : ms;
	want = pcm_bytes_of_ms(ms);
	/* A crumb at the end goes with the line before it. */
	if (is_complete && have <= want + pcm_bytes_of_ms(LINE_MS_MIN))
		return have;
	if (have >= want)
		return want;
	if (s->n > 0 && ahead_ms < DRY_MS &&
	    have >= pcm_bytes_of_ms(LINE_MS_MIN))
		return have;
	return 0;
}

/* Write lines of the head.  Returns whether it is through. */
static bool
emit_head(struct lane *l, int64_t now_ms, double wall_ms)
{
	struct sentence *s = l->head;
	bool is_complete;
	const uint8_t *p;
	size_t n, len;

	if (s->state == SENTENCE_WAITING)
		return false;
	sentence_advance(s, now_ms);
	is_complete = s->state != SENTENCE_ASKED;
	for (;;) {
		if (l->play_until_ms < now_ms)
			l->play_until_ms = now_ms;
		if (!l->config->is_fast && l->play_until_ms - now_ms > AHEAD_MS)
			return false;
		n = line_bytes(s, l->play_until_ms - now_ms, is_complete);
		if (n == 0 && !is_complete)
			return false;
		if (s->n == 0)
			s->voiced_at_ms = wall_ms;
		p = bytes_peek(&s->pcm, &len);
		write_audio(s, p, n, is_complete && n == len);
		bytes_skip(&s->pcm, n);
		l->play_until_ms += (int64_t)pcm_ms_of_bytes(n);
		l->audio_ms += pcm_ms_of_bytes(n);
		if (is_complete && bytes_len(&s->pcm) == 0) {
			l->said += s->state == SENTENCE_SAID;
			return true;
		}
	}
}

void
lane_emit(struct lane *l, int64_t now_ms, double wall_ms)
{
	while (l->head != NULL && l->error == 0 &&
	       !out_is_full(l->config->out) && emit_head(l, now_ms, wall_ms))
		lane_pop(l, now_ms);
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
