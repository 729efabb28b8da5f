/* PCM bytes of any rate, in any split, to whole samples at 16 kHz. */
#ifndef LOCALAWS_ASR_PCM_IN_H
#define LOCALAWS_ASR_PCM_IN_H

#include <stddef.h>
#include <stdint.h>

/* Transcribe takes these; soxr would take more. */
#define PCM_IN_RATE_MIN_HZ 8000
#define PCM_IN_RATE_MAX_HZ 48000

enum {
	PCM_IN_ERR_NOMEM = -1,
	PCM_IN_ERR_RESAMPLER = -2, /* soxr refused the rates or the data */
};

struct pcm_in {
	struct soxr *soxr; /* NULL: the input is 16 kHz already */
	int16_t *in;       /* samples of the last feed */
	int16_t *out;      /* what pcm_in_feed() hands out */
	size_t out_max;    /* samples at out */
	unsigned char odd; /* first half of a sample that a feed cut */
	int has_odd;
};

/* For input at rate_hz, fed at most max_bytes at a time.  0 or a code. */
int pcm_in_init(struct pcm_in *p, unsigned int rate_hz, size_t max_bytes);

void pcm_in_release(struct pcm_in *p);

/*
 * Take len bytes (signed 16-bit little-endian); *samples is what has become of
 * them, valid until the next call.  Returns the number of samples, which may
 * be 0, or a code.
 */
long pcm_in_feed(struct pcm_in *p, const unsigned char *bytes, size_t len,
    const int16_t **samples);

/* At end of input: what the resampler still holds. */
long pcm_in_finish(struct pcm_in *p, const int16_t **samples);

#endif
