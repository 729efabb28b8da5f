#include "pcm_in.h"

#include <soxr.h>
#include <stdlib.h>
#include <string.h>

#include "base/pcm.h"

int
pcm_in_init(struct pcm_in *p, unsigned int rate_hz, size_t max_bytes)
{
	soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
	size_t in_max = max_bytes / PCM_FRAME_BYTES + 1;

	memset(p, 0, sizeof(*p));
	/* One feed, and at the end some 100 ms that the filter held back. */
	p->out_max = in_max * PCM_RATE_HZ / rate_hz + PCM_RATE_HZ;
	p->in = calloc(in_max, sizeof(*p->in));
	p->out = calloc(p->out_max, sizeof(*p->out));
	if (p->in == NULL || p->out == NULL) {
		pcm_in_release(p);
		return PCM_IN_ERR_NOMEM;
	}
	if (rate_hz == PCM_RATE_HZ)
		return 0;
	/* No dither: the same input gives the same samples. */
	io.flags |= SOXR_NO_DITHER;
	p->soxr = soxr_create(rate_hz, PCM_RATE_HZ, 1, NULL, &io, NULL, NULL);
	if (p->soxr == NULL) {
		pcm_in_release(p);
		return PCM_IN_ERR_RESAMPLER;
	}
	return 0;
}

void
pcm_in_release(struct pcm_in *p)
{
	soxr_delete(p->soxr);
	free(p->in);
	free(p->out);
	memset(p, 0, sizeof(*p));
}

static long
resample(struct pcm_in *p, const int16_t *in, size_t n, const int16_t **samples)
{
	size_t done = 0;

	if (p->soxr == NULL) {
		*samples = in;
		return (long)n;
	}
	if (soxr_process(p->soxr, in, n, NULL, p->out, p->out_max, &done) != 0)
		return PCM_IN_ERR_RESAMPLER;
	*samples = p->out;
	return (long)done;
}

long
pcm_in_feed(struct pcm_in *p, const unsigned char *bytes, size_t len,
    const int16_t **samples)
{
	size_t n = 0, i = 0;

	if (p->has_odd && len > 0) {
		p->in[n++] = (int16_t)(uint16_t)(p->odd | bytes[0] << 8);
		p->has_odd = 0;
		i = 1;
	}
	for (; i + 1 < len; i += 2)
		p->in[n++] = (int16_t)(uint16_t)(bytes[i] | bytes[i + 1] << 8);
	if (i < len) {
		p->odd = bytes[i];
		p->has_odd = 1;
	}
	return n > 0 ? resample(p, p->in, n, samples) : 0;
}

long
pcm_in_finish(struct pcm_in *p, const int16_t **samples)
{
	/* soxr takes NULL as the end of input. */
	return p->soxr != NULL ? resample(p, NULL, 0, samples) : 0;
}
