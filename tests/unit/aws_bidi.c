/*
 * A signed event stream between our client and a service played by our server,
 * over loopback in one loop: what the service can verify of it, and every way
 * in which the stream can end.
 */
#include <stdlib.h>

#include "aws/bidi.h"
#include "aws/event_signer.h"
#include "aws/sigv4_verify.h"
#include "support/aws_net.h"

#define WALL_MS 1767323045678.0 /* 2026-01-02T03:04:05.678Z */
#define SKEW_MS 300000
#define PATH "/prefix/stream-transcription"
#define TURNS_MAX 5000
#define SMALL_BYTES 4096
#define REQUEST_ID "f5e1c1b6-0001"
#define DATE "Fri, 02 Jan 2026 03:04:06 GMT"

static struct conn *client, *server;
static struct endpoint endpoint;
static struct credentials *credentials;

/* What the client has seen. */
static struct bidi *bidi;
static struct service_error last_error;
static size_t queued_at_end;
static unsigned int nends;
static bool is_freed_in_end;

/* What the service has seen. */
static int32_t stream;
static struct sigv4_chain chain;
static struct es_decoder *decoder;
static unsigned int nreceived;
static bool is_quiet; /* counts events only, and opens no window */

/* --- the service ------------------------------------------------------- */

/* An envelope: it must be the next of the chain and hold one whole event. */
static int
take_envelope(const struct es_message *envelope, void *arg)
{
	struct es_header headers[ES_HEADERS_MAX];
	struct event_inner inner;
	struct es_message m;
	struct es_event event;

	(void)arg;
	ck_assert_int_eq(event_signer_open(&chain, envelope, (int64_t)WALL_MS,
			     SKEW_MS, &inner),
	    0);
	/* Whole seconds: see event_signer.h. */
	ck_assert_int_eq(inner.date_ms % 1000, 0);
	if (inner.len == 0) {
		tell("[empty]");
		return 0;
	}
	ck_assert_int_eq(es_decode(&m, headers, inner.bytes, inner.len), 0);
	ck_assert_int_eq(es_event_read(&event, &m), 0);
	ck_assert_int_eq(event.kind, ES_KIND_EVENT);
	nreceived++;
	if (!is_quiet)
		tell("[%.*s %.*s %.*s]", (int)event.type_len, event.type,
		    (int)event.content_type_len, event.content_type,
		    (int)event.payload_len, (const char *)event.payload);
	return 0;
}

static void
take_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	ck_assert_int_eq(es_decoder_feed(decoder, p, n), 0);
	if (!is_quiet)
		h2_consume(h2, id, n);
}

static void
take_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	(void)h2;
	(void)id;
	ck_assert(es_decoder_is_idle(decoder));
	tell("[END_STREAM]");
}

static void
take_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)arg;
	(void)h2;
	(void)id;
	tell("[stream %s %s]", h2_why_text(why), h2_code_name(code));
}

static const struct h2_stream_events service_stream = {
	.on_data = take_data,
	.on_end = take_end,
	.on_close = take_close,
};

/* Verify the request as the service does; its signature begins the chain. */
static void
take_request(void *arg, struct conn *c, struct h2 *h2, int32_t id,
    const struct h2_request *r)
{
	struct sigv4_header headers[BIDI_HEADERS_MAX + 8];
	struct sigv4_request req = { .method = r->method, .path = r->path };
	struct sigv4_why why = { "" };
	struct sigv4_auth auth;
	size_t n = 0;
	int rc;

	(void)arg;
	(void)c;
	ck_assert_str_eq(r->method, "POST");
	ck_assert_str_eq(r->path, PATH);
	ck_assert(r->has_body);
	ck_assert_uint_lt(r->nheaders, sizeof headers / sizeof headers[0] - 1);
	headers[n++] = (struct sigv4_header){ ":authority", r->authority };
	for (size_t i = 0; i < r->nheaders; i++)
		headers[n++] = (struct sigv4_header){ r->headers[i].name,
			r->headers[i].value };
	req.headers = headers;
	req.nheaders = n;
	ck_assert_int_eq(sigv4_auth_parse(&auth, &req, &why), 0);
	rc = sigv4_auth_check(&auth, &req, &credentials->keys, "us-west-2",
	    "transcribe", (int64_t)WALL_MS / 1000, SIGV4_VERIFY_STREAM, &why);
	ck_assert_msg(rc == 0, "%s: %s", sigv4_verify_name(rc), why.text);
	ck_assert_str_eq(auth.token, "token");
	ck_assert_ptr_nonnull(strstr(auth.signed_headers, "content-type"));
	ck_assert_ptr_nonnull(
	    strstr(auth.signed_headers, "x-amzn-transcribe-sample-rate"));
	ck_assert_int_eq(sigv4_chain_init(&chain, &credentials->keys,
			     auth.region, auth.service, auth.signature),
	    0);
	sigv4_auth_release(&auth);
	es_decoder_free(decoder);
	decoder = es_decoder_new(0, take_envelope, NULL);
	ck_assert_ptr_nonnull(decoder);
	stream = id;
	ck_assert_int_eq(h2_attach(h2, id, &service_stream, NULL), 0);
	tell("[request]");
}

static const struct conn_events service_events = { .on_request = take_request };

static void
answer(int status, const char *errortype)
{
	const struct h2_header headers[] = {
		{ "x-amzn-request-id", REQUEST_ID },
		{ "date", DATE },
		{ "x-amzn-errortype", errortype },
	};

	ck_assert_int_eq(h2_respond(conn_h2(server), stream, status, headers,
			     errortype == NULL ? 2 : 3, true),
	    0);
}

static void
answer_bytes(const void *p, size_t n)
{
	ck_assert_int_eq(h2_write(conn_h2(server), stream, p, n), 0);
}

static void
answer_end(void)
{
	ck_assert_int_eq(h2_end(conn_h2(server), stream), 0);
}

/* A message of any headers; `skew` is added to its payload's last byte, after
 * the checksums were made. */
static void
answer_encoded(const struct es_header *headers, size_t nheaders,
    const char *payload, uint8_t skew, size_t ncut)
{
	struct bytes out;
	uint8_t copy[SMALL_BYTES];
	const uint8_t *p;
	size_t n;

	bytes_init(&out, sizeof copy);
	ck_assert_int_eq(
	    es_encode(&out, headers, nheaders, payload, strlen(payload)), 0);
	p = bytes_peek(&out, &n);
	memcpy(copy, p, n);
	bytes_release(&out);
	copy[n - 5] = (uint8_t)(copy[n - 5] + skew);
	answer_bytes(copy, n - ncut);
}

static void
answer_message(
    const char *kind, const char *header, const char *name, const char *payload)
{
	const struct es_header headers[] = {
		es_string(":message-type", kind),
		es_string(header, name),
	};

	answer_encoded(headers, 2, payload, 0, 0);
}

static void
answer_event(const char *type, const char *payload)
{
	answer_message("event", ":event-type", type, payload);
}

/* --- the client -------------------------------------------------------- */

static void
saw_open(
    void *arg, struct bidi *b, const struct h2_header *headers, size_t nheaders)
{
	(void)arg;
	ck_assert(bidi_is_open(b));
	ck_assert_str_eq(bidi_request_id(b), REQUEST_ID);
	ck_assert_str_eq(bidi_date(b), DATE);
	ck_assert_uint_eq(nheaders, 2);
	ck_assert_str_eq(headers[1].value, DATE);
	tell("open;");
}

static void
saw_event(void *arg, struct bidi *b, const struct es_event *event)
{
	(void)arg;
	ck_assert(!bidi_is_over(b));
	ck_assert_int_eq(event->kind, ES_KIND_EVENT);
	tell("%.*s %.*s;", (int)event->type_len, event->type,
	    (int)event->payload_len, (const char *)event->payload);
}

static void
saw_end(void *arg, struct bidi *b, const struct service_error *error)
{
	ck_assert_ptr_eq(arg, &net);
	ck_assert(bidi_is_over(b) && !bidi_is_open(b));
	nends++;
	service_error_init(&last_error);
	if (error != NULL)
		last_error = *error;
	queued_at_end = bidi_queued_bytes(b);
	tell("end %s;", error == NULL ? "in order" : error->name);
	if (is_freed_in_end) {
		bidi_free(b);
		bidi = NULL;
	}
}

static const struct bidi_events client_stream = { saw_open, saw_event,
	saw_end };

static void
turns_until(const char *what)
{
	for (int i = 0; !told(what); i++) {
		ck_assert_msg(i < TURNS_MAX, "no %s in: %s", what, net.story);
		net_turn();
	}
}

/* Until nothing is ready: what was sent over loopback is there at once. */
static void
settle(void)
{
	for (int i = 0; net_turn_for(0); i++)
		ck_assert_msg(i < TURNS_MAX, "never quiet: %s", net.story);
}

/* A connection whose SETTINGS have come, so that its windows are known. */
static void
connect_with(const struct conn_config *config)
{
	int fd;

	/* Not to be accepted by the server of aws_net.h. */
	net.is_frozen = true;
	client = net_dial_with(config, &client_events, NULL);
	turns_until("ready;");
	fd = net_accept_bare();
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(conn_accept(&server, fd, &net.server_config,
			     &service_events, NULL, net.now_ms),
	    0);
	net.servers[net.nservers++] = server;
	net.is_frozen = false;
	for (int i = 0; !h2_has_settings(conn_h2(client)); i++) {
		ck_assert_int_lt(i, TURNS_MAX);
		net_turn();
	}
}

static int
try_open(const struct h2_header *headers, size_t nheaders)
{
	const struct bidi_request r = {
		.endpoint = &endpoint,
		.path = "/stream-transcription",
		.headers = headers,
		.nheaders = nheaders,
		.credentials = credentials,
		.wall_ms = WALL_MS,
	};

	return bidi_open(&bidi, client, &r, &client_stream, &net);
}

/* A stream whose request the service has verified. */
static void
open_stream(void)
{
	static const struct h2_header headers[] = {
		{ "x-amzn-transcribe-language-code", "en-US" },
		{ "x-amzn-transcribe-sample-rate", "16000" },
	};

	ck_assert_int_eq(try_open(headers, 2), 0);
	turns_until("[request]");
}

static int
send_text(const char *text)
{
	return bidi_send(bidi, "AudioEvent", "application/octet-stream", text,
	    strlen(text), WALL_MS);
}

/* The stream is over, told once, and does nothing any more. */
static void
check_over(enum service_error_class class, const char *name)
{
	settle();
	ck_assert_uint_eq(nends, 1);
	ck_assert_int_eq(last_error.class, class);
	ck_assert_str_eq(last_error.name, name);
	ck_assert(bidi_is_over(bidi) && !bidi_is_open(bidi));
	ck_assert(!bidi_has_room(bidi, 0));
	ck_assert_int_eq(send_text("late"), BIDI_ERR_ENDED);
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), BIDI_ERR_ENDED);
}

static void
set_up(void)
{
	char url[64];

	net_init();
	bidi = NULL;
	decoder = NULL;
	nends = nreceived = 0;
	is_freed_in_end = is_quiet = false;
	snprintf(url, sizeof url, "http://127.0.0.1:%u/prefix",
	    (unsigned int)net.port);
	ck_assert_int_eq(endpoint_parse(&endpoint, url), 0);
	snprintf(endpoint.region, sizeof endpoint.region, "us-west-2");
	snprintf(endpoint.service, sizeof endpoint.service, "transcribe");
	credentials =
	    credentials_new("AKIDEXAMPLE", "secret", "token", INT64_MAX);
	ck_assert_ptr_nonnull(credentials);
}

static void
set_up_connected(void)
{
	struct conn_config config;

	set_up();
	config = net_config();
	connect_with(&config);
}

static void
tear_down(void)
{
	bidi_free(bidi);
	/* Nothing may keep a reference for ever. */
	ck_assert_uint_eq(credentials->refs, 1);
	credentials_unref(credentials);
	es_decoder_free(decoder);
	sigv4_chain_release(&chain);
	net_release();
}

/* --- a stream that goes well ------------------------------------------- */

START_TEST(the_request_and_the_chain_of_events_are_signed)
{
	open_stream();
	ck_assert(!bidi_is_open(bidi));
	ck_assert_str_eq(bidi_request_id(bidi), "");
	ck_assert_str_eq(bidi_date(bidi), "");
	ck_assert_uint_gt(credentials->refs, 1);
	/* The first goes before the service has answered. */
	ck_assert_int_eq(send_text("one"), 0);
	turns_until("[AudioEvent application/octet-stream one]");
	answer(200, NULL);
	turns_until("open;");
	ck_assert_int_eq(send_text("two"), 0);
	ck_assert_int_eq(bidi_send(bidi, "ConfigurationEvent",
			     "application/json", "{}", 2, WALL_MS + 2000),
	    0);
	turns_until("[ConfigurationEvent application/json {}]");
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), 0);
	turns_until("[empty][END_STREAM]");
	ck_assert_uint_eq(nreceived, 3);
	ck_assert_int_eq(send_text("late"), BIDI_ERR_ENDED);
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), BIDI_ERR_ENDED);
	/* Results still arrive. */
	answer_event("TranscriptEvent", "{}");
	answer_end();
	turns_until("[stream ended NO_ERROR]");
	check_over(SERVICE_ERROR_NONE, "");
	ck_assert(told("TranscriptEvent {};end in order;"));
	ck_assert_uint_eq(queued_at_end, 0);
}
END_TEST

START_TEST(events_are_passed_on_whatever_their_name)
{
	open_stream();
	answer(200, NULL);
	answer_event("initial-response", "{}");
	answer_message("event", ":event-type", "NewsOfTomorrow", "abc");
	/* Neither a kind that nobody knows nor one that is not said. */
	answer_message("gossip", ":event-type", "A", "b");
	answer_encoded(NULL, 0, "x", 0, 0);
	answer_event("TranscriptEvent", "");
	turns_until("TranscriptEvent ;");
	ck_assert(told("open;NewsOfTomorrow abc;TranscriptEvent ;"));
	ck_assert_uint_eq(nends, 0);
}
END_TEST

START_TEST(one_byte_a_frame_gives_the_same_events)
{
	h2_set_max_data(conn_h2(server), 1);
	open_stream();
	answer(200, NULL);
	answer_event("TranscriptEvent", "{\"a\":1}");
	answer_event("TranscriptEvent", "{\"a\":2}");
	answer_end();
	turns_until("end in order;");
	ck_assert(told("open;TranscriptEvent {\"a\":1};"
		       "TranscriptEvent {\"a\":2};end in order;"));
	check_over(SERVICE_ERROR_NONE, "");
}
END_TEST

START_TEST(a_service_that_ends_first_has_ended_in_order)
{
	open_stream();
	answer(200, NULL);
	answer_event("StreamClosedEvent", "{}");
	answer_end();
	turns_until("end in order;");
	check_over(SERVICE_ERROR_NONE, "");
	/* Our side was open: it is let go of. */
	ck_assert(told("[stream reset by the peer CANCEL]"));
	ck_assert_int_eq(conn_state(client), CONN_READY);
}
END_TEST

/* --- refused, failed, lost --------------------------------------------- */

static const struct refusal {
	int status;
	const char *errortype, *body;
	enum service_error_class class;
	const char *name, *message;
} refusals[] = {
	{ 403, "AccessDeniedException:http://internal.amazon.com/",
	    "{\"Message\":\"not for you\"}", SERVICE_ERROR_DENIED,
	    "AccessDeniedException", "not for you" },
	{ 503, NULL, "<html><h1>Service  Unavailable</h1></html>",
	    SERVICE_ERROR_TRANSIENT, "HTTP 503", "Service Unavailable" },
	{ 400, NULL, "", SERVICE_ERROR_INVALID, "HTTP 400", "" },
};

START_TEST(a_refusal_is_told_as_the_service_put_it)
{
	const struct refusal *r = &refusals[_i];

	open_stream();
	ck_assert_int_eq(send_text("one"), 0);
	answer(r->status, r->errortype);
	/* The answer may be completed only after our end has come. */
	turns_until("[END_STREAM]");
	ck_assert_uint_eq(nends, 0);
	ck_assert_int_eq(send_text("two"), BIDI_ERR_ENDED);
	answer_bytes(r->body, strlen(r->body));
	answer_end();
	turns_until("end ");
	check_over(r->class, r->name);
	ck_assert_str_eq(last_error.message, r->message);
	ck_assert_int_eq(last_error.http_status, r->status);
	ck_assert_str_eq(last_error.request_id, REQUEST_ID);
	ck_assert_str_eq(bidi_date(bidi), DATE);
	ck_assert(!told("open;"));
}
END_TEST

START_TEST(a_refusal_that_is_cut_or_too_long_keeps_its_name)
{
	char *body = calloc(1, BIDI_REFUSAL_BYTES_MAX * 2);

	ck_assert_ptr_nonnull(body);
	open_stream();
	answer(403, "AccessDeniedException");
	memset(body, ' ', BIDI_REFUSAL_BYTES_MAX * 2);
	answer_bytes(body, BIDI_REFUSAL_BYTES_MAX * 2);
	free(body);
	turns_until("[END_STREAM]");
	settle();
	h2_reset(conn_h2(server), stream, H2_INTERNAL_ERROR);
	turns_until("end ");
	check_over(SERVICE_ERROR_DENIED, "AccessDeniedException");
	ck_assert_int_eq(last_error.http_status, 403);
}
END_TEST

START_TEST(an_exception_ends_the_stream)
{
	open_stream();
	answer(200, NULL);
	answer_message("exception", ":exception-type", "BadRequestException",
	    "{\"Message\":\"no audio came\"}");
	answer_event("TranscriptEvent", "too late");
	turns_until("end BadRequestException;");
	check_over(SERVICE_ERROR_INVALID, "BadRequestException");
	ck_assert_str_eq(last_error.message, "no audio came");
	ck_assert_str_eq(last_error.request_id, REQUEST_ID);
	ck_assert_int_eq(last_error.http_status, 0);
	ck_assert(!told("TranscriptEvent"));
	ck_assert(told("[stream reset by the peer CANCEL]"));
}
END_TEST

START_TEST(an_error_message_ends_the_stream)
{
	const struct es_header headers[] = {
		es_string(":message-type", "error"),
		es_string(":error-code", "InternalFailure"),
		es_string(":error-message", "it broke"),
	};

	open_stream();
	answer(200, NULL);
	answer_encoded(headers, 3, "", 0, 0);
	turns_until("end ");
	check_over(SERVICE_ERROR_TRANSIENT, "InternalFailure");
	ck_assert_str_eq(last_error.message, "it broke");
}
END_TEST

START_TEST(a_damaged_or_cut_message_is_not_shown)
{
	const struct es_header type = es_string(":event-type", "A");
	bool is_cut = _i == 1;

	open_stream();
	answer(200, NULL);
	answer_event("TranscriptEvent", "good");
	answer_encoded(&type, 1, "bad", is_cut ? 0 : 1, is_cut ? 1 : 0);
	if (is_cut)
		answer_end();
	turns_until("end ");
	check_over(SERVICE_ERROR_TRANSIENT, "event-stream");
	ck_assert_ptr_nonnull(strstr(
	    last_error.message, is_cut ? "within a message" : "checksum"));
	ck_assert(told("TranscriptEvent good;end event-stream;"));
	ck_assert(told("[stream reset by the peer CANCEL]"));
}
END_TEST

START_TEST(a_reset_is_told_with_its_code)
{
	open_stream();
	answer(200, NULL);
	turns_until("open;");
	h2_reset(conn_h2(server), stream, H2_INTERNAL_ERROR);
	turns_until("end ");
	check_over(SERVICE_ERROR_TRANSIENT, "reset");
	ck_assert_ptr_nonnull(strstr(last_error.message, "INTERNAL_ERROR"));
}
END_TEST

START_TEST(goaway_lets_the_stream_finish)
{
	open_stream();
	answer(200, NULL);
	ck_assert_int_eq(
	    h2_goaway(conn_h2(server), H2_NO_ERROR, "maintenance"), 0);
	turns_until("draining;");
	ck_assert_uint_eq(nends, 0);
	ck_assert_int_eq(send_text("one"), 0);
	turns_until("[AudioEvent application/octet-stream one]");
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), 0);
	turns_until("[empty][END_STREAM]");
	answer_event("TranscriptEvent", "last");
	answer_end();
	turns_until("end in order;");
	ck_assert(told("TranscriptEvent last;"));
	check_over(SERVICE_ERROR_NONE, "");
}
END_TEST

START_TEST(goaway_below_the_stream_refuses_it)
{
	open_stream();
	ck_assert_int_eq(
	    h2_goaway_from(conn_h2(server), 0, H2_NO_ERROR, NULL), 0);
	turns_until("end lost;");
	check_over(SERVICE_ERROR_TRANSIENT, "lost");
	ck_assert_ptr_nonnull(strstr(last_error.message, "refused"));
	ck_assert(!told("open;"));
}
END_TEST

START_TEST(a_lost_connection_is_told)
{
	open_stream();
	answer(200, NULL);
	turns_until("open;");
	if (_i == 0)
		conn_abort(server);
	else
		conn_cut(server);
	turns_until("closed: ");
	check_over(SERVICE_ERROR_TRANSIENT, "lost");
	ck_assert_str_eq(last_error.message, conn_error_text(client));
	ck_assert_str_ne(last_error.message, "");
}
END_TEST

/* --- back-pressure, and letting go ------------------------------------- */

/* A service that reads SMALL_BYTES and a queue that takes as much. */
static void
open_small(void)
{
	struct conn_config config = net_config();

	is_quiet = true;
	net.server_config.h2.stream_window_bytes = SMALL_BYTES;
	net.server_config.h2.is_manual = true;
	config.h2.send_cap_bytes = SMALL_BYTES;
	connect_with(&config);
	open_stream();
	answer(200, NULL);
	turns_until("open;");
}

/* Events until one is not taken; returns how many were. */
static unsigned int
fill(void)
{
	unsigned int n;
	int rc;

	for (n = 0; (rc = send_text("0123456789")) == 0; n++) {
		ck_assert_uint_lt(n, SMALL_BYTES);
		settle();
	}
	ck_assert_int_eq(rc, BIDI_ERR_FULL);
	return n;
}

START_TEST(an_event_that_is_not_taken_leaves_the_chain_alone)
{
	unsigned int nsent;

	open_small();
	nsent = fill();
	ck_assert_uint_gt(nsent, 0);
	ck_assert_int_eq(send_text("0123456789"), BIDI_ERR_FULL);
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), BIDI_ERR_FULL);
	ck_assert(!bidi_has_room(bidi, 10));
	ck_assert_uint_gt(bidi_queued_bytes(bidi), 0);
	ck_assert_uint_lt(nreceived, nsent);
	/* The window opens, and what follows is the next of the chain. */
	ck_assert_int_eq(h2_set_stream_window(conn_h2(server), 1 << 20), 0);
	settle();
	ck_assert_uint_eq(bidi_queued_bytes(bidi), 0);
	ck_assert_uint_eq(nreceived, nsent);
	ck_assert(bidi_has_room(bidi, 10));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(send_text("0123456789"), 0);
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), 0);
	turns_until("[empty][END_STREAM]");
	ck_assert_uint_eq(nreceived, nsent + 3);
	/* More than the queue takes at all is refused for good. */
	ck_assert(!bidi_has_room(bidi, SMALL_BYTES));
}
END_TEST

START_TEST(what_never_left_is_counted_at_the_end)
{
	size_t nqueued;

	open_small();
	(void)fill();
	nqueued = bidi_queued_bytes(bidi);
	ck_assert_uint_gt(nqueued, 0);
	if (_i == 0)
		answer_end();
	else if (_i == 1)
		h2_reset(conn_h2(server), stream, H2_INTERNAL_ERROR);
	else
		conn_abort(server);
	turns_until("end ");
	ck_assert_uint_eq(queued_at_end, nqueued);
	ck_assert_uint_eq(bidi_queued_bytes(bidi), nqueued);
}
END_TEST

START_TEST(it_may_be_freed_in_its_end)
{
	is_freed_in_end = true;
	open_stream();
	if (_i == 0) { /* a refusal */
		answer(403, "AccessDeniedException");
		answer_bytes("{}", 2);
		answer_end();
	} else {
		answer(200, NULL);
		turns_until("open;");
	}
	switch (_i) {
	case 1:
		answer_message("exception", ":exception-type", "X", "{}");
		answer_event("TranscriptEvent", "behind it");
		answer_end();
		break;
	case 2:
		answer_bytes("0123456789abcdefgh", 18); /* no message */
		break;
	case 3:
		answer_end();
		break;
	case 4:
		h2_reset(conn_h2(server), stream, H2_INTERNAL_ERROR);
		break;
	case 5:
		conn_abort(server);
		break;
	}
	turns_until("end ");
	settle();
	ck_assert_ptr_null(bidi);
	ck_assert_uint_eq(nends, 1);
	ck_assert(!told("behind it"));
	ck_assert_uint_eq(credentials->refs, 1);
}
END_TEST

START_TEST(a_live_stream_that_is_freed_is_reset)
{
	open_stream();
	answer(200, NULL);
	turns_until("open;");
	answer_event("TranscriptEvent", "nobody listens");
	bidi_free(bidi);
	bidi = NULL;
	turns_until("[stream reset by the peer CANCEL]");
	settle();
	ck_assert_uint_eq(nends, 0);
	ck_assert(!told("nobody listens"));
	/* The connection takes another one. */
	forget();
	open_stream();
	answer(200, NULL);
	turns_until("open;");
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), 0);
	turns_until("[empty][END_STREAM]");
}
END_TEST

START_TEST(what_cannot_be_opened_is_refused)
{
	struct h2_header headers[BIDI_HEADERS_MAX + 1];
	char path[sizeof endpoint.path_prefix];

	for (size_t i = 0; i < BIDI_HEADERS_MAX + 1; i++)
		headers[i] = (struct h2_header){ "x-a", "b" };
	ck_assert_int_eq(
	    try_open(headers, BIDI_HEADERS_MAX + 1), BIDI_ERR_INPUT);
	headers[0].value = "a\nb";
	ck_assert_int_eq(try_open(headers, 1), BIDI_ERR_INPUT);
	headers[0] = (struct h2_header){ "Not-Lower", "b" };
	ck_assert_int_eq(try_open(headers, 1), BIDI_ERR_INPUT);
	memcpy(path, endpoint.region, sizeof endpoint.region);
	endpoint.region[0] = '\0';
	ck_assert_int_eq(try_open(NULL, 0), BIDI_ERR_INPUT);
	memcpy(endpoint.region, path, sizeof endpoint.region);
	conn_close(client, net.now_ms);
	ck_assert_int_eq(try_open(NULL, 0), BIDI_ERR_BUSY);
	turns_until("closed: ");
	ck_assert_int_eq(try_open(NULL, 0), BIDI_ERR_BUSY);
	ck_assert_ptr_null(bidi);
	ck_assert_uint_eq(credentials->refs, 1);
	bidi_free(NULL);
	for (int code = 0; code > -7; code--)
		ck_assert_str_ne(bidi_strerror(code), "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/bidi");
	TCase *tc = tcase_create("stream"), *small = tcase_create("full");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, set_up_connected, tear_down);
	tcase_add_test(tc, the_request_and_the_chain_of_events_are_signed);
	tcase_add_test(tc, events_are_passed_on_whatever_their_name);
	tcase_add_test(tc, one_byte_a_frame_gives_the_same_events);
	tcase_add_test(tc, a_service_that_ends_first_has_ended_in_order);
	tcase_add_loop_test(tc, a_refusal_is_told_as_the_service_put_it, 0,
	    (int)(sizeof refusals / sizeof refusals[0]));
	tcase_add_test(tc, a_refusal_that_is_cut_or_too_long_keeps_its_name);
	tcase_add_test(tc, an_exception_ends_the_stream);
	tcase_add_test(tc, an_error_message_ends_the_stream);
	tcase_add_loop_test(tc, a_damaged_or_cut_message_is_not_shown, 0, 2);
	tcase_add_test(tc, a_reset_is_told_with_its_code);
	tcase_add_test(tc, goaway_lets_the_stream_finish);
	tcase_add_test(tc, goaway_below_the_stream_refuses_it);
	tcase_add_loop_test(tc, a_lost_connection_is_told, 0, 2);
	tcase_add_loop_test(tc, it_may_be_freed_in_its_end, 0, 6);
	tcase_add_test(tc, a_live_stream_that_is_freed_is_reset);
	tcase_add_test(tc, what_cannot_be_opened_is_refused);
	suite_add_tcase(s, tc);
	tcase_set_timeout(small, 120);
	tcase_add_checked_fixture(small, set_up, tear_down);
	tcase_add_test(
	    small, an_event_that_is_not_taken_leaves_the_chain_alone);
	tcase_add_loop_test(small, what_never_left_is_counted_at_the_end, 0, 3);
	suite_add_tcase(s, small);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
