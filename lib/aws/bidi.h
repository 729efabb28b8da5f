/*
 * A signed bidirectional event stream: one HTTP/2 stream whose both bodies are
 * event-stream messages, ours in signed envelopes.  What the events mean is
 * transcribe.h's and polly_stream.h's business.
 *
 * It needs a ready connection (conn.h), which carries this stream alone and
 * which the caller goes on driving; times are arguments.  Source: PROTOCOL 3.
 */
#ifndef AWS_BIDI_H
#define AWS_BIDI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/conn.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/eventstream_event.h"
#include "aws/service_error.h"

#define BIDI_ERROR_LIST(X)                                                     \
	X(BIDI_ERR_NOMEM, -1, "out of memory")                                 \
	X(BIDI_ERR_FULL, -2, "the service takes nothing: send queue is full")  \
	X(BIDI_ERR_ENDED, -3, "the stream's sending side has ended")           \
	X(BIDI_ERR_BUSY, -4, "the connection takes no stream now")             \
	X(BIDI_ERR_INPUT, -5, "a header or the credentials cannot be signed")

enum bidi_error {
#define X(name, code, text) name = (code),
	BIDI_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *bidi_strerror(int code);

/* Our choice: operation headers of one request (Transcribe knows about 25). */
#define BIDI_HEADERS_MAX 32
/* Our choice: the body of a refusal, of which a few hundred bytes are JSON. */
#define BIDI_REFUSAL_BYTES_MAX 16384

struct bidi;

/* Borrowed for the call of bidi_open(), but for credentials. */
struct bidi_request {
	const struct endpoint *endpoint;
	const char *path;                /* "/stream-transcription" */
	const struct h2_header *headers; /* the operation's own, lower case */
	size_t nheaders;
	struct credentials *credentials; /* a reference is taken: the whole
	                                    stream is signed with this set */
	double wall_ms; /* Unix time, corrected by any known clock offset */
};

/*
 * Any may be NULL.  Order: on_open, on_event *, on_end; a refused or lost
 * stream has on_end alone.  They run inside the connection's dispatch.  In
 * on_end, and only there, bidi_free() may be called from a callback.
 */
struct bidi_events {
	/* The service took the request: its headers (status 200). */
	void (*on_open)(void *arg, struct bidi *b,
	    const struct h2_header *headers, size_t nheaders);
	/* One event (ES_KIND_EVENT); borrowed until the return. */
	void (*on_event)(
	    void *arg, struct bidi *b, const struct es_event *event);
	/*
	 * The stream is over, told once.  error is NULL when the service ended
	 * it in order (whether that was expected is the caller's to know), else
	 * what happened: a refusal, an exception, a reset, a lost connection.
	 * Borrowed until the return.
	 */
	void (*on_end)(
	    void *arg, struct bidi *b, const struct service_error *error);
};

/*
 * Open the stream on c.  0 and *out, BIDI_ERR_NOMEM, BIDI_ERR_BUSY or
 * BIDI_ERR_INPUT.  events is borrowed until bidi_free().  The first events may
 * be sent at once.
 */
int bidi_open(struct bidi **out, struct conn *c, const struct bidi_request *r,
    const struct bidi_events *events, void *arg);

/*
 * Free it; a stream that is not over is reset (CANCEL) and tells nothing any
 * more.  NULL does nothing.  Call it before the connection is freed.
 */
void bidi_free(struct bidi *b);

/*
 * Sign and send one event at wall_ms.  0, BIDI_ERR_FULL (the chain has not
 * moved: the same event may be tried again), BIDI_ERR_ENDED or BIDI_ERR_NOMEM.
 */
int bidi_send(struct bidi *b, const char *event_type, const char *content_type,
    const void *payload, size_t len, double wall_ms);

/* Whether an event with a payload of len bytes would be taken. */
bool bidi_has_room(struct bidi *b, size_t len);

/* Bytes that wait for the service's window or the socket; in on_end and after
 * it: that never left. */
size_t bidi_queued_bytes(struct bidi *b);

/*
 * Say that nothing more will come: the empty signed event, then END_STREAM.
 * Results still arrive.  0 or as bidi_send().
 */
int bidi_end(struct bidi *b, double wall_ms);

/* Whether the service has taken the request (on_open came). */
bool bidi_is_open(const struct bidi *b);

/*
 * Wait no longer.  Where an answer has begun that refuses the request, on_end
 * tells of that, with as much of its body as came; else nothing happens, and
 * what it means that no answer came is the caller's to say.
 */
void bidi_give_up(struct bidi *b);

/*
 * Whether on_end came; everything but bidi_free() is then without effect. */
bool bidi_is_over(const struct bidi *b);

/* x-amzn-request-id of the answer, "" before it. */
const char *bidi_request_id(const struct bidi *b);

/* Value of the answer's Date header, "" when there was none: for
 * retry_clock_offset() after a refusal. */
const char *bidi_date(const struct bidi *b);

#endif
