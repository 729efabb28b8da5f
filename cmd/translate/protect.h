/*
 * A glossary's terms on their way through a translator that does not know them.
 * No I/O.
 *
 * The terms of a text are taken out of it and something that survives is put in
 * their place; in the translation that is replaced by what the glossary says.
 * No way survives every engine, so what comes back is checked: each place must
 * be there exactly once, and nothing of ours may be left.  If not, the next way
 * is tried:
 *
 *	mask  a word that is in no dictionary, "Qzvaa": it comes back as it is
 *	      from engines with rules and from those with networks
 *	tag   <span translate="no">rendering</span>, which Amazon Translate
 *	      documents; the text is HTML then, so it is not for texts with
 *	      '<' or '&', and other engines know nothing of it
 *	none  the text as it is; terms that the engine left as they were spoken,
 *	      as engines do with names, are replaced in its translation
 */
#ifndef TRANSLATE_PROTECT_H
#define TRANSLATE_PROTECT_H

#include <stddef.h>

#include "glossary.h"

enum protect_way {
	PROTECT_MASK,
	PROTECT_TAG,
	PROTECT_NONE,
	PROTECT_NWAYS
};

/* Our choice; further terms in one text are left to the engine. */
#define PROTECT_MAX_HITS 256

struct protect {
	const struct lexicon *lexicon; /* borrowed */
	enum protect_way way;
	char *text;              /* to be sent; owned */
	const char **renderings; /* of the hits, in order; borrowed */
	size_t nhits;
	char from[LANG_TAG_MAX];
};

enum {
	PROTECT_ERR_NOMEM = -1,
	PROTECT_UNFIT = 1, /* this text cannot go this way: take the next */
	PROTECT_DAMAGED = 2,
};

/*
 * Make p->text of a valid UTF-8 text in language `from` ("": not known).
 * 0, PROTECT_UNFIT or PROTECT_ERR_NOMEM; after 0 to be released.  Without terms
 * in it (nhits 0) p->text is a copy.
 */
int protect_init(struct protect *p, const struct lexicon *x,
    enum protect_way way, const char *from, const char *text);

void protect_release(struct protect *p);

/*
 * The translation of p->text with the renderings in it: 0 with *text, to be
 * freed by free(), and *nmissed terms that it lacks (way none only);
 * PROTECT_DAMAGED or PROTECT_ERR_NOMEM.
 */
int protect_finish(const struct protect *p, const char *translation,
    char **text, size_t *nmissed);

/*
 * A text of one language with the glossary's renderings for that same language:
 * 0 with *text, to be freed by free(), or PROTECT_ERR_NOMEM.
 */
int protect_same(
    const struct lexicon *x, const char *from, const char *text, char **out);

#endif
