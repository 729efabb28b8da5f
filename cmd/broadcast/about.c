#include "about.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static const char file[] = "room.json";

void
about_init(struct about *a, const char *title, double now_ms)
{
	memset(a, 0, sizeof(*a));
	a->title = title;
	a->since_ms = now_ms;
	a->is_on = true;
	a->is_dirty = true;
}

static void
resume_lang(struct channels *c, const char *tag, const json_t *formats)
{
	struct channels_lang *l = channels_find(c, tag);
	const json_t *name;
	size_t i;
	int f;

	if (l == NULL)
		return;
	l->present |= l->open & FORMAT_BIT(ROOM_TEXT);
	json_array_foreach(formats, i,
	    name) for (f = 0; f < ROOM_NFORMATS;
		       f++) if (json_is_string(name) &&
				strcmp(json_string_value(name),
				    room_format_name(f)) == 0) l->present |=
	    l->open & FORMAT_BIT(f);
}

bool
about_resume(struct about *a, struct channels *c)
{
	char path[ROOM_PATH_MAX];
	const char *source;
	json_t *old, *tag;
	bool was_on;
	size_t i;

	if (room_path(c->room, file, path) != 0)
		return false;
	old = json_load_file(path, 0, NULL);
	was_on = json_is_set(old, "on");
	if (was_on) {
		a->since_ms = json_num(old, "since_ms", a->since_ms);
		source = json_str(old, "source");
		if (source != NULL && strlen(source) < sizeof(a->source))
			memcpy(a->source, source, strlen(source) + 1);
		json_array_foreach(json_object_get(old, "targets"), i,
		    tag) if (json_is_string(tag))
		    resume_lang(c, json_string_value(tag),
			json_object_get(json_object_get(old, "voiced"),
			    json_string_value(tag)));
	}
	json_decref(old);
	return was_on;
}

/* What a language is spoken in, if it is. */
static void
list_voices(json_t **voiced, const struct channels_lang *l)
{
	json_t *list = json_array();
	int f;

	for (f = ROOM_PCM; f <= ROOM_OPUS; f++)
		if (l->present & FORMAT_BIT(f))
			json_push(&list, json_string(room_format_name(f)));
	if (list != NULL && json_array_size(list) == 0)
		json_decref(list);
	else
		json_put(voiced, l->tag, list);
}

/* What people call a language, in the language itself. */
static void
name_lang(json_t **names, const char *tag)
{
	const struct lang *l = lang_find(tag);

	if (l != NULL)
		json_put(names, tag, json_string(l->native));
}

static int
compare_langs(const void *pa, const void *pb)
{
	const struct channels_lang *const *a = pa, *const *b = pb;

	return strcmp((*a)->tag, (*b)->tag);
}

static json_t *
describe(const struct about *a, const struct channels *c, double now_ms)
{
	const struct channels_lang *sorted[CHANNELS_LANGS_MAX];
	json_t *obj = json_object(), *targets = json_array();
	json_t *voiced = json_object(), *names = json_object();
	size_t i, n = 0;

	for (i = 0; i < c->nlangs; i++)
		if (c->langs[i].present != 0 &&
		    strcmp(c->langs[i].tag, ROOM_SOURCE) != 0)
			sorted[n++] = &c->langs[i];
	qsort(sorted, n, sizeof(sorted[0]), compare_langs);
	for (i = 0; i < n; i++) {
		json_push(&targets, json_string(sorted[i]->tag));
		name_lang(&names, sorted[i]->tag);
		list_voices(&voiced, sorted[i]);
	}
	json_put(&obj, "room", json_string(c->room->name));
	if (a->title != NULL)
		json_put(&obj, "title", json_string(a->title));
	json_put(&obj, "on", json_boolean(a->is_on));
	if (a->source[0] != '\0') {
		json_put(&obj, "source", json_string(a->source));
		name_lang(&names, a->source);
	}
	json_put(&obj, "targets", targets);
	json_put(&obj, "voiced", voiced);
	json_put(&obj, "names", names);
	if (a->paused != NULL)
		json_put(&obj, "paused", json_string(a->paused));
	json_put(&obj, "since_ms", json_ms(a->since_ms));
	json_put(&obj, "updated_ms", json_ms(now_ms));
	return obj;
}

int
about_write(struct about *a, const struct channels *c, double now_ms)
{
	char path[ROOM_PATH_MAX];
	json_t *obj;
	char *text;
	size_t len;
	int ret;

	if (!a->is_dirty)
		return 0;
	ret = room_path(c->room, file, path);
	if (ret != 0)
		return ret;
	obj = describe(a, c, now_ms);
	text = json_line_dump(obj, &len);
	json_decref(obj);
	if (text == NULL) {
		errno = ENOMEM;
		return ROOM_ERR_SYS;
	}
	text[len] = '\n';
	ret = room_write_whole(path, text, len + 1);
	free(text);
	if (ret == 0)
		a->is_dirty = false;
	return ret;
}
