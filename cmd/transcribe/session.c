#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/pcm.h"
#include "session_priv.h"

/* The service has this long to take the request. */
#define OPEN_TIMEOUT_MS 8000
/* Audio waits and the service takes none of it: longer than any hiccup. */
#define BLOCKED_TIMEOUT_MS 10000
/* After our end: the service has this long between two events, and where it
 * was slow before, up to a minute. */
#define FINISH_TIMEOUT_MS 15000
#define FINISH_PATIENCE_MAX 2
/* In mid-sentence the service has this long, too: a live one says more with
 * every word, or makes it final. */
#define MUTE_TIMEOUT_MS 20000
/* So much sound that could be words is no rustle. */
#define LOUD_MS 5000
/* And it may have been music: patience doubles so often, to 320 s. */
#define PATIENCE_MAX 4

/* A channel in which nothing was said is taken to be heard so far behind the
 * other: the service says of neither how far it is. */
#define CHANNEL_SLACK_MS 15000

static const char unfinished_text[] = "the last results did not come";
static const char mute_text[] = "the service says nothing of what it is sent";

static void
session_over(struct session *s, const struct service_error *error)
{
	if (s->is_over)
		return;
	s->is_over = true;
	if (error != NULL)
		s->error = *error;
	else
		service_error_init(&s->error);
}

void
session_fail(struct session *s, enum service_error_class class,
    const char *name, const char *text)
{
	struct service_error error;

	service_error_set(&error, class, name, "%s", text);
	session_over(s, &error);
}

static void
on_open(void *arg, struct bidi *b, const struct h2_header *headers, size_t n)
{
	struct session *s = arg;

	s->was_open = true;
	for (size_t i = 0; i < n; i++)
		if (strcmp(headers[i].name, "x-amzn-transcribe-session-id") ==
		    0)
			snprintf(s->id, sizeof(s->id), "%s", headers[i].value);
	snprintf(
	    s->request_id, sizeof(s->request_id), "%s", bidi_request_id(b));
	log_msg(LOG_DEBUG, "session", "open, session=%s request=%s", s->id,
	    s->request_id);
	if (s->config->events->on_open != NULL)
		s->config->events->on_open(s->config->arg, s);
}

static void
on_event(void *arg, struct bidi *b, const struct es_event *event)
{
	struct session *s = arg;
	struct transcribe_results results;
	int rc;

	(void)b;
	if (s->is_over)
		return;
	/* The time is looked up at the next dispatch. */
	s->heard_at_ms = s->loud_ms = 0;
	s->has_spoken = true;
	if (!es_event_is(event, ES_KIND_EVENT, "TranscriptEvent")) {
		log_msg(LOG_DEBUG, "session", "skipped an event of type '%.*s'",
		    (int)event->type_len, event->type);
		return;
	}
	rc = transcribe_results_parse(
	    &results, event->payload, event->payload_len);
	if (rc == TRANSCRIBE_ERR_NOMEM) {
		/* The next session hears it again. */
		session_fail(s, SERVICE_ERROR_TRANSIENT, "memory",
		    transcribe_strerror(rc));
		return;
	}
	if (rc != 0) {
		/* One event less is better than a session less. */
		log_msg(LOG_WARN, "session", "%s", transcribe_strerror(rc));
		return;
	}
	if (results.n > 0)
		s->config->events->on_results(s->config->arg, s, &results);
	transcribe_results_release(&results);
}

static bool
is_speaking(const struct session *s)
{
	return s->is_speaking[0] || s->is_speaking[1];
}

static void
on_end(void *arg, struct bidi *b, const struct service_error *error)
{
	struct session *s = arg;

	snprintf(
	    s->request_id, sizeof(s->request_id), "%s", bidi_request_id(b));
	snprintf(s->date, sizeof(s->date), "%s", bidi_date(b));
	if (error == NULL && (!s->is_end_sent || bidi_queued_bytes(b) > 0))
		session_fail(s, SERVICE_ERROR_TRANSIENT, "closed",
		    "the service closed the stream before its end");
	else if (error == NULL && is_speaking(s))
		session_fail(s, SERVICE_ERROR_TRANSIENT, "closed",
		    "the service closed the stream in mid-sentence");
	else
		session_over(s, error);
}

static const struct bidi_events bidi_callbacks = {
	.on_open = on_open,
	.on_event = on_event,
	.on_end = on_end,
};

static void
on_conn_closed(void *arg, struct conn *c, int error)
{
	struct session *s = arg;
	enum service_error_class class = SERVICE_ERROR_TRANSIENT;

	if (error == CONN_ERR_CERT || error == CONN_ERR_ALPN)
		class = SERVICE_ERROR_UNTRUSTED;
	else if (error == CONN_ERR_TIMEOUT)
		class = SERVICE_ERROR_TIMEOUT;
	session_fail(s, class, "connect",
	    error == 0 ? "the service closed the connection"
		       : conn_error_text(c));
}

static const struct conn_events conn_callbacks = {
	.on_closed = on_conn_closed,
};

struct session *
session_new(const struct session_config *config,
    struct credentials *credentials, uint64_t from, uint64_t until,
    const uint64_t heard[SESSION_CHANNELS_MAX], int64_t now_ms)
{
	struct session *s = calloc(1, sizeof(*s));
	struct conn_config conn_config;

	if (s == NULL)
		return NULL;
	client_conn_config(config->client, &conn_config);
	s->config = config;
	s->pos = s->begin = from;
	if (heard != NULL)
		memcpy(s->heard, heard, sizeof(s->heard));
	s->until = until;
	s->is_live = until == SESSION_LIVE;
	session_be_patient(s, 0, 0);
	timeline_init(&s->timeline);
	service_error_init(&s->error);
	if (conn_dial(&s->conn, &conn_config, &conn_callbacks, s, now_ms) !=
	    0) {
		free(s);
		return NULL;
	}
	s->credentials = credentials_ref(credentials);
	return s;
}

struct session *
session_new_standby(const struct session_config *config,
    struct credentials *credentials, int64_t now_ms)
{
	struct session *s =
	    session_new(config, credentials, 0, SESSION_LIVE, NULL, now_ms);

	if (s != NULL)
		s->is_standby = true;
	return s;
}

void
session_go(struct session *s, uint64_t from,
    const uint64_t heard[SESSION_CHANNELS_MAX])
{
	if (heard != NULL)
		memcpy(s->heard, heard, sizeof(s->heard));
	s->is_standby = false;
	s->pos = s->begin = from;
	s->due_at_ms = 0;
	timeline_move(&s->timeline, from);
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	bidi_free(s->bidi);
	conn_free(s->conn);
	credentials_unref(s->credentials);
	timeline_release(&s->timeline);
	free(s);
}

void
session_input_ended(struct session *s)
{
	if (s->until == SESSION_LIVE)
		s->until = s->config->backlog->end;
}

void
session_be_patient(
    struct session *s, unsigned int nmute, unsigned int nunfinished)
{
	s->patience_ms = (int64_t)MUTE_TIMEOUT_MS
	                 << (nmute < PATIENCE_MAX ? nmute : PATIENCE_MAX);
	s->finish_ms =
	    (int64_t)FINISH_TIMEOUT_MS
	    << (nunfinished < FINISH_PATIENCE_MAX ? nunfinished
						  : FINISH_PATIENCE_MAX);
}

void
session_finish(struct session *s)
{
	s->is_finishing = true;
}

void
session_set_until(struct session *s, uint64_t until)
{
	s->until = until;
	s->limit_ms = 0;
}

void
session_set_limit_ms(struct session *s, int64_t limit_ms)
{
	s->limit_ms = limit_ms;
}

int64_t
session_age_ms(const struct session *s, int64_t now_ms)
{
	int64_t sent_ms = (int64_t)pcm_ms_of_bytes(s->timeline.sent);

	if (s->started_at_ms == 0)
		return 0;
	return now_ms - s->started_at_ms > sent_ms ? now_ms - s->started_at_ms
	                                           : sent_ms;
}

bool
session_is_ending(const struct session *s)
{
	return s->is_finishing || s->is_end_sent;
}

void
session_set_late(struct session *s)
{
	s->is_live = false;
}

static void
session_start(struct session *s, int64_t now_ms, double wall_ms)
{
	struct h2_header headers[BIDI_HEADERS_MAX];
	struct transcribe_scratch scratch;
	struct bidi_request request;
	char why[128];
	int n, rc;

	n = transcribe_headers(
	    s->config->params, &scratch, headers, why, sizeof(why));
	if (n < 0) {
		session_fail(s, SERVICE_ERROR_CONFIG, "parameters", why);
		return;
	}
	memset(&request, 0, sizeof(request));
	request.endpoint = &s->config->client->endpoint;
	request.path = TRANSCRIBE_PATH;
	request.headers = headers;
	request.nheaders = (size_t)n;
	request.credentials = s->credentials;
	request.wall_ms = wall_ms;
	rc = bidi_open(&s->bidi, s->conn, &request, &bidi_callbacks, s);
	/* MAX_CONCURRENT_STREAMS may be 0 for a while (RFC 9113, 5.1.2). */
	if (rc == BIDI_ERR_BUSY && !conn_is_draining(s->conn) &&
	    now_ms < s->ready_at_ms + OPEN_TIMEOUT_MS)
		return;
	if (rc != 0) {
		session_fail(s,
		    rc == BIDI_ERR_BUSY    ? SERVICE_ERROR_TRANSIENT
		    : rc == BIDI_ERR_INPUT ? SERVICE_ERROR_CONFIG
					   : SERVICE_ERROR_LOCAL,
		    "open", bidi_strerror(rc));
		return;
	}
	s->started_at_ms = s->sent_at_ms = s->taken_at_ms = now_ms;
	s->heard_at_ms = now_ms;
}

/* Whether the service takes what it is sent, and since when not. */
static void
watch_taken(struct session *s, int64_t now_ms)
{
	uint64_t queued = bidi_queued_bytes(s->bidi), taken;

	/* Envelopes count as audio here: about is enough. */
	taken = s->given > queued ? s->given - queued : 0;
	if (queued == 0 || taken > s->taken)
		s->taken_at_ms = now_ms;
	s->taken = taken;
}

/* Whether there was enough to hear.  A range that was missed ends by itself. */
static bool
is_mute(const struct session *s)
{
	return s->is_live && !s->is_end_sent && s->loud_ms >= LOUD_MS;
}

/* Once all was sent: who says nothing at all is dead rather than slow. */
static int64_t
finish_ms(const struct session *s)
{
	return s->has_spoken ? s->finish_ms : FINISH_TIMEOUT_MS;
}

/* What the service owes us: until when, and what it is. */
static int64_t
owed(const struct session *s, const char **what)
{
	int64_t at_ms = LOOP_NEVER;

	if (!s->was_open) {
		*what = "the service did not answer the request";
		return s->started_at_ms + OPEN_TIMEOUT_MS;
	}
	if (bidi_queued_bytes(s->bidi) > 0) {
		*what = "the service takes no more audio";
		at_ms = s->taken_at_ms + BLOCKED_TIMEOUT_MS;
	}
	if (s->is_end_sent && s->heard_at_ms + finish_ms(s) < at_ms) {
		*what = unfinished_text;
		at_ms = s->heard_at_ms + finish_ms(s);
	} else if (is_speaking(s) && s->heard_at_ms + MUTE_TIMEOUT_MS < at_ms) {
		*what = "the service fell silent in mid-sentence";
		at_ms = s->heard_at_ms + MUTE_TIMEOUT_MS;
	} else if (is_mute(s) && s->heard_at_ms + s->patience_ms < at_ms) {
		*what = mute_text;
		at_ms = s->heard_at_ms + s->patience_ms;
	}
	return at_ms;
}

/* There is something to hear. */
static bool
wants_stream(const struct session *s)
{
	return session_available(s) > 0 || s->is_standby;
}

void
session_prepare(struct session *s, struct loop *l, int64_t now_ms)
{
	int64_t wake_ms;
	const char *what;

	if (s->is_over)
		return;
	conn_prepare(s->conn, l);
	if (s->bidi == NULL && s->ready_at_ms != 0 && wants_stream(s))
		loop_deadline(l, s->ready_at_ms + OPEN_TIMEOUT_MS);
	if (s->bidi == NULL)
		return;
	if (session_next_step(s, now_ms, &wake_ms) != SESSION_STEP_WAIT)
		wake_ms = now_ms;
	loop_deadline(l, wake_ms);
	loop_deadline(l, owed(s, &what));
}

void
session_dispatch(
    struct session *s, struct loop *l, int64_t now_ms, double wall_ms)
{
	const char *what;

	if (s->is_over)
		return;
	/* Nobody needs the connection any more, if it ever comes. */
	if (s->bidi == NULL && !s->is_standby && session_is_exhausted(s)) {
		session_over(s, NULL);
		return;
	}
	conn_dispatch(s->conn, l, now_ms);
	if (s->heard_at_ms == 0)
		s->heard_at_ms = now_ms;
	if (s->is_over || conn_state(s->conn) != CONN_READY)
		return;
	if (s->ready_at_ms == 0 || (s->bidi == NULL && !wants_stream(s)))
		s->ready_at_ms = now_ms;
	if (s->bidi == NULL && wants_stream(s))
		session_start(s, now_ms, wall_ms);
	if (s->bidi == NULL || s->is_over)
		return;
	session_send(s, now_ms, wall_ms);
	if (!s->is_over)
		conn_flush(s->conn);
	if (s->is_over)
		return;
	watch_taken(s, now_ms);
	if (owed(s, &what) > now_ms)
		return;
	/* What it began to say says more than that it took too long. */
	bidi_give_up(s->bidi);
	session_fail(s, SERVICE_ERROR_TIMEOUT,
	    what == mute_text         ? SESSION_MUTE
	    : what == unfinished_text ? SESSION_UNFINISHED
				      : "timeout",
	    what);
}

bool
session_is_over(const struct session *s)
{
	return s->is_over;
}

const struct service_error *
session_error(const struct session *s)
{
	return &s->error;
}

bool
session_was_open(const struct session *s)
{
	return s->was_open;
}

bool
session_was_connected(const struct session *s)
{
	return s->ready_at_ms != 0;
}

bool
session_was_started(const struct session *s)
{
	return s->bidi != NULL;
}

bool
session_is_live(const struct session *s)
{
	return s->is_live;
}

uint64_t
session_stream_pos(const struct session *s, double session_ms)
{
	return timeline_stream_pos(&s->timeline, session_ms);
}

uint64_t
session_covered(const struct session *s)
{
	const uint64_t slack = pcm_bytes_of_ms(CHANNEL_SLACK_MS);
	uint64_t newest = s->begin, covered = UINT64_MAX, at;
	const unsigned int n = s->config->backlog->channels;

	for (unsigned int c = 0; c < n; c++)
		if (s->heard[c] > newest)
			newest = s->heard[c];
	for (unsigned int c = 0; c < n; c++) {
		at = s->heard[c] > s->begin ? s->heard[c] : s->begin;
		if (!s->is_speaking[c] && newest > slack && newest - slack > at)
			at = newest - slack;
		if (at < covered)
			covered = at;
	}
	return covered;
}

const uint64_t *
session_heard(const struct session *s)
{
	return s->heard;
}

void
session_cover(struct session *s, unsigned int channel, uint64_t pos)
{
	if (pos > s->heard[channel])
		s->heard[channel] = pos;
}

void
session_set_speaking(struct session *s, unsigned int channel, bool is_speaking_)
{
	s->is_speaking[channel] = is_speaking_;
}

bool
session_is_speaking(const struct session *s)
{
	return is_speaking(s);
}

uint64_t
session_sent_pos(const struct session *s)
{
	return s->pos;
}

double
session_sent_ms(const struct session *s)
{
	return pcm_ms_of_bytes(s->timeline.sent);
}

const char *
session_date(const struct session *s)
{
	return s->date;
}

const struct credentials *
session_credentials(const struct session *s)
{
	return s->credentials;
}
