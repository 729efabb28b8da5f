#include "units.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include "base/lang.h"
#include "clean.h"
#include "leaning.h"

enum {
	LINES,
	WORDS,
	CHARACTERS,
	BREAKERS
};

struct splitter {
	const char *text;
	size_t len;
	const char *lang;
	unsigned int max_columns;
	UText *utext;
	UBreakIterator *breaks[BREAKERS];
	struct unit *units;
	size_t n, alloc;
};

static UChar32
before(const struct splitter *s, size_t at)
{
	int32_t i = (int32_t)at;
	UChar32 c = -1;

	if (i > 0)
		U8_PREV(s->text, 0, i, c);
	return c;
}

static UChar32
after(const struct splitter *s, size_t at)
{
	UChar32 c = -1;

	if (at < s->len)
		U8_NEXT(s->text, at, s->len, c);
	return c;
}

/* Written without spaces between the words. */
static bool
is_spaceless(UChar32 c)
{
	switch (u_getIntPropertyValue(c, UCHAR_LINE_BREAK)) {
	case U_LB_IDEOGRAPHIC:
	case U_LB_COMPLEX_CONTEXT:
	case U_LB_CONDITIONAL_JAPANESE_STARTER:
	case U_LB_NONSTARTER:
		return true;
	default:
		/* Ideographic full stops and brackets are of other classes. */
		return c >= 0x3000 && c <= 0x303f;
	}
}

/* Whether the end of line that ICU would allow is between two words. */
static bool
is_between_words(const struct splitter *s, size_t at)
{
	UChar32 left = before(s, at), right = after(s, at);

	if (left == ' ' || left == 0x2014)
		return true;
	return (is_spaceless(left) || is_spaceless(right)) &&
	       ubrk_isBoundary(s->breaks[WORDS], (int32_t)at);
}

static bool
is_closing(UChar32 c)
{
	switch (u_charType(c)) {
	case U_END_PUNCTUATION:
	case U_FINAL_PUNCTUATION:
		return true;
	default:
		return c == '"' || c == '\'';
	}
}

static enum unit_end
judge_end(const struct splitter *s, const struct unit *u)
{
	size_t end = u->end;
	UChar32 c, next;

	if (leaning_has(s->lang, s->text + u->at, u->end - u->at))
		return UNIT_LEANS;
	while (end > u->at && is_closing(before(s, end)))
		U8_BACK_1((const uint8_t *)s->text, 0, end);
	if (end == u->at)
		return UNIT_CLAUSE;
	c = before(s, end);
	if (u_hasBinaryProperty(c, UCHAR_S_TERM) || c == 0x2026) {
		/* "z.B. so" and "am 3. Mai" are no ends. */
		next = after(s, u->end + u->space);
		return c == '.' && next >= 0 && u_islower(next) ? UNIT_WORD
		                                                : UNIT_SENTENCE;
	}
	if (u_hasBinaryProperty(c, UCHAR_TERMINAL_PUNCTUATION) ||
	    (u_charType(c) == U_DASH_PUNCTUATION &&
		(c != '-' || end == u->at + 1)))
		return UNIT_CLAUSE;
	/* Thai and its neighbours put a space where others put a comma. */
	return u->space > 0 && u_getIntPropertyValue(c, UCHAR_LINE_BREAK) ==
	                           U_LB_COMPLEX_CONTEXT
	           ? UNIT_CLAUSE
	           : UNIT_WORD;
}

static int
add(struct splitter *s, size_t at, size_t end, unsigned int space,
    unsigned int columns)
{
	struct unit *grown;
	size_t alloc;

	if (s->n == s->alloc) {
		alloc = s->alloc == 0 ? 32 : s->alloc * 2;
		grown = realloc(s->units, alloc * sizeof(*grown));
		if (grown == NULL)
			return -1;
		s->units = grown;
		s->alloc = alloc;
	}
	s->units[s->n] = (struct unit){ .at = at,
		.end = end,
		.space = space,
		.columns = columns == 0 ? 1 : columns };
	s->n++;
	return 0;
}

/* The longest part of [at, end) that ends where `which` allows and is at most
 * max_columns wide; 0: there is none. */
static size_t
part_that_fits(struct splitter *s, int which, size_t at, size_t end)
{
	size_t best = 0;
	int32_t b = ubrk_following(s->breaks[which], (int32_t)at);

	for (; b != UBRK_DONE && (size_t)b < end;
	     b = ubrk_next(s->breaks[which])) {
		if (clean_columns(s->text + at, (size_t)b - at) >
		    s->max_columns)
			break;
		best = (size_t)b;
	}
	return best;
}

/* A word, or what is left of one that does not fit a line. */
static int
add_word(struct splitter *s, size_t at, size_t end, unsigned int space)
{
	unsigned int columns = clean_columns(s->text + at, end - at);
	size_t cut;

	while (columns > s->max_columns) {
		cut = part_that_fits(s, LINES, at, end);
		if (cut == 0)
			cut = part_that_fits(s, CHARACTERS, at, end);
		if (cut == 0)
			break; /* one character, with a tail of marks */
		if (add(s, at, cut, 0, clean_columns(s->text + at, cut - at)) !=
		    0)
			return -1;
		s->units[s->n - 1].ends = UNIT_INSIDE;
		at = cut;
		columns = clean_columns(s->text + at, end - at);
	}
	if (add(s, at, end, space, columns) != 0)
		return -1;
	s->units[s->n - 1].ends = judge_end(s, &s->units[s->n - 1]);
	return 0;
}

static int
split(struct splitter *s)
{
	size_t at = 0, end, b;
	int32_t next;

	for (next = ubrk_first(s->breaks[LINES]); next != UBRK_DONE;) {
		/* add_word() moves the iterator. */
		next = ubrk_following(s->breaks[LINES], next);
		if (next == UBRK_DONE)
			break;
		b = (size_t)next;
		if (b < s->len && !is_between_words(s, b))
			continue;
		end = b > at && s->text[b - 1] == ' ' ? b - 1 : b;
		if (end > at &&
		    add_word(s, at, end, (unsigned int)(b - end)) != 0)
			return -1;
		at = b;
	}
	return 0;
}

static void
open_breakers(struct splitter *s, UErrorCode *status)
{
	static const UBreakIteratorType types[BREAKERS] = { UBRK_LINE,
		UBRK_WORD, UBRK_CHARACTER };
	char code[LANG_TAG_MAX], locale[LANG_TAG_MAX + 16];

	/* Translate's code is a plain language, as ICU likes it; of Japanese
	 * it knows the phrases. */
	strcpy(locale,
	    lang_is_tag(s->lang) ? lang_for_translate(s->lang, code) : "en");
	if (strcmp(locale, "ja") == 0)
		strcat(locale, "@lw=phrase");
	s->utext = utext_openUTF8(NULL, s->text, (int64_t)s->len, status);
	for (int i = 0; i < BREAKERS; i++) {
		s->breaks[i] = ubrk_open(types[i], locale, NULL, 0, status);
		ubrk_setUText(s->breaks[i], s->utext, status);
	}
}

long
units_new(struct unit **units, const char *text, const char *lang,
    unsigned int max_columns)
{
	struct splitter s = { .text = text,
		.len = strlen(text),
		.lang = lang,
		.max_columns = max_columns };
	UErrorCode status = U_ZERO_ERROR;
	long n = -1;

	*units = NULL;
	open_breakers(&s, &status);
	if (U_SUCCESS(status) && split(&s) == 0)
		n = (long)s.n;
	for (int i = 0; i < BREAKERS; i++)
		ubrk_close(s.breaks[i]);
	utext_close(s.utext);
	if (n > 0)
		*units = s.units;
	else
		free(s.units);
	return n;
}

unsigned int
units_columns(const struct unit *units, size_t first, size_t end)
{
	unsigned int columns = 0;

	for (size_t i = first; i < end; i++)
		columns +=
		    units[i].columns + (i + 1 < end ? units[i].space : 0);
	return columns;
}
