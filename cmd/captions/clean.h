/*
 * Text from the room as text for people: what a player could take for markup,
 * for a time or for a command is made harmless here and in format.h.
 */
#ifndef CAPTIONS_CLEAN_H
#define CAPTIONS_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A copy of the UTF-8 text on one line: every run of white space and control
 * characters is one space, there is none at the ends; what turns the direction
 * of writing by force (U+202A to U+202E, U+2066 to U+2069), noncharacters and
 * byte order marks are left out.  Joiners and direction marks stay: Persian and
 * emoji need them.  To be freed by free(); NULL: no memory.
 */
char *clean_text(const char *text);

/* Columns that the first n bytes of text take: 2 for what is wide in East
 * Asia, 0 for marks that combine, else 1. */
unsigned int clean_columns(const char *text, size_t n);

/*
 * Whether the first strong letter of the n bytes is written from left to right,
 * or there is none: in a language of the other direction such a line needs a
 * right-to-left mark in front, or its punctuation goes to the wrong end.
 */
bool clean_needs_rlm(const char *text, size_t n);

#endif
