#include "quota.h"

#include <string.h>

void
quota_init(struct quota *q, double per_s)
{
	memset(q, 0, sizeof(*q));
	q->window_ms = 1000;
	q->n = (size_t)per_s;
	if (per_s < 1) {
		q->window_ms = (int64_t)(1000 / per_s);
		q->n = 1;
	}
	for (size_t i = 0; i < q->n; i++)
		q->began_ms[i] = -q->window_ms;
}

int64_t
quota_at_ms(const struct quota *q)
{
	return q->began_ms[q->oldest] + q->window_ms;
}

void
quota_use(struct quota *q, int64_t now_ms)
{
	q->began_ms[q->oldest] = now_ms;
	q->oldest = (q->oldest + 1) % q->n;
}
