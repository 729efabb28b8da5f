#include "script.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "words.h"

/* Entries that a script may become: partials of every word included. */
#define ENTRIES_MAX 1000000

struct build {
	struct script *s;
	size_t alloc;
	size_t nutterances; /* numbered from 1 for their ids */
	bool is_open;       /* the last explicit result was a partial */
	double end_ms;      /* of the last one */
	char *text;         /* of the error */
	size_t line;
};

static int
fail(struct build *b, const char *what)
{
	snprintf(b->text, SCRIPT_TEXT_BYTES, "line %zu: %.200s", b->line, what);
	return -1;
}

/* Takes line. */
static int
add(struct build *b, double at_ms, json_t *line)
{
	struct script *s = b->s;
	struct script_entry *p;
	size_t alloc;

	if (line == NULL || s->n == ENTRIES_MAX) {
		json_decref(line);
		return fail(b, "the script is too long");
	}
	if (s->n == b->alloc) {
		alloc = b->alloc == 0 ? 64 : b->alloc * 2;
		p = realloc(s->entries, alloc * sizeof(*p));
		if (p == NULL) {
			json_decref(line);
			return fail(b, "out of memory");
		}
		s->entries = p;
		b->alloc = alloc;
	}
	s->entries[s->n++] = (struct script_entry){ at_ms, line };
	return 0;
}

static json_t *
result(struct build *b, const char *text, size_t len, bool is_final,
    double start_ms, double end_ms, const char *lang)
{
	char id[32];
	json_t *line = json_object(), *items;
	json_t *said = json_stringn(text, len);

	snprintf(id, sizeof(id), "s%zu", b->nutterances);
	json_object_set_new(line, "type", json_string("transcript"));
	json_object_set_new(line, "id", json_string(id));
	json_object_set_new(line, "final", json_boolean(is_final));
	if (lang != NULL)
		json_object_set_new(line, "lang", json_string(lang));
	items = said == NULL
	            ? NULL
	            : words_items(json_string_value(said), start_ms, end_ms);
	json_object_set_new(line, "text", said);
	json_object_set_new(line, "start_ms", json_real(start_ms));
	json_object_set_new(line, "end_ms", json_real(end_ms));
	if (items == NULL || json_object_set_new(line, "items", items) != 0) {
		json_decref(line);
		return NULL;
	}
	return line;
}

/* The first k words of text end here. */
static size_t
words_end(const char *text, size_t k)
{
	const char *p = text + strspn(text, " ");

	for (; k > 1; k--) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	return (size_t)(p - text) + strcspn(p, " ");
}

static int
add_utterance(struct build *b, const json_t *o, const char *text)
{
	double start = json_num(o, "start_ms", -1),
	       end = json_num(o, "end_ms", -1), to;
	const char *lang = json_str(o, "lang");
	json_t *items, *item;
	size_t i, k = 0;
	int rc = 0;

	if (!(start >= 0) || !(end > start))
		return fail(b,
		    "an utterance needs 0 <= start_ms < end_ms (a single "
		    "result needs at_ms)");
	b->nutterances++;
	if ((items = words_items(text, start, end)) == NULL)
		return fail(b, "out of memory");
	json_array_foreach(items, i, item)
	{
		if (json_is_set(item, "punct"))
			continue;
		to = json_num(item, "end_ms", end);
		k++;
		if (to >= end)
			break;
		rc = add(b, to,
		    result(
			b, text, words_end(text, k), false, start, to, lang));
		if (rc != 0)
			break;
	}
	json_decref(items);
	if (rc == 0)
		rc = add(b, end,
		    result(b, text, strlen(text), true, start, end, lang));
	b->end_ms = end;
	b->is_open = false;
	return rc;
}

static int
add_result(struct build *b, const json_t *o, const char *text)
{
	double at = json_num(o, "at_ms", -1);
	bool is_final = json_is_set(o, "final");
	double start = json_num(o, "start_ms", fmin(b->end_ms, at)),
	       end = json_num(o, "end_ms", at);
	const char *key;
	json_t *line, *value;

	if (!(at >= 0))
		return fail(b, "at_ms is not a time");
	if (!(start >= 0) || !(end >= start))
		return fail(b, "start_ms and end_ms are not in order");
	if (!b->is_open)
		b->nutterances++;
	b->is_open = !is_final;
	if (is_final)
		b->end_ms = end;
	line = result(b, text, strlen(text), is_final, start, end, NULL);
	if (line == NULL)
		return fail(b, "out of memory");
	/* What the script says itself stands. */
	json_object_foreach((json_t *)(uintptr_t)o, key, value)
	{
		if (strcmp(key, "at_ms") != 0)
			json_object_set(line, key, value);
	}
	return add(b, at, line);
}

static int
add_line(struct build *b, const char *p, size_t n)
{
	char why[128], what[SCRIPT_TEXT_BYTES];
	const char *text;
	json_t *o;
	int rc;

	while (n > 0 && strchr(" \t\r", *p) != NULL) {
		p++;
		n--;
	}
	if (n == 0 || *p == '#')
		return 0;
	if ((o = json_line_parse(p, n, why, sizeof(why))) == NULL) {
		snprintf(what, sizeof(what), "not a JSON object: %s", why);
		return fail(b, what);
	}
	text = json_str(o, "text");
	if (text == NULL || text[strspn(text, " ")] == '\0')
		rc = fail(b, "text is missing or empty");
	else if (json_object_get(o, "at_ms") != NULL)
		rc = add_result(b, o, text);
	else
		rc = add_utterance(b, o, text);
	json_decref(o);
	return rc;
}

/* Stable: results of the same moment stay in the script's order. */
static void
sort(struct script_entry *e, size_t n)
{
	struct script_entry x;
	size_t k;

	for (size_t i = 1; i < n; i++) {
		x = e[i];
		for (k = i; k > 0 && e[k - 1].at_ms > x.at_ms; k--)
			e[k] = e[k - 1];
		e[k] = x;
	}
}

int
script_parse(
    struct script **out, const char *p, size_t n, char text[SCRIPT_TEXT_BYTES])
{
	struct build b = { 0 };
	const char *end = p + n, *eol;
	int rc = 0;

	b.text = text;
	if ((b.s = calloc(1, sizeof(*b.s))) == NULL) {
		snprintf(text, SCRIPT_TEXT_BYTES, "out of memory");
		return -1;
	}
	for (; p < end && rc == 0; p = eol + 1) {
		b.line++;
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			eol = end;
		rc = add_line(&b, p, (size_t)(eol - p));
	}
	if (rc == 0 && b.s->n == 0) {
		snprintf(text, SCRIPT_TEXT_BYTES, "the script is empty");
		rc = -1;
	}
	if (rc != 0) {
		script_free(b.s);
		return -1;
	}
	sort(b.s->entries, b.s->n);
	*out = b.s;
	return 0;
}

int
script_load(struct script **out, const char *path, char text[SCRIPT_TEXT_BYTES])
{
	FILE *f = fopen(path, "re");
	char *p = malloc(SCRIPT_BYTES_MAX + 1);
	size_t n = 0;
	int rc = -1;

	if (f == NULL || p == NULL) {
		snprintf(text, SCRIPT_TEXT_BYTES, "%s", strerror(errno));
	} else {
		n = fread(p, 1, SCRIPT_BYTES_MAX + 1, f);
		if (ferror(f))
			snprintf(text, SCRIPT_TEXT_BYTES, "cannot be read");
		else if (n > SCRIPT_BYTES_MAX)
			snprintf(text, SCRIPT_TEXT_BYTES, "more than 8 MiB");
		else
			rc = script_parse(out, p, n, text);
	}
	free(p);
	if (f != NULL)
		fclose(f);
	return rc;
}

void
script_free(struct script *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		json_decref(s->entries[i].line);
	free(s->entries);
	free(s);
}
