/*
 * The one that owns a socket: dials (all addresses of the name), goes through
 * an HTTP proxy where one is set, does TLS, runs HTTP/2 on top, and watches
 * over it: every wait has a deadline, a silent peer is found by PING.
 *
 *	resolving -> connecting -> [proxy] -> [tls] -> ready
 *	ready -> closing -> closed
 *
 * The same for an accepted socket ([tls] -> ready), where the client may also
 * have chosen HTTP/1.1: its bytes are then passed up and down as they are.
 *
 * Callbacks run inside conn_dispatch() and conn_probe() only.  In a callback
 * everything but these two may be called, conn_free() of this very connection
 * included: it is then freed when conn_dispatch() returns, and no further
 * callback comes.  Times are clock_mono_ms() as arguments.
 */
#ifndef AWS_CONN_H
#define AWS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/h2.h"
#include "aws/tls.h"
#include "base/loop.h"

/* Each but FULL ends the connection. */
#define CONN_ERROR_LIST(X)                                                     \
	X(CONN_ERR_NOMEM, -1, "out of memory")                                 \
	X(CONN_ERR_CONFIG, -2, "a setting is not valid")                       \
	X(CONN_ERR_RESOLVE, -3, "cannot resolve the host name")                \
	X(CONN_ERR_CONNECT, -4, "cannot connect")                              \
	X(CONN_ERR_TIMEOUT, -5, "timed out")                                   \
	X(CONN_ERR_PROXY, -6, "the proxy failed")                              \
	X(CONN_ERR_PROXY_DENIED, -7, "the proxy does not let us through")      \
	X(CONN_ERR_CERT, -8, "the server's certificate is not to be trusted")  \
	X(CONN_ERR_ALPN, -9, "the server does not speak HTTP/2")               \
	X(CONN_ERR_TLS, -10, "the TLS connection failed")                      \
	X(CONN_ERR_PROTOCOL, -11, "the peer broke HTTP/2")                     \
	X(CONN_ERR_CLOSED, -12, "the peer closed the connection")              \
	X(CONN_ERR_RESET, -13, "the connection was cut")                       \
	X(CONN_ERR_DEAD, -14, "the peer no longer answers")                    \
	X(CONN_ERR_GOAWAY, -15, "the peer sent GOAWAY with an error")          \
	X(CONN_ERR_FULL, -16, "too much is queued")

enum conn_error {
#define X(name, code, text) name = (code),
	CONN_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *conn_strerror(int code);

/* Whether another try may help: false for CONFIG, CERT, ALPN and
 * PROXY_DENIED. */
bool conn_error_is_retryable(int code);

enum conn_state {
	CONN_RESOLVING,
	CONN_CONNECTING,
	CONN_PROXY,   /* waiting for the proxy's answer to CONNECT */
	CONN_TLS,     /* handshake */
	CONN_SNIFF,   /* accepted without TLS: HTTP/2 or HTTP/1.1? */
	CONN_READY,   /* conn_h2(), or on_bytes and conn_write() */
	CONN_CLOSING, /* ending: what waits is being sent */
	CONN_CLOSED,  /* nothing left; conn_error() */
};

/* "resolving", ...; for people. */
const char *conn_state_name(enum conn_state s);

struct conn;

/* Any may be NULL.  The struct is borrowed until conn_free(). */
struct conn_events {
	/* CONN_READY is reached. */
	void (*on_ready)(void *arg, struct conn *c);
	/* GOAWAY came: running streams may finish, new ones need another
	 * connection. */
	void (*on_draining)(void *arg, struct conn *c);
	/* The connection has ended: 0 after conn_close(), or when a draining
	 * one finished its last stream; else a code.  Open streams got their
	 * on_close (H2_WHY_LOST) just before. */
	void (*on_closed)(void *arg, struct conn *c, int error);
	/* Server, HTTP/2: a request (see struct h2_events). */
	void (*on_request)(void *arg, struct conn *c, struct h2 *h2,
	    int32_t stream, const struct h2_request *request);
	/* Server, HTTP/1.1 (and is_raw): n > 0 bytes that came. */
	void (*on_bytes)(void *arg, struct conn *c, const uint8_t *p, size_t n);
	/* Server, HTTP/1.1: the client ended its side (we may still write).
	 * Without this callback the connection closes by itself. */
	void (*on_eof)(void *arg, struct conn *c);
};

/* Ours: silence after a PING that means dead. */
#define CONN_PING_TIMEOUT_MS 10000

/* Ours, for ping_busy_ms and ping_timeout_ms where somebody waits for an answer
 * of seconds at most: a peer that says nothing meanwhile is asked whether it is
 * there, and left in time for another try. */
#define CONN_PING_BUSY_MS 2000
#define CONN_PING_BUSY_TIMEOUT_MS 2500

/* A field that is 0 or NULL takes the default in brackets.  Strings are copied;
 * tls contexts are kept by reference. */
struct conn_config {
	const char *host; /* name or address, without brackets; must be set */
	uint16_t port;    /* must be set */
	struct tls_ctx *tls; /* NULL: cleartext, HTTP/2 by prior knowledge */
	const char *verify_host; /* name in the certificate, and SNI [host] */
	const char *proxy_host;  /* HTTP proxy for CONNECT; NULL: direct */
	uint16_t proxy_port;
	const char *proxy_auth; /* value of Proxy-Authorization, "Basic ..." */
	int64_t connect_timeout_ms;   /* name and TCP together [10 000] */
	int64_t handshake_timeout_ms; /* proxy and TLS together [10 000] */
	int64_t
	    ping_interval_ms;    /* silence before a PING [15 000]; < 0: none */
	int64_t ping_busy_ms;    /* the same while a stream waits for an
	                            answer [ping_interval_ms] */
	int64_t ping_timeout_ms; /* silence after it [CONN_PING_TIMEOUT_MS] */
	int64_t close_timeout_ms; /* for what waits at conn_close() [2 000] */
	int64_t idle_timeout_ms;  /* server: without a stream, or for HTTP/1.1
	                             without a byte either way [none] */
	size_t write_cap_bytes;   /* conn_write() queue [1 MiB] */
	struct h2_config h2;      /* is_server is set here */
	/* Client: something else than HTTP/2 is spoken (a WebSocket, say).
	 * Once ready, bytes go up by on_bytes and down by conn_write(), as
	 * they are; ALPN is not looked at, so offer none.  It is for the owner
	 * to watch over a silent peer. */
	bool is_raw;
};

/*
 * Dial.  0 and *out, CONN_ERR_NOMEM, or CONN_ERR_CONFIG (no host or port; a
 * control character in a string).  Whatever fails later is told by
 * on_closed and conn_error().
 */
int conn_dial(struct conn **out, const struct conn_config *config,
    const struct conn_events *events, void *arg, int64_t now_ms);

/*
 * Serve an accepted socket: takes fd (also on error).  config's host, port and
 * proxy are not looked at.  With tls (a server context) ALPN decides between
 * HTTP/2 and HTTP/1.1 (also when the client offers no ALPN), without it the
 * first bytes do.
 */
int conn_accept(struct conn **out, int fd, const struct conn_config *config,
    const struct conn_events *events, void *arg, int64_t now_ms);

/* Close the socket and free; see above for calls from a callback.  No callback
 * comes any more, of streams neither.  conn_free(NULL) does nothing. */
void conn_free(struct conn *c);

/* Add what the connection waits for. */
void conn_prepare(struct conn *c, struct loop *l);

/* Do what is due.  Returns the state. */
enum conn_state conn_dispatch(struct conn *c, struct loop *l, int64_t now_ms);

/*
 * Look at the socket now, without waiting for the loop: what already came (a
 * GOAWAY, the end) is dealt with.  Returns the state: ask this before using a
 * connection that was idle.  From a callback of this connection it does no
 * more than return the state.
 */
enum conn_state conn_probe(struct conn *c, int64_t now_ms);

/* Send what can be sent now; saves a turn of the loop after h2_write().  Errors
 * are told at the next conn_dispatch().  Callbacks of streams may run
 * (on_close, on_drained); from within a callback it does nothing (dispatch
 * sends after it). */
void conn_flush(struct conn *c);

enum conn_state conn_state(const struct conn *c);

/* The HTTP/2 session in CONN_READY and CONN_CLOSING, else NULL (also for
 * HTTP/1.1).  Borrowed until the connection is closed or freed. */
struct h2 *conn_h2(struct conn *c);

/* Whether it is ready and takes a new stream now (HTTP/2). */
bool conn_can_open(struct conn *c);

/* Whether GOAWAY came or went. */
bool conn_is_draining(const struct conn *c);

/* 0, or why it ended; text for people, with host and reason; "" for 0. */
int conn_error(const struct conn *c);

const char *conn_error_text(const struct conn *c);

/*
 * HTTP/1.1: queue n bytes, all or none.  0, CONN_ERR_FULL, CONN_ERR_NOMEM or
 * CONN_ERR_CLOSED.  Those that wait are counted by conn_queued_bytes().
 */
int conn_write(struct conn *c, const void *p, size_t n);

size_t conn_queued_bytes(const struct conn *c);

/* HTTP/1.1: stop and go on reading, for back-pressure. */
void conn_pause(struct conn *c, bool is_paused);

/*
 * Close in order: HTTP/2 sends GOAWAY and lets running streams finish within
 * close_timeout_ms; what waits is sent, then TLS's close_notify.  on_closed
 * comes with 0.
 */
void conn_close(struct conn *c, int64_t now_ms);

/* Cut it off at once, nothing sent before: by a TCP reset, or (conn_cut()) by
 * a TCP end without GOAWAY and close_notify.  For tests and faults.  on_closed
 * (0) comes at the next dispatch. */
void conn_abort(struct conn *c);

void conn_cut(struct conn *c);

/* Peer's address for logs: "127.0.0.1:443", "[::1]:443", or "".  Borrowed. */
const char *conn_peer(const struct conn *c);

/* Context of the callbacks. */
void *conn_arg(const struct conn *c);

/* Monotonic time of the last byte received; of CONN_READY (0 before). */
int64_t conn_heard_at_ms(const struct conn *c);

int64_t conn_ready_at_ms(const struct conn *c);

/* The TLS session, for tls_alpn(), tls_version(); NULL without. */
const struct tls *conn_tls(const struct conn *c);

#endif
