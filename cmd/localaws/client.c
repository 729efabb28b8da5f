#include "client.h"

#include <stdlib.h>

#include "aws/conn.h"
#include "base/log.h"
#include "exchange.h"
#include "faults_connect.h"
#include "http1.h"

struct client {
	struct localaws *la;
	struct conn *conn;
	struct http1 *h1;         /* NULL: HTTP/2, or not known yet */
	struct exchange *first;   /* newest first; of HTTP/1.1 at most one */
	int64_t now_ms;           /* of this turn */
	int64_t reading_since_ms; /* HTTP/1.1: LOOP_NEVER, or head begun */
	int64_t frozen_until_ms;  /* a fault: not touched before this */
	bool is_paused;
	bool is_over;
};

static void
client_unlink(struct client *c, struct exchange *x)
{
	struct exchange **at = &c->first;

	while (*at != NULL && *at != x)
		at = &(*at)->next;
	if (*at == x)
		*at = x->next;
}

/* --- HTTP/2 --------------------------------------------------------------- */

static struct h2 *
h2_of(struct exchange *x)
{
	return conn_h2(((struct client *)x->transport)->conn);
}

static int
h2_link_respond(struct exchange *x, int status, const struct h2_header *headers,
    size_t n, bool has_body)
{
	struct h2 *h2 = h2_of(x);

	return h2 == NULL
	           ? H2_ERR_ENDED
	           : h2_respond(h2, x->stream, status, headers, n, has_body);
}

static int
h2_link_write(struct exchange *x, const void *p, size_t n)
{
	struct h2 *h2 = h2_of(x);

	return h2 == NULL ? H2_ERR_ENDED : h2_write(h2, x->stream, p, n);
}

static size_t
h2_link_room(struct exchange *x)
{
	struct h2 *h2 = h2_of(x);

	return h2 == NULL ? 0 : h2_room_bytes(h2, x->stream);
}

static int
h2_link_end(struct exchange *x)
{
	struct h2 *h2 = h2_of(x);

	return h2 == NULL ? H2_ERR_ENDED : h2_end(h2, x->stream);
}

static void
h2_link_consume(struct exchange *x, size_t n)
{
	struct h2 *h2 = h2_of(x);

	if (h2 != NULL && n > 0)
		h2_consume(h2, x->stream, n);
}

static void
h2_link_reset(struct exchange *x, uint32_t code)
{
	struct h2 *h2 = h2_of(x);

	if (h2 != NULL)
		h2_reset(h2, x->stream, code);
}

static void
h2_link_goaway(struct exchange *x, uint32_t code)
{
	struct h2 *h2 = h2_of(x);

	if (h2 != NULL)
		h2_goaway(h2, code, NULL);
}

static void
link_cut(struct exchange *x)
{
	conn_abort(((struct client *)x->transport)->conn);
}

static bool
link_is_behind(struct exchange *x, const struct operation *op)
{
	const struct client *c = x->transport;

	for (const struct exchange *o = c->first; o != NULL; o = o->next)
		if (o->number < x->number && o->op == op &&
		    o->phase != EXCHANGE_FINISHED)
			return true;
	return false;
}

static bool
is_flushed(struct exchange *x)
{
	struct client *c = x->transport;
	struct h2 *h2 = h2_of(x);
	size_t waits = 0;

	if (c->h1 != NULL) {
		http1_peek(c->h1, &waits);
		return waits + conn_queued_bytes(c->conn) == 0;
	}
	return h2 == NULL ||
	       (h2_queued_bytes(h2, x->stream) == 0 && !h2_wants_write(h2));
}

static bool
link_faulted(struct exchange *x, enum link_fault what, int64_t value)
{
	struct client *c = x->transport;
	struct h2 *h2 = h2_of(x);

	switch (what) {
	case LINK_IS_FLUSHED:
		return is_flushed(x);
	case LINK_FREEZE:
		c->frozen_until_ms = value;
		return true;
	case LINK_FIN:
		conn_cut(c->conn);
		return true;
	case LINK_WINDOW:
		if (h2 != NULL)
			h2_set_stream_window(h2, (uint32_t)value);
		return true;
	case LINK_DATA:
		if (h2 != NULL)
			h2_set_max_data(h2, (size_t)value);
		return true;
	case LINK_UNSEEN:
		/* Below the first stream there is none. */
		if (h2 != NULL)
			h2_goaway_from(h2, x->stream > 1 ? x->stream - 2 : 0,
			    (uint32_t)value, NULL);
		else if (c->h1 != NULL)
			http1_cut(c->h1);
		return true;
	}
	return true;
}

static const struct exchange_link h2_link = {
	.respond = h2_link_respond,
	.write = h2_link_write,
	.room = h2_link_room,
	.end = h2_link_end,
	.consume = h2_link_consume,
	.reset = h2_link_reset,
	.goaway = h2_link_goaway,
	.cut = link_cut,
	.is_behind = link_is_behind,
	.fault = link_faulted,
};

static void
on_data(void *arg, struct h2 *h2, int32_t stream, const uint8_t *p, size_t n)
{
	(void)h2;
	(void)stream;
	exchange_data(arg, p, n);
}

static void
on_end(void *arg, struct h2 *h2, int32_t stream)
{
	(void)h2;
	(void)stream;
	exchange_input_end(arg);
}

static void
on_close(
    void *arg, struct h2 *h2, int32_t stream, enum h2_why why, uint32_t code)
{
	struct exchange *x = arg;

	(void)h2;
	(void)stream;
	if (why == H2_WHY_PROTOCOL || (why == H2_WHY_RESET && code != 0))
		log_msg(LOG_DEBUG, "request",
		    "stream closed, why=\"%s\" code=%s", h2_why_text(why),
		    h2_code_name(code));
	client_unlink(x->transport, x);
	exchange_free(x);
}

static const struct h2_stream_events stream_events = {
	.on_data = on_data,
	.on_end = on_end,
	.on_close = on_close,
};

static void
on_request(void *arg, struct conn *conn, struct h2 *h2, int32_t stream,
    const struct h2_request *request)
{
	struct client *c = arg;
	struct exchange *x;

	(void)conn;
	x = exchange_new(c->la, request, true, &h2_link, c, stream, c->now_ms);
	if (x == NULL || h2_attach(h2, stream, &stream_events, x) != 0) {
		exchange_free(x);
		h2_reset(h2, stream, H2_REFUSED_STREAM);
		return;
	}
	x->next = c->first;
	c->first = x;
}

/* --- HTTP/1.1 ------------------------------------------------------------- */

static struct http1 *
h1_of(struct exchange *x)
{
	return ((struct client *)x->transport)->h1;
}

/* What http1 made goes to the connection as far as that takes it. */
static void
h1_flush(struct client *c)
{
	const uint8_t *p;
	size_t n;

	while ((p = http1_peek(c->h1, &n), n > 0)) {
		if (n > 65536)
			n = 65536;
		if (conn_write(c->conn, p, n) != 0)
			break;
		http1_skip(c->h1, n);
	}
}

static int
h1_link_respond(struct exchange *x, int status, const struct h2_header *headers,
    size_t n, bool has_body)
{
	return http1_respond(h1_of(x), status, headers, n, has_body);
}

static int
h1_link_write(struct exchange *x, const void *p, size_t n)
{
	return http1_write(h1_of(x), p, n);
}

static size_t
h1_link_room(struct exchange *x)
{
	struct client *c = x->transport;
	size_t waits, n;

	http1_peek(c->h1, &waits);
	n = waits + conn_queued_bytes(c->conn);
	return n < HTTP1_OUT_BYTES / 2 ? HTTP1_OUT_BYTES / 2 - n : 0;
}

static int
h1_link_end(struct exchange *x)
{
	return http1_end(h1_of(x));
}

static void
h1_link_consume(struct exchange *x, size_t n)
{
	(void)x;
	(void)n;
}

static void
h1_link_reset(struct exchange *x, uint32_t code)
{
	(void)code;
	http1_cut(h1_of(x));
}

static const struct exchange_link h1_link = {
	.respond = h1_link_respond,
	.write = h1_link_write,
	.room = h1_link_room,
	.end = h1_link_end,
	.consume = h1_link_consume,
	.reset = h1_link_reset,
	.goaway = h1_link_reset,
	.cut = link_cut,
	.is_behind = link_is_behind,
	.fault = link_faulted,
};

static void
h1_on_request(void *arg, const struct h2_request *request)
{
	static const struct h2_header close_it[] = { { "content-length",
	    "0" } };
	struct client *c = arg;
	struct exchange *x =
	    exchange_new(c->la, request, false, &h1_link, c, 0, c->now_ms);

	if (x == NULL) {
		http1_respond(c->h1, 431, close_it, 1, false);
		http1_cut(c->h1);
		return;
	}
	x->next = c->first;
	c->first = x;
}

static void
h1_on_body(void *arg, const uint8_t *p, size_t n)
{
	struct client *c = arg;

	if (c->first != NULL)
		exchange_data(c->first, p, n);
}

static void
h1_on_end(void *arg)
{
	struct client *c = arg;

	if (c->first != NULL)
		exchange_input_end(c->first);
}

static const struct http1_events h1_events = {
	.on_request = h1_on_request,
	.on_body = h1_on_body,
	.on_end = h1_on_end,
};

static void
on_bytes(void *arg, struct conn *conn, const uint8_t *p, size_t n)
{
	struct client *c = arg;
	int rc;

	if (c->h1 == NULL && (c->h1 = http1_new(&h1_events, c)) == NULL) {
		conn_abort(conn);
		return;
	}
	if ((rc = http1_recv(c->h1, p, n)) != 0)
		log_msg(LOG_DEBUG, "client", "%s: %s", conn_peer(conn),
		    http1_strerror(rc));
}

static void
on_eof(void *arg, struct conn *conn)
{
	struct client *c = arg;

	/* Nobody half-closes over TLS: who ends before the answer is gone,
	 * and the engine that works for it is to go too. */
	if (c->h1 != NULL && http1_is_answering(c->h1))
		conn_abort(conn);
	else
		conn_close(conn, c->now_ms);
}

/* Send, and go on to the next request.  True: another one came. */
static bool
h1_advance(struct client *c)
{
	struct exchange *x = c->first;
	size_t waits;

	h1_flush(c);
	if (x != NULL &&
	    (http1_is_answered(c->h1) || http1_is_closing(c->h1))) {
		c->first = NULL;
		exchange_free(x);
	}
	http1_peek(c->h1, &waits);
	if (http1_is_closing(c->h1)) {
		if (waits == 0)
			conn_close(c->conn, c->now_ms);
		return false;
	}
	if (!http1_is_answered(c->h1) || waits > 0)
		return false;
	http1_next(c->h1);
	return c->first != NULL || http1_is_closing(c->h1);
}

/* --- both ----------------------------------------------------------------- */

static void
on_closed(void *arg, struct conn *conn, int error)
{
	struct client *c = arg;

	if (error != 0)
		log_msg(LOG_DEBUG, "client", "%s", conn_error_text(conn));
	c->is_over = true;
}

static const struct conn_events conn_events = {
	.on_closed = on_closed,
	.on_request = on_request,
	.on_bytes = on_bytes,
	.on_eof = on_eof,
};

struct client *
client_new(struct localaws *la, struct tls_ctx *tls, int fd, int64_t now_ms)
{
	struct conn_config config = { 0 };
	struct client *c = calloc(1, sizeof(*c));

	config.tls = tls;
	config.idle_timeout_ms = CLIENT_IDLE_MS;
	/* A reader that is stopped for a while answers no PING either. */
	config.ping_interval_ms = CLIENT_PING_MS;
	config.ping_timeout_ms = CLIENT_PING_MS;
	config.h2.is_manual = true;
	config.h2.stream_window_bytes = EXCHANGE_BODY_BYTES;
	config.h2.connection_window_bytes = 4 * EXCHANGE_BODY_BYTES;
	if (c != NULL) {
		c->la = la;
		c->now_ms = now_ms;
		c->reading_since_ms = LOOP_NEVER;
		if (!faults_connect(
			la, fd, &config, &c->frozen_until_ms, now_ms)) {
			free(c);
			return NULL;
		}
	}
	if (conn_accept(&c->conn, fd, &config, &conn_events, c, now_ms) != 0) {
		free(c);
		return NULL;
	}
	return c;
}

void
client_free(struct client *c)
{
	struct exchange *x;

	if (c == NULL)
		return;
	while ((x = c->first) != NULL) {
		c->first = x->next;
		exchange_free(x);
	}
	conn_free(c->conn);
	http1_free(c->h1);
	free(c);
}

void
client_prepare(struct client *c, struct loop *l)
{
	if (c->frozen_until_ms > c->now_ms) {
		loop_deadline(l, c->frozen_until_ms);
		return;
	}
	for (struct exchange *x = c->first; x != NULL; x = x->next)
		exchange_prepare(x, l);
	if (c->reading_since_ms != LOOP_NEVER)
		loop_deadline(l, c->reading_since_ms + CLIENT_HEAD_MS);
	conn_prepare(c->conn, l);
}

void
client_dispatch(struct client *c, struct loop *l, int64_t now_ms)
{
	/* Thawed in this turn: nothing was watched yet. */
	if (c->frozen_until_ms > c->now_ms) {
		c->now_ms = now_ms;
		return;
	}
	c->now_ms = now_ms;
	conn_dispatch(c->conn, l, now_ms);
	if (c->is_over || c->h1 == NULL)
		return;
	if (!http1_is_reading(c->h1) || c->first != NULL)
		c->reading_since_ms = LOOP_NEVER;
	else if (c->reading_since_ms == LOOP_NEVER)
		c->reading_since_ms = now_ms;
	else if (now_ms - c->reading_since_ms >= CLIENT_HEAD_MS)
		conn_close(c->conn, now_ms);
}

bool
client_pump(struct client *c, int64_t now_ms)
{
	uint64_t before = 0, after = 0;
	bool is_more = false, pause;

	if (c->is_over || c->frozen_until_ms > now_ms)
		return false;
	c->now_ms = now_ms;
	for (struct exchange *x = c->first; x != NULL; x = x->next) {
		before += x->nbytes_out + x->phase;
		exchange_pump(x, now_ms);
		after += x->nbytes_out + x->phase;
	}
	if (c->h1 != NULL) {
		is_more = h1_advance(c);
		/* While one is answered the next ones wait, the more of them
		 * the socket; it is still read, or its end went unnoticed. */
		pause = http1_waiting_bytes(c->h1) > CLIENT_AHEAD_BYTES;
		if (pause != c->is_paused)
			conn_pause(c->conn, pause);
		c->is_paused = pause;
	}
	if (c->frozen_until_ms > now_ms)
		return false;
	conn_flush(c->conn);
	/* What was sent made room for more; what ended lets others begin. */
	return !c->is_over && (is_more || after != before);
}

bool
client_is_over(const struct client *c)
{
	return c->is_over;
}

void
client_abort(struct client *c)
{
	conn_abort(c->conn);
	c->frozen_until_ms = 0;
}
