#include "sessions.h"

#include <string.h>
#include <sysexits.h>

#include "aws/retry.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pcm.h"
#include "gaps.h"
#include "pause.h"
#include "roll.h"
#include "verdict.h"

/* After the end of input nobody waits longer than this for a service that
 * brings nothing, and it gets a few tries at least. */
#define REST_TIMEOUT_MS 60000
#define REST_TRIES 3
/* With so little room left in the backlog something has to go. */
#define ROOM_MIN_MS 2000
/* And this much of what was sent is kept even then. */
#define KEEP_MS 30000
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

void
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
			verdict_session_over(s, r, now_ms);
	}
	make_room(s);
	if (!s->is_done && s->is_input_ended)
		watch_rest(s, now_ms);
}
