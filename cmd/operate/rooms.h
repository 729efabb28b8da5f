/* All rooms of the run directory that may be shown. */
#ifndef OPERATE_ROOMS_H
#define OPERATE_ROOMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

#define ROOMS_MAX 64 /* our choice */

struct rooms {
	char run[ROOM_PATH_MAX];
	struct view *views[ROOMS_MAX]; /* owned, sorted by name */
	size_t n;
	bool is_full; /* there are more than ROOMS_MAX */
};

/* Rooms of the run directory of the environment.  0 or a code of room.h. */
int rooms_init(struct rooms *r);

void rooms_release(struct rooms *r);

/*
 * Find rooms that came and went, and read what is new in all.  may(arg, name)
 * says which may be shown.  now_ms is monotonic.  0, or -1: no memory.
 */
int rooms_look(struct rooms *r, bool (*may)(void *arg, const char *name),
    void *arg, int64_t now_ms);

/* The line `rooms` of operate(1); now_ms is wall clock.  A new reference or
 * NULL. */
json_t *rooms_json(const struct rooms *r, double now_ms);

#endif
