/*
 * Event streams of an exchange: signed events in, events and exceptions out.
 */
#ifndef LOCALAWS_EVENTS_H
#define LOCALAWS_EVENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/event_signer.h"
#include "aws/eventstream_event.h"
#include "aws/sigv4_chain.h"
#include "exchange.h"

/* What can be wrong with what the client sends. */
#define EVENTS_ERROR_LIST(X)                                                   \
	X(EVENTS_ERR_NOMEM, -1, "out of memory")                               \
	X(EVENTS_ERR_FRAMING, -2,                                              \
	    "the event stream cannot be decoded: a checksum, a length or a "   \
	    "header is wrong")                                                 \
	X(EVENTS_ERR_TOO_BIG, -3, "an event is too big")                       \
	X(EVENTS_ERR_UNSIGNED, -4,                                             \
	    "an event carries no :date or no :chunk-signature")                \
	X(EVENTS_ERR_EXPIRED, -5, "the signature of an event is too old")      \
	X(EVENTS_ERR_NOT_YET, -6,                                              \
	    "the signature of an event is from the future")                    \
	X(EVENTS_ERR_SIGNATURE, -7, "the signature of an event is wrong")      \
	X(EVENTS_ERR_AFTER_END, -8, "an event came after the final one")

enum events_error {
#define X(name, code, text) name = (code),
	EVENTS_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *events_strerror(int code);

/* AWS's tolerance for the date of an event. */
#define EVENTS_SKEW_MS 300000

/* The client's half of a stream. */
struct events_in {
	struct exchange *x;
	/* An event whose signature holds.  Not called for the final one.  It
	 * may not finish the exchange: that is for after events_in_take(). */
	void (*on_event)(void *arg, const struct es_event *e);
	void *arg;
	struct es_decoder *decoder;
	struct es_header *headers; /* of the inner message; ES_HEADERS_MAX */
	struct sigv4_chain chain;
	bool is_over; /* the final event came */
	int error;
	int64_t date_ms; /* of the last event */
};

/* Begin with the signature of the exchange's request as seed.  Messages of more
 * than max_bytes are refused.  0 or EVENTS_ERR_NOMEM. */
int events_in_init(struct events_in *in, struct exchange *x, size_t max_bytes,
    void (*on_event)(void *arg, const struct es_event *e), void *arg);

/* Zeroed memory may be released too. */
void events_in_release(struct events_in *in);

/* Take at most max_bytes of the exchange's input.  now_ms is wall time.  The
 * number of bytes taken, or an error that ends the stream. */
long events_in_take(struct events_in *in, size_t max_bytes, int64_t now_ms);

/* Whether an event of at most n payload bytes can be sent now: there is room,
 * and no hook is against it.  To be asked before each. */
bool events_may_send(struct exchange *x, size_t n);

/* Send an event.  0, or negative: no room, or the client is gone. */
int events_send(struct exchange *x, const char *type, const char *content_type,
    const void *payload, size_t n);

/* The same with a JSON value, which is taken. */
int events_send_json(struct exchange *x, const char *type, json_t *payload);

/* Send an exception under the service's key for messages, with members beside
 * it (taken; NULL: none), and finish the exchange. */
__attribute__((format(printf, 4, 5))) void events_throw(
    struct exchange *x, const char *name, json_t *extra, const char *fmt, ...);

#endif
