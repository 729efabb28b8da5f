/*
 * Plain text to Apertium's stream format and back.
 *
 * In that format "[...]" is a superblank: every stage passes it on unread.  So
 * words, digits, spaces and plain punctuation go to the dictionaries, and all
 * else (symbols, emoji, newlines, URLs, the format's own special characters)
 * travels in superblanks.  There an ASCII character c is written as U+E000 + c:
 * lrx-proc takes an escaped '^' in a superblank for the start of a word and
 * waits for its end for ever, so nothing that could need an escape goes in.
 * Each text ends in a superblank with a mark of ours: an answer without its
 * mark is not the answer to this text.
 *
 * Source: Apertium wiki, "Apertium stream format"; apertium-destxt(1).
 */
#ifndef LOCALAWS_MT_STREAM_H
#define LOCALAWS_MT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
	STREAM_ERR_NOMEM = -1, /* or past the cap of the queue given */
	STREAM_ERR_MARK = -2,  /* the answer does not end in the mark */
};

/* What stream_encode() did that stream_decode() has to undo. */
struct stream_notes {
	uint64_t mark;
	bool added_full_stop; /* the taggers want an end of sentence */
	bool starts_upper;    /* with a capital of ASCII: rules lose it where
	                         they put a word in front */
	/* Without these in the text, such spaces in the answer stand for a word
	 * that the translation left out. */
	bool has_double_spaces;
	bool has_spaced_points; /* a space before . , ; : ! or ? */
	bool starts_space;
	bool ends_space;
};

/* Whether there is a letter in the text: without one there is nothing to
 * translate. */
bool stream_has_words(const char *text, size_t len);

/*
 * Append text to q in stream format, with `mark` and the NUL that flushes the
 * stages.  Bytes that are not UTF-8 become U+FFFD.  0 or STREAM_ERR_NOMEM.
 */
int stream_encode(struct bytes *q, const char *text, size_t len, uint64_t mark,
    struct stream_notes *notes);

/*
 * Append to q the plain text of an answer (len bytes, without its NUL).
 * 0, STREAM_ERR_NOMEM, or STREAM_ERR_MARK with q unchanged.
 */
int stream_decode(struct bytes *q, const char *answer, size_t len,
    const struct stream_notes *notes);

#endif
