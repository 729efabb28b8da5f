#include "words.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

static const char blanks[] = " \t\r\n";
static const char marks[] = ",.;:!?";

/* Bytes at the end of a word that are punctuation; a word of nothing else is
 * kept as a word. */
static size_t
mark_len(const char *p, size_t n)
{
	size_t k = 0;

	while (k < n && strchr(marks, p[n - 1 - k]) != NULL)
		k++;
	return k < n ? k : 0;
}

static int
add(json_t *items, const char *p, size_t n, double start_ms, double end_ms,
    bool is_punct)
{
	json_t *item = json_object();

	json_object_set_new(item, "text", json_stringn(p, n));
	json_object_set_new(item, "start_ms", json_real(round(start_ms)));
	json_object_set_new(item, "end_ms", json_real(round(end_ms)));
	if (is_punct)
		json_object_set_new(item, "punct", json_true());
	return json_array_append_new(items, item);
}

static size_t
total_len(const char *text)
{
	size_t n = 0;

	for (const char *p = text; *p != '\0'; p++)
		n += strchr(blanks, *p) == NULL;
	return n;
}

json_t *
words_items(const char *text, double start_ms, double end_ms)
{
	json_t *items = json_array();
	size_t total = total_len(text), before = 0, n, k;
	double from, to, length_ms = end_ms - start_ms;

	for (const char *p = text + strspn(text, blanks); *p != '\0';
	     p += n, p += strspn(p, blanks)) {
		n = strcspn(p, blanks);
		k = mark_len(p, n);
		from = start_ms + length_ms * (double)before / (double)total;
		before += n;
		to = start_ms + length_ms * (double)before / (double)total;
		if (add(items, p, n - k, from, to, false) != 0 ||
		    (k > 0 && add(items, p + n - k, k, to, to, true) != 0)) {
			json_decref(items);
			return NULL;
		}
	}
	return items;
}
