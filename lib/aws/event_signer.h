/*
 * Signed events of a bidirectional stream (PROTOCOL 3.3): the inner message,
 * its place in the chain of signatures, and the envelope
 *
 *	:date (timestamp)  :chunk-signature (32 bytes)  payload = inner message
 *
 * with one copy, one hash and one CRC of the bytes.  An envelope is 83 bytes
 * longer than its inner message; the one that ends the stream is 83 bytes.
 */
#ifndef AWS_EVENT_SIGNER_H
#define AWS_EVENT_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "aws/eventstream.h"
#include "aws/sigv4_chain.h"
#include "base/bytes.h"

/* Code, name and text of every error. */
#define EVENT_ERROR_MAP(X)                                                     \
	X(-1, NOMEM, "out of memory")                                          \
	X(-2, FULL, "output queue is full")                                    \
	X(-3, SIZE, "event is too large")                                      \
	X(-4, HEADER, "event header is malformed")                             \
	X(-5, DATE, "date of the event is not between 1970 and 9999")          \
	X(-6, UNSIGNED, "event has no date or no signature")                   \
	X(-7, EXPIRED, "signature of the event is too old")                    \
	X(-8, NOT_YET, "signature of the event is from the future")            \
	X(-9, MISMATCH, "signature of the event does not match")

enum event_error {
#define EVENT_ENUM(code, name, text) EVENT_ERR_##name = code,
	EVENT_ERROR_MAP(EVENT_ENUM)
#undef EVENT_ENUM
};

/* Text for a code of this module; never NULL. */
const char *event_strerror(int code);

/* Bytes that an envelope adds to its inner message. */
#define EVENT_ENVELOPE_BYTES 83

/*
 * Encode an event (headers, payload), sign it as the next of the chain and
 * append the envelope to out.  date_ms (Unix) should be whole seconds: some of
 * AWS's own readers want the text date and `:date` to agree exactly
 * (event_date_ms() cuts a time so).
 *
 * 0, or EVENT_ERR_NOMEM, _FULL, _SIZE, _HEADER, _DATE; after an error neither
 * out nor the chain has moved.
 */
int event_signer_append(struct sigv4_chain *c, int64_t date_ms,
    const struct es_header *headers, size_t n, const void *payload,
    size_t payload_len, struct bytes *out);

/* The same for an inner message that is encoded already; len 0 is the end of
 * the stream. */
int event_signer_append_encoded(struct sigv4_chain *c, int64_t date_ms,
    const void *inner, size_t len, struct bytes *out);

/* The final, empty event; nothing may follow it. */
int event_signer_append_end(
    struct sigv4_chain *c, int64_t date_ms, struct bytes *out);

/* Milliseconds cut to whole seconds. */
int64_t event_date_ms(int64_t now_ms);

/* What a verified envelope holds; borrowed from the envelope. */
struct event_inner {
	int64_t date_ms;      /* value of `:date` */
	const uint8_t *bytes; /* the encoded inner message: es_decode() it */
	size_t len;           /* 0: the end of the stream */
};

/*
 * The receiver's half: check that an envelope is the next of the chain and was
 * signed within skew_ms of now_ms (AWS: 300000; negative: any time).  Header
 * order does not matter.
 *
 * 0, or EVENT_ERR_UNSIGNED, _DATE, _EXPIRED, _NOT_YET, _MISMATCH; after an
 * error the chain has not moved.
 */
int event_signer_open(struct sigv4_chain *c, const struct es_message *envelope,
    int64_t now_ms, int64_t skew_ms, struct event_inner *inner);

#endif
