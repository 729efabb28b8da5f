/*
 * Requests over one HTTP/2 connection of ours (conn.h): what http_keep_conn()
 * asks for.  libcurl does the same in general, and at a price: a request of ten
 * words costs it several times what signing, framing and encrypting it cost.
 * Whatever is not simple is left to libcurl: http_own_takes().
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/http_coding.h"
#include "aws/http_priv.h"
#include "base/clock.h"

/* Our choice: between two dials, and at most after failures. */
#define DIAL_MIN_MS 1000
#define DIAL_MAX_MS 60000
/* What comes back beside the body. */
#define FIELDS_BYTES_MAX 65536
/* Ours: room for content-length, user-agent and accept-encoding beside the
 * request's own. */
#define OWN_HEADERS_MAX (HTTP_MAX_HEADERS + SIGV4_ADDED_MAX + 3)

/* --- one request ------------------------------------------------------ */

/* A header as "name", NUL, "value", NUL. */
static void
on_headers(void *arg, struct h2 *h2, int32_t stream, int status,
    const struct h2_header *headers, size_t nheaders, bool is_end)
{
	struct http_transfer *t = arg;
	size_t i;

	(void)h2;
	(void)stream;
	(void)is_end;
	t->status = status;
	for (i = 0; i < nheaders; i++)
		if (bytes_append(&t->fields, headers[i].name,
			strlen(headers[i].name) + 1) != 0 ||
		    bytes_append(&t->fields, headers[i].value,
			strlen(headers[i].value) + 1) != 0)
			t->is_short = true;
}

/* The request is over, for the reason that its fields tell. */
static void
end_stream(struct http_transfer *t)
{
	h2_detach(conn_h2(t->conn), t->stream);
	h2_reset(conn_h2(t->conn), t->stream, H2_CANCEL);
	t->conn = NULL;
	t->is_over = true;
}

static void
on_data(void *arg, struct h2 *h2, int32_t stream, const uint8_t *p, size_t n)
{
	struct http_transfer *t = arg;

	(void)h2;
	(void)stream;
	t->is_over_cap = n > t->cap - bytes_len(&t->answer);
	if (!t->is_over_cap && bytes_append(&t->answer, p, n) != 0)
		t->is_short = true;
	if (t->is_over_cap || t->is_short)
		end_stream(t);
}

static void
on_end(void *arg, struct h2 *h2, int32_t stream)
{
	struct http_transfer *t = arg;

	t->is_whole = true;
	t->is_coded = http_coding_undo(&t->answer,
			  http_own_header(t, "content-encoding")) != 0;
	/* An answer before the request was read ends it: a window that is
	 * closed may never open. */
	if (h2_queued_bytes(h2, stream) > 0)
		end_stream(t);
}

static void
on_close(
    void *arg, struct h2 *h2, int32_t stream, enum h2_why why, uint32_t code)
{
	struct http_transfer *t = arg;

	(void)h2;
	(void)stream;
	t->conn = NULL;
	t->is_over = true;
	t->why = why;
	t->code = code;
}

static const struct h2_stream_events stream_events = {
	.on_headers = on_headers,
	.on_data = on_data,
	.on_end = on_end,
	.on_close = on_close,
};

/* HTTP/2 wants names in lower case. */
static bool
is_lower(const char *s)
{
	for (; *s != '\0'; s++)
		if (isupper((unsigned char)*s))
			return false;
	return true;
}

bool
http_own_takes(struct http *h, const struct http_request *req)
{
	struct http_own *o = h->own;
	size_t i;

	if (o == NULL || o->conn == NULL || !req->endpoint->is_https ||
	    strcmp(req->endpoint->authority, o->endpoint.authority) != 0 ||
	    req->skip_proxy || req->on_body != NULL ||
	    strcmp(req->method, "POST") != 0 || req->body_len > HTTP_OWN_BODY)
		return false;
	for (i = 0; i < req->nheaders; i++)
		if (!is_lower(req->headers[i].name))
			return false;
	/* Asked once a turn: a connection that was idle may have ended. */
	if (!o->has_new && conn_probe(o->conn, clock_mono_ms()) != CONN_READY)
		return false;
	return conn_can_open(o->conn);
}

static size_t
add(struct h2_header *headers, size_t n, const char *name, const char *value)
{
	headers[n].name = name;
	headers[n].value = value;
	return n + 1;
}

/* 0, or an H2 error. */
static int
open_stream(struct http_transfer *t, const struct http_request *req,
    const char *path, const struct sigv4_signed *signed_request)
{
	struct http_own *o = t->h->own;
	struct h2_header headers[OWN_HEADERS_MAX];
	struct h2_request r = { .method = req->method,
		.scheme = "https",
		.authority = req->endpoint->authority,
		.path = path,
		.headers = headers,
		.has_body = req->body_len > 0 };
	struct h2 *h2 = conn_h2(o->conn);
	char length[24];
	size_t n = 0, i;
	int rc = 0;

	snprintf(length, sizeof(length), "%zu", req->body_len);
	n = add(headers, n, "content-length", length);
	n = add(headers, n, "user-agent", "pipebooth/" BOOTH_VERSION);
	n = add(headers, n, "accept-encoding", "identity");
	for (i = 0; i < req->nheaders; i++)
		n = add(
		    headers, n, req->headers[i].name, req->headers[i].value);
	for (i = 0; i < signed_request->nadded; i++)
		n = add(headers, n, signed_request->added[i].name,
		    signed_request->added[i].value);
	r.nheaders = n;
	t->stream = h2_request(h2, &r, &stream_events, t);
	if (t->stream < 0)
		return t->stream;
	if (req->body_len > 0)
		rc = h2_write(h2, t->stream, req->body, req->body_len);
	if (rc == 0 && req->body_len > 0)
		rc = h2_end(h2, t->stream);
	if (rc != 0) {
		h2_detach(h2, t->stream);
		h2_reset(h2, t->stream, H2_CANCEL);
		return rc;
	}
	t->conn = o->conn;
	o->has_new = true;
	return 0;
}

int
http_own_start(struct http_transfer *t, const struct http_request *req,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct service_error *error)
{
	struct sigv4_signed signed_request;
	char *path = http_path(req);
	int64_t timeout_ms =
	    req->timeout_ms > 0 ? req->timeout_ms : HTTP_TIMEOUT_MS;
	int rc = -1;

	memset(&signed_request, 0, sizeof(signed_request));
	if (path == NULL)
		return -1;
	if (keys == NULL || http_sign(t->h, req, path, keys, now_wall_ms,
				&signed_request, error) == 0) {
		rc = open_stream(t, req, path, &signed_request);
		if (rc != 0 && rc != H2_ERR_NOMEM)
			service_error_set(error, SERVICE_ERROR_TRANSIENT,
			    HTTP_MOVED, "%s: %s", req->endpoint->authority,
			    h2_strerror(rc));
		if (keys != NULL)
			sigv4_signed_release(&signed_request);
	}
	free(path);
	if (rc != 0)
		return -1;
	bytes_init(&t->fields, FIELDS_BYTES_MAX);
	t->is_own = true;
	t->started_at_ms = clock_mono_ms();
	t->deadline_ms = t->started_at_ms + timeout_ms;
	return 0;
}

void
http_own_cancel(struct http_transfer *t)
{
	if (t->conn != NULL)
		end_stream(t);
}

const char *
http_own_header(const struct http_transfer *t, const char *name)
{
	const char *at, *end;
	size_t n;

	at = (const char *)bytes_peek(&t->fields, &n);
	for (end = at + n; at < end; at += strlen(at) + 1) {
		if (strcmp(at, name) == 0)
			return at + strlen(at) + 1;
		at += strlen(at) + 1;
	}
	return NULL;
}

/* Why there is no whole answer. */
static void
explain(const struct http_transfer *t, struct service_error *e)
{
	const char *at = t->endpoint.authority;

	if (t->is_over_cap)
		service_error_set(e, SERVICE_ERROR_PROTOCOL, "size",
		    "answer of %s is longer than %zu bytes", at, t->cap);
	else if (t->is_coded)
		service_error_set(e, SERVICE_ERROR_PROTOCOL, "coding",
		    "answer of %s is compressed, and cannot be read", at);
	else if (t->is_short)
		service_error_set(
		    e, SERVICE_ERROR_LOCAL, "memory", "out of memory");
	else if (t->is_late)
		service_error_set(e, SERVICE_ERROR_TIMEOUT, "timeout",
		    "no answer from %s within %lld ms", at,
		    (long long)(t->deadline_ms - t->started_at_ms));
	else if (t->status == 0 &&
		 (t->why == H2_WHY_REFUSED || t->why == H2_WHY_LOST))
		service_error_set(e, SERVICE_ERROR_TRANSIENT, HTTP_MOVED,
		    "connection to %s broke: %s", at, h2_why_text(t->why));
	else
		service_error_set(e, SERVICE_ERROR_TRANSIENT, "reset",
		    "connection to %s broke: %s%s%s", at, h2_why_text(t->why),
		    t->why == H2_WHY_RESET ? ", " : "",
		    t->why == H2_WHY_RESET ? h2_code_name(t->code) : "");
}

bool
http_own_result(const struct http_transfer *t, struct http_answer *a)
{
	a->duration_ms = (double)(clock_mono_ms() - t->started_at_ms);
	if (t->is_whole && !t->is_coded) {
		a->status = t->status;
		return true;
	}
	explain(t, &a->error);
	return false;
}

/* --- the connection --------------------------------------------------- */

static const struct conn_events no_events;

int
http_keep_conn(struct http *h, const struct endpoint *endpoint,
    const struct conn_config *config)
{
	if (!endpoint->is_https || h->own != NULL)
		return 0;
	h->own = calloc(1, sizeof(*h->own));
	if (h->own == NULL)
		return -1;
	h->own->endpoint = *endpoint;
	h->own->config = *config;
	h->own->config.ping_busy_ms = CONN_PING_BUSY_MS;
	h->own->config.ping_timeout_ms = CONN_PING_BUSY_TIMEOUT_MS;
	return 0;
}

void
http_own_free(struct http *h)
{
	size_t i;

	if (h->own == NULL)
		return;
	conn_free(h->own->conn);
	for (i = 0; i < HTTP_OWN_OLD; i++)
		conn_free(h->own->old[i]);
	free(h->own);
	h->own = NULL;
}

static void
dial(struct http_own *o, int64_t now_ms)
{
	o->is_proven = false;
	o->dial_at_ms = now_ms + DIAL_MIN_MS;
	if (conn_dial(&o->conn, &o->config, &no_events, o, now_ms) != 0)
		o->conn = NULL;
}

/* The connection ended: when another is dialed. */
static void
note_end(struct http_own *o, int64_t now_ms)
{
	int error = conn_error(o->conn);

	if (o->is_proven) {
		/* At once, but for dial_at_ms. */
		o->wait_ms = 0;
		return;
	}
	o->wait_ms = o->wait_ms == 0 ? DIAL_MIN_MS : o->wait_ms * 2;
	/* No HTTP/2 there, or a certificate that libcurl, too, will refuse and
	 * explain. */
	if (o->wait_ms > DIAL_MAX_MS ||
	    (error != 0 && !conn_error_is_retryable(error)))
		o->wait_ms = DIAL_MAX_MS;
	o->dial_at_ms = now_ms + o->wait_ms;
}

/* It takes no new requests: those under way may end. */
static void
retire(struct http_own *o)
{
	size_t i;

	for (i = 0; i < HTTP_OWN_OLD && o->old[i] != NULL; i++)
		continue;
	if (i == HTTP_OWN_OLD)
		return; /* it stays until it ends */
	o->old[i] = o->conn;
	o->conn = NULL;
}

void
http_own_prepare(struct http *h, struct loop *l)
{
	struct http_own *o = h->own;
	const struct http_transfer *t;
	size_t i;

	if (o == NULL)
		return;
	if (o->conn != NULL)
		conn_prepare(o->conn, l);
	else
		loop_deadline(l, o->dial_at_ms);
	for (i = 0; i < HTTP_OWN_OLD; i++)
		if (o->old[i] != NULL)
			conn_prepare(o->old[i], l);
	for (t = h->transfers; t != NULL; t = t->next)
		if (t->is_own)
			loop_deadline(l, t->is_over ? 0 : t->deadline_ms);
}

void
http_own_dispatch(struct http *h, struct loop *l, int64_t now_ms)
{
	struct http_own *o = h->own;
	struct http_transfer *t;
	enum conn_state state;
	size_t i;

	if (o == NULL)
		return;
	if (o->conn == NULL && now_ms >= o->dial_at_ms)
		dial(o, now_ms);
	else if (o->conn != NULL) {
		/* All that was asked for in this turn leaves together. */
		if (o->has_new)
			conn_flush(o->conn);
		o->has_new = false;
		state = conn_dispatch(o->conn, l, now_ms);
		o->is_proven |= state == CONN_READY;
		if (state == CONN_CLOSED) {
			if (conn_error(o->conn) == CONN_ERR_DEAD)
				http_suspect(h, now_ms);
			note_end(o, now_ms);
			conn_free(o->conn);
			o->conn = NULL;
		} else if (conn_is_draining(o->conn)) {
			retire(o);
		}
	}
	for (i = 0; i < HTTP_OWN_OLD; i++) {
		if (o->old[i] == NULL ||
		    conn_dispatch(o->old[i], l, now_ms) != CONN_CLOSED)
			continue;
		conn_free(o->old[i]);
		o->old[i] = NULL;
	}
	for (t = h->transfers; t != NULL; t = t->next) {
		if (!t->is_own || t->is_over || now_ms < t->deadline_ms)
			continue;
		t->is_late = true;
		end_stream(t);
	}
}
