#include "audio/convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/error.h"
#include "audio/mixdown.h"
#include "audio/resample.h"
#include "base/pcm.h"

/* Frames that go through the chain in one go. */
#define CHUNK_FRAMES 1024

struct convert {
	struct resample *resample; /* owned */
	unsigned int channels;
	unsigned int channel; /* from 1, or MIXDOWN_MIX */
	float mono[CHUNK_FRAMES];
	float resampled[CHUNK_FRAMES];
};

int
convert_new(struct convert **out, unsigned int rate_hz, unsigned int channels,
    unsigned int channel)
{
	struct convert *c;
	int rc;

	*out = NULL;
	if (channels == 0 || channel > channels)
		return AUDIO_ERR_CHANNEL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return AUDIO_ERR_NOMEM;
	c->channels = channels;
	c->channel = channel;
	if ((rc = resample_new(&c->resample, rate_hz, PCM_RATE_HZ)) != 0) {
		free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void
convert_free(struct convert *c)
{
	if (c == NULL)
		return;
	resample_free(c->resample);
	free(c);
}

/* 1.0 is one past the largest sample: 0x8000 as libsndfile has it. */
static void
quantise(int16_t *out, const float *in, size_t n)
{
	uint8_t *p = (uint8_t *)out;
	float x;
	long s;

	for (size_t i = 0; i < n; i++, p += PCM_FRAME_BYTES) {
		x = in[i] * 32768.0F;
		/* Not a number is in no sound, but a float WAV may hold it. */
		s = isnan(x)         ? 0
		    : x >= 32767.0F  ? 32767
		    : x <= -32768.0F ? -32768
		                     : lrintf(x);
		p[0] = (uint8_t)((unsigned long)s & 0xff);
		p[1] = (uint8_t)((unsigned long)s >> 8 & 0xff);
	}
}

size_t
convert_run(struct convert *c, const float *in, size_t nin, size_t *nused,
    int16_t *out, size_t nout)
{
	size_t total = 0, take, room, used, got;

	*nused = 0;
	while (total < nout) {
		room =
		    nout - total < CHUNK_FRAMES ? nout - total : CHUNK_FRAMES;
		take = 0;
		if (in != NULL) {
			take = nin - *nused < CHUNK_FRAMES ? nin - *nused
			                                   : CHUNK_FRAMES;
			mixdown(c->mono, in + *nused * c->channels, take,
			    c->channels, c->channel);
		}
		got = resample_run(c->resample, in == NULL ? NULL : c->mono,
		    take, &used, c->resampled, room);
		quantise(out + total, c->resampled, got);
		*nused += used;
		total += got;
		/* Neither took nor gave: it wants more input, or is done. */
		if (used == 0 && got == 0)
			break;
	}
	return total;
}
