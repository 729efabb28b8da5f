#include "aws/bidi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/event_signer.h"
#include "aws/retry.h"
#include "aws/sigv4.h"

/* Encoded event headers, with room: three strings of a few dozen bytes. */
#define BIDI_EVENT_HEADER_BYTES 256

#define CONTENT_TYPE_EVENTS "application/vnd.amazon.eventstream"

struct bidi {
	struct conn *conn;
	struct h2 *h2;
	int32_t stream;
	const struct bidi_events *events;
	void *arg;
	struct credentials *credentials;
	struct sigv4_chain chain;
	struct es_decoder *decoder;
	struct bytes out;     /* one envelope, between signing and h2_write() */
	struct bytes refusal; /* body of an answer that is not 200 */
	size_t unsent;        /* bytes that waited when the stream ended */
	int status;
	char errortype[128];
	char request_id[80];
	char date[64];
	double wall_ms; /* when it was opened */
	int64_t retry_after_ms;
	bool is_ended; /* our side */
	bool is_over;  /* on_end came, or nobody is to be told */
	bool is_in_callback;
	bool is_doomed; /* bidi_free() inside on_end */
};

const char *
bidi_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case value:                                                            \
		return text;
		BIDI_ERROR_LIST(X)
#undef X
	default:
		return "no error";
	}
}

static void
bidi_destroy(struct bidi *b)
{
	sigv4_chain_release(&b->chain);
	credentials_unref(b->credentials);
	es_decoder_free(b->decoder);
	bytes_release(&b->out);
	bytes_release(&b->refusal);
	free(b);
}

/*
 * Tell the end, once, and let go of the HTTP/2 stream: a reset is without
 * effect on one that has closed.
 */
static void
bidi_finish(struct bidi *b, const struct service_error *error)
{
	if (b->is_over)
		return;
	b->is_over = true;
	b->unsent = h2_queued_bytes(b->h2, b->stream);
	h2_detach(b->h2, b->stream);
	if (!b->is_ended || error != NULL || b->unsent > 0)
		h2_reset(b->h2, b->stream, H2_CANCEL);
	if (b->events->on_end != NULL)
		b->events->on_end(b->arg, b, error);
}

/* Leave a callback of h2: what was freed within it is freed now. */
static void
bidi_leave(struct bidi *b)
{
	b->is_in_callback = false;
	if (b->is_doomed)
		bidi_destroy(b);
}

static void
copy_text(char *out, size_t size, const char *value)
{
	snprintf(out, size, "%s", value);
}

static void
bidi_on_headers(void *arg, struct h2 *h2, int32_t stream, int status,
    const struct h2_header *headers, size_t nheaders, bool is_end)
{
	const char *amz_retry_after = NULL, *retry_after = NULL;
	struct bidi *b = arg;

	(void)h2;
	(void)stream;
	(void)is_end;
	b->is_in_callback = true;
	b->status = status;
	for (size_t i = 0; i < nheaders; i++) {
		const char *name = headers[i].name, *value = headers[i].value;

		if (strcmp(name, "x-amzn-errortype") == 0)
			copy_text(b->errortype, sizeof(b->errortype), value);
		else if (strcmp(name, "x-amzn-request-id") == 0 ||
			 strcmp(name, "x-amzn-requestid") == 0)
			copy_text(b->request_id, sizeof(b->request_id), value);
		else if (strcmp(name, "date") == 0)
			copy_text(b->date, sizeof(b->date), value);
		else if (strcmp(name, "x-amz-retry-after") == 0)
			amz_retry_after = value;
		else if (strcmp(name, "retry-after") == 0)
			retry_after = value;
	}
	b->retry_after_ms =
	    retry_parse_after(amz_retry_after, retry_after, b->wall_ms);
	if (status == 200) {
		if (b->events->on_open != NULL)
			b->events->on_open(b->arg, b, headers, nheaders);
	} else if (!b->is_ended) {
		/* Some servers answer in full only once the request ended. */
		b->is_ended = true;
		h2_end(b->h2, b->stream);
	}
	bidi_leave(b);
}

static void
bidi_on_exception(struct bidi *b, const struct es_event *event)
{
	struct service_error error;
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)event->type_len, event->type);
	if (event->kind == ES_KIND_ERROR && event->payload_len == 0)
		service_error_from_exception(&error, name, b->request_id,
		    event->error_message, event->error_message_len);
	else
		service_error_from_exception(&error, name, b->request_id,
		    event->payload, event->payload_len);
	bidi_finish(b, &error);
}

/* Non-zero stops the decoder. */
static int
bidi_on_message(const struct es_message *m, void *arg)
{
	struct bidi *b = arg;
	struct es_event event;

	/* A message without the headers that say what it is tells nothing. */
	if (es_event_read(&event, m) != 0)
		return 0;
	if (event.kind == ES_KIND_EXCEPTION || event.kind == ES_KIND_ERROR)
		bidi_on_exception(b, &event);
	else if (event.kind == ES_KIND_EVENT && b->events->on_event != NULL &&
		 !es_event_is(&event, ES_KIND_EVENT, "initial-response"))
		b->events->on_event(b->arg, b, &event);
	return b->is_over;
}

static void
bidi_on_data(
    void *arg, struct h2 *h2, int32_t stream, const uint8_t *p, size_t n)
{
	struct bidi *b = arg;
	struct service_error error;
	size_t room;
	int rc;

	(void)h2;
	(void)stream;
	b->is_in_callback = true;
	if (b->status != 200) {
		room = BIDI_REFUSAL_BYTES_MAX - bytes_len(&b->refusal);
		bytes_append(&b->refusal, p, n < room ? n : room);
	} else if (!b->is_over) {
		rc = es_decoder_feed(b->decoder, p, n);
		if (rc != 0 && rc != ES_ERR_STOPPED) {
			service_error_set(&error,
			    rc == ES_ERR_NOMEM ? SERVICE_ERROR_LOCAL
					       : SERVICE_ERROR_TRANSIENT,
			    "event-stream", "%s", es_strerror(rc));
			copy_text(error.request_id, sizeof(error.request_id),
			    b->request_id);
			bidi_finish(b, &error);
		}
	}
	bidi_leave(b);
}

/* The answer was no 200: make an error of it. */
static void
bidi_refused(struct bidi *b)
{
	struct service_error error;
	const uint8_t *body;
	size_t len;

	body = bytes_peek(&b->refusal, &len);
	service_error_from_answer(&error, SERVICE_REST_JSON, b->status,
	    b->errortype[0] == '\0' ? NULL : b->errortype,
	    b->request_id[0] == '\0' ? NULL : b->request_id, body, len);
	error.retry_after_ms = b->retry_after_ms;
	bidi_finish(b, &error);
}

static void
bidi_on_end(void *arg, struct h2 *h2, int32_t stream)
{
	struct bidi *b = arg;
	struct service_error error;

	(void)h2;
	(void)stream;
	b->is_in_callback = true;
	if (b->status != 200) {
		bidi_refused(b);
	} else if (!es_decoder_is_idle(b->decoder)) {
		service_error_set(&error, SERVICE_ERROR_TRANSIENT,
		    "event-stream", "the stream ended within a message");
		bidi_finish(b, &error);
	} else {
		bidi_finish(b, NULL);
	}
	bidi_leave(b);
}

static void
bidi_on_close(
    void *arg, struct h2 *h2, int32_t stream, enum h2_why why, uint32_t code)
{
	struct bidi *b = arg;
	struct service_error error;
	const char *reason;

	(void)h2;
	(void)stream;
	b->is_in_callback = true;
	if (b->status != 0 && b->status != 200) {
		/* The refusal was cut: what came of it still has the name. */
		bidi_refused(b);
	} else if (why == H2_WHY_RESET) {
		service_error_set(&error, SERVICE_ERROR_TRANSIENT, "reset",
		    "the service reset the stream (%s)", h2_code_name(code));
		bidi_finish(b, &error);
	} else {
		reason = conn_error_text(b->conn);
		service_error_set(&error, SERVICE_ERROR_TRANSIENT, "lost", "%s",
		    why == H2_WHY_LOST && reason[0] != '\0' ? reason
							    : h2_why_text(why));
		bidi_finish(b, &error);
	}
	bidi_leave(b);
}

static const struct h2_stream_events stream_events = {
	.on_headers = bidi_on_headers,
	.on_data = bidi_on_data,
	.on_end = bidi_on_end,
	.on_close = bidi_on_close,
};

/* What is signed: host, content type, and all that the operation says. */
static int
bidi_sign(struct bidi *b, const struct bidi_request *r, const char *path,
    struct sigv4_signed *out)
{
	struct sigv4_header headers[BIDI_HEADERS_MAX + 2];
	const struct sigv4_signer signer = {
		.credentials = &r->credentials->keys,
		.region = r->endpoint->region,
		.service = r->endpoint->service,
	};
	struct sigv4_request request;
	size_t n = 0;
	int rc;

	headers[n++] = (struct sigv4_header){ "host", r->endpoint->authority };
	headers[n++] =
	    (struct sigv4_header){ "content-type", CONTENT_TYPE_EVENTS };
	for (size_t i = 0; i < r->nheaders; i++)
		headers[n++] = (struct sigv4_header){ r->headers[i].name,
			r->headers[i].value };
	memset(&request, 0, sizeof(request));
	request.method = "POST";
	request.path = path;
	request.headers = headers;
	request.nheaders = n;
	request.payload_hash = SIGV4_EVENTS;
	rc = sigv4_sign(out, &request, &signer, (int64_t)(r->wall_ms / 1000),
	    SIGV4_ADD_PAYLOAD_HASH);
	if (rc != 0)
		return rc == SIGV4_ERR_NOMEM ? BIDI_ERR_NOMEM : BIDI_ERR_INPUT;
	rc = sigv4_chain_init(&b->chain, &r->credentials->keys,
	    r->endpoint->region, r->endpoint->service, out->signature);
	if (rc != 0) {
		sigv4_signed_release(out);
		return BIDI_ERR_INPUT;
	}
	return 0;
}

static int
bidi_request(struct bidi *b, const struct bidi_request *r)
{
	struct h2_header headers[BIDI_HEADERS_MAX + 1 + SIGV4_ADDED_MAX];
	struct h2_request request;
	struct sigv4_signed signed_;
	char path[512];
	size_t n = 0;
	int rc;

	if (r->nheaders > BIDI_HEADERS_MAX ||
	    snprintf(path, sizeof(path), "%s%s", r->endpoint->path_prefix,
		r->path) >= (int)sizeof(path))
		return BIDI_ERR_INPUT;
	if ((rc = bidi_sign(b, r, path, &signed_)) != 0)
		return rc;
	headers[n++] =
	    (struct h2_header){ "content-type", CONTENT_TYPE_EVENTS };
	for (size_t i = 0; i < r->nheaders; i++)
		headers[n++] = r->headers[i];
	for (size_t i = 0; i < signed_.nadded; i++)
		headers[n++] = (struct h2_header){ signed_.added[i].name,
			signed_.added[i].value };
	memset(&request, 0, sizeof(request));
	request.method = "POST";
	request.scheme = r->endpoint->is_https ? "https" : "http";
	request.authority = r->endpoint->authority;
	request.path = path;
	request.headers = headers;
	request.nheaders = n;
	request.has_body = true;
	b->stream = h2_request(b->h2, &request, &stream_events, b);
	sigv4_signed_release(&signed_);
	if (b->stream > 0)
		return 0;
	return b->stream == H2_ERR_NOMEM    ? BIDI_ERR_NOMEM
	       : b->stream == H2_ERR_HEADER ? BIDI_ERR_INPUT
	                                    : BIDI_ERR_BUSY;
}

int
bidi_open(struct bidi **out, struct conn *c, const struct bidi_request *r,
    const struct bidi_events *events, void *arg)
{
	struct bidi *b;
	int rc;

	if (conn_h2(c) == NULL)
		return BIDI_ERR_BUSY;
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return BIDI_ERR_NOMEM;
	b->conn = c;
	b->h2 = conn_h2(c);
	b->events = events;
	b->arg = arg;
	b->wall_ms = r->wall_ms;
	b->credentials = credentials_ref(r->credentials);
	bytes_init(&b->out, ES_MESSAGE_BYTES_MAX);
	bytes_init(&b->refusal, BIDI_REFUSAL_BYTES_MAX);
	b->decoder = es_decoder_new(ES_MESSAGE_BYTES_MAX, bidi_on_message, b);
	rc = b->decoder == NULL ? BIDI_ERR_NOMEM : bidi_request(b, r);
	if (rc != 0) {
		bidi_destroy(b);
		return rc;
	}
	*out = b;
	return 0;
}

void
bidi_free(struct bidi *b)
{
	if (b == NULL)
		return;
	if (!b->is_over) {
		b->is_over = true;
		h2_detach(b->h2, b->stream);
		h2_reset(b->h2, b->stream, H2_CANCEL);
	}
	if (b->is_in_callback)
		b->is_doomed = true;
	else
		bidi_destroy(b);
}

void
bidi_give_up(struct bidi *b)
{
	if (b->is_over || b->status == 0 || b->status == 200)
		return;
	b->is_in_callback = true;
	bidi_refused(b);
	bidi_leave(b);
}

bool
bidi_has_room(struct bidi *b, size_t len)
{
	return !b->is_over && !b->is_ended &&
	       h2_room_bytes(b->h2, b->stream) >= len + EVENT_ENVELOPE_BYTES +
	                                              ES_OVERHEAD_BYTES +
	                                              BIDI_EVENT_HEADER_BYTES;
}

size_t
bidi_queued_bytes(struct bidi *b)
{
	return b->is_over ? b->unsent : h2_queued_bytes(b->h2, b->stream);
}

/* Send the envelope that was signed into b->out. */
static int
bidi_write(struct bidi *b)
{
	const uint8_t *p;
	size_t n;
	int rc;

	p = bytes_peek(&b->out, &n);
	rc = h2_write(b->h2, b->stream, p, n);
	bytes_reset(&b->out);
	return rc == 0              ? 0
	       : rc == H2_ERR_NOMEM ? BIDI_ERR_NOMEM
	       : rc == H2_ERR_FULL  ? BIDI_ERR_FULL
	                            : BIDI_ERR_ENDED;
}

int
bidi_send(struct bidi *b, const char *event_type, const char *content_type,
    const void *payload, size_t len, double wall_ms)
{
	const struct es_header headers[] = {
		es_string(":event-type", event_type),
		es_string(":message-type", "event"),
		es_string(":content-type", content_type),
	};
	int rc;

	if (b->is_over || b->is_ended)
		return BIDI_ERR_ENDED;
	/* Once signed it must go: the chain has moved. */
	if (!bidi_has_room(b, len))
		return BIDI_ERR_FULL;
	rc = event_signer_append(&b->chain, event_date_ms((int64_t)wall_ms),
	    headers, sizeof(headers) / sizeof(headers[0]), payload, len,
	    &b->out);
	if (rc != 0)
		return rc == EVENT_ERR_NOMEM ? BIDI_ERR_NOMEM : BIDI_ERR_INPUT;
	return bidi_write(b);
}

int
bidi_end(struct bidi *b, double wall_ms)
{
	int rc;

	if (b->is_over || b->is_ended)
		return BIDI_ERR_ENDED;
	if (!bidi_has_room(b, 0))
		return BIDI_ERR_FULL;
	rc = event_signer_append_end(
	    &b->chain, event_date_ms((int64_t)wall_ms), &b->out);
	if (rc != 0)
		return rc == EVENT_ERR_NOMEM ? BIDI_ERR_NOMEM : BIDI_ERR_INPUT;
	if ((rc = bidi_write(b)) != 0)
		return rc;
	b->is_ended = true;
	h2_end(b->h2, b->stream);
	return 0;
}

bool
bidi_is_open(const struct bidi *b)
{
	return b->status == 200 && !b->is_over;
}

bool
bidi_is_over(const struct bidi *b)
{
	return b->is_over;
}

const char *
bidi_request_id(const struct bidi *b)
{
	return b->request_id;
}

const char *
bidi_date(const struct bidi *b)
{
	return b->date;
}
