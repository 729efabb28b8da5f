#include "timeline.h"

#include <math.h>

void
timeline_init(
    struct timeline *t, double speed, double from_ms, double max_gap_ms)
{
	t->speed = speed;
	t->from_ms = from_ms;
	t->max_gap_ms = max_gap_ms;
	t->first_ms = t->last_ms = NAN;
	t->busy_ms = -INFINITY;
	t->cut_ms = from_ms;
}

bool
timeline_line(struct timeline *t, double *at_ms, double *due_ms)
{
	double gap_ms;

	if (isnan(*at_ms) && isnan(t->first_ms)) {
		/* Before the first time there is none: at once. */
		*due_ms = 0;
		return t->from_ms <= 0;
	}
	if (isnan(t->first_ms))
		t->first_ms = t->last_ms = *at_ms;
	if (!(*at_ms > t->last_ms))
		*at_ms = t->last_ms;
	gap_ms = *at_ms - fmax(t->last_ms, t->busy_ms);
	/* Only of what is played. */
	if (*at_ms - t->first_ms >= t->from_ms && gap_ms > t->max_gap_ms) {
		gap_ms = fmin(gap_ms, *at_ms - t->first_ms - t->from_ms);
		t->cut_ms += fmax(gap_ms - t->max_gap_ms, 0);
	}
	t->last_ms = *at_ms;
	*due_ms = (*at_ms - t->first_ms - t->cut_ms) / t->speed;
	return *at_ms - t->first_ms >= t->from_ms;
}

void
timeline_busy(struct timeline *t, double until_ms)
{
	t->busy_ms = fmax(t->busy_ms, until_ms);
}
