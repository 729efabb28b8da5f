/*
 * Parts of the event-stream framing shared by eventstream.c and
 * event_signer.c.  Not for others.
 */
#ifndef AWS_EVENTSTREAM_WIRE_H
#define AWS_EVENTSTREAM_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "aws/eventstream.h"

/* n bytes, big-endian. */
void es_put_be(uint8_t *p, uint64_t v, size_t n);

uint64_t es_get_be(const uint8_t *p, size_t n);

/* Prelude with its CRC: 12 bytes. */
void es_put_prelude(uint8_t *p, size_t total_len, size_t headers_len);

/*
 * Prelude and headers of a message of total_len bytes, all checked by
 * es_encoded_len() before.  Returns the bytes written.
 */
size_t es_put_head(
    uint8_t *p, size_t total_len, const struct es_header *headers, size_t n);

#endif
