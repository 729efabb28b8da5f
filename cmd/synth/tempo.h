/*
 * PCM spoken faster without a change of pitch (libsonic); at 1.0 it passes
 * through untouched.
 */
#ifndef SYNTH_TEMPO_H
#define SYNTH_TEMPO_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* DESIGN 6: what is still pleasant to listen to. */
#define TEMPO_MAX 1.25

struct tempo {
	void *sonic; /* NULL while speed is 1.0 */
	double speed;
};

void tempo_init(struct tempo *t);

void tempo_release(struct tempo *t);

/* Set the speed, 1.0 .. TEMPO_MAX, before the first sample.  0, or -1: no
 * memory (the speed is then 1.0). */
int tempo_set(struct tempo *t, double speed);

/* Append what n bytes of whole samples become to out.  0, or -1: no memory or
 * out is full. */
int
tempo_feed(struct tempo *t, const uint8_t *pcm, size_t n, struct bytes *out);

/* The sentence is over: append what is still inside. */
int tempo_finish(struct tempo *t, struct bytes *out);

#endif
