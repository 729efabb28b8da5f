#include "list.h"

#include <math.h>
#include <time.h>

static int
note(json_t *langs, const char *lang, bool is_spoken)
{
	const json_t *known = json_object_get(langs, lang);

	if (known != NULL && (json_is_true(known) || !is_spoken))
		return 0;
	return json_object_set_new(langs, lang, json_boolean(is_spoken));
}

json_t *
list_languages(const struct talks *t, size_t first, size_t last)
{
	json_t *langs = json_object(), *value;
	const struct utterance *u;
	const char *lang;

	for (size_t i = 0; i < t->n; i++) {
		u = &t->list[i];
		if (u->is_retracted || u->talk < first || u->talk > last)
			continue;
		if (note(langs, u->lang, true) != 0)
			goto fail;
		json_object_foreach(u->others, lang,
		    value) if (json_is_string(value) &&
			       note(langs, lang, false) != 0) goto fail;
	}
	return langs;
fail:
	json_decref(langs);
	return NULL;
}

static void
print_langs(FILE *f, json_t *langs, bool is_spoken)
{
	const char *lang;
	const json_t *value;
	int n = 0;

	json_object_foreach(
	    langs, lang, value) if (json_is_true(value) == is_spoken)
	    fprintf(f, "%s%s", n++ > 0 ? "," : "", lang);
	if (n == 0)
		putc('-', f);
}

static void
print_begin(FILE *f, double origin_ms)
{
	char text[32] = "-";
	time_t seconds;
	struct tm tm;

	/* As far as a calendar is of use. */
	if (origin_ms >= 0 && origin_ms < 1e14) {
		seconds = (time_t)(origin_ms / 1000);
		if (localtime_r(&seconds, &tm) != NULL)
			strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	}
	fprintf(f, "%-19s", text);
}

int
list_talks(FILE *f, const struct talks *t)
{
	double end_ms;
	json_t *langs;
	int seconds;

	for (size_t i = 0; i < t->ntalks; i++) {
		langs = list_languages(t, i, i);
		if (langs == NULL)
			return -1;
		end_ms = 0;
		for (size_t k = 0; k < t->n; k++)
			if (t->list[k].talk == i && !t->list[k].is_retracted)
				end_ms = fmax(end_ms, t->list[k].end_ms);
		seconds = (int)(end_ms / 1000);
		fprintf(f, "%zu  ", i + 1);
		print_begin(f, t->talks[i].origin_ms);
		fprintf(f, "  %02d:%02d:%02d  %zu  ", seconds / 3600,
		    seconds / 60 % 60, seconds % 60, t->talks[i].n);
		print_langs(f, langs, true);
		fputs("  ", f);
		print_langs(f, langs, false);
		putc('\n', f);
		json_decref(langs);
	}
	return 0;
}
