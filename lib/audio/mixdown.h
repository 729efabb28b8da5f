/* Many channels to one: pick a channel, or mix all of them. */
#ifndef AUDIO_MIXDOWN_H
#define AUDIO_MIXDOWN_H

#include <stddef.h>

/* As the channel asked for: the mean of all channels. */
#define MIXDOWN_MIX 0

/*
 * Write one sample to out (nframes of them) for each frame of `in` (nframes *
 * channels samples, interleaved).  `channel` counts from 1, up to `channels`;
 * MIXDOWN_MIX gives the mean, so a mix never clips, and a sound that is in only
 * one of two channels comes out 6 dB softer.  out may not overlap in.
 */
void mixdown(float *out, const float *in, size_t nframes, unsigned int channels,
    unsigned int channel);

#endif
