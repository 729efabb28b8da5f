/*
 * Amazon Polly's SynthesizeSpeech: one text in, its audio as the body of the
 * answer, as it is made.  The fallback where the bidirectional stream cannot be
 * used.  No I/O.  Source: PROTOCOL 5.3.
 */
#ifndef AWS_POLLY_SPEECH_H
#define AWS_POLLY_SPEECH_H

#include <stddef.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/http.h"

/* The service's, per request; characters (Unicode code points). */
#define POLLY_SPEECH_MAX_BILLED_CHARS 3000
#define POLLY_SPEECH_MAX_CHARS 6000

#define POLLY_SPEECH_ERRORS(X)                                                 \
	X(NOMEM, -1, "out of memory")                                          \
	X(TEXT, -2, "text is empty, too long or not UTF-8")

enum polly_speech_error {
#define X(name, code, text) POLLY_SPEECH_ERR_##name = code,
	POLLY_SPEECH_ERRORS(X)
#undef X
};

/* All borrowed; NULL where not wanted, apart from the first three. */
struct polly_speech {
	const char *output_format; /* "pcm", "mp3", "ogg_opus", "json", ... */
	const char *text;
	const char *voice_id;
	const char *sample_rate;   /* "16000" */
	const char *engine;        /* "generative", ... ; NULL: "standard" */
	const char *language_code; /* for bilingual voices only */
	const char *text_type;     /* "text" or "ssml" */
	const char *const *lexicon_names;     /* NULL-ended */
	const char *const *speech_mark_types; /* NULL-ended; format "json" */
};

/* The JSON body.  0 with *body to be freed by free(), or POLLY_SPEECH_ERR_*. */
int
polly_speech_body(const struct polly_speech *s, char **body, size_t *body_len);

/* Fill req for that body (borrowed); on_body, on_done, arg and timeouts are
 * the caller's.  Set on_body to get audio while it is made. */
void polly_speech_request(struct http_request *req,
    const struct endpoint *endpoint, const char *body, size_t body_len);

/*
 * Whole samples out of a PCM body cut anywhere: an odd byte is kept for the
 * next piece.
 */
struct polly_pcm {
	uint8_t odd;
	uint8_t has_odd;
};

/*
 * Join a piece to what was kept.  Writes whole samples to out, which has room
 * for n + 1 bytes; returns their number of bytes, always even.
 */
size_t
polly_pcm_join(struct polly_pcm *c, uint8_t *out, const uint8_t *p, size_t n);

const char *polly_speech_strerror(int code);

#endif
