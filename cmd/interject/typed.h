/*
 * What an operator typed, made into lines of booth-lines(5).  No I/O.
 *
 * A line that begins with '{' is JSON: {"type":"transcript","text":...} with
 * "lang" and "id" (beginning with "say-") if the writer likes, or
 * {"type":"retraction","id":...}.  Every other line is a text,
 * unless it ends in '}': that is what is left of JSON that was torn apart.
 */
#ifndef INTERJECT_TYPED_H
#define INTERJECT_TYPED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/lang.h"

/* Our choice, for ids of either kind, without NUL. */
#define TYPED_ID_MAX 128

struct typed {
	char lang[LANG_TAG_MAX]; /* of texts; "": not known yet */
	bool is_fixed;           /* lang was given, and stays */
	double end_ms;           /* stream time of the newest line */
	double began_ms;         /* makes ids differ from run to run */
	unsigned long n;         /* ids made */
};

/* `lang` is a tag or NULL: whatever is spoken. */
void typed_init(struct typed *t, const char *lang, double now_ms);

/* Look at a line of the talk that passes by: its language, its time. */
void typed_learn(struct typed *t, const json_t *line);

/*
 * Make a line of `len` bytes of text.  1 and *line, a new reference; 0: it was
 * blank; -1: it is refused, and why (errsize bytes) says what is wrong.
 * Control characters become blanks.  now_ms is wall clock.
 */
int typed_take(struct typed *t, const char *text, size_t len, double now_ms,
    json_t **line, char *why, size_t errsize);

#endif
