#include "stages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

static void
forget_entry(struct stages *s, size_t i)
{
	json_decref(s->entries[i].counters);
	s->entries[i] = s->entries[--s->n];
}

static void
forget_stages(struct stages *s)
{
	while (s->n > 0)
		forget_entry(s, s->n - 1);
	json_decref(s->level);
	s->level = NULL;
	s->level_at_ms = 0;
}

void
stages_release(struct stages *s)
{
	size_t i;

	forget_stages(s);
	for (i = 0; i < STAGES_ERRORS_MAX; i++)
		json_decref(s->errors[i]);
	memset(s, 0, sizeof(*s));
}

static struct stages_entry *
find(struct stages *s, const char *stage, const char *lang)
{
	struct stages_entry *e;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->entries[i].stage, stage) == 0 &&
		    strcmp(s->entries[i].lang, lang) == 0)
			return &s->entries[i];
	if (s->n == STAGES_MAX)
		return NULL;
	e = &s->entries[s->n++];
	memset(e, 0, sizeof(*e));
	utf8_copy(e->stage, sizeof(e->stage), stage);
	utf8_copy(e->lang, sizeof(e->lang), lang);
	e->wanted = -1;
	return e;
}

/* A stage begins: what it said of languages was of another process. */
static void
begin_stage(struct stages *s, const char *stage)
{
	size_t i;

	for (i = 0; i < s->n;)
		if (strcmp(s->entries[i].stage, stage) == 0)
			forget_entry(s, i);
		else
			i++;
}

/* All numbers of the line that are not about the line itself. */
static int
take_counters(struct stages_entry *e, const json_t *status)
{
	const char *key;
	json_t *value;

	if (e->counters == NULL && (e->counters = json_object()) == NULL)
		return -1;
	json_object_foreach((json_t *)status, key, value)
	{
		if (!json_is_number(value) || strcmp(key, "at_ms") == 0 ||
		    strcmp(key, "seq") == 0 || strlen(key) >= STAGES_WORD_MAX)
			continue;
		if ((json_object_size(e->counters) < STAGES_COUNTERS_MAX ||
			json_object_get(e->counters, key) != NULL) &&
		    json_object_set(e->counters, key, value) != 0)
			return -1;
	}
	return 0;
}

static bool
is_error(const char *state)
{
	static const char *const errors[] = { "degraded", "failed", "lost",
		"reconnecting", "captions-only", "refused" };
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(state, errors[i]) == 0)
			return true;
	return false;
}

static int
take_error(struct stages *s, const struct stages_entry *e)
{
	json_t **slot = &s->errors[s->nerrors % STAGES_ERRORS_MAX];
	json_t *obj = json_pack("{s:o,s:s,s:s}", "at_ms", json_ms(e->at_ms),
	    "stage", e->stage, "state", e->state);

	if (e->lang[0] != '\0')
		json_put(&obj, "lang", json_string(e->lang));
	if (e->detail[0] != '\0')
		json_put(&obj, "detail", json_string(e->detail));
	if (obj == NULL)
		return -1;
	json_decref(*slot);
	*slot = obj;
	s->nerrors++;
	return 0;
}

/* It lives, and its `ready` was not seen. */
static void
begin_unseen(struct stages_entry *e, double at_ms)
{
	if (e->state[0] != '\0')
		return;
	strcpy(e->state, "ready");
	e->at_ms = at_ms;
}

static int
take_refusal(struct stages *s, const struct stages_entry *e,
    const json_t *status, double at_ms)
{
	struct stages_entry error = *e;

	utf8_copy(error.state, sizeof(error.state), "refused");
	utf8_copy(
	    error.detail, sizeof(error.detail), json_str(status, "detail"));
	error.at_ms = json_num(status, "at_ms", at_ms);
	return take_error(s, &error);
}

/* Stages that spend say so in levels, too, but only while they do: whose level
 * is one of sound must go on. */
static int
take_level(struct stages *s, struct stages_entry *e, const json_t *status,
    double at_ms)
{
	if (take_counters(e, status) != 0)
		return -1;
	if (!json_is_number(json_object_get(status, "level_db")))
		return 0;
	e->level_at_ms = at_ms;
	json_object_del(e->counters, "level_db");
	json_object_del(e->counters, "peak_db");
	s->level_at_ms = at_ms;
	json_decref(s->level);
	s->level = json_deep_copy(status);
	return s->level == NULL ? -1 : 0;
}

int
stages_take(struct stages *s, const json_t *status, double at_ms, bool is_end)
{
	const char *stage = json_str(status, "stage");
	const char *state = json_str(status, "state");
	const char *lang = json_str(status, "lang");
	struct stages_entry *e;

	if (stage == NULL || stage[0] == '\0' || state == NULL ||
	    strlen(stage) >= STAGES_WORD_MAX)
		return 0;
	if (strcmp(state, "cost") == 0)
		return 0;
	if (strcmp(state, "ready") == 0) {
		if (s->is_over) {
			forget_stages(s);
			s->is_over = false;
		}
		begin_stage(s, stage);
		lang = NULL; /* what it speaks, not what it speaks of */
	}
	s->is_over = s->is_over || is_end;
	if (lang != NULL && strlen(lang) >= LANG_TAG_MAX)
		return 0;
	e = find(s, stage, lang != NULL ? lang : "");
	if (e == NULL)
		return 0;
	if (strcmp(state, "level") == 0) {
		begin_unseen(e, at_ms);
		return take_level(s, e, status, at_ms);
	}
	if (take_counters(e, status) != 0)
		return -1;
	if (strcmp(state, "wanted") == 0 || strcmp(state, "unwanted") == 0) {
		e->wanted = state[0] == 'w';
		if (e->state[0] != '\0')
			return 0;
	}
	if (strcmp(state, "refused") == 0) { /* a line was, not the stage */
		begin_unseen(e, at_ms);
		return take_refusal(s, e, status, at_ms);
	}
	utf8_copy(e->state, sizeof(e->state), state);
	utf8_copy(e->detail, sizeof(e->detail), json_str(status, "detail"));
	e->at_ms = json_num(status, "at_ms", at_ms);
	return is_error(state) ? take_error(s, e) : 0;
}

/* `is_gone`: the room is off the air, and whoever is well said goodbye. */
static json_t *
entry_json(
    const struct stages_entry *e, bool is_live, bool is_gone, double now_ms)
{
	const char *state = e->state, *detail = e->detail;
	char silent[64];
	json_t *obj;

	if (strcmp(state, "ended") != 0 && is_gone) {
		state = "gone";
		detail = "";
	} else if (is_live && strcmp(state, "ended") != 0 &&
		   e->level_at_ms > 0 &&
		   now_ms - e->level_at_ms > STAGES_SILENT_MS) {
		state = "silent";
		snprintf(silent, sizeof(silent), "no level for %.0f s",
		    (now_ms - e->level_at_ms) / 1000);
		detail = silent;
	}
	obj = json_pack("{s:s}", "stage", e->stage);
	if (e->lang[0] != '\0')
		json_put(&obj, "lang", json_string(e->lang));
	json_put(&obj, "state", json_string(state));
	if (detail[0] != '\0')
		json_put(&obj, "detail", json_string(detail));
	if (e->wanted != -1)
		json_put(&obj, "wanted", json_boolean(e->wanted));
	json_put(&obj, "at_ms", json_ms(e->at_ms));
	if (e->counters != NULL)
		json_put_missing(&obj, e->counters);
	return obj;
}

json_t *
stages_json(
    const struct stages *s, bool is_live, bool was_killed, double now_ms)
{
	const struct stages_entry *e;
	json_t *list = json_array();
	bool is_gone;
	size_t i;

	for (i = 0; i < s->n; i++) {
		e = &s->entries[i];
		is_gone = was_killed ||
		          (!is_live && s->is_over && e->lang[0] == '\0');
		json_push(&list, entry_json(e, is_live, is_gone, now_ms));
	}
	return list;
}

json_t *
stages_errors(const struct stages *s)
{
	json_t *list = json_array();
	size_t i =
	    s->nerrors > STAGES_ERRORS_MAX ? s->nerrors - STAGES_ERRORS_MAX : 0;

	for (; i < s->nerrors; i++)
		json_push(&list, json_incref(s->errors[i % STAGES_ERRORS_MAX]));
	return list;
}

json_t *
stages_level(const struct stages *s, const char *key, double now_ms)
{
	double value = json_num(s->level, key, NAN);

	if (isnan(value) || now_ms - s->level_at_ms > STAGES_SILENT_MS)
		return json_null();
	return json_ms(value);
}
