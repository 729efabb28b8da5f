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

static json_t *
parse(const struct view *v, const struct ring_line *line)
{
	char reason[128];

	return json_line_parse(v->line, line->len - 1, reason, sizeof(reason));
}

static void
take_status(struct view *v, const struct ring_line *line)
{
	json_t *obj = parse(v, line);
	const char *state = json_str(obj, "state");

	if (state != NULL && strcmp(state, "cost") == 0) {
		rate_take(
		    &v->rate, json_num(obj, "est_usd", 0), (double)line->at_ms);
		v->max_usd = json_num(obj, "max_usd", 0);
	}
	stages_take(
	    &v->stages, obj, (double)line->at_ms, (line->kind & RING_END) != 0);
	json_decref(obj);
}

static void
take_text(struct view *v, const struct ring_line *line)
{
	json_t *obj;

	if (!(line->kind & (RING_CAPTION | RING_RETRACTION)))
		return;
	obj = parse(v, line);
	if (line->kind & RING_CAPTION)
		finals_take(&v->finals, obj, (double)line->at_ms);
	else
		finals_retract(&v->finals, json_str(obj, "id"));
	json_decref(obj);
}

void
view_look(struct view *v, int64_t now_ms)
{
	struct ring_line line;

	follow_look(&v->status, &v->room);
	follow_look(&v->text, &v->room);
	while (follow_next(&v->status, v->line, sizeof(v->line), &line) == 1)
		take_status(v, &line);
	while (follow_next(&v->text, v->line, sizeof(v->line), &line) == 1)
		take_text(v, &line);
	audience_count(&v->audience, now_ms);
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
			lang = json_object();
			json_object_set_new(all, c->lang, lang);
		}
		json_object_set_new(lang, room_format_name(c->format),
		    json_integer(c->listeners));
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
add_sound(json_t *obj, const struct view *v, bool is_live, double now_ms)
{
	static const char *const keys[] = { "level_db", "peak_db" };
	size_t i;

	for (i = 0; i < 2; i++)
		json_object_set_new(obj, keys[i],
		    is_live ? stages_level(&v->stages, keys[i], now_ms)
			    : json_null());
	json_object_set_new(obj, "level_at_ms",
	    v->stages.level_at_ms > 0 ? json_ms(v->stages.level_at_ms)
				      : json_null());
	json_object_set_new(
	    obj, "lag_ms", is_live ? lag_json(v, now_ms) : json_null());
}

static void
add_money(json_t *obj, const struct view *v, double now_ms)
{
	double per_hour = rate_per_hour(&v->rate, now_ms);

	json_object_set_new(obj, "est_usd", json_real(rate_usd(&v->rate)));
	json_object_set_new(obj, "est_usd_per_hour",
	    per_hour >= 0 ? json_ms(per_hour) : json_null());
	json_object_set_new(obj, "max_usd",
	    v->max_usd > 0 ? json_real(v->max_usd) : json_null());
}

json_t *
view_json(const struct view *v, double now_ms)
{
	char path[ROOM_PATH_MAX], reason[ROOM_REASON_MAX];
	bool is_live = room_is_locked(&v->room, ROOM_WRITER), was_killed;
	json_t *about = NULL, *obj = json_object();

	if (room_path(&v->room, "room.json", path) == 0)
		about = json_load_file(path, 0, NULL);
	was_killed = !is_live && json_is_set(about, "on");
	json_object_set_new(obj, "room", json_string(v->room.name));
	if (json_str(about, "title") != NULL)
		json_object_set_new(obj, "title", about_key(about, "title"));
	json_object_set_new(obj, "source", about_key(about, "source"));
	json_object_set_new(obj, "targets",
	    json_is_array(json_object_get(about, "targets"))
		? about_key(about, "targets")
		: json_array());
	json_object_set_new(obj, "live", json_boolean(is_live));
	json_object_set_new(obj, "since_ms", about_key(about, "since_ms"));
	json_object_set_new(obj, "paused",
	    room_is_paused(&v->room, reason) == 1 ? json_string(reason)
						  : json_null());
	json_object_set_new(
	    obj, "can_say", json_boolean(room_is_locked(&v->room, ROOM_SAYER)));
	add_sound(obj, v, is_live, now_ms);
	add_money(obj, v, now_ms);
	json_object_set_new(obj, "stages",
	    stages_json(&v->stages, is_live, was_killed, now_ms));
	json_object_set_new(obj, "listeners", listeners_json(v));
	json_object_set_new(obj, "errors", stages_errors(&v->stages));
	json_object_set_new(obj, "last", finals_json(&v->finals));
	json_decref(about);
	return obj;
}
