#include "glossary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "glossary_priv.h"

struct lexicon {
	unsigned int refs;
	struct glossary *glossary;
	const char **renderings; /* by the term's number; NULL: none */
	struct phrases said;     /* what to replace; values are what to say */
};

const char *
glossary_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		GLOSSARY_ERRORS(X)
#undef X
	}
	return "unknown error";
}

struct glossary *
glossary_ref(struct glossary *g)
{
	g->refs++;
	return g;
}

static void
words_free(struct word *w)
{
	struct word *next;

	for (; w != NULL; w = next) {
		next = w->next;
		free(w);
	}
}

void
glossary_unref(struct glossary *g)
{
	size_t i;

	if (g == NULL || --g->refs > 0)
		return;
	for (i = 0; i < g->nterms; i++) {
		words_free(g->terms[i]->forms);
		words_free(g->terms[i]->from);
		words_free(g->terms[i]->renderings);
		words_free(g->terms[i]->says);
		free(g->terms[i]);
	}
	free(g->terms);
	phrases_release(&g->phrases);
	free(g);
}

size_t
glossary_nterms(const struct glossary *g)
{
	return g->nterms;
}

const struct phrases *
glossary_phrases(const struct glossary *g)
{
	return &g->phrases;
}

/* The language without its region, as Translate calls it: "zh" of "cmn-CN". */
static size_t
primary(const char *tag, char *buf)
{
	const char *code = lang_for_translate(tag, buf);

	memmove(buf, code, strlen(code) + 1);
	return strcspn(buf, "-");
}

static bool
is_same_primary(const char *a, const char *b)
{
	char abuf[LANG_TAG_MAX], bbuf[LANG_TAG_MAX];
	size_t n = primary(a, abuf);

	return n == primary(b, bbuf) && strncasecmp(abuf, bbuf, n) == 0;
}

bool
term_is_from(const struct term *t, const char *from)
{
	const struct word *w;

	for (w = t->from; w != NULL; w = w->next)
		if (from[0] != '\0' && is_same_primary(w->lang, from))
			return true;
	return t->from == NULL;
}

static bool
accept_from(const void *arg, const void *value)
{
	return term_is_from(value, arg);
}

bool
glossary_next(const struct glossary *g, const struct letters *l,
    const char *from, size_t at, size_t *hit_at, size_t *hit_len,
    const struct term **term)
{
	struct phrases_hit hit;

	if (!phrases_next(&g->phrases, l, at, accept_from, from, &hit))
		return false;
	*hit_at = hit.at;
	*hit_len = hit.len;
	*term = hit.value;
	return true;
}

/* The word for `lang`: its own, else one of the same language elsewhere, else
 * the one for all. */
static const char *
choose(const struct word *words, const char *lang)
{
	const struct word *w, *near = NULL, *any = NULL;

	for (w = words; w != NULL; w = w->next) {
		if (strcmp(w->lang, lang) == 0)
			return w->text;
		if (strcmp(w->lang, "*") == 0)
			any = any != NULL ? any : w;
		else if (near == NULL && is_same_primary(w->lang, lang))
			near = w;
	}
	if (near == NULL)
		near = any;
	return near != NULL ? near->text : NULL;
}

/* What to look for in texts of the language, so that it is said right. */
static int
add_said(struct lexicon *x, const struct term *t, const char *say)
{
	const char *rendering = x->renderings[t->number];
	const struct word *w;
	int rc;

	if (say == NULL)
		return 0;
	/* phrases hands values back and does not write to them. */
	if (rendering != NULL) {
		rc = phrases_add(&x->said, rendering,
		    t->is_exact || phrases_is_capitals(&x->said, rendering),
		    (void *)(uintptr_t)say);
		return rc == PHRASES_ERR_BLANK ? 0 : rc;
	}
	for (w = t->forms; w != NULL; w = w->next) {
		rc = phrases_add(&x->said, w->text,
		    t->is_exact || (!t->has_match &&
				       phrases_is_capitals(&x->said, w->text)),
		    (void *)(uintptr_t)say);
		if (rc != 0)
			return rc;
	}
	return 0;
}

struct lexicon *
lexicon_new(struct glossary *g, const char *lang)
{
	struct lexicon *x = calloc(1, sizeof(*x));
	size_t i;

	if (x == NULL)
		return NULL;
	x->refs = 1;
	x->glossary = glossary_ref(g);
	x->renderings = calloc(g->nterms + 1, sizeof(*x->renderings));
	if (x->renderings == NULL || phrases_init(&x->said) != 0)
		goto fail;
	for (i = 0; i < g->nterms; i++) {
		x->renderings[i] = choose(g->terms[i]->renderings, lang);
		if (add_said(x, g->terms[i], choose(g->terms[i]->says, lang)) !=
		    0)
			goto fail;
	}
	return x;
fail:
	lexicon_unref(x);
	return NULL;
}

struct lexicon *
lexicon_ref(struct lexicon *x)
{
	x->refs++;
	return x;
}

void
lexicon_unref(struct lexicon *x)
{
	if (x == NULL || --x->refs > 0)
		return;
	phrases_release(&x->said);
	free(x->renderings);
	glossary_unref(x->glossary);
	free(x);
}

const struct glossary *
lexicon_glossary(const struct lexicon *x)
{
	return x->glossary;
}

const char *
lexicon_rendering(const struct lexicon *x, const struct term *t)
{
	return x->renderings[t->number];
}

/* A copy of the text with `say` in place of what is to be said otherwise, into
 * q.  0 or -1. */
static int
write_said(const struct lexicon *x, const struct letters *l, const char *text,
    struct bytes *q)
{
	struct phrases_hit hit;
	size_t at = 0;

	while (phrases_next(&x->said, l, at, NULL, NULL, &hit)) {
		if (bytes_append(q, text + at, hit.at - at) != 0 ||
		    bytes_append(q, hit.value, strlen(hit.value)) != 0)
			return -1;
		at = hit.at + hit.len;
	}
	return bytes_append(q, text + at, strlen(text + at) + 1) != 0 ? -1 : 0;
}

int
lexicon_say(const struct lexicon *x, const char *text, char **say)
{
	struct letters l;
	struct phrases_hit hit;
	struct bytes q;
	size_t n;
	int rc = 0;

	*say = NULL;
	if (letters_init(&l, &x->said, text, strlen(text)) != 0)
		return -1;
	/* Each letter becomes a value at most. */
	bytes_init(&q, (l.n + 1) * (GLOSSARY_MAX_VALUE + 4) + 1);
	if (phrases_next(&x->said, &l, 0, NULL, NULL, &hit)) {
		rc = write_said(x, &l, text, &q);
		if (rc == 0) {
			*say = strdup((const char *)bytes_peek(&q, &n));
			rc = *say == NULL ? -1 : strcmp(*say, text) != 0;
		}
		if (rc == 0) {
			free(*say);
			*say = NULL;
		}
	}
	bytes_release(&q);
	letters_release(&l);
	return rc;
}
