#include "sessions.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "aws/retry.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pcm.h"
#include "gaps.h"
#include "pause.h"
#include "roll.h"

/* Waits between tries, doubling with full jitter; short, for the room waits.  A
 * service that throttles is left alone for longer. */
#define BACKOFF_BASE_MS 100
#define BACKOFF_MAX_MS 2000
#define BACKOFF_MAX_THROTTLING_MS 5000
/* Sessions in a row that the service took and broke without a result, before
 * a late range counts as lost, and refusals of a live one as final.  A bad
 * minute of the service is no reason yet. */
#define BROKEN_MAX 8
#define BROKEN_MS 60000
/* After the end of input nobody waits longer than this for a service that
 * brings nothing, and it gets a few tries at least. */
#define REST_TIMEOUT_MS 60000
#define REST_TRIES 3
/* With so little room left in the backlog something has to go. */
#define ROOM_MIN_MS 2000
/* And this much of what was sent is kept even then. */
#define KEEP_MS 30000
/* A session that is no further behind than this keeps up. */
#define DUE_SLACK_MS 1000
/* How often credentials that are being fetched are asked for. */
#define PENDING_MS 100
/* Once a second: for somebody to write new ones where the old ones were. */
#define EXPIRED_TRIES 60
/* Input that stalls so long ends the session, and with it the cost. */
#define PAUSE_MS 60000

static void
say_status(struct sessions *s, const char *state, const char *detail)
{
	sessions_say(s, state, detail, s->wall_ms);
}

/* Audio of a range that nobody has heard, in ms. */
static double
unheard_ms(const struct sessions *s, const struct sessions_range *r)
{
	uint64_t from =
	    r->session == NULL ? r->from : session_covered(r->session);
	uint64_t until =
	    r->until == SESSION_LIVE ? s->config.backlog->end : r->until;

	return r->is_used && until > from ? pcm_ms_of_bytes(until - from) : 0;
}

static double
all_unheard_ms(const struct sessions *s)
{
	double ms = 0;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		ms += unheard_ms(s, &s->ranges[i]);
	return ms;
}

void
sessions_leave(struct sessions *s)
{
	double ms = s->is_done ? 0 : all_unheard_ms(s);

	s->lost_ms += ms;
	if (ms > 0)
		log_msg(LOG_ERROR, NULL,
		    "%.1f s of audio were not heard: left before that",
		    ms / 1000);
}

static void
sessions_give_up(struct sessions *s, int status)
{
	if (status != EX_OK)
		s->lost_ms += all_unheard_ms(s);
	s->is_done = true;
	if (s->status == 0)
		s->status = status;
}

static struct sessions_range *
range_of(struct sessions *s, const struct session *session)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->ranges[i].session == session)
			return &s->ranges[i];
	return NULL;
}

/* The service has taken a range's session. */
static void
range_opened(struct sessions *s, struct sessions_range *r)
{
	bool is_live = r == &s->ranges[0];

	r->is_failing = r->did_skew = false;
	if (is_live)
		gaps_tell(s);
	if (!s->was_ready) {
		s->was_ready = true;
		say_status(s, "ready", NULL);
	} else if (s->is_degraded && is_live) {
		s->is_degraded = false;
		log_msg(LOG_INFO, NULL, "listening again");
		say_status(s, "recovered", NULL);
	}
}

static void
on_open(void *arg, struct session *session)
{
	struct sessions *s = arg;
	struct sessions_range *r = range_of(s, session);

	s->opened++;
	skew_accepted(&s->skew);
	captions_session_begun(s->config.captions, session);
	/* One that stands by has none yet. */
	if (r != NULL)
		range_opened(s, r);
}

static void
on_results(
    void *arg, struct session *session, struct transcribe_results *results)
{
	struct sessions *s = arg;
	struct sessions_range *r = range_of(s, session);

	/* What stands by has heard silence. */
	if (r == NULL || roll_holds(s, session, results))
		return;
	r->did_refresh = r->did_skew = false;
	r->nmute = 0;
	for (size_t i = 0; i < results->n; i++)
		captions_result(s->config.captions, session,
		    &results->results[i], s->wall_ms);
	if (gaps_has_advanced(r)) {
		r->failures = r->broken = 0;
		r->nrehears = r->nunfinished = 0;
	}
}

void
sessions_init(struct sessions *s, const struct sessions_config *config)
{
	memset(s, 0, sizeof(*s));
	skew_init(&s->skew);
	s->config = *config;
	s->events.on_open = on_open;
	s->events.on_results = on_results;
	s->config.session.events = &s->events;
	s->config.session.arg = s;
	s->config.session.backlog = config->backlog;
	s->ranges[0].is_used = true;
	s->ranges[0].until = SESSION_LIVE;
}

void
sessions_release(struct sessions *s)
{
	roll_release(s);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		session_free(s->ranges[i].session);
}

void
sessions_input_ended(struct sessions *s, int64_t now_ms)
{
	if (s->is_input_ended)
		return;
	s->is_input_ended = true;
	s->input_ended_at_ms = now_ms;
	if (s->ranges[0].session != NULL)
		session_input_ended(s->ranges[0].session);
}

bool
sessions_is_done(const struct sessions *s)
{
	return s->is_done;
}

/* Full jitter; POSIX's generator is enough to keep rooms apart.  A service that
 * says for how long it is to be left alone gets that, within a bound. */
static int64_t
backoff_ms(struct sessions *s, int failures, const struct service_error *e)
{
	bool is_throttled = e->class == SERVICE_ERROR_THROTTLING;
	int64_t ms = is_throttled ? RETRY_BASE_THROTTLING_MS : BACKOFF_BASE_MS;
	int64_t max_ms =
	    is_throttled ? BACKOFF_MAX_THROTTLING_MS : BACKOFF_MAX_MS;

	for (int i = 1; i < failures && ms < max_ms; i++)
		ms *= 2;
	if (ms > max_ms)
		ms = max_ms;
	ms = (int64_t)((double)rand_r(&s->config.seed) / RAND_MAX * (double)ms);
	return retry_heed_ms(ms, e);
}

bool
sessions_clock_refused(struct sessions *s, const struct session *session,
    const struct service_error *e)
{
	int64_t off_s;

	if (!skew_refused(&s->skew, session_date(session), e, s->wall_ms))
		return false;
	off_s = s->skew.offset_ms / 1000;
	log_msg(LOG_WARN, NULL,
	    off_s == 0 ? "this machine's clock is right again"
		       : "this machine's clock is %lld s %s: corrected for "
			 "signatures; set it, for times in lines are wrong",
	    (long long)(off_s > 0 ? off_s : -off_s),
	    off_s > 0 ? "slow" : "fast");
	return true;
}

/* A wrong clock is corrected once without a result in between; some services
 * say no more than "denied" to it. */
static bool
clock_corrected(
    struct sessions *s, struct sessions_range *r, const struct service_error *e)
{
	if (r->did_skew ||
	    (!skew_is_about(e) && e->class != SERVICE_ERROR_DENIED))
		return false;
	r->did_skew = sessions_clock_refused(s, r->session, e);
	return r->did_skew;
}

/*
 * Whether trying again cannot help; expired keys and a wrong clock get one more
 * try first.  What was fine once may be fine again: in mid-talk only what a
 * person has to mend is final.
 */
static bool
is_final(
    struct sessions *s, struct sessions_range *r, const struct service_error *e)
{
	if (clock_corrected(s, r, e))
		return false;
	/* In mid-talk: a proxy, for the service would give its reason. */
	if (s->was_ready && e->class == SERVICE_ERROR_DENIED &&
	    strncmp(e->name, "HTTP ", 5) == 0)
		return r->broken >= BROKEN_MAX;
	switch (e->class) {
	case SERVICE_ERROR_SKEW:
	case SERVICE_ERROR_DENIED:
		/* Keys that were replaced are refused by some other name, and
		 * tokens that expired by that of a late request. */
		if (!s->was_ready && strcmp(e->name, "RequestExpired") != 0)
			return true;
		/* FALLTHROUGH */
	case SERVICE_ERROR_EXPIRED:
		if (r->did_refresh)
			return true;
		r->did_refresh = true;
		credentials_invalidate(
		    s->config.provider, session_credentials(r->session));
		return false;
	case SERVICE_ERROR_INVALID:
		return !s->was_ready || r->broken >= BROKEN_MAX;
	case SERVICE_ERROR_UNTRUSTED:
		return !s->was_ready;
	case SERVICE_ERROR_CONFIG:
	case SERVICE_ERROR_LOCAL:
		return true;
	default:
		return !s->was_ready && r->failures >= s->config.max_attempts;
	}
}

void
sessions_range_lost(
    struct sessions *s, struct sessions_range *r, const char *why)
{
	double ms = unheard_ms(s, r);

	s->lost_ms += ms;
	log_msg(LOG_ERROR, NULL, "%.1f s of audio were not heard: %s",
	    ms / 1000, why);
	say_status(s, "lost", why);
	roll_session_over(s, r->session);
	sessions_drop(s, r->session);
	r->session = NULL;
	r->is_used = false;
}

static void
session_failed(struct sessions *s, struct sessions_range *r, int64_t now_ms,
    const struct service_error *e)
{
	char text[768];
	bool is_live = r == &s->ranges[0];

	service_error_text(e, text, sizeof(text));
	r->failures++;
	if (session_was_open(r->session) || e->class == SERVICE_ERROR_INVALID ||
	    e->class == SERVICE_ERROR_DENIED)
		r->broken++;
	if (strcmp(e->name, SESSION_MUTE) == 0)
		r->nmute++;
	if (strcmp(e->name, SESSION_UNFINISHED) == 0)
		r->nunfinished++;
	if (is_final(s, r, e)) {
		if (is_live) {
			log_msg(LOG_ERROR, NULL, "%s", text);
			sessions_give_up(
			    s, service_error_exit_status(e->class));
			say_status(s, "failed", text);
		} else {
			sessions_range_lost(s, r, text);
		}
		return;
	}
	if (!is_live && r->broken >= BROKEN_MAX &&
	    now_ms - r->stuck_at_ms >= BROKEN_MS) {
		sessions_range_lost(s, r, text);
		return;
	}
	r->is_failing = true;
	r->retry_at_ms = now_ms + backoff_ms(s, r->failures, e);
	if (!is_live || !s->was_ready) {
		log_msg(LOG_DEBUG, NULL, "trying again: %s", text);
	} else if (!s->is_degraded) {
		s->is_degraded = true;
		log_msg(LOG_WARN, NULL, "reconnecting: %s", text);
		say_status(s, "reconnecting", text);
	}
}

/* Whether nothing was asked of a connection that was closed: who keeps one open
 * before there is anything to say must expect that. */
static bool
is_idle_close(const struct sessions *s, const struct sessions_range *r,
    const struct service_error *e)
{
	return (s->was_ready || session_was_connected(r->session)) &&
	       !session_was_started(r->session) &&
	       e->class == SERVICE_ERROR_TRANSIENT &&
	       r->from >= s->config.backlog->end;
}

/* A session is over: what next for its range? */
static void
range_ended(struct sessions *s, struct sessions_range *r, int64_t now_ms)
{
	struct service_error error = *session_error(r->session);
	bool is_orderly = error.class == SERVICE_ERROR_NONE;
	bool has_advanced = gaps_has_advanced(r);
	uint64_t from;

	roll_session_over(s, r->session);
	if (has_advanced)
		r->is_worded = false;
	r->is_worded |= session_is_speaking(r->session);
	/* It keeps open what has nothing to say any more. */
	if (strcmp(error.name, SESSION_UNFINISHED) == 0 &&
	    !gaps_is_unheard(s, r))
		is_orderly = true;
	else if (is_orderly && gaps_ended_too_soon(s, r)) {
		is_orderly = false;
		service_error_set(&error, SERVICE_ERROR_TRANSIENT, "closed",
		    "the service closed the stream with audio unheard");
	}
	/* In order: all that was sent was answered, words or not. */
	from = is_orderly ? session_sent_pos(r->session)
	                  : session_covered(r->session);
	if (from > r->from || has_advanced || r->stuck_at_ms == 0)
		r->stuck_at_ms = now_ms;
	r->from = from;
	memcpy(r->heard, session_heard(r->session), sizeof(r->heard));
	if (session_sent_pos(r->session) + pcm_bytes_of_ms(DUE_SLACK_MS) >=
	    gaps_due(s, r, now_ms)) {
		r->due_pos = session_sent_pos(r->session);
		r->due_at_ms = now_ms;
	}
	captions_session_lost(
	    s->config.captions, r->session, r != &s->ranges[0]);
	if (is_orderly) {
		r->failures = r->broken = 0;
		if (r != &s->ranges[0] ||
		    (s->is_input_ended && r->from >= s->config.backlog->end))
			r->is_used = false;
	} else if (is_idle_close(s, r, &error)) {
		r->retry_at_ms = now_ms + BACKOFF_MAX_MS;
	} else {
		session_failed(s, r, now_ms, &error);
	}
	/* Freed last: what failed says whose credentials it used. */
	sessions_drop(s, r->session);
	r->session = NULL;
}

/* In mid-talk they may come back: a file is written anew, a host answers. */
static void
no_credentials(
    struct sessions *s, struct sessions_range *r, int state, int64_t now_ms)
{
	const char *why = credentials_error(s->config.provider);
	struct service_error e;

	r->failures++;
	r->retry_at_ms = now_ms + RETRY_BASE_THROTTLING_MS;
	if (!s->was_ready ||
	    (state != CREDENTIALS_ERR_FETCH &&
		(state != CREDENTIALS_ERR_EXPIRED ||
		    !credentials_may_change(s->config.provider) ||
		    r->failures > EXPIRED_TRIES))) {
		credentials_service_error(s->config.provider, state, &e);
		log_msg(LOG_ERROR, NULL, "%s", why);
		sessions_give_up(s, service_error_exit_status(e.class));
		say_status(s, "failed", why);
	} else if (!s->lacks_credentials) {
		/* Whatever was said of the session: this one can be mended. */
		s->lacks_credentials = s->is_degraded = true;
		log_msg(LOG_WARN, NULL, "reconnecting: %s", why);
		say_status(s, "reconnecting", why);
	}
}

/* Once ready, a connection is made for audio that is there; before, so that it
 * is there when the audio comes. */
static bool
wants_session(const struct sessions *s, const struct sessions_range *r)
{
	bool is_early = r == &s->ranges[0] && (!s->was_ready || s->is_eager);

	return r->is_used && !s->is_paused && gaps_is_turn(s, r) &&
	       (is_early || r->from < s->config.backlog->end);
}

/* Give a range a session, when it is time and there is something to hear. */
static void
range_start(struct sessions *s, struct sessions_range *r, int64_t now_ms)
{
	struct credentials *credentials;
	bool is_live = r == &s->ranges[0];
	int state;

	if (now_ms < r->retry_at_ms || !wants_session(s, r))
		return;
	state = credentials_get(s->config.provider,
	    skew_wall_ms(&s->skew, s->wall_ms), &credentials);
	if (state == CREDENTIALS_PENDING) {
		r->retry_at_ms = now_ms + PENDING_MS;
		return;
	}
	if (state != CREDENTIALS_READY) {
		no_credentials(s, r, state, now_ms);
		return;
	}
	s->lacks_credentials = false;
	if (is_live && r->due_at_ms == 0)
		r->due_at_ms = now_ms;
	if (is_live && r->is_failing)
		gaps_split(s, now_ms);
	if (is_live && (r->session = roll_take(s)) != NULL) {
		session_go(r->session, r->from, r->heard);
		if (session_was_open(r->session))
			range_opened(s, r);
	} else {
		r->session =
		    session_new(&s->config.session, credentials, r->from,
			is_live ? SESSION_LIVE : r->until, r->heard, now_ms);
	}
	credentials_unref(credentials);
	if (r->session == NULL) {
		log_msg(LOG_ERROR, NULL, "out of memory");
		sessions_give_up(s, EX_OSERR);
		return;
	}
	session_be_patient(r->session, r->nmute, r->nunfinished);
	s->is_eager = s->is_eager && !is_live;
	if (is_live)
		roll_begin(s, r->session);
}

/* Input that stalls for long: end the session, and what it costs. */
static void
watch_stall(struct sessions *s, int64_t now_ms)
{
	struct session *live = s->ranges[0].session;

	if (s->stalled_end != s->config.backlog->end || s->stalled_at_ms == 0) {
		s->stalled_end = s->config.backlog->end;
		s->stalled_at_ms = now_ms;
		if (s->is_stalled)
			say_status(s, "resumed", NULL);
		s->is_stalled = false;
	} else if (live != NULL && session_was_started(live) &&
		   !s->is_input_ended &&
		   now_ms - s->stalled_at_ms >= PAUSE_MS &&
		   session_sent_pos(live) + 1 >= s->stalled_end) {
		session_finish(live);
		s->stalled_at_ms = now_ms;
		log_msg(LOG_INFO, NULL,
		    "no audio for %d s: paused until there is some",
		    PAUSE_MS / 1000);
		s->is_stalled = true;
		say_status(s, "paused", "no audio");
	}
}

static bool
has_work(const struct sessions *s)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->ranges[i].is_used &&
		    (i != 0 || s->ranges[0].session != NULL ||
			s->ranges[0].from < s->config.backlog->end))
			return true;
	return false;
}

/* After the end of input: until when a range without a session may hope. */
static int64_t
rest_deadline_ms(const struct sessions *s, const struct sessions_range *r)
{
	if (!r->is_used || r->session != NULL || r->failures < REST_TRIES)
		return LOOP_NEVER;
	return REST_TIMEOUT_MS + (r->stuck_at_ms > s->input_ended_at_ms
					 ? r->stuck_at_ms
					 : s->input_ended_at_ms);
}

/*
 * The backlog is full, and the live session is well: what stands in its way
 * goes.  (With the service away the input waits, as the page says.)
 */
static void
make_room(struct sessions *s)
{
	const uint64_t keep = pcm_bytes_of_ms(KEEP_MS);
	struct session *live = s->ranges[0].session;
	uint64_t covered = sessions_covered(s), pos;

	if (s->is_input_ended || live == NULL || !session_was_open(live) ||
	    backlog_room(s->config.backlog) >= pcm_bytes_of_ms(ROOM_MIN_MS))
		return;
	for (size_t i = 1; i < SESSIONS_MAX; i++) {
		struct sessions_range *r = &s->ranges[i];

		if (r->is_used &&
		    covered == (r->session == NULL
				       ? r->from
				       : session_covered(r->session))) {
			sessions_range_lost(
			    s, r, "ten minutes later it still was not");
			return;
		}
	}
	/* Ten minutes without a word: nobody spoke. */
	pos = session_sent_pos(live);
	if (pos > keep)
		for (unsigned int c = 0; c < s->config.backlog->channels; c++)
			session_cover(live, c, pos - keep);
}

void
sessions_prepare(struct sessions *s, struct loop *l, int64_t now_ms)
{
	const struct session *live = s->ranges[0].session;

	credentials_prepare(s->config.provider, l);
	roll_prepare(s, l, now_ms);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct sessions_range *r = &s->ranges[i];

		if (r->session != NULL)
			session_prepare(r->session, l, now_ms);
		else if (wants_session(s, r))
			loop_deadline(l, r->retry_at_ms);
		if (s->is_input_ended)
			loop_deadline(l, rest_deadline_ms(s, r));
	}
	if (!s->is_input_ended && live != NULL && session_was_started(live) &&
	    s->stalled_at_ms != 0)
		loop_deadline(l, s->stalled_at_ms + PAUSE_MS);
}

/* After the end of input: done, or long enough waited? */
static void
watch_rest(struct sessions *s, int64_t now_ms)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (rest_deadline_ms(s, &s->ranges[i]) <= now_ms)
			sessions_range_lost(s, &s->ranges[i],
			    "the service did not come back before the time "
			    "limit");
	if (!has_work(s))
		sessions_give_up(s, s->lost_ms > 0 ? EX_TEMPFAIL : EX_OK);
}

static void
look_at_clock(struct sessions *s)
{
	int64_t set_ms = skew_look(&s->skew, s->wall_ms, clock_boot_ms());

	if (set_ms != 0)
		log_msg(LOG_WARN, NULL,
		    "this machine's clock was set %s by %lld s; signatures go "
		    "on as before",
		    set_ms > 0 ? "forward" : "back",
		    (long long)(set_ms > 0 ? set_ms : -set_ms) / 1000);
}

void
sessions_dispatch(
    struct sessions *s, struct loop *l, int64_t now_ms, double wall_ms)
{
	s->wall_ms = wall_ms;
	look_at_clock(s);
	credentials_dispatch(s->config.provider, l, now_ms);
	watch_stall(s, now_ms);
	pause_dispatch(s);
	roll_dispatch(s, l, now_ms);
	for (size_t i = 0; i < SESSIONS_MAX && !s->is_done; i++) {
		struct sessions_range *r = &s->ranges[i];

		if (!r->is_used)
			continue;
		if (r->session == NULL)
			range_start(s, r, now_ms);
		if (r->session == NULL)
			continue;
		session_dispatch(
		    r->session, l, now_ms, skew_wall_ms(&s->skew, wall_ms));
		if (session_is_over(r->session) && !roll_waits(s, r->session))
			range_ended(s, r, now_ms);
	}
	make_room(s);
	if (!s->is_done && s->is_input_ended)
		watch_rest(s, now_ms);
}
