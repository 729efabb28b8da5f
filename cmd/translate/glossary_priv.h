/* What a glossary is made of: for glossary.c and glossary_file.c alone. */
#ifndef TRANSLATE_GLOSSARY_PRIV_H
#define TRANSLATE_GLOSSARY_PRIV_H

#include "glossary.h"

struct word {
	struct word *next;
	char lang[LANG_TAG_MAX]; /* as the lines spell it; "*": any; "": none */
	char text[];
};

struct term {
	size_t number; /* in the glossary, from 0 */
	unsigned int line;
	bool is_exact;      /* match = exact */
	bool has_match;     /* it was said */
	struct word *forms; /* the term and its other spellings */
	struct word *from;  /* languages of talks it is for; NULL: all */
	struct word *renderings;
	struct word *says;
};

struct glossary {
	unsigned int refs;
	struct term **terms;
	size_t nterms;
	size_t alloc;
	struct phrases phrases; /* all forms; values are terms */
};

/* Whether the term is for talks in `from`. */
bool term_is_from(const struct term *t, const char *from);

#endif
