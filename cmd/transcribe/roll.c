#include "roll.h"

#include <string.h>

#include "base/log.h"
#include "base/pcm.h"
#include "gaps.h"
#include "verdict.h"

/* So long before a session is to end the next one is opened, and a pause is
 * waited for; of short sessions (tests), half of them. */
#define AHEAD_MS 60000
/* Nobody paused: so much audio is gathered, and cut where it is quietest.
 * Less than what counts as input that stalls. */
#define GATHER_MS 900
/* The new session's words wait so long for the old one's last ones.  A service
 * needs a second or two for them. */
#define ORDER_MS 5000
/* Between tries to open the next session. */
#define AGAIN_MS 2000
#define AGAIN_MAX_MS 30000
/* How often credentials that are being fetched are asked for. */
#define CREDENTIALS_MS 100

static int64_t
ahead_ms(const struct sessions *s)
{
	int64_t half_ms = s->config.max_session_ms / 2;

	return half_ms < AHEAD_MS ? half_ms : AHEAD_MS;
}

/* What waited for the old session's last words. */
static void
hand_out(struct sessions *s)
{
	struct roll *r = &s->roll;

	r->old = NULL;
	for (size_t i = 0; i < r->nheld; i++) {
		s->events.on_results(s, s->ranges[0].session, &r->held[i]);
		transcribe_results_release(&r->held[i]);
	}
	r->nheld = 0;
}

/* The new session waits no longer for the old one: what that still says comes
 * behind what is later, and is late. */
static void
overtake(struct sessions *s)
{
	session_set_late(s->roll.old);
	captions_session_late(s->config.captions, s->roll.old);
	captions_orphans_late(s->config.captions);
	hand_out(s);
}

bool
roll_holds(struct sessions *s, const struct session *session,
    struct transcribe_results *results)
{
	struct roll *r = &s->roll;

	if (r->old == NULL || session != s->ranges[0].session)
		return false;
	if (r->nheld == ROLL_HELD_MAX) {
		/* It says more than anybody waits for. */
		overtake(s);
		return false;
	}
	r->held[r->nheld++] = *results;
	memset(results, 0, sizeof(*results));
	return true;
}

void
roll_follow(struct sessions *s, struct session *old)
{
	if (s->roll.old != NULL)
		overtake(s);
	s->roll.old = old;
}

bool
roll_waits(const struct sessions *s, const struct session *session)
{
	return s->roll.old != NULL && session == s->ranges[0].session &&
	       session_error(session)->class == SERVICE_ERROR_NONE;
}

void
roll_session_over(struct sessions *s, const struct session *session)
{
	if (s->roll.old != NULL && session == s->roll.old) {
		/* What was begun before the cut is heard after it now. */
		captions_orphans_late(s->config.captions);
		hand_out(s);
	} else if (s->roll.old != NULL && session == s->ranges[0].session) {
		overtake(s);
	}
}

void
roll_begin(struct sessions *s, struct session *live)
{
	if (s->is_input_ended)
		session_input_ended(live);
	/* What is sent faster than it was spoken waits for the next one. */
	if (s->config.session.is_fast)
		session_set_limit_ms(live, s->config.max_session_ms);
}

struct session *
roll_take(struct sessions *s)
{
	struct session *next = s->roll.next;

	if (next != NULL && session_is_over(next))
		roll_drop(s);
	else
		s->roll.next = NULL;
	return s->roll.next == NULL ? next : NULL;
}

void
roll_drop(struct sessions *s)
{
	if (s->roll.next == NULL)
		return;
	sessions_drop(s, s->roll.next);
	s->roll.next = NULL;
}

void
roll_release(struct sessions *s)
{
	for (size_t i = 0; i < s->roll.nheld; i++)
		transcribe_results_release(&s->roll.held[i]);
	s->roll.nheld = 0;
	session_free(s->roll.next);
	s->roll.next = NULL;
}

/* The old one goes on for a while. */
static void
put_off(struct sessions *s, struct session *live, int64_t now_ms)
{
	struct roll *r = &s->roll;
	int64_t wait_ms = AGAIN_MS;

	for (int i = 0; i < r->failures && wait_ms < AGAIN_MAX_MS; i++)
		wait_ms *= 2;
	r->failures++;
	r->retry_at_ms =
	    now_ms + (wait_ms < AGAIN_MAX_MS ? wait_ms : AGAIN_MAX_MS);
	if (s->config.session.is_fast)
		session_set_limit_ms(
		    live, session_age_ms(live, now_ms) + ahead_ms(s));
	else
		session_set_limit_ms(live, 0);
	r->gather_until_ms = 0;
}

/* The next session is over before it was of use. */
static void
next_failed(struct sessions *s, struct session *live, int64_t now_ms)
{
	struct service_error error = *session_error(s->roll.next);
	char text[768];

	service_error_text(&error, text, sizeof(text));
	log_msg(s->roll.failures == 0 ? LOG_WARN : LOG_DEBUG, NULL,
	    "the next session cannot be had yet, this one goes on: %s", text);
	if (error.class == SERVICE_ERROR_EXPIRED)
		credentials_invalidate(
		    s->config.provider, session_credentials(s->roll.next));
	if (skew_is_about(&error))
		verdict_clock_refused(s, s->roll.next, &error);
	roll_drop(s);
	put_off(s, live, now_ms);
}

static void
open_next(struct sessions *s, struct session *live, int64_t now_ms)
{
	struct roll *r = &s->roll;
	struct credentials *credentials;

	if (now_ms < r->retry_at_ms)
		return;
	switch (credentials_get(s->config.provider,
	    skew_wall_ms(&s->skew, s->wall_ms), &credentials)) {
	case CREDENTIALS_READY:
		break;
	case CREDENTIALS_PENDING:
		r->retry_at_ms = now_ms + CREDENTIALS_MS;
		return;
	default:
		log_msg(r->failures == 0 ? LOG_WARN : LOG_DEBUG, NULL,
		    "the next session cannot be had yet, this one goes on: %s",
		    credentials_error(s->config.provider));
		put_off(s, live, now_ms);
		return;
	}
	r->next = session_new_standby(&s->config.session, credentials, now_ms);
	credentials_unref(credentials);
	r->searched = 0;
	if (r->next == NULL)
		put_off(s, live, now_ms);
}

/* The old one hears what is before `cut`, the new one what is from `from` on.
 */
static void
change_over(struct sessions *s, uint64_t cut, uint64_t from, int64_t now_ms)
{
	struct sessions_range *live = &s->ranges[0], *old = gaps_spare_range(s);
	struct roll *r = &s->roll;

	if (old == NULL) {
		/* Sixteen gaps are being heard: not now. */
		put_off(s, live->session, now_ms);
		return;
	}
	*old = *live;
	old->until = cut;
	old->is_told = true;
	session_set_until(old->session, cut);
	live->session = r->next;
	live->from = from;
	live->failures = live->broken = 0;
	live->did_refresh = live->did_skew = live->is_worded = false;
	live->nmute = live->nunfinished = live->nrehears = 0;
	live->stuck_at_ms = now_ms;
	session_go(live->session, from, NULL);
	roll_begin(s, live->session);
	r->old = old->session;
	r->next = NULL;
	r->failures = 0;
	r->gather_until_ms = 0;
	r->changed_at_ms = now_ms;
	log_msg(LOG_INFO, NULL, "a new session goes on at %.1f s of the talk",
	    pcm_ms_of_bytes(from) / 1000);
}

/* Whether the live session is late for good. */
static bool
is_behind(const struct sessions *s, const struct session *live, int64_t now_ms)
{
	return session_is_paced(live) && gaps_is_behind(s, now_ms);
}

/* The next one is open: it goes on where the talk is now. */
static void
jump_ahead(struct sessions *s, struct session *live, int64_t now_ms)
{
	uint64_t pos = session_sent_pos(live);
	uint64_t from = gaps_cut(s, session_due(live, now_ms));
	uint64_t cut = backlog_quietest(
	    s->config.backlog, pos, pos + pcm_bytes_of_ms(GATHER_MS));

	if (!gaps_leave_out(s, cut, from)) {
		put_off(s, live, now_ms);
		return;
	}
	change_over(s, cut, from, now_ms);
	/* What stalled may not have come to its end yet. */
	if (s->ranges[0].session != live)
		session_inherit_due(s->ranges[0].session, live);
}

/* The next one is open: look for a place to cut, until it must be any. */
static void
look_for_cut(struct sessions *s, struct session *live, int64_t now_ms)
{
	const struct backlog *b = s->config.backlog;
	struct roll *r = &s->roll;
	uint64_t pos = session_sent_pos(live), cut, until;
	int64_t left_ms =
	    s->config.max_session_ms - session_age_ms(live, now_ms);

	if (is_behind(s, live, now_ms)) {
		jump_ahead(s, live, now_ms);
		return;
	}
	/* It gets no more than is left, or than is gathered below. */
	until =
	    pos + pcm_bytes_of_ms(left_ms > GATHER_MS ? left_ms : GATHER_MS);
	if (backlog_find_pause(b, pos, &r->searched, &cut) && cut <= until) {
		change_over(s, cut, cut, now_ms);
		return;
	}
	if (left_ms > 0)
		return;
	if (r->gather_until_ms == 0) {
		r->gather_until_ms = now_ms + GATHER_MS;
		session_set_limit_ms(live, 1);
	}
	if (now_ms < r->gather_until_ms && b->end < until)
		return;
	cut = backlog_quietest(b, pos, b->end < until ? b->end : until);
	change_over(s, cut, cut, now_ms);
}

/* The new one's words have waited long enough. */
static void
watch_order(struct sessions *s, int64_t now_ms)
{
	struct roll *r = &s->roll;

	/* Paused: nobody waits for it. */
	if (s->ranges[0].session == NULL)
		r->changed_at_ms = now_ms;
	if (r->old == NULL || now_ms < r->changed_at_ms + ORDER_MS)
		return;
	overtake(s);
}

/* Whether the live session is to be followed by another, as soon as can be. */
static bool
is_time(const struct sessions *s, const struct session *live, int64_t now_ms)
{
	return s->roll.old == NULL &&
	       (is_behind(s, live, now_ms) ||
		   session_age_ms(live, now_ms) >=
		       s->config.max_session_ms - ahead_ms(s));
}

/* Whether the live session will get through with what there is. */
static bool
is_last(const struct sessions *s, const struct session *live, int64_t now_ms)
{
	uint64_t pos = session_sent_pos(live), end = s->config.backlog->end;
	double rest_ms = end > pos ? pcm_ms_of_bytes(end - pos) : 0;

	return s->is_input_ended &&
	       rest_ms <= (double)(s->config.max_session_ms -
				   session_age_ms(live, now_ms));
}

void
roll_dispatch(struct sessions *s, struct loop *l, int64_t now_ms)
{
	struct session *live = s->ranges[0].session;
	struct roll *r = &s->roll;

	watch_order(s, now_ms);
	if (live != NULL &&
	    (session_is_ending(live) || is_last(s, live, now_ms))) {
		session_set_limit_ms(live, 0);
		r->gather_until_ms = 0;
		roll_drop(s);
		return;
	}
	if (r->next != NULL)
		session_dispatch(
		    r->next, l, now_ms, skew_wall_ms(&s->skew, s->wall_ms));
	if (live == NULL || !session_was_open(live) || session_is_over(live))
		return;
	if (r->next != NULL && session_is_over(r->next))
		next_failed(s, live, now_ms);
	else if (r->next != NULL && session_was_open(r->next))
		look_for_cut(s, live, now_ms);
	else if (r->next == NULL && is_time(s, live, now_ms))
		open_next(s, live, now_ms);
}

void
roll_prepare(const struct sessions *s, struct loop *l, int64_t now_ms)
{
	const struct session *live = s->ranges[0].session;
	const struct roll *r = &s->roll;
	int64_t left_ms;

	if (r->old != NULL && live != NULL)
		loop_deadline(l, r->changed_at_ms + ORDER_MS);
	/* Its end waited for another's, and does no longer. */
	if (live != NULL && session_is_over(live) && !roll_waits(s, live))
		loop_deadline(l, now_ms);
	if (r->next != NULL)
		session_prepare(r->next, l, now_ms);
	if (live == NULL || session_is_over(live) || !session_was_open(live) ||
	    session_is_ending(live) || is_last(s, live, now_ms))
		return;
	left_ms = s->config.max_session_ms - session_age_ms(live, now_ms);
	if (r->gather_until_ms != 0)
		loop_deadline(l, r->gather_until_ms);
	else if (r->next != NULL && left_ms > 0)
		loop_deadline(l, now_ms + left_ms);
	else if (r->next == NULL && is_time(s, live, now_ms))
		loop_deadline(l, r->retry_at_ms);
	else if (r->next == NULL && r->old == NULL)
		loop_deadline(l, now_ms + left_ms - ahead_ms(s));
}
