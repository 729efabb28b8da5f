/*
 * What the talk costs and how loud it is: adds up what is spent, pauses where
 * the limit or the room says so, and tells a room about once a second.
 */
#ifndef TRANSCRIBE_METER_H
#define TRANSCRIBE_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "backlog.h"
#include "base/loop.h"
#include "options.h"
#include "room/budget.h"
#include "sessions.h"

struct meter {
	struct budget budget;
	struct backlog *backlog;   /* borrowed */
	struct sessions *sessions; /* borrowed */
	bool has_room;
	double paid_s; /* of audio, told to the budget */
	int64_t level_at_ms;
};

/* 0, or an exit status: the price file makes no sense, which has been said. */
int meter_open(struct meter *m, const struct options *o);

/* Both are borrowed from now on. */
void meter_attach(
    struct meter *m, struct backlog *backlog, struct sessions *sessions);

void meter_prepare(struct meter *m, struct loop *l);

/* Before the sessions' dispatch. */
void meter_dispatch(struct meter *m, int64_t now_ms, double wall_ms);

#endif
