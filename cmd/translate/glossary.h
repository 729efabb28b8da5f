/*
 * A glossary: terms of the talk, what they are in each language, and how a
 * voice says them.  No I/O.  The file's format is booth-glossary(5).
 */
#ifndef TRANSLATE_GLOSSARY_H
#define TRANSLATE_GLOSSARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/lang.h"
#include "phrases.h"

/* Our choice, against a file that is no glossary. */
#define GLOSSARY_MAX_BYTES (4 * 1024 * 1024)
#define GLOSSARY_MAX_TERMS 10000
#define GLOSSARY_MAX_VALUE 500 /* bytes of a term or rendering */

#define GLOSSARY_ERRORS(X)                                                     \
	X(GLOSSARY_ERR_NOMEM, -1, "out of memory")                             \
	X(GLOSSARY_ERR_LOCALE, -2, "the system has no locale C.UTF-8")         \
	X(GLOSSARY_ERR_SYS, -3, "cannot be read")                              \
	X(GLOSSARY_ERR_SIZE, -4, "more than 4 MiB, or 10000 terms")            \
	X(GLOSSARY_ERR_UTF8, -5, "not UTF-8 text")                             \
	X(GLOSSARY_ERR_SYNTAX, -6, "neither [term] nor key = value")           \
	X(GLOSSARY_ERR_EARLY, -7, "a key before the first [term]")             \
	X(GLOSSARY_ERR_KEY, -8,                                                \
	    "the key is none of also, from, match, say, *, and no language")   \
	X(GLOSSARY_ERR_EMPTY, -9, "nothing stands behind the key")             \
	X(GLOSSARY_ERR_LONG, -10, "longer than 500 bytes")                     \
	X(GLOSSARY_ERR_BLANK, -11, "a term without a letter or digit")         \
	X(GLOSSARY_ERR_LANG, -12, "not a language tag")                        \
	X(GLOSSARY_ERR_MATCH, -13, "match is exact or any")                    \
	X(GLOSSARY_ERR_TWICE, -14, "this is there twice")

enum glossary_error {
#define X(name, value, text) name = value,
	GLOSSARY_ERRORS(X)
#undef X
};

/* Text of a code; never NULL.  For GLOSSARY_ERR_SYS, errno says more. */
const char *glossary_strerror(int code);

struct glossary; /* shared: counted references */
struct term;     /* one of its terms */

/*
 * Read a file's content, n bytes.  NULL with *code (GLOSSARY_ERR_*) and *line,
 * the number of the line that is wrong (0: none in particular).
 */
struct glossary *
glossary_parse(const char *text, size_t n, int *code, unsigned int *line);

/* The same of a file. */
struct glossary *glossary_load(const char *path, int *code, unsigned int *line);

struct glossary *glossary_ref(struct glossary *g);

void glossary_unref(struct glossary *g); /* NULL: nothing */

size_t glossary_nterms(const struct glossary *g);

/* For letters_init(). */
const struct phrases *glossary_phrases(const struct glossary *g);

/*
 * The first term at or behind byte `at` of what l looks at, spoken in language
 * `from` ("": not known).  False: there is none.
 */
bool glossary_next(const struct glossary *g, const struct letters *l,
    const char *from, size_t at, size_t *hit_at, size_t *hit_len,
    const struct term **term);

/* The glossary as one language needs it; shared like the glossary. */
struct lexicon;

/* NULL: no memory.  Takes a reference to g. */
struct lexicon *lexicon_new(struct glossary *g, const char *lang);

struct lexicon *lexicon_ref(struct lexicon *x);

void lexicon_unref(struct lexicon *x); /* NULL: nothing */

const struct glossary *lexicon_glossary(const struct lexicon *x);

/* What a term is in this language; NULL: the file leaves it to the service. */
const char *lexicon_rendering(const struct lexicon *x, const struct term *t);

/*
 * What the voice is to say for a text of this language: 1 with *say, to be
 * freed by free(); 0: the text itself; -1: no memory.
 */
int lexicon_say(const struct lexicon *x, const char *text, char **say);

#endif
