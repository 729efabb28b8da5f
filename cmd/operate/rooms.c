#include "rooms.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

int
rooms_init(struct rooms *r)
{
	struct room any;
	int ret = room_init(&any, NULL, "any");

	memset(r, 0, sizeof(*r));
	memcpy(r->run, any.run, sizeof(r->run));
	return ret;
}

void
rooms_release(struct rooms *r)
{
	while (r->n > 0)
		view_free(r->views[--r->n]);
}

/* Where the name is or belongs. */
static size_t
place(const struct rooms *r, const char *name, bool *is_there)
{
	size_t i;
	int order = 1;

	for (i = 0; i < r->n; i++) {
		order = strcmp(name, r->views[i]->room.name);
		if (order <= 0)
			break;
	}
	*is_there = i < r->n && order == 0;
	return i;
}

static void
drop(struct rooms *r, size_t i)
{
	view_free(r->views[i]);
	memmove(
	    &r->views[i], &r->views[i + 1], (--r->n - i) * sizeof(r->views[0]));
}

static int
add(struct rooms *r, const char *name)
{
	struct view *v;
	struct room room;
	bool is_there;
	size_t i = place(r, name, &is_there);

	if (is_there || room_init(&room, r->run, name) != 0 ||
	    !room_exists(&room))
		return 0;
	if (r->n == ROOMS_MAX) {
		r->is_full = true;
		return 0;
	}
	v = view_new(r->run, name);
	if (v == NULL)
		return -1;
	memmove(
	    &r->views[i + 1], &r->views[i], (r->n++ - i) * sizeof(r->views[0]));
	r->views[i] = v;
	return 0;
}

int
rooms_look(struct rooms *r, bool (*may)(void *arg, const char *name), void *arg,
    int64_t now_ms)
{
	char path[ROOM_PATH_MAX + sizeof("/rooms")];
	struct dirent *entry;
	DIR *dir;
	size_t i;
	int ret = 0;

	for (i = 0; i < r->n;)
		if (!room_exists(&r->views[i]->room) ||
		    !may(arg, r->views[i]->room.name))
			drop(r, i);
		else
			i++;
	r->is_full = false;
	snprintf(path, sizeof(path), "%s/rooms", r->run);
	dir = opendir(path);
	while (ret == 0 && dir != NULL && (entry = readdir(dir)) != NULL)
		if (room_is_name(entry->d_name) && may(arg, entry->d_name))
			ret = add(r, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	for (i = 0; ret == 0 && i < r->n; i++)
		ret = view_look(r->views[i], now_ms);
	return ret;
}

json_t *
rooms_json(const struct rooms *r, double now_ms)
{
	json_t *list = json_array(), *obj;
	size_t i;

	for (i = 0; i < r->n; i++)
		json_push(&list, view_json(r->views[i], now_ms));
	obj = json_pack("{s:s,s:o,s:o}", "type", "rooms", "at_ms",
	    json_ms(now_ms), "rooms", list);
	if (obj != NULL && r->is_full)
		json_put(&obj, "more", json_true());
	return obj;
}
