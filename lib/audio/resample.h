/*
 * One channel of sound from any sampling rate to another, as a stream, by soxr
 * at its high quality (20 bits, linear phase).  What comes out does not depend
 * on how the input was cut into blocks.
 */
#ifndef AUDIO_RESAMPLE_H
#define AUDIO_RESAMPLE_H

#include <stddef.h>

/*
 * Our choice.  Below 1 kHz and above 1 MHz there is no sound to recognise, only
 * a header that lies, and soxr would take memory for it.
 */
#define RESAMPLE_RATE_MIN_HZ 1000
#define RESAMPLE_RATE_MAX_HZ 1000000

struct resample;

/*
 * A resampler, to be freed by resample_free().  Both rates within the bounds
 * above.  0, AUDIO_ERR_RATE or AUDIO_ERR_NOMEM.
 */
int resample_new(struct resample **r, unsigned int from_hz, unsigned int to_hz);

void resample_free(struct resample *r);

/*
 * Take up to nin samples from `in` (how many goes to *nused) and write up to
 * nout to `out`.  Returns how many were written; fewer than nout means that it
 * took all input and needs more.  soxr holds back less than 60 ms.
 *
 * in == NULL is the end of the input: call again until it returns 0; in all
 * there are then round(input * to / from) samples, one more or less.
 * No more input can follow.
 */
size_t resample_run(struct resample *r, const float *in, size_t nin,
    size_t *nused, float *out, size_t nout);

#endif
