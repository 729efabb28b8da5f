#include "audience.h"

#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "report.h"
#include "room/want.h"

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool
is_offered(const struct audience *a, const char *tag)
{
	size_t i;

	for (i = 0; i < a->noffered; i++)
		if (strcmp(a->offered[i], tag) == 0)
			return true;
	return false;
}

static void
offer(struct audience *a, const char *tag)
{
	char buf[LANG_TAG_MAX];

	tag = lang_canonical(tag, buf);
	if (!is_offered(a, tag))
		memcpy(a->offered[a->noffered++], tag, strlen(tag) + 1);
}

int
audience_init(struct audience *a, const struct room *room,
    struct targets *targets, char **languages, size_t nlanguages,
    int64_t linger_ms)
{
	const struct lang *table;
	size_t n, i;

	memset(a, 0, sizeof(*a));
	a->room = room;
	a->targets = targets;
	a->is_bounded = languages != NULL;
	a->linger_ms = linger_ms;
	table = lang_table(&n);
	a->offered = calloc(n + nlanguages, sizeof(*a->offered));
	if (a->offered == NULL)
		return -1;
	for (i = 0; i < nlanguages; i++)
		offer(a, languages[i]);
	/* Regions that Translate does not tell apart are one: its own code
	 * names it. */
	for (i = 0; i < n && !a->is_bounded; i++)
		if (table[i].translate != NULL)
			offer(a, table[i].translate);
	qsort(a->offered, a->noffered, sizeof(*a->offered), compare);
	return 0;
}

void
audience_release(struct audience *a)
{
	free(a->offered);
	memset(a, 0, sizeof(*a));
}

void
audience_prepare(const struct audience *a, struct loop *l)
{
	loop_deadline(l, a->look_at_ms);
}

void
audience_dispatch(struct audience *a, int64_t now_ms)
{
	if (now_ms >= a->look_at_ms)
		audience_look(a, now_ms);
}

/* Somebody holds a channel. */
static int
take_want(void *arg, const char *lang, enum room_format format)
{
	struct audience *a = arg;
	char buf[LANG_TAG_MAX];
	struct target *t;

	(void)format;
	if (strcmp(lang, ROOM_SOURCE) == 0)
		return 0;
	lang = lang_canonical(lang, buf);
	if (a->is_bounded ? !is_offered(a, lang) : lang_find(lang) == NULL)
		return 0;
	t = targets_find(a->targets, lang);
	if (t == NULL && a->targets->n < TARGETS_MAX) {
		t = targets_add(a->targets, lang);
		if (t == NULL) {
			a->failure = OUT_ERR_NOMEM;
			return 1;
		}
		t->is_on = false;
	}
	if (t == NULL)
		return 0;
	t->wanted_ms = a->now_ms;
	if (!t->is_on) {
		t->is_on = true;
		a->ncame++;
		report_wanted(t);
	}
	return 0;
}

void
audience_look(struct audience *a, int64_t now_ms)
{
	struct target *t;
	size_t i;

	a->look_at_ms = now_ms + AUDIENCE_LOOK_MS;
	a->now_ms = now_ms;
	want_each(a->room, take_want, a); /* no room yet: nobody is there */
	for (i = 0; i < a->targets->n; i++) {
		t = a->targets->list[i];
		if (!t->is_on || now_ms - t->wanted_ms <= a->linger_ms)
			continue;
		t->is_on = false;
		report_wanted(t);
	}
}
