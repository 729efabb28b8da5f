/*
 * Amazon Translate's TranslateText: requests made, answers read, long texts cut
 * and joined.  No I/O.  Source: PROTOCOL 6.
 */
#ifndef AWS_TRANSLATE_H
#define AWS_TRANSLATE_H

#include <stddef.h>

#include "aws/endpoint.h"
#include "aws/http.h"
#include "aws/service_error.h"

/* The service's. */
#define TRANSLATE_TEXT_MAX_BYTES 10000
#define TRANSLATE_ANSWER_MAX_CHARS 20000

#define TRANSLATE_ERRORS(X)                                                    \
	X(NOMEM, -1, "out of memory")                                          \
	X(TEXT, -2, "text is empty, too long or not UTF-8")                    \
	X(ANSWER, -3, "answer is not what Translate promises")

enum translate_error {
#define X(name, code, text) TRANSLATE_ERR_##name = code,
	TRANSLATE_ERRORS(X)
#undef X
};

/* What is asked for besides the text; all borrowed. */
struct translate_options {
	const char *source;      /* Translate's code, or "auto" */
	const char *target;      /* Translate's code */
	const char *terminology; /* name, or NULL */
	const char *formality;   /* "FORMAL", "INFORMAL", or NULL */
	const char *profanity;   /* "MASK" or NULL */
	const char *brevity;     /* "ON" or NULL */
};

/*
 * The JSON body of one request for `len` bytes of text, at most
 * TRANSLATE_TEXT_MAX_BYTES.  0 with *body to be freed by free() and its length;
 * or TRANSLATE_ERR_*.
 */
int translate_body(const struct translate_options *o, const char *text,
    size_t len, char **body, size_t *body_len);

/* Fill req for that body (borrowed); on_done, arg and timeouts are the
 * caller's. */
void translate_request(struct http_request *req,
    const struct endpoint *endpoint, const char *body, size_t body_len);

struct translate_answer {
	char *text;      /* owned; may be "" */
	char source[24]; /* Translate's code; the detected one with "auto" */
	char target[24];
};

/* Read a 2xx body.  0, or TRANSLATE_ERR_* with *error (class PROTOCOL or
 * LOCAL).  After 0 to be released. */
int translate_answer_parse(struct translate_answer *a, const void *body,
    size_t len, struct service_error *error);

void translate_answer_release(struct translate_answer *a);

/*
 * Length in bytes of the first piece of a text of `len` bytes to send in one
 * request of at most `max` bytes (max >= 4): all of it if it fits, else up to
 * the last sentence end that does, else clause end, else white space, else
 * UTF-8 border.  White space after the cut belongs to the first piece.
 */
size_t translate_cut(const char *text, size_t len, size_t max);

const char *translate_strerror(int code);

#endif
