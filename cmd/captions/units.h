/*
 * A text as the pieces that no line break may divide: words, phrases of
 * Japanese, and the words of scripts that put no space between them, as ICU's
 * dictionaries find them.
 */
#ifndef CAPTIONS_UNITS_H
#define CAPTIONS_UNITS_H

#include <stddef.h>

/* How well a line or caption may end behind a unit; worse from one to the
 * next. */
enum unit_end {
	UNIT_SENTENCE, /* a full stop, or the like */
	UNIT_CLAUSE,   /* a comma, a colon, a dash */
	UNIT_WORD,     /* nothing in particular */
	UNIT_LEANS,    /* the word leans on the next one: "the", "of", "Dr." */
	UNIT_INSIDE,   /* a word that is too long for a line was cut here */
};

struct unit {
	size_t at, end;       /* bytes of the text, without the space behind */
	unsigned int columns; /* at least 1 */
	unsigned int space;   /* columns of the space behind: 0 or 1 */
	enum unit_end ends;
	double start_ms, end_ms; /* by anchors.h */
};

/*
 * The units of a text that clean_text() made.  `lang` is a BCP-47 tag; a word
 * of more than max_columns is cut, behind a hyphen or slash if there is one,
 * else between two characters as readers see them.  Returns their number (0:
 * the text is empty) with *units to be freed by free(), or -1: no memory.
 */
long units_new(struct unit **units, const char *text, const char *lang,
    unsigned int max_columns);

/* Columns of units first to end - 1 on one line. */
unsigned int units_columns(const struct unit *units, size_t first, size_t end);

#endif
