/*
 * One speaker, one stream: samples in, hypotheses out, by pocketsphinx.
 *
 * Speech is found by pocketsphinx's own voice activity detection.  While there
 * is some, the recogniser looks at the best hypothesis every 200 ms of audio
 * and reports it as a partial when its words changed.  A pause ends the
 * utterance and gives a final.  An utterance that grows too long is cut at the
 * widest gap of its last seconds (or after a word); what came after the gap is
 * heard again as the start of the next one, so that no word is lost or halved.
 */
#ifndef LOCALAWS_ASR_RECOGNISER_H
#define LOCALAWS_ASR_RECOGNISER_H

#include <stddef.h>
#include <stdint.h>

#include "hypothesis.h"

#define RECOGNISER_ERRORS(X)                                                   \
	X(NOMEM, -1, "out of memory")                                          \
	X(MODEL, -2, "pocketsphinx cannot load the model")                     \
	X(DECODE, -3, "pocketsphinx failed on the audio")

enum {
#define X(name, code, text) RECOGNISER_ERR_##name = code,
	RECOGNISER_ERRORS(X)
#undef X
};

struct recogniser;

struct recogniser_config {
	const char *model_dir;         /* holds en-us/, en-us.lm.bin and
	                                  cmudict-en-us.dict */
	unsigned int pause_ms;         /* silence that ends an utterance */
	unsigned int max_utterance_ms; /* a longer one is cut; at least 4000 */
	/* A hypothesis with at least one word; borrowed for the call. */
	void (*on_hypothesis)(void *arg, const struct hypothesis *h);
	void *arg;
};

/* Text for a code; never NULL. */
const char *recogniser_strerror(int code);

/*
 * Load the model (about 100 MB, a quarter of a second).  0 with *r to be given
 * to recogniser_free(), RECOGNISER_ERR_NOMEM or RECOGNISER_ERR_MODEL.
 * pocketsphinx logs to stderr unless err_set_logfp() said otherwise.
 */
int recogniser_new(struct recogniser **r, const struct recogniser_config *c);

void recogniser_free(struct recogniser *r);

/*
 * Hear n samples at 16 kHz, the next of the stream; calls on_hypothesis before
 * it returns.  0 or a code that ends the stream.
 */
int recogniser_feed(struct recogniser *r, const int16_t *samples, size_t n);

/* End of the stream: the last final.  0 or a code. */
int recogniser_finish(struct recogniser *r);

#endif
