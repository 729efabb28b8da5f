/*
 * The room's purse: what all stages have spent together, the limit on it
 * (--max-usd), and the room's pause, whoever made it.
 *
 * What was spent, and what may be, stands in spend.json in the room's
 * directory, so that a broadcaster that is started in the place of a killed one
 * goes on counting.
 */
#ifndef BROADCAST_MONEY_H
#define BROADCAST_MONEY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "room/budget.h"
#include "room/room.h"
#include "spend.h"

struct money {
	struct spend spend;
	struct budget budget;
	bool is_told;  /* the sum has not changed since money_line() */
	bool is_saved; /* ... since it was written to spend.json */
	int64_t tell_at_ms;
	int64_t save_at_ms;
};

/* max_usd 0: no limit.  `is_resuming`: go on where a killed broadcaster was. */
void money_init(
    struct money *m, const struct room *room, double max_usd, bool is_resuming);

/* Take what a `status` line says of money. */
void money_status(struct money *m, const json_t *status);

void money_prepare(struct money *m, struct loop *l);

/* As budget_dispatch(): whether the pause came or went (m->budget.is_paused
 * with its reason).  Writes spend.json when it is time; errors are passed by,
 * since the file only helps after a crash. */
bool money_dispatch(struct money *m, int64_t now_ms);

/*
 * The status line `cost` for operators, as a new reference, if one is due: when
 * the sum changed, at most once a second.  Else NULL.
 */
json_t *money_line(struct money *m, int64_t now_ms);

#endif
