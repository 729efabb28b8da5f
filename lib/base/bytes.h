/*
 * The byte queue of the project: bytes are added at the end and taken from the
 * front, without a copy on either side.
 *
 * Invariants: pos <= end <= alloc <= cap; the queued bytes are
 * base[pos] .. base[end - 1].  No queue ever grows past its cap.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

enum {
	BYTES_ERR_FULL = -1,  /* would exceed the cap; nothing was added */
	BYTES_ERR_NOMEM = -2, /* no memory; nothing was added */
};

struct bytes {
	uint8_t *base; /* owned */
	size_t pos;    /* first queued byte */
	size_t end;    /* one past the last queued byte */
	size_t alloc;  /* bytes allocated at base */
	size_t cap;    /* alloc never exceeds this */
};

/* Set up an empty queue of at most `cap` bytes.  Allocates nothing. */
void bytes_init(struct bytes *q, size_t cap);

/* Free what the queue owns; it may be used again after bytes_init(). */
void bytes_release(struct bytes *q);

/* As bytes_release(), but overwrite the memory first: for secrets. */
void bytes_wipe(struct bytes *q);

/* Empty the queue, keep the memory. */
void bytes_reset(struct bytes *q);

/* Number of queued bytes. */
size_t bytes_len(const struct bytes *q);

/*
 * The queued bytes, all in one piece.  Valid until the next call that is
 * not a peek.  *len may be 0, the pointer is then not to be read.
 */
const uint8_t *bytes_peek(const struct bytes *q, size_t *len);

/* Take `n` bytes (at most bytes_len()) from the front. */
void bytes_skip(struct bytes *q, size_t n);

/*
 * Room for `n` more bytes at the end, to be written by the caller and then
 * committed.  NULL if that would exceed the cap or memory is short; the
 * queue is then unchanged.
 */
uint8_t *bytes_reserve(struct bytes *q, size_t n);

/* Add `n` bytes written into the last bytes_reserve(), which was >= n. */
void bytes_commit(struct bytes *q, size_t n);

/* Add a copy of `n` bytes.  0, BYTES_ERR_FULL or BYTES_ERR_NOMEM. */
int bytes_append(struct bytes *q, const void *p, size_t n);

#endif
