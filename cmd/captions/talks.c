#include "talks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/lang.h"
#include "clean.h"

/* What is not marked late and begins so much before what came before it is of
 * another talk: channels of one talk do not differ so much. */
#define FALLS_BACK_MS 10000.0
/* Later than this no talk is: 99 hours, as far as SRT can count. */
#define TIME_MAX_MS (99.0 * 3600 * 1000)

const char *
talks_strerror(int code)
{
	switch (code) {
#define TALKS_ERROR_TEXT(name, value, text)                                    \
	case value:                                                            \
		return text;
		TALKS_ERRORS(TALKS_ERROR_TEXT)
#undef TALKS_ERROR_TEXT
	default:
		return code == 0 ? "no error" : "unknown error";
	}
}

static int
add_talk(struct talks *t)
{
	struct talk *grown;

	grown = realloc(t->talks, (t->ntalks + 1) * sizeof(*grown));
	if (grown == NULL)
		return TALKS_ERR_NOMEM;
	t->talks = grown;
	t->talks[t->ntalks++] =
	    (struct talk){ .ready_at_ms = NAN, .origin_ms = NAN };
	return 0;
}

int
talks_init(struct talks *t)
{
	memset(t, 0, sizeof(*t));
	t->ids = json_object();
	if (t->ids == NULL || add_talk(t) != 0) {
		talks_release(t);
		return TALKS_ERR_NOMEM;
	}
	return 0;
}

static void
utterance_release(struct utterance *u)
{
	free(u->lang);
	free(u->text);
	json_decref(u->items);
	json_decref(u->others);
}

void
talks_release(struct talks *t)
{
	for (size_t i = 0; i < t->n; i++)
		utterance_release(&t->list[i]);
	free(t->list);
	free(t->talks);
	json_decref(t->ids);
	memset(t, 0, sizeof(*t));
}

static struct utterance *
find(const struct talks *t, const char *id)
{
	const json_t *index = id == NULL ? NULL : json_object_get(t->ids, id);

	return index == NULL ? NULL : &t->list[json_integer_value(index)];
}

static struct utterance *
new_utterance(struct talks *t)
{
	size_t alloc = t->alloc == 0 ? 64 : t->alloc * 2;
	struct utterance *grown;

	if (t->n == t->alloc) {
		grown = realloc(t->list, alloc * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		t->list = grown;
		t->alloc = alloc;
	}
	memset(&t->list[t->n], 0, sizeof(*grown));
	return &t->list[t->n];
}

/* Whether the talk has an utterance that tells its time. */
static bool
has_begun(const struct talks *t)
{
	return t->talks[t->ntalks - 1].n > 0;
}

static double
wall_ms(const json_t *line)
{
	double final_ms = json_num(line, "final_at_ms", NAN);

	return json_num(line, "captured_at_ms", final_ms);
}

static void
set_times(struct utterance *u, const json_t *line)
{
	u->start_ms = json_num(line, "start_ms", NAN);
	u->end_ms = json_num(line, "end_ms", NAN);
	u->at_ms = wall_ms(line);
	u->has_times = u->start_ms >= 0 && u->end_ms >= u->start_ms &&
	               u->end_ms <= TIME_MAX_MS &&
	               json_str(line, "said_by") == NULL;
	u->is_regular = u->has_times && !json_is_set(line, "late");
}

/* What it tells about its talk, which may be a new one. */
static int
place(struct talks *t, struct utterance *u)
{
	struct talk *talk = &t->talks[t->ntalks - 1];

	if (u->is_regular && has_begun(t) &&
	    u->start_ms < talk->last_start_ms - FALLS_BACK_MS) {
		if (add_talk(t) != 0)
			return TALKS_ERR_NOMEM;
		talk = &t->talks[t->ntalks - 1];
	}
	u->talk = t->ntalks - 1;
	if (u->is_regular) {
		talk->n++;
		talk->last_start_ms = fmax(talk->last_start_ms, u->start_ms);
		if (isnan(talk->origin_ms))
			talk->origin_ms = u->at_ms - u->end_ms;
	}
	return 0;
}

static int
take_transcript(struct talks *t, const json_t *line)
{
	const char *id = json_str(line, "id"), *text = json_str(line, "text");
	const char *lang = json_str(line, "lang");
	const struct utterance *old = find(t, id);
	struct utterance *u;
	char buf[LANG_TAG_MAX];

	if (!json_is_set(line, "final") || id == NULL || text == NULL)
		return 0;
	/* A final does not change: this is it again. */
	if (old != NULL && old->talk == t->ntalks - 1)
		return 0;
	if (t->n == TALKS_UTTERANCES_MAX)
		return TALKS_ERR_MANY;
	if ((u = new_utterance(t)) == NULL)
		return TALKS_ERR_NOMEM;
	if (lang == NULL || !lang_is_tag(lang))
		lang = "und";
	set_times(u, line);
	u->lang = strdup(lang_canonical(lang, buf));
	u->text = clean_text(text);
	u->items = json_incref(json_object_get(line, "items"));
	if (!json_is_array(u->items)) {
		json_decref(u->items);
		u->items = NULL;
	}
	u->others = json_object();
	if (u->lang == NULL || u->text == NULL || u->others == NULL ||
	    json_object_set_new(t->ids, id, json_integer((json_int_t)t->n)) !=
		0 ||
	    place(t, u) != 0) {
		utterance_release(u);
		json_object_del(t->ids, id);
		return TALKS_ERR_NOMEM;
	}
	t->n++;
	return 0;
}

static int
take_translation(struct talks *t, const json_t *line)
{
	const char *lang = json_str(line, "lang"), *text;
	struct utterance *u = find(t, json_str(line, "id"));
	char buf[LANG_TAG_MAX], *clean;
	json_t *value;

	text = json_str(line, "text");
	if (lang == NULL || !lang_is_tag(lang) || text == NULL)
		return 0;
	if (u == NULL) {
		t->nstrays++;
		return 0;
	}
	lang = lang_canonical(lang, buf);
	if (json_is_string(json_object_get(line, "error"))) {
		/* What failed first may have come after all, not after that. */
		if (json_object_get(u->others, lang) == NULL &&
		    json_object_set_new(u->others, lang, json_null()) != 0)
			return TALKS_ERR_NOMEM;
		return 0;
	}
	if ((clean = clean_text(text)) == NULL)
		return TALKS_ERR_NOMEM;
	value = json_string(clean);
	free(clean);
	return json_object_set_new(u->others, lang, value) == 0
	           ? 0
	           : TALKS_ERR_NOMEM;
}

static int
take_status(struct talks *t, const json_t *line)
{
	const char *stage = json_str(line, "stage");
	const char *state = json_str(line, "state");

	if (stage == NULL || state == NULL ||
	    strcmp(stage, "transcribe") != 0 || strcmp(state, "ready") != 0)
		return 0;
	if (has_begun(t) && add_talk(t) != 0)
		return TALKS_ERR_NOMEM;
	t->talks[t->ntalks - 1].ready_at_ms = json_num(line, "at_ms", NAN);
	return 0;
}

int
talks_line(struct talks *t, const json_t *line)
{
	const char *type = json_line_type(line);
	struct utterance *u;

	if (strcmp(type, "transcript") == 0)
		return take_transcript(t, line);
	if (strcmp(type, "translation") == 0)
		return take_translation(t, line);
	if (strcmp(type, "status") == 0)
		return take_status(t, line);
	if (strcmp(type, "retraction") == 0 &&
	    (u = find(t, json_str(line, "id"))) != NULL)
		u->is_retracted = true;
	return 0;
}

/* A time for what has none: the wall clock's, or behind what came before. */
static void
make_times(const struct talks *t, struct utterance *u, double columns_per_s,
    double behind_ms)
{
	const struct talk *talk = &t->talks[u->talk];
	double columns = clean_columns(u->text, strlen(u->text));
	double start_ms = u->at_ms - talk->origin_ms;

	if (isnan(start_ms) || start_ms > TIME_MAX_MS)
		start_ms = behind_ms;
	u->start_ms = fmax(start_ms, 0);
	u->end_ms = u->start_ms + columns * 1000 / columns_per_s;
}

void
talks_settle(struct talks *t, double columns_per_s)
{
	double behind_ms = 0;
	size_t talk = 0;

	for (size_t i = 0; i < t->ntalks; i++) {
		t->talks[i].n = 0;
		if (isnan(t->talks[i].origin_ms))
			t->talks[i].origin_ms = t->talks[i].ready_at_ms;
	}
	for (size_t i = 0; i < t->n; i++) {
		if (t->list[i].talk != talk)
			behind_ms = 0;
		talk = t->list[i].talk;
		if (!t->list[i].has_times)
			make_times(t, &t->list[i], columns_per_s, behind_ms);
		behind_ms = fmax(behind_ms, t->list[i].end_ms);
		t->talks[talk].n += !t->list[i].is_retracted;
	}
}

const char *
talks_text(const struct utterance *u, const char *lang, bool *is_source)
{
	const char *text;

	*is_source = true;
	if (strcmp(lang, "source") == 0 || strcmp(lang, u->lang) == 0)
		return u->text;
	text = json_string_value(json_object_get(u->others, lang));
	/* Spanish of Spain is wanted, and of Mexico is spoken. */
	if (text == NULL && lang_same(lang, u->lang))
		return u->text;
	*is_source = false;
	return text;
}

double
talks_shift_ms(const struct talks *t, size_t first, size_t talk)
{
	double shift_ms, end_ms = 0;

	if (talk == first)
		return 0;
	shift_ms = t->talks[talk].origin_ms - t->talks[first].origin_ms;
	if (shift_ms >= 0 && shift_ms <= TIME_MAX_MS)
		return shift_ms;
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].talk == talk - 1)
			end_ms = fmax(end_ms, t->list[i].end_ms);
	return talks_shift_ms(t, first, talk - 1) + end_ms;
}
