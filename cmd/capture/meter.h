/*
 * The level meter: one line on a terminal, rewritten ten times a second.
 */
#ifndef CAPTURE_METER_H
#define CAPTURE_METER_H

#include <stddef.h>
#include <stdint.h>

struct meter {
	int fd;          /* the terminal, borrowed */
	uint64_t frames; /* since the start */
	size_t n;        /* frames since the last line */
	double square_sum;
	int peak;         /* of these frames */
	int64_t shown_ms; /* when the last line was written */
	int64_t clip_ms;  /* the clipping mark stays until then */
};

/* Measure for the terminal fd. */
void meter_init(struct meter *m, int fd);

/* Add n frames of the pipe's format, and rewrite the line if it is time.  A
 * terminal that takes nothing is left alone: nobody waits for it. */
void meter_feed(struct meter *m, const int16_t *pcm, size_t n);

/* Clear the line, so that a message can take its place. */
void meter_hide(struct meter *m);

/*
 * The line for a level, without control characters, into buf: seconds played,
 * peak and RMS in dBFS, a bar over 60 dB with a mark at the peak, CLIP.
 */
void meter_format(char *buf, size_t size, double seconds, double peak_dbfs,
    double rms_dbfs, int is_clipped);

#endif
