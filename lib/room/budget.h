/*
 * What a stage may spend: it adds up what it used, and says when paid work is
 * to pause and when to go on.  Paid work is paused
 *
 *	by the stage's own limit (--max-usd): with a room, the whole room is
 *	paused (pause.h), so that no stage spends on what another cannot use;
 *	by the room, whoever paused it.
 *
 * It goes on when the room is resumed, or at SIGUSR1 (stop.h), which also takes
 * the room's pause away.  Going on after the limit allows as much again.
 */
#ifndef ROOM_BUDGET_H
#define ROOM_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cost.h"
#include "base/loop.h"
#include "room/pause.h"
#include "room/room.h"

/* How often the room is looked at; our choice: an operator's click is obeyed
 * before the next sentence. */
#define BUDGET_LOOK_MS 500

struct budget {
	struct cost cost;
	const char *stage; /* for reasons; borrowed */
	struct room room;
	bool has_room;
	double max_usd;     /* 0: no limit */
	double allowed_usd; /* until the next pause */
	double others_usd;  /* of budget_spend_usd() */
	int resumes;        /* of stop_resume_count() */
	int64_t look_at_ms;
	bool is_paused;
	bool is_in_room; /* the room's file says so: its going is the end */
	char reason[ROOM_REASON_MAX];
};

/*
 * `room` is copied; NULL: the stage belongs to none.  `prices` as cost_init()
 * takes it.  0 or a COST_ERR, with *line as there.
 */
int budget_init(struct budget *b, const char *stage, const struct room *room,
    double max_usd, const char *prices, unsigned int *line);

/* Units were used; budget_dispatch() finds out whether that was too much. */
void budget_spend(struct budget *b, enum cost_item item, double units);

/* The same for what others say that they have spent, in US dollars. */
void budget_spend_usd(struct budget *b, double usd);

/* US dollars spent so far. */
double budget_usd(const struct budget *b);

void budget_prepare(struct budget *b, struct loop *l);

/* Look at limit, room and signal.  Whether `is_paused` changed: the stage then
 * writes a status line, `paused` with `reason`, or `resumed`. */
bool budget_dispatch(struct budget *b, int64_t now_ms);

#endif
