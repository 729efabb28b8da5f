/*
 * Words that lean on the next one (articles, prepositions, conjunctions, titles
 * with a full stop): a line that ends in one reads badly.  Small lists for the
 * languages that are spoken most at conferences; a language without one is
 * broken by its punctuation and by balance alone.
 */
#ifndef CAPTIONS_LEANING_H
#define CAPTIONS_LEANING_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the n bytes at `word` are such a word of `lang` (a BCP-47 tag). */
bool leaning_has(const char *lang, const char *word, size_t n);

#endif
