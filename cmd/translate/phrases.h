/*
 * Phrases to be found in a text: whole words, the longest at each place,
 * whatever their case.  No I/O.
 *
 * A border of a word is where a letter, digit or mark meets anything else; in
 * scripts that write no spaces between words (Chinese, Japanese, Thai, ...) or
 * hang endings on a name (Korean) it is everywhere.  White space of any length
 * is one space, and the typographic apostrophe is the plain one.  Letters and
 * case are those of the C library's C.UTF-8.
 */
#ifndef TRANSLATE_PHRASES_H
#define TRANSLATE_PHRASES_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PHRASES_ERRORS(X)                                                      \
	X(PHRASES_ERR_NOMEM, -1, "out of memory")                              \
	X(PHRASES_ERR_LOCALE, -2, "the system has no locale C.UTF-8")          \
	X(PHRASES_ERR_BLANK, -3, "there is no letter or digit in it")

enum phrases_error {
#define X(name, value, text) name = value,
	PHRASES_ERRORS(X)
#undef X
};

/* Text of a code; never NULL. */
const char *phrases_strerror(int code);

/* A text as it is looked at. */
struct letters {
	uint32_t *raw;    /* code points; a run of white space is one space */
	uint32_t *folded; /* the same in lower case */
	size_t *at;       /* where each begins in the text; n + 1 of them */
	size_t n;
};

struct phrase; /* one of a set */

#define PHRASES_BUCKETS 256 /* a power of two */

struct phrases {
	locale_t locale;
	struct phrase *buckets[PHRASES_BUCKETS]; /* by the first letter, the
	                                            longest first */
};

struct phrases_hit {
	size_t at; /* in the text, bytes */
	size_t len;
	bool is_exact;
	void *value; /* given to phrases_add() */
};

/* An empty set.  0 or PHRASES_ERR_LOCALE. */
int phrases_init(struct phrases *p);

void phrases_release(struct phrases *p);

/*
 * Add a phrase of valid UTF-8.  is_exact: its case counts.  `value` is for who
 * finds it.  0, PHRASES_ERR_BLANK or PHRASES_ERR_NOMEM.  The same phrase may be
 * added again: exact ones are asked first, then those that were added first.
 */
int
phrases_add(struct phrases *p, const char *text, bool is_exact, void *value);

/* Whether all letters of valid UTF-8 are capitals, and there are two of them:
 * "WHO", not "Who". */
bool phrases_is_capitals(const struct phrases *p, const char *text);

/* Whether no letter of it is a capital. */
bool phrases_is_lower(const struct phrases *p, const char *text);

/* Look at n bytes of valid UTF-8.  0 or PHRASES_ERR_NOMEM. */
int letters_init(
    struct letters *l, const struct phrases *p, const char *text, size_t n);

void letters_release(struct letters *l);

/*
 * The first hit that begins at or behind byte `from`, whose value `accept`
 * (NULL: any) takes.  Hits that overlap: the leftmost, then the longest. False:
 * there is none.
 */
bool phrases_next(const struct phrases *p, const struct letters *l, size_t from,
    bool (*accept)(const void *arg, const void *value), const void *arg,
    struct phrases_hit *hit);

#endif
