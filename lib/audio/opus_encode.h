/*
 * The pipe's PCM (base/pcm.h) to Opus packets of 20 ms: 16 kHz, one channel,
 * for speech.  Sources: RFC 6716 (packets), RFC 7845, section 4.2 (pre-skip).
 *
 * A stream is what is fed between opus_encode_reset() and opus_encode_finish().
 * Its packets, decoded one after the other, hold pre_skip samples that are not
 * of the input, then the input, then what the last packet was padded with.
 */
#ifndef AUDIO_OPUS_ENCODE_H
#define AUDIO_OPUS_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define OPUS_ENCODE_FRAME_MS 20
#define OPUS_ENCODE_FRAME_SAMPLES 320
#define OPUS_ENCODE_FRAME_BYTES 640 /* of PCM */
/* RFC 6716, 3.4: the longest frame. */
#define OPUS_ENCODE_PACKET_MAX 1275
/*
 * Our choice: above it wideband speech gets no better, and 800 ms, which are
 * then 3200 characters of base64, fit a line that leaves as one frame.
 */
#define OPUS_ENCODE_BITS_PER_S 24000

#define OPUS_ENCODE_ERRORS(X)                                                  \
	X(NOMEM, -1, "out of memory")                                          \
	X(CODEC, -2, "the Opus encoder failed")

enum opus_encode_error {
#define X(name, value, text) OPUS_ENCODE_ERR_##name = (value),
	OPUS_ENCODE_ERRORS(X)
#undef X
};

/* Text of a code; never NULL. */
const char *opus_encode_strerror(int code);

struct opus_encode;

/* An encoder at the beginning of a stream, to be freed by opus_encode_free().
 * 0, OPUS_ENCODE_ERR_NOMEM or OPUS_ENCODE_ERR_CODEC. */
int opus_encode_new(struct opus_encode **out);

/* NULL does nothing. */
void opus_encode_free(struct opus_encode *e);

/* Forget everything: a stream begins. */
void opus_encode_reset(struct opus_encode *e);

/* Samples (of 16 kHz) that a decoder drops at the beginning of a stream. */
unsigned int opus_encode_pre_skip(const struct opus_encode *e);

/*
 * Take n bytes of PCM, whole samples in any split, and append to `packets` each
 * packet that is full, behind its length in two bytes, big-endian.  Less than
 * 20 ms are held back.
 *
 * Returns the number of packets, or OPUS_ENCODE_ERR_NOMEM (also when `packets`
 * is at its cap) or OPUS_ENCODE_ERR_CODEC: the stream is then damaged, and only
 * reset and free may follow.
 */
int opus_encode_feed(
    struct opus_encode *e, const uint8_t *pcm, size_t n, struct bytes *packets);

/* The stream is over: append what is held back and what the codec delays,
 * padded with silence, the same way.  Only reset and free may follow. */
int opus_encode_finish(struct opus_encode *e, struct bytes *packets);

#endif
