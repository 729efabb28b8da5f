#include "asking.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "report.h"

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
/* After a stream ahead could not be opened or was refused. */
#define HOLD_AGAIN_MS 5000

static void on_audio(void *arg, const uint8_t *pcm, size_t n);
static void on_done(void *arg, const struct service_error *error, long chars);

static const struct speech_events speech_callbacks = {
	.on_audio = on_audio,
	.on_done = on_done,
};

static void
on_audio(void *arg, const uint8_t *pcm, size_t n)
{
	sentence_audio(arg, pcm, n);
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

/* The service has not got the voice with this engine after all: the language
 * goes on with the next one that has a voice.  False: it is not that, or none
 * is left. */
static bool
take_next_engine(
    struct synth *s, struct sentence *e, const struct service_error *error)
{
	struct lane *l = e->lane;
	struct voice_choice next;

	if (strcmp(error->name, "EngineNotSupportedException") != 0)
		return false;
	/* Another sentence may have found out before. */
	if (e->engine != l->voice.engine)
		return true;
	next = synth_choose(s, l->tag, voices_next_engine(e->engine));
	if (next.voice == NULL)
		return false;
	report_degraded(s, l, "going on with another engine", error);
	l->voice = next;
	l->uses_calls = true;
	service_error_init(&l->refusal);
	asking_cool(l, s->now_ms);
	return true;
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
	if (may_retry && !e->is_call && error->class == SERVICE_ERROR_SKEW) {
		/* The call finds out what time it is, for the streams too. */
		e->must_call = true;
		sentence_again(s, e, 0);
		return;
	}
	if (!e->is_started && e->is_call && take_next_engine(s, e, error)) {
		e->tries = 0;
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
	report_degraded(s, e->lane, "captions go on without voice", error);
	s->lost++;
	sentence_skip(e, "failed");
}

/* What is billed, where the service does not say it. */
static void
count_chars(struct sentence *e, long chars)
{
	if (chars <= 0)
		chars = sentence_chars(e);
	e->lane->chars += chars;
}

static void
on_done(void *arg, const struct service_error *error, long chars)
{
	struct sentence *e = arg;
	struct lane *l = e->lane;
	struct synth *s = l->owner;

	if (error != NULL) {
		if (e->is_started || bytes_len(&e->raw) > 0 ||
		    bytes_len(&e->pcm) > 0)
			count_chars(e, chars);
		sentence_failed(s, e, error);
		return;
	}
	e->state = SENTENCE_SAID;
	count_chars(e, chars);
	if (!e->is_call && l->voice.engine == POLLY_GENERATIVE) {
		/* What was refused before was that text, not the stream. */
		service_error_init(&l->refusal);
		l->uses_calls = false;
	}
	/* By the other way it is a stop-gap, not a recovery. */
	if (!e->is_call || l->voice.engine != POLLY_GENERATIVE) {
		report_recovered(s, l);
	} else if (l->refusal.class != SERVICE_ERROR_NONE && !l->uses_calls) {
		report_degraded(s, l, "no stream, going on by SynthesizeSpeech",
		    &l->refusal);
		l->uses_calls = true;
		asking_cool(l, s->now_ms);
	}
}

/* Streams that are open, those ahead of need too, and calls that run. */
static void
count_open(
    const struct synth *s, size_t *nstreams, size_t *nheld, size_t *ncalls)
{
	*nstreams = *nheld = *ncalls = 0;
	for (size_t i = 0; i < s->nlanes; i++) {
		*nheld += s->lanes[i]->nheld;
		for (const struct sentence *e = s->lanes[i]->head; e != NULL;
		     e = e->next) {
			*ncalls += e->state == SENTENCE_ASKED && e->is_call;
			*nstreams += e->state == SENTENCE_ASKED && !e->is_call;
		}
	}
	*nstreams += *nheld;
}

static void
lane_unhold(struct lane *l, size_t i, int64_t now_ms)
{
	speech_free(l->held[i], now_ms);
	l->held[i] = l->held[--l->nheld];
}

void
asking_cool(struct lane *l, int64_t now_ms)
{
	while (l->nheld > 0)
		lane_unhold(l, 0, now_ms);
}

/* A sentence goes before the streams that other languages hold. */
static void
make_room(struct synth *s, const struct lane *but)
{
	for (size_t i = s->nlanes; i-- > 0;)
		if (s->lanes[i] != but && s->lanes[i]->nheld > 0) {
			lane_unhold(s->lanes[i], 0, s->now_ms);
			return;
		}
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
	report_degraded(
	    s, e->lane, "no stream, trying SynthesizeSpeech", &error);
	e->must_call = true;
	return ASK_DONE;
}

/* Over the stream that the language has open, the oldest first.  NULL: none. */
static struct speech *
use_held(struct synth *s, struct lane *l, const struct speech_request *request)
{
	struct speech *speech;

	while (l->nheld > 0) {
		speech = l->held[0];
		l->held[0] = l->held[--l->nheld];
		if (speech_say(speech, request, s->now_ms, s->wall_ms) == 0)
			return speech;
		speech_free(speech, s->now_ms);
	}
	return NULL;
}

static enum ask
ask_for(struct synth *s, struct sentence *e)
{
	struct speech_request request;
	struct service_error error;
	size_t nstreams, nheld, ncalls;
	bool is_full;

	count_open(s, &nstreams, &nheld, &ncalls);
	is_full =
	    e->lane->nheld == 0 && (nstreams - nheld >= s->config.max_streams ||
				       quota_at_ms(&s->quota) > s->now_ms);
	e->is_call = e->lane->uses_calls || e->must_call ||
	             (is_full && s->now_ms - e->arrived_ms > OVERFLOW_MS);
	if (e->is_call ? ncalls >= CALLS_MAX : is_full)
		return ASK_LATER;
	e->engine = e->lane->voice.engine;
	request.text = e->text;
	request.voice = &e->lane->voice;
	request.events = &speech_callbacks;
	request.arg = e;
	service_error_init(&error);
	e->speech = e->is_call ? speech_call(s->config.service, &request,
				     s->now_ms, &error)
	                       : use_held(s, e->lane, &request);
	if (e->speech == NULL && !e->is_call) {
		if (nstreams >= s->config.max_streams)
			make_room(s, e->lane);
		e->speech = speech_stream(
		    s->config.service, &request, s->now_ms, s->wall_ms, &error);
		if (e->speech == NULL && error.class == SERVICE_ERROR_NONE)
			return starved(s, e);
		if (e->speech != NULL)
			quota_use(&s->quota, s->now_ms);
	}
	e->tries++;
	if (!e->is_call)
		s->starved_at_ms = 0;
	if (e->speech == NULL)
		sentence_failed(s, e, &error);
	else
		e->state = SENTENCE_ASKED;
	return ASK_DONE;
}

/* Round the languages, until one was asked for or none wants. */
void
asking_next(struct synth *s)
{
	s->has_more = false;
	for (size_t i = 0; i < s->nlanes && !s->has_more; i++) {
		struct lane *l = s->lanes[s->turn++ % s->nlanes];
		struct sentence *e = l->voice.voice == NULL
		                         ? NULL
		                         : lane_next(l, DEPTH, s->now_ms);

		s->has_more = e != NULL && ask_for(s, e) == ASK_DONE;
	}
}

/* Deadlines of what runs; what is over gives its connection back at once, what
 * has waited long enough may be asked for. */
static void
watch_sentence(struct sentence *e, int64_t now_ms)
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
asking_watch(struct synth *s)
{
	for (size_t i = 0; i < s->nlanes; i++)
		for (struct sentence *e = s->lanes[i]->head; e != NULL;
		     e = e->next)
			watch_sentence(e, s->now_ms);
}

/* Those that the service ended, or that have served their time. */
static void
watch_held(struct synth *s, struct lane *l)
{
	for (size_t i = l->nheld; i-- > 0;) {
		speech_keep(l->held[i], s->now_ms, s->wall_ms);
		if (!speech_is_over(l->held[i]))
			continue;
		if (speech_was_refused(l->held[i]))
			l->hold_at_ms = s->now_ms + HOLD_AGAIN_MS;
		lane_unhold(l, i, s->now_ms);
	}
}

/* Whether a stream ahead would be of use to the language. */
static bool
may_hold(const struct synth *s, const struct lane *l, size_t n)
{
	return l->voice.voice != NULL && l->is_wanted && !l->uses_calls &&
	       l->nheld == n && n < LANE_HELD_MAX && l->hold_at_ms <= s->now_ms;
}

/* The next language to hold one: each one before any has two. */
static struct lane *
lane_to_warm(const struct synth *s)
{
	for (size_t n = 0; n < LANE_HELD_MAX; n++)
		for (size_t i = 0; i < s->nlanes; i++)
			if (may_hold(s, s->lanes[i], n))
				return s->lanes[i];
	return NULL;
}

void
asking_warm(struct synth *s)
{
	size_t nstreams, nheld, ncalls;
	struct service_error error;
	struct speech *speech;
	struct lane *l;

	for (size_t i = 0; i < s->nlanes; i++)
		watch_held(s, s->lanes[i]);
	count_open(s, &nstreams, &nheld, &ncalls);
	if (s->has_more || nheld >= s->config.nwarm ||
	    nstreams >= s->config.max_streams ||
	    quota_at_ms(&s->quota) > s->now_ms || (l = lane_to_warm(s)) == NULL)
		return;
	speech = speech_hold(
	    s->config.service, &l->voice, s->now_ms, s->wall_ms, &error);
	if (speech == NULL) {
		l->hold_at_ms = s->now_ms + HOLD_AGAIN_MS;
		return;
	}
	quota_use(&s->quota, s->now_ms);
	l->held[l->nheld++] = speech;
	s->has_more = true;
}

/* What a sentence that waits for its turn waits for. */
static void
prepare_waiting(const struct synth *s, const struct sentence *e, struct loop *l,
    int64_t now_ms)
{
	if (quota_at_ms(&s->quota) > now_ms)
		loop_deadline(l, quota_at_ms(&s->quota));
	if (e->arrived_ms + OVERFLOW_MS >= now_ms)
		loop_deadline(l, e->arrived_ms + OVERFLOW_MS + 1);
	if (s->starved_at_ms != 0 && s->starved_at_ms + STARVED_MS > now_ms)
		loop_deadline(l, s->starved_at_ms + STARVED_MS);
}

static void
prepare_lane(const struct synth *s, const struct lane *lane, struct loop *l,
    int64_t now_ms)
{
	const struct sentence *e = lane->head;

	while (e != NULL && e->state != SENTENCE_WAITING)
		e = e->next;
	if (lane->voice.voice == NULL)
		return;
	if (e != NULL)
		prepare_waiting(s, e, l, now_ms);
	for (size_t i = 0; i < lane->nheld; i++)
		speech_prepare(lane->held[i], l);
	if (s->config.nwarm > 0 && lane->hold_at_ms > now_ms)
		loop_deadline(l, lane->hold_at_ms);
}

void
asking_prepare(const struct synth *s, struct loop *l, int64_t now_ms)
{
	if (s->has_more)
		loop_deadline(l, now_ms);
	for (size_t i = 0; i < s->nlanes; i++)
		prepare_lane(s, s->lanes[i], l, now_ms);
}
