/*
 * Languages: BCP-47 tags as the lines carry them (Polly's spelling where Polly
 * has the language), each service's own code, and names for people.  The only
 * table of languages in the project.
 */
#ifndef BASE_LANG_H
#define BASE_LANG_H

#include <stdbool.h>
#include <stddef.h>

#define LANG_TAG_MAX                                                           \
	24 /* bytes with NUL: enough for every tag that lang_is_tag() takes */

struct lang {
	const char *tag;        /* "es-ES" */
	const char *transcribe; /* Transcribe Streaming's code, or NULL: it has
	                           no such language */
	const char *translate;  /* Translate's code, or NULL */
	const char *polly;      /* Polly's LanguageCode, or NULL */
	const char *english;    /* "Spanish (Spain)" */
	const char *native; /* "español (España)", in the language itself */
	bool is_rtl;        /* written from right to left */
};

/* The whole table, sorted by tag; *n entries. */
const struct lang *lang_table(size_t *n);

/* The entry of a tag, any case; an alias ("arb", "zh-CN", "no-NO") finds its
 * entry too.  NULL: not known. */
const struct lang *lang_find(const char *tag);

/*
 * Whether `tag` is shaped like a language tag that a service may know: 2 or 3
 * letters, then subtags of 2 to 8 letters or digits.  Known or not: services
 * learn languages faster than tables.
 */
bool lang_is_tag(const char *tag);

/*
 * The code to send to a service for `tag`: the table's, or where the table has
 * none the tag itself (Transcribe, Polly) or its first subtag (Translate);
 * never NULL: the service is the one to refuse.  The result is constant or in
 * buf (LANG_TAG_MAX bytes).  `tag` satisfies lang_is_tag().
 */
const char *lang_for_transcribe(const char *tag, char *buf);

const char *lang_for_translate(const char *tag, char *buf);

const char *lang_for_polly(const char *tag, char *buf);

/*
 * The one spelling of `tag` that the lines carry: "es", "ES-es" and "es-ES" are
 * "es-ES"; a tag that the table does not know stays as it is.
 */
const char *lang_canonical(const char *tag, char *buf);

/* The tag that the lines carry for a code that Transcribe gave ("zh-CN" to
 * "cmn-CN").  Borrowed or in buf. */
const char *lang_from_transcribe(const char *code, char *buf);

/* Whether two tags are the same language to Translate, so that there is nothing
 * to translate. */
bool lang_same(const char *a, const char *b);

#endif
