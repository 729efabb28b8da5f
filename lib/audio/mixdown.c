#include "audio/mixdown.h"

#include <assert.h>
#include <string.h>

void
mixdown(float *out, const float *in, size_t nframes, unsigned int channels,
    unsigned int channel)
{
	float sum;

	assert(channels > 0 && channel <= channels);
	if (channels == 1) {
		memcpy(out, in, nframes * sizeof(*out));
		return;
	}
	if (channel != MIXDOWN_MIX) {
		for (size_t i = 0; i < nframes; i++)
			out[i] = in[i * channels + channel - 1];
		return;
	}
	for (size_t i = 0; i < nframes; i++, in += channels) {
		sum = 0;
		for (unsigned int c = 0; c < channels; c++)
			sum += in[c];
		out[i] = sum / (float)channels;
	}
}
