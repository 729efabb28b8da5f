#include "hypothesis.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "base/line.h"

void
hyp_reset(struct hypothesis *h)
{
	h->nwords = 0;
	h->is_final = false;
}

bool
hyp_is_filler(const char *segment)
{
	return segment[0] == '<' || segment[0] == '[' || segment[0] == '+';
}

bool
hyp_add(struct hypothesis *h, const char *segment, int64_t start_ms,
    int64_t end_ms, double confidence)
{
	struct hyp_word *w;
	size_t len = strcspn(segment, "(");

	if (hyp_is_filler(segment) || len == 0 || len >= HYP_WORD_BYTES ||
	    h->nwords == HYP_WORDS_MAX)
		return false;
	w = &h->words[h->nwords++];
	memcpy(w->text, segment, len);
	w->text[len] = '\0';
	w->start_ms = start_ms;
	w->end_ms = end_ms;
	w->confidence = confidence < 0 ? 0 : confidence > 1 ? 1 : confidence;
	w->nlooks = 1;
	return true;
}

void
hyp_carry_looks(struct hypothesis *h, const struct hypothesis *before)
{
	for (size_t i = 0; i < h->nwords && i < before->nwords; i++) {
		if (strcmp(h->words[i].text, before->words[i].text) != 0)
			break;
		h->words[i].nlooks = before->words[i].nlooks + 1;
	}
}

bool
hyp_same_text(const struct hypothesis *a, const struct hypothesis *b)
{
	if (a->nwords != b->nwords)
		return false;
	for (size_t i = 0; i < a->nwords; i++)
		if (strcmp(a->words[i].text, b->words[i].text) != 0)
			return false;
	return true;
}

/* As a reader expects it: the model's words are all lower case. */
static void
written_form(char *out, const struct hyp_word *w, bool is_first)
{
	snprintf(out, HYP_WORD_BYTES, "%s", w->text);
	if (is_first || (out[0] == 'i' && (out[1] == '\0' || out[1] == '\'')))
		out[0] = (char)toupper((unsigned char)out[0]);
}

static json_t *
word_item(
    const struct hypothesis *h, const struct hyp_word *w, const char *form)
{
	json_t *item;
	bool is_stable = h->is_final || w->nlooks >= HYP_STABLE_LOOKS;

	item = json_pack("{s:s, s:I, s:I, s:b}", "text", form, "start_ms",
	    (json_int_t)w->start_ms, "end_ms", (json_int_t)w->end_ms, "stable",
	    is_stable);
	/* Three digits: a posterior of this model means no more than that. */
	if (item != NULL && h->is_final)
		json_object_set_new(item, "confidence",
		    json_real(
			(double)(int)(w->confidence * 1000 + 0.5) / 1000));
	return item;
}

static json_t *
full_stop_item(int64_t at_ms)
{
	return json_pack("{s:s, s:I, s:I, s:b, s:b}", "text", ".", "start_ms",
	    (json_int_t)at_ms, "end_ms", (json_int_t)at_ms, "stable", true,
	    "punct", true);
}

char *
hyp_line(const struct hypothesis *h, const char *lang, size_t *len)
{
	char form[HYP_WORD_BYTES], id[24], *line = NULL;
	json_t *items = json_array(), *obj = NULL;
	struct bytes text;

	bytes_init(&text, LINE_MAX_BYTES);
	if (h->nwords == 0 || items == NULL)
		goto out;
	for (size_t i = 0; i < h->nwords; i++) {
		written_form(form, &h->words[i], i == 0);
		if ((i > 0 && bytes_append(&text, " ", 1) < 0) ||
		    bytes_append(&text, form, strlen(form)) < 0 ||
		    json_array_append_new(
			items, word_item(h, &h->words[i], form)) < 0)
			goto out;
	}
	if (h->is_final &&
	    (bytes_append(&text, ".", 1) < 0 ||
		json_array_append_new(
		    items, full_stop_item(h->words[h->nwords - 1].end_ms)) < 0))
		goto out;
	snprintf(id, sizeof(id), "%llu", (unsigned long long)h->id);
	obj = json_pack("{s:s, s:s, s:b, s:s, s:s%, s:I, s:I, s:O}", "type",
	    "transcript", "id", id, "final", h->is_final, "lang", lang, "text",
	    (const char *)bytes_peek(&text, len), bytes_len(&text), "start_ms",
	    (json_int_t)h->words[0].start_ms, "end_ms",
	    (json_int_t)h->words[h->nwords - 1].end_ms, "items", items);
	if (obj != NULL)
		line = json_line_dump(obj, len);
out:
	json_decref(obj);
	json_decref(items);
	bytes_release(&text);
	return line;
}
