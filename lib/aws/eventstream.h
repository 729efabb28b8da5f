/*
 * Messages of application/vnd.amazon.eventstream: to bytes, and from bytes in
 * any split.  No I/O; nothing of a message is shown before both its checksums
 * held, and nothing grows past a stated cap.
 *
 * Source: PROTOCOL 2.1; AWS "Event stream encoding".  What the headers of a
 * service's message mean is in eventstream_event.h.
 */
#ifndef AWS_EVENTSTREAM_H
#define AWS_EVENTSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Code, name and text of every error. */
#define ES_ERROR_MAP(X)                                                        \
	X(-1, NOMEM, "out of memory")                                          \
	X(-2, CRC, "event stream checksum does not match")                     \
	X(-3, SIZE, "event stream message size is wrong or exceeds the cap")   \
	X(-4, HEADER, "event stream message header is malformed")              \
	X(-5, STOPPED, "the receiver of messages asked to stop")               \
	X(-6, FULL, "output queue is full")

enum es_error {
#define ES_ENUM(code, name, text) ES_ERR_##name = code,
	ES_ERROR_MAP(ES_ENUM)
#undef ES_ENUM
};

/* Text for a code of this module; never NULL. */
const char *es_strerror(int code);

#define ES_PRELUDE_BYTES 12  /* the wire's: two lengths and their CRC */
#define ES_OVERHEAD_BYTES 16 /* the wire's: prelude and message CRC */
#define ES_NAME_MAX 255      /* the wire's: bytes of a header name */
#define ES_VALUE_MAX 32767   /* AWS's: bytes of a string or byte array */

/* What the official clients take, the most generous of them (PROTOCOL 2.1). */
#define ES_HEADERS_BYTES_MAX (128 * 1024)
#define ES_PAYLOAD_BYTES_MAX (24 * 1024 * 1024)
#define ES_MESSAGE_BYTES_MAX                                                   \
	(ES_OVERHEAD_BYTES + ES_HEADERS_BYTES_MAX + ES_PAYLOAD_BYTES_MAX)

/* Our choice: headers in a message.  Services send three to five. */
#define ES_HEADERS_MAX 128

/* The wire's type numbers; true is 0. */
enum es_type {
	ES_TRUE = 0,
	ES_FALSE = 1,
	ES_INT8 = 2,
	ES_INT16 = 3,
	ES_INT32 = 4,
	ES_INT64 = 5,
	ES_BYTES = 6,
	ES_STRING = 7,
	ES_TIMESTAMP = 8, /* milliseconds since 1970 */
	ES_UUID = 9,
};

struct es_header {
	const char *name; /* UTF-8, not NUL-ended when it came from a decoder */
	size_t name_len;  /* 1..255 */
	enum es_type type;
	union {
		int64_t integer; /* ES_INT8..64, ES_TIMESTAMP */
		struct {
			const uint8_t *p; /* not NUL-ended */
			size_t len;       /* 0..32767 */
		} bytes;                  /* ES_BYTES, ES_STRING */
		uint8_t uuid[16];         /* ES_UUID */
	} value;
};

/* Headers to encode; name and value are borrowed. */
struct es_header es_string(const char *name, const char *value);

struct es_header es_bytes(const char *name, const void *p, size_t len);

struct es_header es_timestamp(const char *name, int64_t ms);

/* A message: all pointers are borrowed from whoever made it. */
struct es_message {
	const struct es_header *headers;
	size_t nheaders;
	const uint8_t *payload;
	size_t payload_len;
};

/*
 * Bytes that a message of these headers and payload takes, or ES_ERR_SIZE,
 * ES_ERR_HEADER (name of 0 or > 255 bytes, value too long, integer that its
 * type cannot hold, more than ES_HEADERS_MAX, a name twice).
 */
long
es_encoded_len(const struct es_header *headers, size_t n, size_t payload_len);

/*
 * Append a message to out.  The payload is copied once; it may be NULL when
 * payload_len is 0.  0, or ES_ERR_SIZE, _HEADER, _FULL (cap of out), _NOMEM;
 * after an error nothing was added.
 */
int es_encode(struct bytes *out, const struct es_header *headers, size_t n,
    const void *payload, size_t payload_len);

/*
 * Decode one whole message of exactly n bytes, in place: m points into p and
 * into headers, which has room for ES_HEADERS_MAX.  n of at most
 * ES_MESSAGE_BYTES_MAX.  0, or ES_ERR_CRC, _SIZE, _HEADER.
 */
int es_decode(struct es_message *m, struct es_header *headers, const uint8_t *p,
    size_t n);

/* Called for each message; it and all it points to is valid until the return.
 * Non-zero stops the decoder.  Must not call the decoder. */
typedef int es_on_message(const struct es_message *m, void *arg);

/* Opaque: a stream of messages. */
struct es_decoder;

/*
 * A decoder that takes messages of at most max_message_bytes in all; 0 means
 * ES_MESSAGE_BYTES_MAX, and that is also the most.  Memory grows with what was
 * received of a message, not with what its length field claims.  NULL: no
 * memory.
 */
struct es_decoder *
es_decoder_new(size_t max_message_bytes, es_on_message *on_message, void *arg);

void es_decoder_free(struct es_decoder *d);

/*
 * Feed bytes from the wire, in any split: one at a time gives the same messages
 * as all at once.  Calls on_message for each message whose checksums hold,
 * before returning; nothing of a message is shown earlier.  The prelude's CRC
 * is checked before its lengths are believed, the message's before its headers
 * are read.
 *
 * Returns 0, or
 *   ES_ERR_CRC      prelude or message checksum does not match
 *   ES_ERR_SIZE     lengths contradict, or exceed the cap
 *   ES_ERR_HEADER   headers do not parse, or a name occurs twice
 *   ES_ERR_STOPPED  on_message returned non-zero
 *   ES_ERR_NOMEM
 * There is no resynchronising: after an error every further call returns it
 * again.  `p` is borrowed for the call.
 */
int es_decoder_feed(struct es_decoder *d, const void *p, size_t n);

/* Whether the bytes so far end between two messages.  False at the end of a
 * stream: it was cut. */
bool es_decoder_is_idle(const struct es_decoder *d);

/* The header of that name, or NULL. */
const struct es_header *es_find(const struct es_message *m, const char *name);

/* Whether h is a string equal to s; h may be NULL. */
bool es_header_is(const struct es_header *h, const char *s);

/* The string value of a header, or NULL when it is missing or no string; *len
 * its length. */
const char *
es_find_string(const struct es_message *m, const char *name, size_t *len);

#endif
