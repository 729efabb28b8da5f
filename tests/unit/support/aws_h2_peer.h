/*
 * For tests of h2: a peer that is a bare nghttp2 session, so that what we send
 * is judged by code that is not ours; and what happened, as text to compare.
 */
#ifndef AWS_H2_PEER_H
#define AWS_H2_PEER_H

#include <check.h>
#include <nghttp2/nghttp2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/h2.h"

#define LOG_BYTES 8192

/* --- what happened, as text ------------------------------------------ */

struct story {
	char text[LOG_BYTES];
	size_t len;
	size_t ndata; /* bytes of body seen */
};

__attribute__((format(printf, 2, 3))) static void
tell(struct story *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s->text + s->len, sizeof s->text - s->len, fmt, ap);
	va_end(ap);
	ck_assert_int_ge(n, 0);
	ck_assert_uint_lt(s->len + (size_t)n, sizeof s->text);
	s->len += (size_t)n;
}

static inline void
forget(struct story *s)
{
	s->len = 0;
	s->text[0] = '\0';
}

/* --- the peer: nghttp2 ----------------------------------------------- */

struct peer {
	nghttp2_session *ng;
	struct story story;
	const uint8_t *body; /* to be sent */
	size_t body_len;
	uint8_t got[1 << 16]; /* body received, its beginning */
	size_t ngot;
	bool is_quiet; /* data chunks are counted, not told */
};

static inline int
peer_header(nghttp2_session *ng, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_len, const uint8_t *value,
    size_t value_len, uint8_t flags, void *arg)
{
	struct peer *p = arg;

	(void)ng;
	(void)name_len;
	(void)value_len;
	tell(&p->story, "%s=%s%s;", (const char *)name, (const char *)value,
	    flags & NGHTTP2_NV_FLAG_NO_INDEX ? "(never indexed)" : "");
	(void)frame;
	return 0;
}

static inline int
peer_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	struct peer *p = arg;
	int32_t id = frame->hd.stream_id;

	(void)ng;
	if (frame->hd.type == NGHTTP2_HEADERS)
		tell(&p->story, "HEADERS %d;", id);
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		tell(&p->story, "RST %d %s;", id,
		    nghttp2_http2_strerror(frame->rst_stream.error_code));
	if (frame->hd.type == NGHTTP2_GOAWAY)
		tell(&p->story, "GOAWAY %d %s;", frame->goaway.last_stream_id,
		    nghttp2_http2_strerror(frame->goaway.error_code));
	if ((frame->hd.type == NGHTTP2_HEADERS ||
		frame->hd.type == NGHTTP2_DATA) &&
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		tell(&p->story, "END %d;", id);
	return 0;
}

static inline int
peer_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *b,
    size_t n, void *arg)
{
	struct peer *p = arg;
	size_t room = sizeof p->got - p->ngot;

	(void)ng;
	(void)flags;
	p->story.ndata += n;
	memcpy(p->got + p->ngot, b, n < room ? n : room);
	p->ngot += n < room ? n : room;
	if (!p->is_quiet)
		tell(&p->story, "DATA %d %zu;", id, n);
	return 0;
}

static inline int
peer_close(nghttp2_session *ng, int32_t id, uint32_t code, void *arg)
{
	struct peer *p = arg;

	(void)ng;
	tell(&p->story, "CLOSE %d %s;", id, nghttp2_http2_strerror(code));
	return 0;
}

/* An nghttp2 session that gives back no window by itself. */
static inline void
peer_init(struct peer *p, bool is_server, const nghttp2_settings_entry *iv,
    size_t niv)
{
	nghttp2_session_callbacks *cb;
	nghttp2_option *opt;

	memset(p, 0, sizeof *p);
	ck_assert_int_eq(nghttp2_session_callbacks_new(&cb), 0);
	ck_assert_int_eq(nghttp2_option_new(&opt), 0);
	nghttp2_option_set_no_auto_window_update(opt, 1);
	nghttp2_session_callbacks_set_on_header_callback(cb, peer_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, peer_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
	    cb, peer_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, peer_close);
	if (is_server)
		ck_assert_int_eq(
		    nghttp2_session_server_new2(&p->ng, cb, p, opt), 0);
	else
		ck_assert_int_eq(
		    nghttp2_session_client_new2(&p->ng, cb, p, opt), 0);
	nghttp2_option_del(opt);
	nghttp2_session_callbacks_del(cb);
	ck_assert_int_eq(
	    nghttp2_submit_settings(p->ng, NGHTTP2_FLAG_NONE, iv, niv), 0);
}

static inline ssize_t
peer_body(nghttp2_session *ng, int32_t id, uint8_t *buf, size_t len,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct peer *p = arg;

	(void)ng;
	(void)id;
	(void)source;
	if (len > p->body_len)
		len = p->body_len;
	if (len > 0)
		memcpy(buf, p->body, len);
	p->body += len;
	p->body_len -= len;
	if (p->body_len == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)len;
}

static inline nghttp2_nv
nv(const char *name, const char *value)
{
	nghttp2_nv v = { (uint8_t *)(uintptr_t)name,
		(uint8_t *)(uintptr_t)value, strlen(name), strlen(value), 0 };

	return v;
}

/* Answer with a status, one header, and n bytes of body (-1: none). */
static inline void
peer_respond(struct peer *p, int32_t id, const char *status, const char *name,
    const char *value, const void *body, long n)
{
	nghttp2_nv v[2] = { nv(":status", status), nv(name, value) };
	nghttp2_data_provider d;

	memset(&d, 0, sizeof d);
	d.read_callback = peer_body;
	if (n >= 0) {
		p->body = body;
		p->body_len = (size_t)n;
	}
	ck_assert_int_eq(
	    nghttp2_submit_response(p->ng, id, v, 2, n >= 0 ? &d : NULL), 0);
}

/* Headers alone, the stream stays open. */
static inline void
peer_headers(struct peer *p, int32_t id, const char *status)
{
	nghttp2_nv v = nv(":status", status);

	ck_assert_int_eq(nghttp2_submit_headers(
			     p->ng, NGHTTP2_FLAG_NONE, id, NULL, &v, 1, NULL),
	    0);
}

/* --- our side -------------------------------------------------------- */

static inline void
on_headers(void *arg, struct h2 *h2, int32_t id, int status,
    const struct h2_header *headers, size_t n, bool is_end)
{
	size_t i;

	(void)h2;
	tell(arg, "headers %d %d%s", id, status, is_end ? " end" : "");
	for (i = 0; i < n; i++)
		tell(arg, " %s=%s", headers[i].name, headers[i].value);
	tell(arg, ";");
}

static inline void
on_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	struct story *s = arg;

	(void)h2;
	(void)id;
	ck_assert_uint_gt(n, 0);
	/* In pieces or whole, it is the same body. */
	if (s->ndata == 0 || s->len == 0 || s->text[s->len - 1] != '"')
		tell(s, "data \"");
	else
		s->len--;
	tell(s, "%.*s\"", (int)(n < 64 ? n : 0), (const char *)p);
	s->ndata += n;
}

static inline void
on_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)h2;
	tell(arg, "end %d;", id);
}

static inline void
on_drained(void *arg, struct h2 *h2, int32_t id)
{
	(void)h2;
	tell(arg, "drained %d;", id);
}

static inline void
on_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)h2;
	tell(arg, "close %d %s %s;", id, h2_why_text(why), h2_code_name(code));
}

static const struct h2_stream_events all_events = { on_headers, on_data, on_end,
	NULL, on_close };

static const struct h2_stream_events drain_events = { NULL, NULL, NULL,
	on_drained, NULL };

static inline void
on_goaway(void *arg, struct h2 *h2, int32_t last, uint32_t code,
    const uint8_t *text, size_t n)
{
	(void)h2;
	tell(arg, "goaway %d %s %.*s;", last, h2_code_name(code), (int)n,
	    (const char *)text);
}

static inline void
on_pong(void *arg, struct h2 *h2, uint64_t opaque)
{
	(void)h2;
	tell(arg, "pong %llx;", (unsigned long long)opaque);
}

static inline void
on_request(void *arg, struct h2 *h2, int32_t id, const struct h2_request *r)
{
	size_t i;

	tell(arg, "request %d %s %s %s %s%s", id, r->method, r->scheme,
	    r->authority, r->path, r->has_body ? " body" : "");
	for (i = 0; i < r->nheaders; i++)
		tell(arg, " %s=%s", r->headers[i].name, r->headers[i].value);
	tell(arg, ";");
	ck_assert_int_eq(h2_attach(h2, id, &all_events, arg), 0);
}

static const struct h2_events conn_events = { on_request, on_goaway, NULL,
	on_pong };

static inline struct h2 *
client(const struct h2_config *config, struct story *s)
{
	static const struct h2_config none;
	struct h2 *h2;

	ck_assert_int_eq(
	    h2_new(&h2, config != NULL ? config : &none, &conn_events, s), 0);
	return h2;
}

static inline struct h2 *
server(const struct h2_config *config, struct story *s)
{
	struct h2_config c;

	memset(&c, 0, sizeof c);
	if (config != NULL)
		c = *config;
	c.is_server = true;
	return client(&c, s);
}

static inline int32_t
ask(struct h2 *h2, bool has_body, struct story *s)
{
	static const struct h2_header headers[] = {
		{ "content-type", "application/vnd.amazon.eventstream" },
		{ "authorization", "AWS4-HMAC-SHA256 x" },
	};
	struct h2_request r = { "POST", "https", "polly.test", "/v1/synthesis",
		headers, 2, has_body };
	int32_t id = h2_request(h2, &r, &all_events, s);

	ck_assert_int_gt(id, 0);
	return id;
}

/* What we have to say goes to the peer, `step` bytes at a time.  True if there
 * was something. */
static inline bool
to_peer(struct h2 *h2, struct peer *p, size_t step)
{
	const uint8_t *b;
	size_t n, total = 0;

	while (h2_peek(h2, &b, &n) == 0 && n > 0) {
		if (n > step)
			n = step;
		ck_assert_int_eq(
		    nghttp2_session_mem_recv(p->ng, b, n), (ssize_t)n);
		h2_skip(h2, n);
		total += n;
	}
	return total > 0;
}

static inline bool
from_peer(struct h2 *h2, struct peer *p, size_t step)
{
	const uint8_t *b;
	ssize_t n;
	size_t k, total = 0;

	while ((n = nghttp2_session_mem_send(p->ng, &b)) > 0)
		for (; n > 0; n -= (ssize_t)k, b += k) {
			k = (size_t)n < step ? (size_t)n : step;
			(void)h2_recv(h2, b, k);
			total += k;
		}
	ck_assert_int_eq(n, 0);
	return total > 0;
}

static inline void
exchange(struct h2 *h2, struct peer *p, size_t step)
{
	bool any;

	do {
		any = to_peer(h2, p, step);
		any = from_peer(h2, p, step) || any;
	} while (any);
}

#define WHOLE ((size_t)-1)

static struct peer peer; /* large, hence not on the stack */
static struct story ours;

static inline void
set_up(void)
{
	memset(&ours, 0, sizeof ours);
}

#endif
