/*
 * What the page has acknowledged, and whether it is behind.  websocketd takes
 * megabytes for a stalled phone before its pipe fills, so the page's own word
 * is the only measure.  No I/O; time is an argument (monotonic ms).
 */
#ifndef LISTEN_ACKS_H
#define LISTEN_ACKS_H

#include <stdbool.h>
#include <stdint.h>

/* Our choice: audio that nobody heard for so long is stale... */
#define ACKS_BEHIND_MS 3000
/* ... and a page that is closer than this has caught up. */
#define ACKS_CAUGHT_UP_MS 1500

/* Lines in flight that are remembered: more than 3 s of them, bursts too. */
#define ACKS_MAX 64

struct acks {
	struct {
		uint64_t seq;
		int64_t sent_ms;
	} sent[ACKS_MAX]; /* a ring, oldest at first */
	unsigned int first, n;
	bool is_used; /* the page acknowledges at all */
	bool is_behind;
};

/* A line went out.  When ACKS_MAX are in flight the older ones matter. */
void acks_sent(struct acks *a, uint64_t seq, int64_t now_ms);

/* The page has everything up to seq. */
void acks_got(struct acks *a, uint64_t seq);

/* Whether audio should be skipped now.  False until the first acknowledgement:
 * who never acknowledges gets everything. */
bool acks_is_behind(struct acks *a, int64_t now_ms);

#endif
