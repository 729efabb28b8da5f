/*
 * The client's side of one WebSocket (RFC 6455) as bytes in, bytes out: the
 * upgrade here, frames by wslay.  No socket; randomness is OpenSSL's.
 *
 *	ws_start() ... wire -> ws_recv() -> on_open, on_text
 *	ws_text(), ws_close() -> ws_peek() + ws_skip() -> wire
 */
#ifndef SEND_WS_H
#define SEND_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wslay/wslay.h>

#include "base/bytes.h"

/* Each ends it. */
#define WS_ERRORS(X)                                                           \
	X(WS_ERR_NOMEM, -1, "out of memory")                                   \
	X(WS_ERR_HTTP, -2, "the answer is not HTTP")                           \
	X(WS_ERR_STATUS, -3, "no WebSocket there")                             \
	X(WS_ERR_ACCEPT, -4, "the server's handshake is wrong")                \
	X(WS_ERR_FRAME, -5, "the server broke the WebSocket protocol")         \
	X(WS_ERR_FULL, -6, "too much waits to be sent")

enum ws_error {
#define X(name, value, text) name = value,
	WS_ERRORS(X)
#undef X
};

/* Text of a code; never NULL. */
const char *ws_strerror(int code);

/* Our choice: what an answer's head, and a message, may have. */
#define WS_HEAD_MAX 16384
#define WS_MESSAGE_MAX 65536

struct ws {
	wslay_event_context_ptr frames; /* owned; NULL before it is open */
	struct bytes in;                /* head, then frames not yet taken */
	struct bytes out;
	char accept[32]; /* what the server must answer with */
	int status;      /* of HTTP, once it answered; 0 */
	int error;       /* the first one */
	bool is_closed;  /* the server said goodbye */
	/* The upgrade was accepted. */
	void (*on_open)(void *arg);
	/* A text message, NUL-ended, borrowed for the call. */
	void (*on_text)(void *arg, char *text, size_t len);
	void *arg;
};

/* Set up and queue the request for `path` (with query) at `authority`
 * ("host:port").  0 or WS_ERR_NOMEM. */
int ws_start(struct ws *w, const char *authority, const char *path);

void ws_release(struct ws *w);

/* Bytes from the wire, in any split.  0 or the error that ended it. */
int ws_recv(struct ws *w, const void *p, size_t n);

/* Queue a text message.  0 or a code. */
int ws_text(struct ws *w, const char *text, size_t len);

/* Queue a close frame (1000). */
int ws_close(struct ws *w);

/* Bytes for the wire; *n may be 0. */
const uint8_t *ws_peek(const struct ws *w, size_t *n);

void ws_skip(struct ws *w, size_t n);

#endif
