#include "pairs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define LANGUAGES_MAX 128

/* Apertium's newer pairs use ISO 639-3, the older ones 639-1, Translate 639-1.
 */
static const struct {
	const char *three, *two;
} iso_639[] = {
	{ "afr", "af" },
	{ "ara", "ar" },
	{ "arg", "an" },
	{ "bel", "be" },
	{ "bre", "br" },
	{ "bul", "bg" },
	{ "cat", "ca" },
	{ "cym", "cy" },
	{ "dan", "da" },
	{ "deu", "de" },
	{ "eng", "en" },
	{ "epo", "eo" },
	{ "eus", "eu" },
	{ "fin", "fi" },
	{ "fra", "fr" },
	{ "glg", "gl" },
	{ "hin", "hi" },
	{ "ind", "id" },
	{ "isl", "is" },
	{ "ita", "it" },
	{ "kaz", "kk" },
	{ "mkd", "mk" },
	{ "mlt", "mt" },
	{ "nld", "nl" },
	{ "nno", "nn" },
	{ "nob", "nb" },
	{ "nor", "no" },
	{ "oci", "oc" },
	{ "pol", "pl" },
	{ "por", "pt" },
	{ "ron", "ro" },
	{ "rus", "ru" },
	{ "slv", "sl" },
	{ "spa", "es" },
	{ "srd", "sc" },
	{ "swe", "sv" },
	{ "tat", "tt" },
	{ "tur", "tr" },
	{ "ukr", "uk" },
	{ "urd", "ur" },
	{ "zlm", "ms" },
};

/* Debian 12's packages between the languages that localaws speaks; all of them
 * work both ways.  In order of preference where paths are equally long. */
static const struct {
	const char *a, *b, *package;
} packages[] = {
	{ "en", "es", "apertium-eng-spa" },
	{ "en", "ca", "apertium-eng-cat" },
	{ "en", "gl", "apertium-en-gl" },
	{ "en", "eo", "apertium-eo-en" },
	{ "es", "it", "apertium-spa-ita" },
	{ "es", "fr", "apertium-fr-es" },
	{ "es", "pt", "apertium-es-pt" },
	{ "es", "ca", "apertium-spa-cat" },
	{ "es", "gl", "apertium-es-gl" },
	{ "fr", "ca", "apertium-fra-cat" },
	{ "pt", "ca", "apertium-por-cat" },
	{ "ca", "it", "apertium-cat-ita" },
	{ "pt", "gl", "apertium-pt-gl" },
};

bool
pairs_language(const char *tag, char code[PAIRS_CODE_BYTES])
{
	size_t len = strcspn(tag, "-_");

	if (len < 2 || len > 3)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalpha((unsigned char)tag[i]))
			return false;
		code[i] = (char)tolower((unsigned char)tag[i]);
	}
	code[len] = '\0';
	for (size_t i = 0; i < LENGTH(iso_639); i++)
		if (strcmp(code, iso_639[i].three) == 0)
			strcpy(code, iso_639[i].two);
	return true;
}

void
pairs_add(struct pairs *p, const char *file_name)
{
	const char *dash = strchr(file_name, '-');
	const char *dot = strrchr(file_name, '.');
	struct pairs_mode m;
	size_t len;

	if (dash == NULL || dot == NULL || strcmp(dot, ".mode") != 0 ||
	    strchr(dash + 1, '-') != NULL || p->nmodes == PAIRS_MODES_MAX)
		return;
	len = (size_t)(dot - file_name);
	if (len >= sizeof(m.name))
		return;
	memset(&m, 0, sizeof(m));
	memcpy(m.name, file_name, len);
	if (!pairs_language(m.name, m.from) ||
	    !pairs_language(m.name + (dash - file_name) + 1, m.to))
		return;
	if (strchr(dash, '_') != NULL)
		strcpy(m.variant, strchr(m.name + (dash - file_name), '_') + 1);
	p->modes[p->nmodes++] = m;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct pairs_mode *)a)->name,
	    ((const struct pairs_mode *)b)->name);
}

int
pairs_scan(struct pairs *p, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (d == NULL)
		return errno == ENOENT ? 0 : PAIRS_ERR_READ;
	while ((e = readdir(d)) != NULL)
		pairs_add(p, e->d_name);
	closedir(d);
	qsort(p->modes, p->nmodes, sizeof(p->modes[0]), compare_names);
	return 0;
}

/* How far a mode is from what the target's tag asks for: 0 it is that, 1 it is
 * of no variant, 2 it is another variant. */
static int
distance(const struct pairs_mode *m, const char *tag)
{
	const char *wanted = strpbrk(tag, "-_");

	if (m->variant[0] == '\0')
		return 1;
	if (wanted == NULL && strcmp(m->to, "pt") == 0)
		return strcasecmp(m->variant, "BR") == 0 ? 0 : 2;
	while (wanted != NULL) {
		if (strncasecmp(m->variant, wanted + 1,
			strcspn(wanted + 1, "-_")) == 0 &&
		    strlen(m->variant) == strcspn(wanted + 1, "-_"))
			return 0;
		wanted = strpbrk(wanted + 1, "-_");
	}
	return 2;
}

static const struct pairs_mode *
best_mode(
    const struct pairs *p, const char *from, const char *to, const char *tag)
{
	const struct pairs_mode *best = NULL;

	for (size_t i = 0; i < p->nmodes; i++) {
		const struct pairs_mode *m = &p->modes[i];

		if (strcmp(m->from, from) == 0 && strcmp(m->to, to) == 0 &&
		    (best == NULL || distance(m, tag) < distance(best, tag)))
			best = m;
	}
	return best;
}

/* A breadth-first search's memory. */
struct search {
	char codes[LANGUAGES_MAX][PAIRS_CODE_BYTES]; /* in order of discovery */
	int parent[LANGUAGES_MAX];                   /* -1: the start */
	int nhops[LANGUAGES_MAX];
	int n;
};

static void
discover(struct search *s, const char *code, int parent)
{
	for (int i = 0; i < s->n; i++)
		if (strcmp(s->codes[i], code) == 0)
			return;
	if (s->n == LANGUAGES_MAX)
		return;
	strcpy(s->codes[s->n], code);
	s->parent[s->n] = parent;
	s->nhops[s->n] = parent < 0 ? 0 : s->nhops[parent] + 1;
	s->n++;
}

/*
 * Search from `from` until `to`; also over packages that are not installed if
 * told so, after what is.  Spanish is discovered first: its pairs are the best
 * kept, so it is the pivot where paths are equally long.  Returns the index of
 * `to`, or -1.
 */
static int
find(struct search *s, const struct pairs *p, const char *from, const char *to,
    bool with_packages)
{
	s->n = 0;
	discover(s, from, -1);
	for (int i = 0; i < s->n; i++) {
		const char *here = s->codes[i];

		if (strcmp(here, to) == 0)
			return i;
		if (s->nhops[i] == PAIRS_PATH_MAX)
			continue;
		if (best_mode(p, here, "es", "es") != NULL)
			discover(s, "es", i);
		for (size_t k = 0; k < p->nmodes; k++)
			if (strcmp(p->modes[k].from, here) == 0)
				discover(s, p->modes[k].to, i);
		for (size_t k = 0; with_packages && k < LENGTH(packages); k++) {
			if (strcmp(packages[k].a, here) == 0)
				discover(s, packages[k].b, i);
			else if (strcmp(packages[k].b, here) == 0)
				discover(s, packages[k].a, i);
		}
	}
	return -1;
}

int
pairs_path(const struct pairs *p, const char *from, const char *to,
    const struct pairs_mode *path[PAIRS_PATH_MAX])
{
	char a[PAIRS_CODE_BYTES], b[PAIRS_CODE_BYTES];
	struct search s;
	int at, n;

	if (!pairs_language(from, a) || !pairs_language(to, b) ||
	    strcmp(a, b) == 0 || (at = find(&s, p, a, b, false)) < 0)
		return PAIRS_ERR_NOPATH;
	n = s.nhops[at];
	for (int i = n; i > 0; i--, at = s.parent[at])
		path[i - 1] = best_mode(p, s.codes[s.parent[at]], s.codes[at],
		    i == n ? to : s.codes[at]);
	return n;
}

static const char *
package_of(const char *a, const char *b)
{
	for (size_t i = 0; i < LENGTH(packages); i++)
		if ((strcmp(packages[i].a, a) == 0 &&
			strcmp(packages[i].b, b) == 0) ||
		    (strcmp(packages[i].a, b) == 0 &&
			strcmp(packages[i].b, a) == 0))
			return packages[i].package;
	return NULL;
}

bool
pairs_packages(const struct pairs *p, const char *from, const char *to,
    char *text, size_t size)
{
	char a[PAIRS_CODE_BYTES], b[PAIRS_CODE_BYTES];
	const char *missing[PAIRS_PATH_MAX];
	size_t n = 0, used = 0;
	struct search s;
	int at;

	if (!pairs_language(from, a) || !pairs_language(to, b) ||
	    strcmp(a, b) == 0 || (at = find(&s, p, a, b, true)) < 0)
		return false;
	for (; s.parent[at] >= 0; at = s.parent[at])
		if (best_mode(p, s.codes[s.parent[at]], s.codes[at],
			s.codes[at]) == NULL)
			missing[n++] =
			    package_of(s.codes[s.parent[at]], s.codes[at]);
	/* The path was walked from its end. */
	for (size_t i = n; i-- > 0 && used < size;)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
		    i == n - 1 ? ""
		    : i == 0   ? " and "
			       : ", ",
		    missing[i]);
	return n > 0;
}

static int
compare_codes(const void *a, const void *b)
{
	return strcmp(a, b);
}

void
pairs_each(const struct pairs *p,
    void (*fn)(void *arg, const char *from, const char *to), void *arg)
{
	struct search from = { .n = 0 }, to;

	for (size_t i = 0; i < p->nmodes; i++) {
		discover(&from, p->modes[i].from, -1);
		discover(&from, p->modes[i].to, -1);
	}
	qsort(from.codes, (size_t)from.n, sizeof(from.codes[0]), compare_codes);
	for (int i = 0; i < from.n; i++) {
		find(&to, p, from.codes[i], "", false); /* all there is */
		qsort(
		    to.codes, (size_t)to.n, sizeof(to.codes[0]), compare_codes);
		for (int k = 0; k < to.n; k++)
			if (strcmp(to.codes[k], from.codes[i]) != 0)
				fn(arg, from.codes[i], to.codes[k]);
	}
}
