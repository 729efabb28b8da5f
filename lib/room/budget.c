#include "room/budget.h"

#include <stdio.h>
#include <string.h>

#include "base/stop.h"

int
budget_init(struct budget *b, const char *stage, const struct room *room,
    double max_usd, const char *prices, unsigned int *line)
{
	memset(b, 0, sizeof(*b));
	b->stage = stage;
	b->has_room = room != NULL;
	if (room != NULL)
		b->room = *room;
	b->max_usd = b->allowed_usd = max_usd;
	b->resumes = stop_resume_count();
	return cost_init(&b->cost, prices, line);
}

void
budget_spend(struct budget *b, enum cost_item item, double units)
{
	cost_add(&b->cost, item, units);
	b->look_at_ms = 0;
}

void
budget_spend_usd(struct budget *b, double usd)
{
	b->others_usd += usd;
	b->look_at_ms = 0;
}

double
budget_usd(const struct budget *b)
{
	return cost_usd(&b->cost) + b->others_usd;
}

static bool
is_over(const struct budget *b)
{
	return b->max_usd > 0 && budget_usd(b) >= b->allowed_usd;
}

void
budget_prepare(struct budget *b, struct loop *l)
{
	/* What was spent since the last look must not wait for news. */
	if (!b->is_paused && is_over(b))
		loop_deadline(l, 0);
	if (b->has_room)
		loop_deadline(l, b->look_at_ms);
}

static void
pause_it(struct budget *b)
{
	b->is_paused = true;
	snprintf(b->reason, sizeof(b->reason),
	    "%s has spent %.4f of %.4f USD; go on with SIGUSR1%s", b->stage,
	    budget_usd(b), b->allowed_usd,
	    b->has_room ? " or by resuming the room" : "");
	/* Where the room cannot be told (nobody made it yet), only SIGUSR1
	 * helps: a limit is never passed in silence. */
	b->is_in_room = b->has_room && room_pause(&b->room, b->reason) == 0;
}

static void
resume_it(struct budget *b)
{
	b->is_paused = b->is_in_room = false;
	b->reason[0] = '\0';
	if (is_over(b))
		b->allowed_usd = budget_usd(b) + b->max_usd;
}

bool
budget_dispatch(struct budget *b, int64_t now_ms)
{
	bool was_paused = b->is_paused, is_room_paused = false;
	char reason[ROOM_REASON_MAX];

	if (stop_resume_count() != b->resumes) {
		b->resumes = stop_resume_count();
		if (b->has_room)
			room_resume(&b->room);
		if (was_paused)
			resume_it(b);
		b->look_at_ms = 0;
	}
	if (b->has_room && now_ms >= b->look_at_ms) {
		b->look_at_ms = now_ms + BUDGET_LOOK_MS;
		is_room_paused = room_is_paused(&b->room, reason) == 1;
		if (is_room_paused && !b->is_paused) {
			b->is_paused = b->is_in_room = true;
			memcpy(b->reason, reason, sizeof(reason));
		} else if (!is_room_paused && b->is_paused && b->is_in_room)
			resume_it(b);
	}
	if (!b->is_paused && is_over(b))
		pause_it(b);
	return b->is_paused != was_paused;
}
