/*
 * Where capture's sound goes: PCM to standard output, at most so many frames,
 * with the level meter looking on.
 */
#ifndef CAPTURE_SINK_H
#define CAPTURE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "base/out.h"
#include "meter.h"

/* Frames in a block: 100 ms, DESIGN's unit. */
#define BLOCK_FRAMES 1600

struct sink {
	struct out out;
	struct meter *meter;  /* borrowed, or NULL */
	uint64_t left_frames; /* that may still be written */
	uint64_t frames;      /* written or queued so far */
	int error;            /* the first OUT_ERR_*, or 0 */
};

/* Write to fd, at most max_frames (UINT64_MAX: no end).  0 or OUT_ERR_*. */
int sink_init(struct sink *s, int fd, uint64_t max_frames, struct meter *meter);

void sink_release(struct sink *s);

/* Add n frames of the pipe's format; those over the limit are left out.
 * 0 or OUT_ERR_*. */
int sink_put(struct sink *s, const int16_t *pcm, size_t n);

/* True when all frames that were asked for are in. */
bool sink_is_done(const struct sink *s);

/* Wait for the reader while something waits, notice that it left. */
void sink_prepare(struct sink *s, struct loop *l);

/* Write what goes.  0 or OUT_ERR_*. */
int sink_dispatch(struct sink *s, struct loop *l);

/* True while something waits for the reader: give it no more. */
bool sink_is_full(const struct sink *s);

/*
 * The end: wait until the reader has taken all.  After a signal that takes 2 s
 * at most, after a second one no time.  Complains, and returns the exit status:
 * `status`, or what went wrong on the way out.
 */
int sink_finish(struct sink *s, struct loop *l, int status);

#endif
