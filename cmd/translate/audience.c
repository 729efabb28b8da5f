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
	size_t i;

	for (i = 0; i < AUDIENCE_KEEP_MAX; i++)
		utterance_release(&a->kept[i].utterance);
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

/* The same, to be translated now; a reference.  0 or OUT_ERR_NOMEM. */
static int
come_late(struct audience *a, struct target *t, const struct audience_kept *k)
{
	struct utterance u;
	json_t *line = NULL;
	int rc = OUT_ERR_NOMEM;

	utterance_copy(&u, &k->utterance);
	if (a->now_ms - k->at_ms > AUDIENCE_LATE_MS) {
		line = json_copy(u.line);
		if (line == NULL ||
		    json_object_set_new(line, "late", json_true()) != 0)
			goto out;
		json_decref(u.line);
		u.line = line; /* its text is the same object still */
		line = NULL;
	}
	rc = target_add(t, &u, a->now_ms);
out:
	json_decref(line);
	utterance_release(&u);
	return rc;
}

/* Somebody is back: what was said meanwhile, in its order. */
static int
catch_up(struct audience *a, struct target *t)
{
	const struct audience_kept *k;
	uint64_t n = t->missed;
	int rc = 0;

	if (a->nkept - n > AUDIENCE_KEEP_MAX)
		n = a->nkept - AUDIENCE_KEEP_MAX;
	for (; n < a->nkept && rc == 0; n++) {
		k = &a->kept[n % AUDIENCE_KEEP_MAX];
		if (k->utterance.line != NULL &&
		    a->now_ms - k->at_ms <= AUDIENCE_KEEP_MS)
			rc = come_late(a, t, k);
	}
	return rc;
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
		t->missed = a->nkept;
	}
	if (t == NULL)
		return 0;
	t->wanted_ms = a->now_ms;
	if (!t->is_on) {
		t->is_on = true;
		a->ncame++;
		report_wanted(t);
		a->failure = catch_up(a, t);
	}
	return a->failure;
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
		t->missed = a->nkept;
		report_wanted(t);
	}
}

void
audience_keep(struct audience *a, const struct utterance *u, int64_t now_ms)
{
	struct audience_kept *k = &a->kept[a->nkept++ % AUDIENCE_KEEP_MAX];

	utterance_release(&k->utterance);
	utterance_copy(&k->utterance, u);
	k->at_ms = now_ms;
}

void
audience_retract(struct audience *a, const json_t *id)
{
	struct utterance *u;
	size_t i;

	for (i = 0; i < AUDIENCE_KEEP_MAX; i++) {
		u = &a->kept[i].utterance;
		if (u->line != NULL &&
		    json_equal(json_object_get(u->line, "id"), id))
			utterance_release(u);
	}
}
