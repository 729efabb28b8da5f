/*
 * The clock of a file that plays in real time: says when the next frames are
 * due.  Times come from the frames counted, not from the last wake-up, so
 * nothing drifts.  Time is an argument.
 */
#ifndef CAPTURE_PACE_H
#define CAPTURE_PACE_H

#include <stdint.h>

/* Behind by more than this (the reader stalled, the machine slept), the clock
 * is put back rather than the talk hurried up; our choice. */
#define PACE_SLACK_MS 2000

struct pace {
	int64_t start_ms; /* when frame 0 was due */
	uint64_t frames;  /* released so far */
	uint64_t lost_ms; /* by which the clock was put back, in all */
};

void pace_init(struct pace *p, int64_t now_ms);

/* When the next block may go; never moves but by pace_release(). */
int64_t pace_due_ms(const struct pace *p);

/* `nframes` frames went at now_ms. */
void pace_release(struct pace *p, uint64_t nframes, int64_t now_ms);

#endif
