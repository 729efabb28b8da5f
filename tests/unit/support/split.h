/* Event-stream bytes through a decoder in every split. */
#ifndef TEST_SPLIT_H
#define TEST_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/eventstream.h"
#include "base/bytes.h"

/* All messages seen, encoded again one after another: equal text, equal
 * events. */
struct split_seen {
	struct bytes q;
	size_t n;
	size_t stop_at; /* message that asks to stop, from 1; 0: none */
};

void split_seen_init(struct split_seen *seen);

/* Adds a message to the struct split_seen at arg. */
int split_on_message(const struct es_message *m, void *arg);

/* Decode n bytes in pieces of `piece`, after a first one of `first`; the code
 * and whether the end lies between messages. */
int split_decode(struct split_seen *seen, const uint8_t *p, size_t n,
    size_t first, size_t piece, bool *is_idle);

/*
 * Decode whole, byte by byte, and cut at each position: always the code rc and
 * the same messages, `want` of them.
 */
void
split_assert_any(const uint8_t *p, size_t n, int rc, size_t want, bool idle);

#endif
