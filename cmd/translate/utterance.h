/*
 * One final transcript as translate reads it, and the `translation` lines made
 * of it.  No I/O.  Format: booth-lines(5).
 */
#ifndef TRANSLATE_UTTERANCE_H
#define TRANSLATE_UTTERANCE_H

#include <jansson.h>
#include <stddef.h>

#include "base/lang.h"

#define UTTERANCE_AUTO "auto"

struct utterance {
	json_t *line;     /* the transcript; a reference of ours */
	const char *text; /* of line; never NULL */
	size_t len;
	char from[LANG_TAG_MAX];   /* its language, or "": not known */
	char source[LANG_TAG_MAX]; /* the same for Translate, or "auto" */
};

/*
 * Read `line` (a reference is taken).  `source` is the tag of -s, or NULL: the
 * line's own.  1: a final transcript; 0: anything else, nothing to release.
 */
int utterance_init(struct utterance *u, json_t *line, const char *source);

void utterance_release(struct utterance *u);

/* Another reference to the same line. */
void utterance_copy(struct utterance *to, const struct utterance *from);

/* What stands in a translation line beside what it has of its transcript. */
struct translation {
	const char *lang;
	const char *from;  /* tag of the source language, "" for unknown */
	const char *text;  /* with an error: the source text */
	const char *say;   /* for the voice; NULL: text */
	const char *error; /* NULL: it worked */
	double translated_at_ms;
};

/*
 * The translation line, to be freed by free(), *len without NUL; NULL: no
 * memory.  A line that would be longer than the format allows loses
 * source_text, then say, then the end of text, and says so in error.
 */
char *utterance_translation(
    const struct utterance *u, const struct translation *t, size_t *len);

#endif
