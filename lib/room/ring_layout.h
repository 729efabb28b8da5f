/* The bytes of a ring as C sees them; private to ring_*.c.  Meaning, order of
 * access and recovery: ring.h. */
#ifndef ROOM_RING_LAYOUT_H
#define ROOM_RING_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

/* "PBOOTHRG", little-endian. */
#define RING_MAGIC UINT64_C(0x475248544f4f4250)
#define RING_VERSION 1
#define RING_HEADER_BYTES 4096
#define RING_RECORD_BYTES 24 /* before the line itself */
#define RING_RECORD_WORDS 3

struct ring_file {
	uint64_t magic;
	uint32_t version;
	uint32_t header_bytes;
	uint64_t capacity_bytes;
	uint64_t created_ms;
	uint8_t pad0[32];
	_Atomic uint64_t tail;
	uint8_t pad1[56];
	_Atomic uint64_t head;
	_Atomic uint32_t word;
	uint8_t pad2[RING_HEADER_BYTES - 140];
	_Atomic uint64_t data[];
};

_Static_assert(sizeof(struct ring_file) == RING_HEADER_BYTES, "layout");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be private");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a lock would be private");
_Static_assert(sizeof(_Atomic uint64_t) == 8, "layout");
_Static_assert(sizeof(_Atomic uint32_t) == 4, "the futex word is 32 bits");

/* Bytes of a record for a line of len bytes. */
static inline uint64_t
ring_record_bytes(uint32_t len)
{
	return RING_RECORD_BYTES + (((uint64_t)len + 7) & ~UINT64_C(7));
}

/* The word at a stream offset. */
static inline uint64_t
ring_load(const struct ring_file *f, uint64_t offset)
{
	uint64_t mask = f->capacity_bytes / 8 - 1;

	return atomic_load_explicit(
	    &f->data[offset / 8 & mask], memory_order_relaxed);
}

#endif
