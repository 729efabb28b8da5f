/* The account's quota of new streams a second (PROTOCOL 5.1). */
#ifndef SYNTH_QUOTA_H
#define SYNTH_QUOTA_H

#include <stddef.h>
#include <stdint.h>

/* Our choice: there are no higher quotas. */
#define QUOTA_PER_S_MAX 1000

struct quota {
	/* When the last streams began: as many as the quota has within
	 * window_ms; the oldest is next to be overwritten. */
	int64_t began_ms[QUOTA_PER_S_MAX];
	size_t n; /* of them in use */
	size_t oldest;
	int64_t window_ms;
};

/* 0 < per_s <= QUOTA_PER_S_MAX; below 1 it is one stream in 1 / per_s seconds.
 */
void quota_init(struct quota *q, double per_s);

/* When a new stream may begin. */
int64_t quota_at_ms(const struct quota *q);

/* One begins. */
void quota_use(struct quota *q, int64_t now_ms);

#endif
