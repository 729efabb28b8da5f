#include "rate.h"

#include <string.h>

void
rate_take(struct rate *r, double usd, double at_ms)
{
	if (r->n > 0 && usd < r->totals[r->n - 1].usd)
		r->n = 0;
	if (r->n == RATE_MAX) {
		memmove(&r->totals[0], &r->totals[1],
		    (RATE_MAX - 1) * sizeof(r->totals[0]));
		r->n--;
	}
	r->totals[r->n].at_ms = at_ms;
	r->totals[r->n++].usd = usd;
}

double
rate_usd(const struct rate *r)
{
	return r->n > 0 ? r->totals[r->n - 1].usd : 0;
}

/* The total is a staircase: what it was when the window began is the last one
 * before that. */
double
rate_per_hour(const struct rate *r, double now_ms)
{
	double from_ms = now_ms - RATE_WINDOW_MS;
	size_t i;

	if (r->n == 0)
		return -1;
	for (i = 0; i + 1 < r->n && r->totals[i + 1].at_ms <= from_ms; i++)
		continue;
	if (r->totals[i].at_ms > from_ms)
		from_ms = r->totals[i].at_ms;
	if (now_ms - from_ms < RATE_LEAST_MS)
		return -1;
	return (rate_usd(r) - r->totals[i].usd) / (now_ms - from_ms) * 3600e3;
}
