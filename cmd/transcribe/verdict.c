#include "verdict.h"

#include <stdlib.h>
#include <string.h>

#include "aws/retry.h"
#include "base/log.h"
#include "base/pcm.h"
#include "gaps.h"
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
/* A session that is no further behind than this keeps up. */
#define DUE_SLACK_MS 1000

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
verdict_clock_refused(struct sessions *s, const struct session *session,
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
	r->did_skew = verdict_clock_refused(s, r->session, e);
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
			sessions_say(s, "failed", text, s->wall_ms);
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
		sessions_say(s, "reconnecting", text, s->wall_ms);
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

void
verdict_session_over(
    struct sessions *s, struct sessions_range *r, int64_t now_ms)
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
