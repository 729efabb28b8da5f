#include "protect.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* A mask is this and two letters; no language has such a word. */
static const char mask[] = "Qzv";
#define MASK_LEN (sizeof(mask) - 1)

static const char tag_open[] = "<span translate=\"no\">";
static const char tag_close[] = "</span>";

static bool
is_mask(const char *s)
{
	size_t i;

	for (i = 0; i < MASK_LEN; i++)
		if (tolower((unsigned char)s[i]) !=
		    tolower((unsigned char)mask[i]))
			return false;
	return true;
}

static const char *
find_mask(const char *s)
{
	for (; *s != '\0'; s++)
		if (is_mask(s))
			return s;
	return NULL;
}

/* Whether the text that was made can be told from what it was made of. */
static bool
is_fit(const struct protect *p, const char *text)
{
	static const char markup[] = "<>&";
	size_t i;

	if (p->way == PROTECT_MASK)
		return find_mask(text) == NULL;
	for (i = 0; p->way == PROTECT_TAG && i < p->nhits; i++)
		if (strpbrk(p->renderings[i], markup) != NULL)
			return false;
	return p->way != PROTECT_TAG || strpbrk(text, markup) == NULL;
}

static int
append(struct bytes *q, const char *s)
{
	return bytes_append(q, s, strlen(s));
}

/* What goes in the place of hit number i. */
static int
append_place(struct bytes *q, enum protect_way way, size_t i, const char *text,
    size_t len, const char *rendering)
{
	char word[MASK_LEN + 3];

	switch (way) {
	case PROTECT_MASK:
		snprintf(word, sizeof(word), "%s%c%c", mask,
		    (char)('a' + i / 26), (char)('a' + i % 26));
		return append(q, word);
	case PROTECT_TAG:
		return append(q, tag_open) != 0 || append(q, rendering) != 0 ||
		               append(q, tag_close) != 0
		           ? -1
		           : 0;
	default:
		return bytes_append(q, text, len);
	}
}

/* The queued bytes as a string to be freed by free(); NULL: no memory. */
static char *
take_string(struct bytes *q)
{
	size_t n;
	const uint8_t *p;

	if (bytes_append(q, "", 1) != 0)
		return NULL;
	p = bytes_peek(q, &n);
	return strdup((const char *)p);
}

/* More than any text of ours can become. */
static size_t
cap(const char *text)
{
	return strlen(text) + 1 + PROTECT_MAX_HITS * (GLOSSARY_MAX_VALUE + 64);
}

static int
replace_terms(struct protect *p, const struct letters *l, const char *text,
    struct bytes *q)
{
	const struct glossary *g = lexicon_glossary(p->lexicon);
	size_t at = 0, next = 0, hit_at, len;
	const struct term *term;
	const char *rendering;

	while (p->nhits < PROTECT_MAX_HITS &&
	       glossary_next(g, l, p->from, next, &hit_at, &len, &term)) {
		next = hit_at + len;
		rendering = lexicon_rendering(p->lexicon, term);
		if (rendering == NULL)
			continue;
		if (bytes_append(q, text + at, hit_at - at) != 0 ||
		    append_place(q, p->way, p->nhits, text + hit_at, len,
			rendering) != 0)
			return -1;
		p->renderings[p->nhits++] = rendering;
		at = next;
	}
	return append(q, text + at);
}

int
protect_init(struct protect *p, const struct lexicon *x, enum protect_way way,
    const char *from, const char *text)
{
	struct letters l;
	struct bytes q;
	int rc = PROTECT_ERR_NOMEM;

	memset(p, 0, sizeof(*p));
	p->lexicon = x;
	p->way = way;
	snprintf(p->from, sizeof(p->from), "%s", from);
	if (letters_init(&l, glossary_phrases(lexicon_glossary(x)), text,
		strlen(text)) != 0)
		return rc;
	bytes_init(&q, cap(text));
	p->renderings = calloc(PROTECT_MAX_HITS, sizeof(*p->renderings));
	if (p->renderings == NULL || replace_terms(p, &l, text, &q) != 0)
		goto out;
	rc = PROTECT_UNFIT;
	if (p->nhits > 0 && !is_fit(p, text))
		goto out;
	p->text = take_string(&q);
	rc = p->text != NULL ? 0 : PROTECT_ERR_NOMEM;
out:
	bytes_release(&q);
	letters_release(&l);
	if (rc != 0)
		protect_release(p);
	return rc;
}

void
protect_release(struct protect *p)
{
	free(p->text);
	free(p->renderings);
	memset(p, 0, sizeof(*p));
}

/* Whether what follows the first n bytes of s begins a sentence. */
static bool
begins_sentence(const char *s, size_t n)
{
	size_t spaces = 0;

	while (n > 0 && strchr(" \t\n\"'(\xc2\xab\xbf\xa1", s[n - 1]) != NULL) {
		spaces += s[n - 1] == ' ' || s[n - 1] == '\n';
		n--;
	}
	return n == 0 || (spaces > 0 && strchr(".!?", s[n - 1]) != NULL);
}

/* A rendering in small letters gets a capital where a sentence begins. */
static int
append_rendering(
    const struct protect *p, struct bytes *q, const char *rendering)
{
	const struct phrases *phrases =
	    glossary_phrases(lexicon_glossary(p->lexicon));
	size_t n;
	const char *before = (const char *)bytes_peek(q, &n);
	char first = (char)toupper((unsigned char)rendering[0]);

	if (first == rendering[0] || !phrases_is_lower(phrases, rendering) ||
	    !begins_sentence(before, n))
		return append(q, rendering);
	return bytes_append(q, &first, 1) != 0 ? -1 : append(q, rendering + 1);
}

static int
finish_masks(const struct protect *p, const char *s, struct bytes *q)
{
	bool seen[PROTECT_MAX_HITS] = { false };
	size_t n = 0, i;
	const char *at;
	int a, b;

	for (; (at = find_mask(s)) != NULL; s = at + MASK_LEN + 2) {
		a = tolower((unsigned char)at[MASK_LEN]);
		b = a != '\0' ? tolower((unsigned char)at[MASK_LEN + 1]) : 0;
		if (a < 'a' || a > 'z' || b < 'a' || b > 'z')
			return PROTECT_DAMAGED;
		i = (size_t)(a - 'a') * 26 + (size_t)(b - 'a');
		if (i >= p->nhits || seen[i])
			return PROTECT_DAMAGED;
		seen[i] = true;
		n++;
		if (bytes_append(q, s, (size_t)(at - s)) != 0 ||
		    append_rendering(p, q, p->renderings[i]) != 0)
			return PROTECT_ERR_NOMEM;
	}
	if (n != p->nhits)
		return PROTECT_DAMAGED;
	return append(q, s) != 0 ? PROTECT_ERR_NOMEM : 0;
}

/* The number of the first hit not yet seen whose rendering stands at s; nhits:
 * there is none. */
static size_t
find_rendering(
    const struct protect *p, const bool *seen, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < p->nhits; i++)
		if (!seen[i] && strlen(p->renderings[i]) == len &&
		    memcmp(p->renderings[i], s, len) == 0)
			break;
	return i;
}

/* The text had none of these: they would be left of markup. */
static bool
has_markup(const char *s, size_t n)
{
	return memchr(s, '>', n) != NULL || memchr(s, '&', n) != NULL;
}

static int
finish_tags(const struct protect *p, const char *s, struct bytes *q)
{
	bool seen[PROTECT_MAX_HITS] = { false };
	const char *at, *inside, *end;
	size_t n = 0, i;

	for (; (at = strchr(s, '<')) != NULL; s = end + strlen(tag_close)) {
		inside = at + strlen(tag_open);
		if (has_markup(s, (size_t)(at - s)) ||
		    strncmp(at, tag_open, strlen(tag_open)) != 0 ||
		    (end = strstr(inside, tag_close)) == NULL)
			return PROTECT_DAMAGED;
		i = find_rendering(p, seen, inside, (size_t)(end - inside));
		if (i == p->nhits)
			return PROTECT_DAMAGED;
		seen[i] = true;
		n++;
		if (bytes_append(q, s, (size_t)(at - s)) != 0 ||
		    append_rendering(p, q, p->renderings[i]) != 0)
			return PROTECT_ERR_NOMEM;
	}
	if (n != p->nhits || has_markup(s, strlen(s)))
		return PROTECT_DAMAGED;
	return append(q, s) != 0 ? PROTECT_ERR_NOMEM : 0;
}

int
protect_same(
    const struct lexicon *x, const char *from, const char *text, char **out)
{
	const struct glossary *g = lexicon_glossary(x);
	size_t at = 0, hit_at, len;
	const struct term *term;
	const char *rendering;
	struct letters l;
	struct bytes q;

	*out = NULL;
	if (letters_init(&l, glossary_phrases(g), text, strlen(text)) != 0)
		return PROTECT_ERR_NOMEM;
	bytes_init(&q, (l.n + 1) * (GLOSSARY_MAX_VALUE + 4) + 1);
	while (glossary_next(g, &l, from, at, &hit_at, &len, &term)) {
		rendering = lexicon_rendering(x, term);
		if (bytes_append(&q, text + at, hit_at - at) != 0 ||
		    (rendering != NULL
			    ? append(&q, rendering)
			    : bytes_append(&q, text + hit_at, len)) != 0)
			goto out;
		at = hit_at + len;
	}
	if (append(&q, text + at) == 0)
		*out = take_string(&q);
out:
	bytes_release(&q);
	letters_release(&l);
	return *out != NULL ? 0 : PROTECT_ERR_NOMEM;
}

static int
finish_none(
    const struct protect *p, const char *s, char **text, size_t *nmissed)
{
	size_t i;
	int rc = protect_same(p->lexicon, p->from, s, text);

	for (i = 0; i < p->nhits && rc == 0; i++)
		*nmissed += strstr(*text, p->renderings[i]) == NULL;
	return rc;
}

int
protect_finish(const struct protect *p, const char *translation, char **text,
    size_t *nmissed)
{
	struct bytes q;
	int rc;

	*text = NULL;
	*nmissed = 0;
	if (p->nhits == 0) {
		*text = strdup(translation);
		return *text != NULL ? 0 : PROTECT_ERR_NOMEM;
	}
	if (p->way == PROTECT_NONE)
		return finish_none(p, translation, text, nmissed);
	bytes_init(&q, cap(translation));
	rc = p->way == PROTECT_MASK ? finish_masks(p, translation, &q)
	                            : finish_tags(p, translation, &q);
	if (rc == 0)
		*text = take_string(&q);
	if (rc == 0 && *text == NULL)
		rc = PROTECT_ERR_NOMEM;
	bytes_release(&q);
	return rc;
}
