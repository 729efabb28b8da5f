/*
 * Speech marks, as Polly writes them: one JSON object a line, in order of time,
 * a sentence before its first word.  `start` and `end` are offsets in bytes of
 * the text that was given, tags included.
 * Source: Amazon Polly Developer Guide, "Speech mark output".
 */
#ifndef LOCALAWS_TTS_MARKS_H
#define LOCALAWS_TTS_MARKS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	MARKS_ERR_NOMEM = -1
};

enum marks_type {
	MARKS_SENTENCE,
	MARKS_WORD
};

struct mark {
	enum marks_type type;
	unsigned int time_ms; /* into the audio */
	size_t start, end;    /* bytes of the text */
};

struct marks {
	const char *text; /* borrowed; UTF-8 */
	size_t len;
	struct mark *list; /* owned */
	size_t n, max;
};

void marks_init(struct marks *m, const char *text, size_t len);

void marks_release(struct marks *m);

/*
 * Note that at time_ms something begins at the character `position` (from 1,
 * as espeak-ng counts); a word has `nchars`, a sentence ends where the next one
 * begins.  0 or MARKS_ERR_NOMEM.
 */
int marks_add(struct marks *m, enum marks_type type, unsigned int time_ms,
    unsigned int position, unsigned int nchars);

/* Give the sentences their ends; call once, after the last marks_add(). */
void marks_finish(struct marks *m);

/* Mark i as a line without newline, to be freed; NULL: no memory. */
char *marks_line(const struct marks *m, size_t i, size_t *len);

#endif
