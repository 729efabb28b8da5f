/* One room as an operator sees it: what was read of it so far, and the object
 * of operate(1) that says so. */
#ifndef OPERATE_VIEW_H
#define OPERATE_VIEW_H

#include <jansson.h>
#include <stdint.h>

#include "base/line.h"
#include "finals.h"
#include "follow.h"
#include "rate.h"
#include "room/audience.h"
#include "room/room.h"
#include "stages.h"

struct view {
	struct room room;
	struct follow status, text;
	struct stages stages;
	struct finals finals;
	struct rate rate;
	struct audience audience;
	double max_usd; /* 0: no limit that is known */
	char line[LINE_MAX_BYTES + 8];
};

/* A view of the room `name` in the run directory `run`, or NULL: no memory, or
 * no such name. */
struct view *view_new(const char *run, const char *name);

void view_free(struct view *v);

/* Read what is new.  now_ms is monotonic.  0, or -1: no memory. */
int view_look(struct view *v, int64_t now_ms);

/* The room's object in `rooms`.  now_ms is wall clock.  A new reference or
 * NULL. */
json_t *view_json(const struct view *v, double now_ms);

#endif
