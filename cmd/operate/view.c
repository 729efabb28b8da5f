#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "room/pause.h"

struct view *
view_new(const char *run, const char *name)
{
	struct view *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	if (room_init(&v->room, run, name) != 0) {
		free(v);
		return NULL;
	}
	v->status.channel = "source.status";
	v->text.channel = "source.text";
	v->audience.room = &v->room;
	return v;
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	follow_release(&v->status);
	follow_release(&v->text);
	stages_release(&v->stages);
	free(v);
}

static int
parse(const struct view *v, const struct ring_line *line, json_t **obj)
{
	char reason[128];

	*obj = json_line_parse(v->line, line->len - 1, reason, sizeof(reason));
	return *obj == NULL && strcmp(reason, JSON_NOMEM) == 0 ? -1 : 0;
}

/* 0, or -1: no memory.  A line that nobody could read is none. */
static int
take_status(struct view *v, const struct ring_line *line)
{
	json_t *obj;
	const char *state;
	int rc;

	if (parse(v, line, &obj) != 0)
		return -1;
	state = json_str(obj, "state");
	if (state != NULL && strcmp(state, "cost") == 0) {
		rate_take(
		    &v->rate, json_num(obj, "est_usd", 0), (double)line->at_ms);
		v->max_usd = json_num(obj, "max_usd", 0);
	}
	rc = stages_take(
	    &v->stages, obj, (double)line->at_ms, (line->kind & RING_END) != 0);
	json_decref(obj);
	return rc;
}

static int
take_text(struct view *v, const struct ring_line *line)
{
	json_t *obj;

	if (!(line->kind & (RING_CAPTION | RING_RETRACTION)))
		return 0;
	if (parse(v, line, &obj) != 0)
		return -1;
	if (line->kind & RING_CAPTION)
		finals_take(&v->finals, obj, (double)line->at_ms);
	else
		finals_retract(&v->finals, json_str(obj, "id"));
	json_decref(obj);
	return 0;
}

int
view_look(struct view *v, int64_t now_ms)
{
	struct ring_line line;

	follow_look(&v->status, &v->room);
	follow_look(&v->text, &v->room);
	while (follow_next(&v->status, v->line, sizeof(v->line), &line) == 1)
		if (take_status(v, &line) != 0)
			return -1;
	while (follow_next(&v->text, v->line, sizeof(v->line), &line) == 1)
		if (take_text(v, &line) != 0)
			return -1;
	audience_count(&v->audience, now_ms);
	return 0;
}

/* A copy of the key of room.json, or null. */
static json_t *
about_key(const json_t *about, const char *key)
{
	json_t *value = json_object_get(about, key);

	return value != NULL ? json_incref(value) : json_null();
}

static json_t *
listeners_json(const struct view *v)
{
	json_t *all = json_object(), *lang;
	size_t i;

	for (i = 0; i < v->audience.n; i++) {
		const struct audience_channel *c = &v->audience.channels[i];

		lang = json_object_get(all, c->lang);
		if (lang == NULL) {
			json_put(&all, c->lang, json_object());
			lang = json_object_get(all, c->lang);
		}
		if (json_object_set_new(lang, room_format_name(c->format),
			json_integer(c->listeners)) != 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

static json_t *
lag_json(const struct view *v, double now_ms)
{
	json_t *level = stages_level(&v->stages, "lag_ms", now_ms);
	double lag_ms = finals_lag_ms(&v->finals, now_ms);

	if (json_is_number(level) && json_number_value(level) > lag_ms)
		lag_ms = json_number_value(level);
	json_decref(level);
	return lag_ms >= 0 ? json_ms(lag_ms) : json_null();
}

static void
add_sound(json_t **obj, const struct view *v, bool is_live, double now_ms)
{
	static const char *const keys[] = { "level_db", "peak_db" };
	size_t i;

	for (i = 0; i < 2; i++)
		json_put(obj, keys[i],
		    is_live ? stages_level(&v->stages, keys[i], now_ms)
			    : json_null());
	json_put(obj, "level_at_ms",
	    v->stages.level_at_ms > 0 ? json_ms(v->stages.level_at_ms)
				      : json_null());
	json_put(obj, "lag_ms", is_live ? lag_json(v, now_ms) : json_null());
}

static void
add_money(json_t **obj, const struct view *v, double now_ms)
{
	double per_hour = rate_per_hour(&v->rate, now_ms);

	json_put(obj, "est_usd", json_real(rate_usd(&v->rate)));
	json_put(obj, "est_usd_per_hour",
	    per_hour >= 0 ? json_ms(per_hour) : json_null());
	json_put(obj, "max_usd",
	    v->max_usd > 0 ? json_real(v->max_usd) : json_null());
}

json_t *
view_json(const struct view *v, double now_ms)
{
	char path[ROOM_PATH_MAX], reason[ROOM_REASON_MAX];
	bool is_live = room_is_locked(&v->room, ROOM_WRITER), was_killed;
	json_t *about = NULL, *obj = json_object();

	if (room_path(&v->room, "room.json", path) == 0 &&
	    json_read_file(path, &about) != 0) {
		json_decref(obj);
		return NULL;
	}
	was_killed = !is_live && json_is_set(about, "on");
	json_put(&obj, "room", json_string(v->room.name));
	if (json_str(about, "title") != NULL)
		json_put(&obj, "title", about_key(about, "title"));
	json_put(&obj, "source", about_key(about, "source"));
	json_put(&obj, "targets",
	    json_is_array(json_object_get(about, "targets"))
		? about_key(about, "targets")
		: json_array());
	json_put(&obj, "live", json_boolean(is_live));
	json_put(&obj, "since_ms", about_key(about, "since_ms"));
	json_put(&obj, "paused",
	    room_is_paused(&v->room, reason) == 1 ? json_string(reason)
						  : json_null());
	json_put(&obj, "can_say",
	    json_boolean(room_is_locked(&v->room, ROOM_SAYER)));
	add_sound(&obj, v, is_live, now_ms);
	add_money(&obj, v, now_ms);
	json_put(&obj, "stages",
	    stages_json(&v->stages, is_live, was_killed, now_ms));
	json_put(&obj, "listeners", listeners_json(v));
	json_put(&obj, "errors", stages_errors(&v->stages));
	json_put(&obj, "last", finals_json(&v->finals));
	json_decref(about);
	return obj;
}
