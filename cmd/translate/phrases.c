#include "phrases.h"

#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "base/utf8.h"

struct phrase {
	struct phrase *next;
	void *value;
	bool is_exact;
	size_t n;
	uint32_t letters[]; /* folded unless is_exact */
};

const char *
phrases_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		PHRASES_ERRORS(X)
#undef X
	}
	return "unknown error";
}

int
phrases_init(struct phrases *p)
{
	memset(p, 0, sizeof(*p));
	p->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return p->locale != (locale_t)0 ? 0 : PHRASES_ERR_LOCALE;
}

void
phrases_release(struct phrases *p)
{
	struct phrase *phrase;
	size_t i;

	for (i = 0; i < PHRASES_BUCKETS; i++) {
		while ((phrase = p->buckets[i]) != NULL) {
			p->buckets[i] = phrase->next;
			free(phrase);
		}
	}
	if (p->locale != (locale_t)0)
		freelocale(p->locale);
	memset(p, 0, sizeof(*p));
}

/* The code point of the valid sequence of n bytes at s. */
static uint32_t
code_point(const char *s, size_t n)
{
	static const uint8_t masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (uint8_t)s[0] & masks[n];
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)s[i] & 0x3f);
	return c;
}

static bool
is_space(const struct phrases *p, uint32_t c)
{
	return c == 0xa0 || c == 0x202f || iswspace_l((wint_t)c, p->locale);
}

/* Letters, digits and the marks that stand on them. */
static bool
is_word(const struct phrases *p, uint32_t c)
{
	return (c >= 0x300 && c <= 0x36f) || c == '_' ||
	       iswalnum_l((wint_t)c, p->locale);
}

/* Scripts whose words have no space between them; Source: Unicode's blocks. */
static bool
is_unspaced(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0e00, 0x0fff },   /* Thai, Lao, Tibetan */
		{ 0x1000, 0x109f },   /* Myanmar */
		{ 0x1100, 0x11ff },   /* Hangul Jamo */
		{ 0x1780, 0x17ff },   /* Khmer */
		{ 0x2e80, 0x2fdf },   /* CJK radicals */
		{ 0x3005, 0x3007 },   /* ideographic marks */
		{ 0x3040, 0x31ff },   /* kana, Hangul compatibility, bopomofo */
		{ 0x3400, 0x9fff },   /* CJK ideographs */
		{ 0xac00, 0xd7ff },   /* Hangul */
		{ 0xf900, 0xfaff },   /* CJK compatibility */
		{ 0xff66, 0xff9f },   /* half-width katakana */
		{ 0x20000, 0x3ffff }, /* CJK extensions */
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Whether a word may end between these neighbours. */
static bool
is_border(const struct phrases *p, uint32_t a, uint32_t b)
{
	return !is_word(p, a) || !is_word(p, b) || is_unspaced(a) ||
	       is_unspaced(b);
}

int
letters_init(
    struct letters *l, const struct phrases *p, const char *text, size_t n)
{
	size_t i, len;
	uint32_t c;

	memset(l, 0, sizeof(*l));
	l->raw = malloc((n + 1) * sizeof(*l->raw));
	l->folded = malloc((n + 1) * sizeof(*l->folded));
	l->at = malloc((n + 1) * sizeof(*l->at));
	if (l->raw == NULL || l->folded == NULL || l->at == NULL) {
		letters_release(l);
		return PHRASES_ERR_NOMEM;
	}
	for (i = 0; i < n; i += len) {
		len = utf8_sequence(text + i, n - i);
		c = len > 0 ? code_point(text + i, len) : 0xfffd;
		len += len == 0;
		if (is_space(p, c)) {
			if (l->n > 0 && l->raw[l->n - 1] == ' ')
				continue;
			c = ' ';
		}
		if (c == 0x2019)
			c = '\'';
		l->at[l->n] = i;
		l->raw[l->n] = c;
		l->folded[l->n++] = (uint32_t)towlower_l((wint_t)c, p->locale);
	}
	l->at[l->n] = n;
	return 0;
}

void
letters_release(struct letters *l)
{
	free(l->raw);
	free(l->folded);
	free(l->at);
	memset(l, 0, sizeof(*l));
}

static struct phrase **
bucket(struct phrases *p, uint32_t folded)
{
	return &p->buckets[folded % PHRASES_BUCKETS];
}

/* The part of l without the spaces at its ends: where it begins, and *n. */
static size_t
trim(const struct letters *l, size_t *n)
{
	size_t first = 0, end = l->n;

	while (end > 0 && l->raw[end - 1] == ' ')
		end--;
	while (first < end && l->raw[first] == ' ')
		first++;
	*n = end - first;
	return first;
}

static bool
has_word(const struct phrases *p, const struct letters *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (is_word(p, l->raw[i]))
			return true;
	return false;
}

int
phrases_add(struct phrases *p, const char *text, bool is_exact, void *value)
{
	struct phrase *phrase, **at;
	struct letters l;
	size_t first, n;
	int rc = PHRASES_ERR_NOMEM;

	if (letters_init(&l, p, text, strlen(text)) != 0)
		return rc;
	first = trim(&l, &n);
	if (!has_word(p, &l)) {
		rc = PHRASES_ERR_BLANK;
		goto out;
	}
	phrase = malloc(sizeof(*phrase) + n * sizeof(phrase->letters[0]));
	if (phrase == NULL)
		goto out;
	phrase->value = value;
	phrase->is_exact = is_exact;
	phrase->n = n;
	memcpy(phrase->letters, (is_exact ? l.raw : l.folded) + first,
	    n * sizeof(phrase->letters[0]));
	at = bucket(p, l.folded[first]);
	while (*at != NULL &&
	       ((*at)->n > n || ((*at)->n == n && (*at)->is_exact >= is_exact)))
		at = &(*at)->next;
	phrase->next = *at;
	*at = phrase;
	rc = 0;
out:
	letters_release(&l);
	return rc;
}

bool
phrases_is_capitals(const struct phrases *p, const char *text)
{
	size_t n = strlen(text), i, len, capitals = 0;
	uint32_t c;

	for (i = 0; i < n; i += len) {
		len = utf8_sequence(text + i, n - i);
		if (len == 0)
			return false;
		c = code_point(text + i, len);
		if (iswupper_l((wint_t)c, p->locale))
			capitals++;
		else if (iswalpha_l((wint_t)c, p->locale))
			return false;
	}
	return capitals >= 2;
}

bool
phrases_is_lower(const struct phrases *p, const char *text)
{
	size_t n = strlen(text), i, len;

	for (i = 0; i < n; i += len) {
		len = utf8_sequence(text + i, n - i);
		if (len == 0 ||
		    iswupper_l((wint_t)code_point(text + i, len), p->locale))
			return false;
	}
	return true;
}

/* Whether the phrase stands at letter i as whole words. */
static bool
is_at(const struct phrases *p, const struct phrase *phrase,
    const struct letters *l, size_t i)
{
	const uint32_t *letters = phrase->is_exact ? l->raw : l->folded;
	size_t end = i + phrase->n;

	return phrase->n <= l->n - i &&
	       memcmp(phrase->letters, letters + i,
		   phrase->n * sizeof(letters[0])) == 0 &&
	       (i == 0 || is_border(p, l->raw[i - 1], l->raw[i])) &&
	       (end == l->n || is_border(p, l->raw[end - 1], l->raw[end]));
}

bool
phrases_next(const struct phrases *p, const struct letters *l, size_t from,
    bool (*accept)(const void *arg, const void *value), const void *arg,
    struct phrases_hit *hit)
{
	const struct phrase *phrase;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (l->at[i] < from)
			continue;
		phrase = p->buckets[l->folded[i] % PHRASES_BUCKETS];
		for (; phrase != NULL; phrase = phrase->next) {
			if (!is_at(p, phrase, l, i) ||
			    (accept != NULL && !accept(arg, phrase->value)))
				continue;
			hit->at = l->at[i];
			hit->len = l->at[i + phrase->n] - l->at[i];
			hit->is_exact = phrase->is_exact;
			hit->value = phrase->value;
			return true;
		}
	}
	return false;
}
