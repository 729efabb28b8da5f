#include "cues.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "anchors.h"
#include "base/lang.h"

void
cues_init(struct cues *c, const struct layout_rules *rules)
{
	memset(c, 0, sizeof(*c));
	c->rules = *rules;
}

void
cues_release(struct cues *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->list[i].text);
	free(c->list);
	c->list = NULL;
	c->n = c->alloc = 0;
}

/* The next place in the list, with its text to be filled. */
static struct cue *
new_cue(struct cues *c, size_t text_bytes)
{
	size_t alloc = c->alloc == 0 ? 64 : c->alloc * 2;
	struct cue *grown;

	if (c->n == c->alloc) {
		grown = realloc(c->list, alloc * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		c->list = grown;
		c->alloc = alloc;
	}
	memset(&c->list[c->n], 0, sizeof(c->list[c->n]));
	c->list[c->n].text = malloc(text_bytes);
	return c->list[c->n].text == NULL ? NULL : &c->list[c->n++];
}

/* Units first to end - 1 of the text, as one caption. */
static int
add_cue(struct cues *c, const char *text, bool is_rtl, const struct unit *units,
    size_t first, size_t end)
{
	size_t ends[LAYOUT_LINES_MAX], nlines, i = first, at, n = 0, len;
	struct cue *cue;

	nlines = layout_lines(units, first, end, &c->rules, ends);
	len = units[end - 1].end - units[first].at;
	/* A newline takes the place of a space, or comes where there is none.
	 */
	cue = new_cue(c, len + nlines + 1);
	if (cue == NULL)
		return -1;
	for (size_t l = 0; l < nlines; l++) {
		if (l > 0)
			cue->text[n++] = '\n';
		at = units[i].at;
		len = units[ends[l] - 1].end - at;
		memcpy(cue->text + n, text + at, len);
		n += len;
		cue->columns += units_columns(units, i, ends[l]);
		i = ends[l];
	}
	cue->text[n] = '\0';
	cue->order = c->n;
	cue->is_rtl = is_rtl;
	cue->start_ms = cue->spoken_ms = units[first].start_ms;
	cue->end_ms = units[end - 1].end_ms;
	return 0;
}

int
cues_add(struct cues *c, const char *text, const char *lang, double start_ms,
    double end_ms, const json_t *items)
{
	struct anchors anchors = { NULL, 0 };
	struct unit *units = NULL;
	size_t *ends = NULL, first = 0;
	const struct lang *language = lang_find(lang);
	bool is_rtl = language != NULL && language->is_rtl;
	long n, ncaptions;
	int rc = -1;

	n = units_new(&units, text, lang, c->rules.max_columns);
	if (n <= 0)
		return (int)n;
	if (anchors_init(&anchors, text, start_ms, end_ms, items) != 0)
		goto out;
	for (long i = 0; i < n; i++) {
		units[i].start_ms = anchors_start(&anchors, units[i].at);
		units[i].end_ms = anchors_end(&anchors, units[i].end);
	}
	ends = malloc((size_t)n * sizeof(*ends));
	if (ends == NULL)
		goto out;
	ncaptions = layout_captions(units, (size_t)n, &c->rules, ends);
	if (ncaptions < 0)
		goto out;
	for (long k = 0; k < ncaptions; k++) {
		if (add_cue(c, text, is_rtl, units, first, ends[k]) != 0)
			goto out;
		first = ends[k];
	}
	rc = 0;
out:
	free(ends);
	anchors_release(&anchors);
	free(units);
	return rc;
}

/* By time; those of one time stay in their order. */
static int
compare(const void *a, const void *b)
{
	const struct cue *l = a, *r = b;

	if (l->spoken_ms != r->spoken_ms)
		return l->spoken_ms < r->spoken_ms ? -1 : 1;
	return l->order < r->order ? -1 : 1;
}

/* When cue i has to be gone; `late_ms` is how far it may hold up the next. */
static double
latest_end(const struct cues *c, size_t i, double late_ms)
{
	return i + 1 < c->n
	           ? c->list[i + 1].spoken_ms + late_ms - c->rules.gap_ms
	           : INFINITY;
}

static void
settle(struct cues *c, size_t i, double free_at_ms)
{
	struct cue *cue = &c->list[i];
	const struct layout_rules *r = &c->rules;
	double read_ms = cue->columns * 1000 / r->columns_per_s;
	double wanted, spoken_end = cue->end_ms, end;

	cue->start_ms = fmax(cue->spoken_ms, free_at_ms);
	read_ms = fmax(read_ms, r->min_ms);
	/* To the end of the words if nothing else comes, but not for ever. */
	wanted = fmin(spoken_end, cue->start_ms + r->max_ms);
	end = fmax(fmin(wanted, latest_end(c, i, 0)),
	    fmin(cue->start_ms + read_ms, latest_end(c, i, CUES_LATE_MAX_MS)));
	cue->end_ms = fmax(end, cue->start_ms + r->min_ms);
}

size_t
cues_settle(struct cues *c)
{
	double free_at_ms = 0;
	size_t nfast = 0;

	if (c->n > 1)
		qsort(c->list, c->n, sizeof(c->list[0]), compare);
	for (size_t i = 0; i < c->n; i++) {
		settle(c, i, free_at_ms);
		free_at_ms = c->list[i].end_ms + c->rules.gap_ms;
		nfast += (c->list[i].end_ms - c->list[i].start_ms) *
		             c->rules.columns_per_s / 1000 <
		         c->list[i].columns - 0.5;
	}
	return nfast;
}
