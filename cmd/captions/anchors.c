#include "anchors.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/json.h"
#include "clean.h"

/* A word that is not found within so many bytes is not looked for further: one
 * that the text spells in another way must not lose all that follow. */
#define AHEAD_BYTES 160

static void
add(struct anchors *a, size_t at, double ms, double max_ms)
{
	double last_ms = a->list[a->n - 1].ms;

	if (!(ms > last_ms)) /* NaN too */
		ms = last_ms;
	if (ms > max_ms)
		ms = max_ms;
	a->list[a->n++] = (struct anchor){ at, ms };
}

/* Where the word stands in the text from `pos` on. */
static const char *
find_word(const char *pos, const char *word)
{
	const char *found = strstr(pos, word);

	return found != NULL && found - pos <= AHEAD_BYTES ? found : NULL;
}

/* Past the punctuation that stands right behind a word. */
static const char *
skip_punctuation(const char *p)
{
	int32_t i = 0, before = 0;
	UChar32 c;

	do {
		before = i;
		U8_NEXT((const uint8_t *)p, i, -1, c);
	} while (c > 0 && u_ispunct(c));
	return p + before;
}

int
anchors_init(struct anchors *a, const char *text, double start_ms,
    double end_ms, const json_t *items)
{
	size_t nitems = json_array_size(items), i;
	const char *pos = text, *found, *raw;
	const json_t *item;
	char *word;

	a->n = 0;
	a->list = calloc(nitems * 2 + 2, sizeof(*a->list));
	if (a->list == NULL)
		return -1;
	a->list[a->n++] = (struct anchor){ 0, start_ms };
	json_array_foreach(items, i, item)
	{
		raw = json_str(item, "text");
		if (raw == NULL || json_is_set(item, "punct"))
			continue;
		if ((word = clean_text(raw)) == NULL) {
			anchors_release(a);
			return -1;
		}
		found = word[0] == '\0' ? NULL : find_word(pos, word);
		if (found != NULL) {
			pos = skip_punctuation(found + strlen(word));
			add(a, (size_t)(found - text),
			    json_num(item, "start_ms", start_ms), end_ms);
			add(a, (size_t)(pos - text),
			    json_num(item, "end_ms", start_ms), end_ms);
		}
		free(word);
	}
	a->list[a->n++] = (struct anchor){ strlen(text), end_ms };
	return 0;
}

void
anchors_release(struct anchors *a)
{
	free(a->list);
	a->list = NULL;
	a->n = 0;
}

static double
between(const struct anchor *l, const struct anchor *r, size_t at)
{
	if (r->at == l->at)
		return l->ms;
	return l->ms +
	       (r->ms - l->ms) * (double)(at - l->at) / (double)(r->at - l->at);
}

double
anchors_start(const struct anchors *a, size_t at)
{
	size_t i = 0;

	while (i + 1 < a->n && a->list[i + 1].at <= at)
		i++;
	return i + 1 == a->n ? a->list[i].ms
	                     : between(&a->list[i], &a->list[i + 1], at);
}

double
anchors_end(const struct anchors *a, size_t at)
{
	size_t i = a->n - 1;

	while (i > 0 && a->list[i - 1].at >= at)
		i--;
	return i == 0 ? a->list[0].ms
	              : between(&a->list[i - 1], &a->list[i], at);
}
