/*
 * A signed event stream between our client and a service played by our server,
 * over loopback in one loop: the service verifies the request and the chain of
 * its events as the real one does, and answers what the test says.
 */
#ifndef AWS_BIDI_STREAM_H
#define AWS_BIDI_STREAM_H

#include <check.h>
#include <stdlib.h>

#include "aws/bidi.h"
#include "aws/event_signer.h"
#include "aws/sigv4_verify.h"
#include "aws_net.h"

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
static inline int
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

static inline void
take_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	ck_assert_int_eq(es_decoder_feed(decoder, p, n), 0);
	if (!is_quiet)
		h2_consume(h2, id, n);
}

static inline void
take_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	(void)h2;
	(void)id;
	ck_assert(es_decoder_is_idle(decoder));
	tell("[END_STREAM]");
}

static inline void
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
static inline void
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

static inline void
answer(int status, const char *errortype)
{
	const struct h2_header headers[] = {
		{ "x-amzn-request-id", REQUEST_ID },
		{ "date", DATE },
		{ "x-amzn-errortype", errortype },
		{ "retry-after", "3" },
	};

	ck_assert_int_eq(h2_respond(conn_h2(server), stream, status, headers,
			     errortype == NULL ? 2 : 4, true),
	    0);
}

static inline void
answer_bytes(const void *p, size_t n)
{
	ck_assert_int_eq(h2_write(conn_h2(server), stream, p, n), 0);
}

static inline void
answer_end(void)
{
	ck_assert_int_eq(h2_end(conn_h2(server), stream), 0);
}

/* A message of any headers; `skew` is added to its payload's last byte, after
 * the checksums were made. */
static inline void
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

static inline void
answer_message(
    const char *kind, const char *header, const char *name, const char *payload)
{
	const struct es_header headers[] = {
		es_string(":message-type", kind),
		es_string(header, name),
	};

	answer_encoded(headers, 2, payload, 0, 0);
}

static inline void
answer_event(const char *type, const char *payload)
{
	answer_message("event", ":event-type", type, payload);
}

/* --- the client -------------------------------------------------------- */

static inline void
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

static inline void
saw_event(void *arg, struct bidi *b, const struct es_event *event)
{
	(void)arg;
	ck_assert(!bidi_is_over(b));
	ck_assert_int_eq(event->kind, ES_KIND_EVENT);
	tell("%.*s %.*s;", (int)event->type_len, event->type,
	    (int)(event->payload_len < 100 ? event->payload_len : 100),
	    (const char *)event->payload);
}

static inline void
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

static inline void
turns_until(const char *what)
{
	for (int i = 0; !told(what); i++) {
		ck_assert_msg(i < TURNS_MAX, "no %s in: %s", what, net.story);
		net_turn();
	}
}

/* Until nothing is ready: what was sent over loopback is there at once. */
static inline void
settle(void)
{
	for (int i = 0; net_turn_for(0); i++)
		ck_assert_msg(i < TURNS_MAX, "never quiet: %s", net.story);
}

/* A connection whose SETTINGS have come, so that its windows are known. */
static inline void
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

static inline int
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
static inline void
open_stream(void)
{
	static const struct h2_header headers[] = {
		{ "x-amzn-transcribe-language-code", "en-US" },
		{ "x-amzn-transcribe-sample-rate", "16000" },
	};

	ck_assert_int_eq(try_open(headers, 2), 0);
	turns_until("[request]");
}

static inline int
send_text(const char *text)
{
	return bidi_send(bidi, "AudioEvent", "application/octet-stream", text,
	    strlen(text), WALL_MS);
}

/* The stream is over, told once, and does nothing any more. */
static inline void
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

static inline void
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

static inline void
set_up_connected(void)
{
	struct conn_config config;

	set_up();
	config = net_config();
	connect_with(&config);
}

static inline void
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

#endif
