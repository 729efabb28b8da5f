/*
 * What is heard in one channel of one session: PCM in, transcript lines out,
 * by an engine of its own or after the script.
 */
#ifndef LOCALAWS_RECOGNITION_H
#define LOCALAWS_RECOGNITION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "localaws.h"

#define RECOGNITION_ERROR_LIST(X)                                              \
	X(RECOGNITION_ERR_NOMEM, -1, "out of memory")                          \
	X(RECOGNITION_ERR_START, -2, "the recogniser cannot be started")       \
	X(RECOGNITION_ERR_LINE, -3, "the recogniser wrote what is no line")    \
	X(RECOGNITION_ERR_DIED, -4, "the recogniser failed")                   \
	X(RECOGNITION_ERR_FULL, -5, "the recogniser does not keep up")

enum recognition_error {
#define X(name, code, text) name = (code),
	RECOGNITION_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *recognition_strerror(int code);

struct recognition;

/* PCM (s16le, mono) of rate_hz in `lang`, Transcribe's code.  0 and *out, or
 * RECOGNITION_ERR_NOMEM, _START. */
int recognition_new(struct recognition **out, const struct localaws *la,
    const char *lang, unsigned int rate_hz);

/* recognition_free(NULL) does nothing. */
void recognition_free(struct recognition *r);

/* 0, or RECOGNITION_ERR_FULL, _NOMEM.  What comes after the engine left is
 * dropped: recognition_next() tells. */
int recognition_write(struct recognition *r, const void *p, size_t n);

/* Bytes that recognition_write() would take. */
size_t recognition_room(const struct recognition *r);

/* No more audio: what was heard so far becomes final. */
void recognition_end(struct recognition *r);

/*
 * The next line: 1 and *line (a new reference, an object of type transcript
 * with a text), 0 when there is none yet, or an error that ends the session.
 */
int recognition_next(struct recognition *r, json_t **line);

/* Whether the last line has been given. */
bool recognition_is_over(const struct recognition *r);

/* What the engine said last on stderr, "" for nothing. */
const char *recognition_complaint(const struct recognition *r);

#endif
