#include "acks.h"

void
acks_sent(struct acks *a, uint64_t seq, int64_t now_ms)
{
	unsigned int i;

	if (a->n == ACKS_MAX)
		return;
	i = (a->first + a->n++) % ACKS_MAX;
	a->sent[i].seq = seq;
	a->sent[i].sent_ms = now_ms;
}

void
acks_got(struct acks *a, uint64_t seq)
{
	a->is_used = true;
	while (a->n > 0 && a->sent[a->first].seq <= seq) {
		a->first = (a->first + 1) % ACKS_MAX;
		a->n--;
	}
}

bool
acks_is_behind(struct acks *a, int64_t now_ms)
{
	int64_t age_ms = 0;

	if (!a->is_used)
		return false;
	if (a->n > 0)
		age_ms = now_ms - a->sent[a->first].sent_ms;
	if (age_ms > ACKS_BEHIND_MS)
		a->is_behind = true;
	else if (age_ms < ACKS_CAUGHT_UP_MS)
		a->is_behind = false;
	return a->is_behind;
}
