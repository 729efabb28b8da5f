/*
 * The server's half of HTTP/1.1 (RFC 9112): bytes in, bytes out, no socket and
 * no clock.  Requests are read by libhttp-parser, one at a time: the next is
 * not looked at before http1_next().
 *
 * Callbacks run inside http1_recv() and http1_next(); from them everything but
 * these two and http1_free() may be called.
 */
#ifndef LOCALAWS_HTTP1_H
#define LOCALAWS_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/h2.h"

#define HTTP1_ERROR_LIST(X)                                                    \
	X(HTTP1_ERR_NOMEM, -1, "out of memory")                                \
	X(HTTP1_ERR_SYNTAX, -2, "not an HTTP/1.1 request")                     \
	X(HTTP1_ERR_LARGE, -3, "request line and headers are too large")       \
	X(HTTP1_ERR_FULL, -4, "too much is queued")                            \
	X(HTTP1_ERR_STATE, -5, "no request is being answered")

enum http1_error {
#define X(name, code, text) name = (code),
	HTTP1_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *http1_strerror(int code);

/* Our caps: request line and headers of one request; bytes that wait to be
 * parsed; that wait to be sent. */
#define HTTP1_HEAD_BYTES 65536
#define HTTP1_IN_BYTES (512 * 1024)
#define HTTP1_OUT_BYTES (512 * 1024)

struct http1;

/* All must be set.  Pointers are borrowed until the return. */
struct http1_events {
	/* A request's line and headers; names as sent, `host` among them.  Its
	 * authority is NULL.  An expected "100 Continue" goes out right after,
	 * unless the request was answered. */
	void (*on_request)(void *arg, const struct h2_request *request);
	void (*on_body)(void *arg, const uint8_t *p, size_t n);
	/* The request is complete. */
	void (*on_end)(void *arg);
};

/* events are copied.  NULL: no memory. */
struct http1 *http1_new(const struct http1_events *events, void *arg);

void http1_free(struct http1 *h);

/*
 * Feed bytes, in any split.  0; or HTTP1_ERR_SYNTAX, _LARGE, _FULL, _NOMEM:
 * nothing more is read; the first two have queued an answer (400, 431) if none
 * was under way, and http1_is_closing() is true.
 */
int http1_recv(struct http1 *h, const uint8_t *p, size_t n);

/*
 * Answer the request: status and headers.  With has_body and without a
 * content-length among the headers the body is sent in chunks (to an HTTP/1.0
 * client: until the connection closes).  Answering before the request is
 * complete closes the connection afterwards.  0, HTTP1_ERR_STATE, _FULL,
 * _NOMEM.
 */
int http1_respond(struct http1 *h, int status, const struct h2_header *headers,
    size_t nheaders, bool has_body);

/* n bytes of the answer's body.  0, HTTP1_ERR_STATE, _FULL (nothing was
 * queued), _NOMEM. */
int http1_write(struct http1 *h, const void *p, size_t n);

/* End the answer.  0 or as above. */
int http1_end(struct http1 *h);

/* End of the connection after what is queued, whatever was promised: a body
 * that is cut short. */
void http1_cut(struct http1 *h);

/* Whether a request has begun (its first byte came) and is not complete. */
bool http1_is_reading(const struct http1 *h);

/* Whether a request has been shown and its answer has not ended. */
bool http1_is_answering(const struct http1 *h);

/* Whether the answer has ended and http1_next() is to be called. */
bool http1_is_answered(const struct http1 *h);

/* Bytes received that wait for http1_next(). */
size_t http1_waiting_bytes(const struct http1 *h);

/* Go on to the next request, which may have come already.  As http1_recv(). */
int http1_next(struct http1 *h);

/* Whether the connection is to be closed once all is sent. */
bool http1_is_closing(const struct http1 *h);

/* Bytes for the wire, as h2_peek() and h2_skip(). */
const uint8_t *http1_peek(const struct http1 *h, size_t *n);

void http1_skip(struct http1 *h, size_t n);

#endif
