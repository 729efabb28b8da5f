/*
 * One HTTP/2 connection (RFC 9113) over nghttp2, client or server: bytes in,
 * bytes out, no socket and no clock.
 *
 *	h2_new() -> h2_recv() what came; h2_peek() + h2_skip() what is to go
 *
 * A stream is named by its id.  Request and response bodies are queues: bytes
 * are added with h2_write() whenever there are some, h2_end() ends them, and
 * nothing needs to be known beforehand, so a stream may stay open and quiet
 * for hours (a deferred body).  What arrives is told by callbacks.
 *
 * Callbacks run inside h2_recv(), h2_peek() and h2_lost(), never inside
 * another function.  From a callback everything may be called but h2_recv(),
 * h2_peek(), h2_skip(), h2_lost() and h2_free().  Pointers given to a callback
 * are borrowed until it returns.
 *
 * Informational (1xx) responses and trailers are dropped.
 */
#ifndef AWS_H2_H
#define AWS_H2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Error codes.  FATAL: the connection is over; h2_peek() may still have a
 * GOAWAY for the peer, otherwise only h2_lost() and h2_free() may follow.  All
 * others end nothing: the call had no effect.
 */
#define H2_ERROR_LIST(X)                                                       \
	X(H2_ERR_NOMEM, -1, "out of memory")                                   \
	X(H2_ERR_FULL, -2, "the stream's send queue is full")                  \
	X(H2_ERR_STREAM, -3, "no such stream, or its sending side has ended")  \
	X(H2_ERR_BUSY, -4, "the peer allows no more streams at once")          \
	X(H2_ERR_DRAINING, -5, "the connection takes no new streams")          \
	X(H2_ERR_HEADER, -6, "a header is not valid or too large")             \
	X(H2_ERR_PROTOCOL, -7, "the peer broke HTTP/2 (fatal)")                \
	X(H2_ERR_FLOOD, -8, "the peer floods the connection (fatal)")          \
	X(H2_ERR_ENDED, -9, "the HTTP/2 connection has ended (fatal)")

enum h2_error {
#define X(name, code, text) name = (code),
	H2_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *h2_strerror(int code);

/* RFC 9113, section 7. */
enum h2_code {
	H2_NO_ERROR = 0,
	H2_PROTOCOL_ERROR = 1,
	H2_INTERNAL_ERROR = 2,
	H2_FLOW_CONTROL_ERROR = 3,
	H2_SETTINGS_TIMEOUT = 4,
	H2_STREAM_CLOSED = 5,
	H2_FRAME_SIZE_ERROR = 6,
	H2_REFUSED_STREAM = 7,
	H2_CANCEL = 8,
	H2_COMPRESSION_ERROR = 9,
	H2_CONNECT_ERROR = 10,
	H2_ENHANCE_YOUR_CALM = 11,
	H2_INADEQUATE_SECURITY = 12,
	H2_HTTP_1_1_REQUIRED = 13,
};

/* "ENHANCE_YOUR_CALM"; never NULL. */
const char *h2_code_name(uint32_t code);

/* Why a stream is gone. */
enum h2_why {
	H2_WHY_DONE,      /* both sides ended as they should, or the peer ended
	                     its side and then reset with NO_ERROR */
	H2_WHY_CANCELLED, /* h2_reset() was called here */
	H2_WHY_REFUSED, /* the peer did not look at the request: REFUSED_STREAM,
	                   or an id above GOAWAY's last; safe to try again */
	H2_WHY_RESET,   /* RST_STREAM came; `code` says why */
	H2_WHY_PROTOCOL, /* the peer broke the rules on this stream */
	H2_WHY_LOST,     /* the connection ended before the stream did */
};

/* "refused by the peer before it was processed"; never NULL. */
const char *h2_why_text(enum h2_why why);

/*
 * A header field.  Names are lower case.  In what arrives there are no pseudo
 * headers; name and value are valid HTTP (no NUL, CR or LF).
 * `authorization` and `x-amz-security-token` are sent as never indexed.
 */
struct h2_header {
	const char *name;
	const char *value;
};

struct h2_request {
	const char *method;    /* "POST" */
	const char *scheme;    /* "https" */
	const char *authority; /* "host:port"; NULL when received without */
	const char *path;      /* with query, as on the wire */
	const struct h2_header *headers; /* in wire order */
	size_t nheaders;
	bool has_body; /* false: END_STREAM stands on the headers */
};

struct h2;

/*
 * What happens to one stream; any may be NULL.  Order for a stream that goes
 * well: on_headers (client only), on_data *, on_end, on_close.  on_close is
 * always the last and comes exactly once, unless h2_detach() was called or
 * h2_free() without h2_lost().
 */
struct h2_stream_events {
	/* Client: the final response's status and headers; is_end: no body
	 * follows (on_end still comes). */
	void (*on_headers)(void *arg, struct h2 *h2, int32_t stream, int status,
	    const struct h2_header *headers, size_t nheaders, bool is_end);
	/* n > 0 bytes of body. */
	void (*on_data)(void *arg, struct h2 *h2, int32_t stream,
	    const uint8_t *p, size_t n);
	/* The peer ended its side; nothing more will come but on_close. */
	void (*on_end)(void *arg, struct h2 *h2, int32_t stream);
	/* The send queue, non-empty before, is empty: it has all been framed
	 * (not: acknowledged). */
	void (*on_drained)(void *arg, struct h2 *h2, int32_t stream);
	/* The stream is gone; its id means nothing from here on. */
	void (*on_close)(void *arg, struct h2 *h2, int32_t stream,
	    enum h2_why why, uint32_t code);
};

/* What happens to the connection; any may be NULL. */
struct h2_events {
	/* Server: a request.  Answer now or later with h2_respond(); to learn
	 * of its body and end call h2_attach() before returning. */
	void (*on_request)(void *arg, struct h2 *h2, int32_t stream,
	    const struct h2_request *request);
	/* GOAWAY: no new streams; those above last_stream are closed as
	 * H2_WHY_REFUSED right after this.  text (n bytes) is the peer's, for
	 * people, and may hold anything. */
	void (*on_goaway)(void *arg, struct h2 *h2, int32_t last_stream,
	    uint32_t code, const uint8_t *text, size_t n);
	/* The peer's SETTINGS came (the first, and each later one). */
	void (*on_settings)(void *arg, struct h2 *h2);
	/* The answer to h2_ping(). */
	void (*on_pong)(void *arg, struct h2 *h2, uint64_t opaque);
};

/* A field that is 0 takes the default in brackets. */
struct h2_config {
	bool is_server;
	bool is_manual; /* received bytes stay counted against the windows until
	                   h2_consume(); false: at once (default) */
	uint32_t stream_window_bytes;     /* to receive [1 MiB] */
	uint32_t connection_window_bytes; /* to receive [4 MiB]; never below
	                                     65535 */
	uint32_t max_streams;             /* server: open at once [100] */
	size_t send_cap_bytes;   /* h2_write() queue of a stream [256 KiB] */
	size_t header_cap_bytes; /* names and values of one message [64 KiB] */
	size_t max_data_bytes;   /* of one DATA frame that we send [16384];
	                            1 is legal, and what tests of others need */
	size_t max_acks; /* PING and SETTINGS answers that may wait to be
	                    sent before the peer counts as flooding
	                    [1000] */
};

/*
 * A new connection; its preface and SETTINGS are ready in h2_peek().  config
 * and events are copied.  0 and *out, or H2_ERR_NOMEM.
 */
int h2_new(struct h2 **out, const struct h2_config *config,
    const struct h2_events *events, void *arg);

/* Free it, without any callback.  h2_free(NULL) does nothing. */
void h2_free(struct h2 *h2);

/*
 * Feed bytes from the wire, in any split.  All n are taken.  0, or a fatal
 * code, at this and every later call; h2_error_text() has more.
 */
int h2_recv(struct h2 *h2, const uint8_t *p, size_t n);

/*
 * Bytes for the wire: *p and *n, valid until h2_skip(), h2_peek() gives the
 * same ones again until they are skipped.  *n is 0 when nothing is to be sent
 * now.  0 or a fatal code.
 */
int h2_peek(struct h2 *h2, const uint8_t **p, size_t *n);

/* The first n of the peeked bytes have been taken. */
void h2_skip(struct h2 *h2, size_t n);

/* Whether h2_peek() would have something. */
bool h2_wants_write(struct h2 *h2);

/* Whether the connection has nothing more to send or to wait for (after GOAWAY
 * and its last stream, or after a fatal error): close it. */
bool h2_is_done(struct h2 *h2);

/* The connection below is gone: close every open stream as H2_WHY_LOST.  Only
 * h2_free() may follow.  Not from a callback. */
void h2_lost(struct h2 *h2);

/* No callback of any kind any more: the owner goes away, h2_free() follows.
 * From a callback too. */
void h2_mute(struct h2 *h2);

/* What the fatal error was about, or "". Borrowed until h2_free(). */
const char *h2_error_text(const struct h2 *h2);

/* --- streams --------------------------------------------------------- */

/* Client: whether h2_request() would be taken now. */
bool h2_can_open(struct h2 *h2);

/*
 * Client: open a stream.  Everything in request is copied.  Returns the
 * stream's id (> 0), or H2_ERR_BUSY, H2_ERR_DRAINING, H2_ERR_HEADER,
 * H2_ERR_NOMEM, H2_ERR_ENDED.  events may be NULL; it is borrowed until the
 * stream's on_close.
 */
int32_t h2_request(struct h2 *h2, const struct h2_request *request,
    const struct h2_stream_events *events, void *arg);

/*
 * Server: send the response's headers; has_body as in struct h2_request.  Once
 * a stream.  0, H2_ERR_STREAM, H2_ERR_HEADER or H2_ERR_NOMEM.
 */
int h2_respond(struct h2 *h2, int32_t stream, int status,
    const struct h2_header *headers, size_t nheaders, bool has_body);

/* Watch a stream (server: from on_request; or hand it to another owner).  0 or
 * H2_ERR_STREAM. */
int h2_attach(struct h2 *h2, int32_t stream,
    const struct h2_stream_events *events, void *arg);

/* No more callbacks for the stream: its owner goes away.  The stream itself
 * goes on; usually h2_reset() stands beside it.  An unknown id is ignored. */
void h2_detach(struct h2 *h2, int32_t stream);

/*
 * Queue n bytes of body; all or none.  They leave as the peer's windows allow.
 * 0, H2_ERR_FULL, H2_ERR_NOMEM or H2_ERR_STREAM (ended, reset, no body, or
 * server: before h2_respond()).
 */
int h2_write(struct h2 *h2, int32_t stream, const void *p, size_t n);

/* Bytes of h2_write() that wait, in on_close those that never left; and how
 * many more would be taken. */
size_t h2_queued_bytes(struct h2 *h2, int32_t stream);

size_t h2_room_bytes(struct h2 *h2, int32_t stream);

/* End our side once the queue has gone: END_STREAM.  Again: no effect.  0 or
 * H2_ERR_STREAM. */
int h2_end(struct h2 *h2, int32_t stream);

/*
 * Server: as h2_end(), and when END_STREAM has gone while the client is still
 * sending, tell it to stop by RST_STREAM(NO_ERROR) (RFC 9113, section 8.1):
 * for an answer that does not need the rest of the request.  on_close then
 * says H2_WHY_DONE.  0 or H2_ERR_STREAM.
 */
int h2_end_early(struct h2 *h2, int32_t stream);

/*
 * Reset the stream: RST_STREAM with a code (enum h2_code), the queue is
 * dropped.  on_close comes with H2_WHY_CANCELLED once it has been sent, and no
 * on_data or on_end before it.  An unknown id is ignored.
 */
void h2_reset(struct h2 *h2, int32_t stream, uint32_t code);

/* h2_reset() of every stream. */
void h2_reset_all(struct h2 *h2, uint32_t code);

/*
 * is_manual: n bytes given to on_data have been dealt with; the peer may send
 * that many more.  What is never consumed is given back to the connection's
 * window when the stream closes.  Counts above what is owed are cut to it.
 */
void h2_consume(struct h2 *h2, int32_t stream, size_t n);

/* --- connection ------------------------------------------------------ */

/* Streams that are open, or asked for. */
size_t h2_nstreams(const struct h2 *h2);

/* Whether GOAWAY was sent or received, or the session ended. */
bool h2_is_draining(const struct h2 *h2);

/* Whether the peer's first SETTINGS has come. */
bool h2_has_settings(const struct h2 *h2);

/* The peer's MAX_CONCURRENT_STREAMS; UINT32_MAX: no limit told. */
uint32_t h2_peer_max_streams(struct h2 *h2);

/* Send PING.  0 or H2_ERR_NOMEM, H2_ERR_ENDED. */
int h2_ping(struct h2 *h2, uint64_t opaque);

/*
 * Send GOAWAY naming the last stream that was seen; streams that run may
 * finish.  text may be NULL.  0, H2_ERR_NOMEM, H2_ERR_ENDED.
 */
int h2_goaway(struct h2 *h2, uint32_t code, const char *text);

/* As h2_goaway(), but with a last stream of the caller's choice (a server that
 * refuses what is above it; those streams are then closed here too). */
int h2_goaway_from(
    struct h2 *h2, int32_t last_stream, uint32_t code, const char *text);

/* Change the receive window announced for streams, those that are open
 * included.  0 or H2_ERR_NOMEM. */
int h2_set_stream_window(struct h2 *h2, uint32_t bytes);

/* Change config's max_data_bytes, from the next DATA frame on; 0: default. */
void h2_set_max_data(struct h2 *h2, size_t bytes);

#endif
