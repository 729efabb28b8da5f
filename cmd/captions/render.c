#include "render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in the file for an utterance. */
struct part {
	const struct utterance *u;
	const char *text, *lang; /* borrowed */
	const json_t *items;     /* or NULL */
	double start_ms, end_ms;
	size_t order;
};

static int
compare(const void *a, const void *b)
{
	const struct part *l = a, *r = b;

	if (l->start_ms != r->start_ms)
		return l->start_ms < r->start_ms ? -1 : 1;
	return l->order < r->order ? -1 : 1;
}

/* False: nothing of it is to be written. */
static bool
choose(struct part *p, const struct utterance *u, const struct render *r,
    struct render_report *report)
{
	bool is_source;

	if (u->is_retracted || u->talk < r->first || u->talk > r->last)
		return false;
	p->u = u;
	p->text = talks_text(u, r->lang, &is_source);
	p->lang = is_source ? u->lang : r->lang;
	if (p->text == NULL && r->with_source) {
		report->fallback++;
		p->text = u->text;
		p->lang = u->lang;
		is_source = true;
	} else if (p->text == NULL) {
		report->missing++;
		return false;
	} else {
		report->written++;
	}
	p->items = is_source ? u->items : NULL;
	return p->text[0] != '\0';
}

static struct part *
collect(const struct talks *t, const struct render *r, size_t *n,
    struct render_report *report)
{
	struct part *parts = calloc(t->n + 1, sizeof(*parts));
	double shift_ms = 0;
	size_t talk = r->first;

	*n = 0;
	if (parts == NULL)
		return NULL;
	for (size_t i = 0; i < t->n; i++) {
		if (!choose(&parts[*n], &t->list[i], r, report))
			continue;
		if (t->list[i].talk != talk) {
			talk = t->list[i].talk;
			shift_ms = talks_shift_ms(t, r->first, talk);
		}
		parts[*n].start_ms = t->list[i].start_ms + shift_ms;
		parts[*n].end_ms = t->list[i].end_ms + shift_ms;
		parts[*n].order = *n;
		(*n)++;
	}
	if (*n > 1)
		qsort(parts, *n, sizeof(parts[0]), compare);
	return parts;
}

/* The words of a spoken utterance have times of their own talk. */
static json_t *
shifted_items(const json_t *items, double shift_ms)
{
	json_t *copy = json_deep_copy(items), *item, *value;
	static const char *const keys[] = { "start_ms", "end_ms" };
	size_t i;

	json_array_foreach(copy, i, item) for (size_t k = 0; k < 2; k++)
	{
		value = json_object_get(item, keys[k]);
		if (!json_is_number(value))
			continue;
		value = json_real(json_number_value(value) + shift_ms);
		if (json_object_set_new(item, keys[k], value) != 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

static int
add_cue(struct cues *cues, const struct part *p)
{
	double shift_ms = p->start_ms - p->u->start_ms;
	json_t *items = NULL;
	int rc;

	if (p->items != NULL && shift_ms > 0) {
		items = shifted_items(p->items, shift_ms);
		if (items == NULL)
			return -1;
	}
	rc = cues_add(cues, p->text, p->lang, p->start_ms, p->end_ms,
	    items != NULL ? items : p->items);
	json_decref(items);
	return rc;
}

static int
write_captions(FILE *f, const struct render *r, const struct part *parts,
    size_t n, struct render_report *report)
{
	struct cues cues;
	int rc = -1;

	cues_init(&cues, &r->rules);
	for (size_t i = 0; i < n; i++)
		if (add_cue(&cues, &parts[i]) != 0)
			goto out;
	report->fast = cues_settle(&cues);
	report->captions = cues.n;
	report->before = format_cues(f, r->format, &cues, r->offset_ms);
	rc = 0;
out:
	cues_release(&cues);
	return rc;
}

char *
render(const struct talks *t, const struct render *r, size_t *len,
    struct render_report *report)
{
	char *text = NULL;
	struct part *parts;
	bool is_bad = true;
	size_t n;
	FILE *f;

	memset(report, 0, sizeof(*report));
	parts = collect(t, r, &n, report);
	if (parts == NULL)
		return NULL;
	f = open_memstream(&text, len);
	if (f != NULL) {
		if (r->format == FORMAT_TEXT) {
			for (size_t i = 0; i < n; i++)
				fprintf(f, "%s\n", parts[i].text);
			is_bad = false;
		} else {
			is_bad = write_captions(f, r, parts, n, report) != 0;
		}
		is_bad |= ferror(f) != 0;
		is_bad |= fclose(f) != 0;
	}
	free(parts);
	if (is_bad) {
		free(text);
		return NULL;
	}
	return text;
}
