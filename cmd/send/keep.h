/*
 * What was recorded and is not yet known to have arrived: PCM in numbered
 * messages of 100 ms, in memory of a fixed size.  Who adds is never held up:
 * when all is full the oldest message is given up.
 *
 * Invariants: first <= end, end - first < capacity; messages first .. end - 1
 * are whole; `partial` bytes of message `end` are there.
 */
#ifndef SEND_KEEP_H
#define SEND_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 100 ms of 16 kHz, 16 bits, one channel; speak(1)'s bound, too. */
#define KEEP_MESSAGE_BYTES 3200
#define KEEP_MESSAGE_MS 100

struct keep {
	uint8_t *ring;   /* owned */
	size_t capacity; /* in messages, the one that fills included */
	uint64_t first, end;
	size_t partial;
	size_t last_len;  /* bytes of message end - 1, once is_closed */
	uint64_t dropped; /* messages given up so far */
	bool is_closed;
};

/* For `seconds` (at least 1) of sound.  0, or -1: no memory. */
int keep_init(struct keep *k, size_t seconds);

void keep_release(struct keep *k);

/* Where to put what comes next: *n bytes, at least 1. */
uint8_t *keep_reserve(struct keep *k, size_t *n);

/* n bytes of it were filled. */
void keep_commit(struct keep *k, size_t n);

/* Nothing more comes: what is begun is a message, whole frames of it. */
void keep_close(struct keep *k);

/* Message seq and its length; NULL: it is gone, or not there yet. */
const uint8_t *keep_get(const struct keep *k, uint64_t seq, size_t *len);

/* All before `next` has arrived. */
void keep_arrived(struct keep *k, uint64_t next);

/* What is kept, in milliseconds. */
int64_t keep_ms(const struct keep *k);

#endif
