/*
 * Any sound to the pipe's format (base/pcm.h): mixdown, then resample, then
 * 16 bits.  No dither: the same sound gives the same bytes, and 16-bit mono at
 * 16 kHz passes unchanged, bit for bit.
 */
#ifndef AUDIO_CONVERT_H
#define AUDIO_CONVERT_H

#include <stddef.h>
#include <stdint.h>

struct convert;

/*
 * `channel` as for mixdown().  To be freed by convert_free().
 * 0, AUDIO_ERR_CHANNEL (no such channel, or no channels at all),
 * AUDIO_ERR_RATE or AUDIO_ERR_NOMEM.
 */
int convert_new(struct convert **c, unsigned int rate_hz, unsigned int channels,
    unsigned int channel);

void convert_free(struct convert *c);

/*
 * Take up to nin frames of interleaved samples (full scale is 1.0; what is
 * louder is clipped) and write up to nout frames of the pipe's format.  `out`
 * is little-endian in memory on every machine, ready for write(2).  Returns
 * the number of frames written, *nused says how many were taken; fewer than
 * nout means that all input was taken.  in == NULL is the end: call until it
 * returns 0.
 */
size_t convert_run(struct convert *c, const float *in, size_t nin,
    size_t *nused, int16_t *out, size_t nout);

#endif
