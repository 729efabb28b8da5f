/* How fast a room spends: its total over the last two minutes.  No I/O. */
#ifndef OPERATE_RATE_H
#define OPERATE_RATE_H

#include <stddef.h>

#define RATE_WINDOW_MS 120000
#define RATE_LEAST_MS 10000 /* over less than this there is no rate */
#define RATE_MAX 160        /* totals come at most once a second */

struct rate {
	struct {
		double at_ms, usd;
	} totals[RATE_MAX]; /* oldest first */
	size_t n;
};

/* The room has spent `usd` in all by at_ms (wall clock; not before the last
 * one).  Less than before: a new talk.  All zero is empty. */
void rate_take(struct rate *r, double usd, double at_ms);

/* The newest total; 0: none. */
double rate_usd(const struct rate *r);

/* US dollars an hour, or -1: not known yet. */
double rate_per_hour(const struct rate *r, double now_ms);

#endif
