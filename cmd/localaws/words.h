/* The items of a transcript out of its text, where an engine gives none. */
#ifndef LOCALAWS_WORDS_H
#define LOCALAWS_WORDS_H

#include <jansson.h>

/*
 * Items as booth-lines(5) has them: the words of text, spread over start_ms to
 * end_ms by their length; punctuation at the end of a word is an item of its
 * own, without duration.  A new array; NULL: no memory.
 */
json_t *words_items(const char *text, double start_ms, double end_ms);

#endif
