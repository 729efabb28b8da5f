#include "audio/resample.h"

#include <soxr.h>
#include <stdlib.h>

#include "audio/error.h"

/*
 * Blocks of the smallest transform: with soxr's default of 2^10, a microphone
 * at 44.1 kHz would come 40 ms late, with 2^8 it is 17 ms, for the same sound.
 */
#define DFT_SIZE_LOG2 8

struct resample {
	soxr_t soxr; /* NULL: rates are equal */
};

int
resample_new(struct resample **out, unsigned int from_hz, unsigned int to_hz)
{
	soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
	soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
	struct resample *r;

	*out = NULL;
	if (from_hz < RESAMPLE_RATE_MIN_HZ || from_hz > RESAMPLE_RATE_MAX_HZ ||
	    to_hz < RESAMPLE_RATE_MIN_HZ || to_hz > RESAMPLE_RATE_MAX_HZ)
		return AUDIO_ERR_RATE;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return AUDIO_ERR_NOMEM;
	if (from_hz != to_hz) {
		runtime.log2_min_dft_size = DFT_SIZE_LOG2;
		runtime.log2_large_dft_size = DFT_SIZE_LOG2;
		r->soxr = soxr_create((double)from_hz, (double)to_hz, 1, NULL,
		    NULL, &quality, &runtime);
		if (r->soxr == NULL) {
			free(r);
			return AUDIO_ERR_NOMEM;
		}
	}
	*out = r;
	return 0;
}

void
resample_free(struct resample *r)
{
	if (r == NULL)
		return;
	soxr_delete(r->soxr);
	free(r);
}

size_t
resample_run(struct resample *r, const float *in, size_t nin, size_t *nused,
    float *out, size_t nout)
{
	size_t done = 0;

	*nused = 0;
	if (r->soxr == NULL) {
		done = in == NULL ? 0 : nin < nout ? nin : nout;
		for (size_t i = 0; i < done; i++)
			out[i] = in[i];
		*nused = done;
		return done;
	}
	/* It fails for arguments that these are not, and for memory, where it
	 * has nothing to give. */
	if (soxr_process(r->soxr, in, nin, nused, out, nout, &done) != NULL)
		return 0;
	return done;
}
