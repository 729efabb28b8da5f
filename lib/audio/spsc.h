/*
 * A lock-free ring of frames for one producer and one consumer, each in a
 * thread of its own: what stands between PortAudio's callback and the loop.
 *
 * Memory order: the producer publishes frames by storing `head` with release
 * after copying them, the consumer frees room by storing `tail` with release
 * after copying them out; each loads the other's counter with acquire.  Both
 * counters only grow (64 bits: never wrap); head - tail is what the ring holds,
 * never more than `capacity`.
 */
#ifndef AUDIO_SPSC_H
#define AUDIO_SPSC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct spsc {
	uint8_t *base;            /* owned; capacity * frame_bytes */
	size_t capacity;          /* frames, a power of two */
	size_t frame_bytes;       /* of one frame */
	_Atomic uint64_t head;    /* frames ever written; the producer's */
	_Atomic uint64_t tail;    /* frames ever read; the consumer's */
	_Atomic uint64_t dropped; /* frames that found no room */
};

/*
 * Room for at least nframes frames of frame_bytes each (rounded up to a power
 * of two; nframes >= 1, at most 2^30).  0 or AUDIO_ERR_NOMEM.
 */
int spsc_init(struct spsc *s, size_t nframes, size_t frame_bytes);

/* When neither thread uses it any more. */
void spsc_release(struct spsc *s);

/*
 * Producer: add nframes frames, as many as there is room for, the oldest of
 * them first; the others are counted in `dropped`.  Returns how many went in.
 * Takes no lock and calls nothing that could.
 */
size_t spsc_write(struct spsc *s, const void *frames, size_t nframes);

/* Consumer: take up to nframes.  Returns how many; 0: empty. */
size_t spsc_read(struct spsc *s, void *frames, size_t nframes);

/* Either: frames that wait, as far as this thread can see. */
size_t spsc_len(const struct spsc *s);

/* Either: frames ever dropped. */
uint64_t spsc_dropped(const struct spsc *s);

#endif
