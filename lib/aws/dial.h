/*
 * A TCP connection to the first of several addresses that answers, as RFC 8305
 * (Happy Eyeballs) says: the next attempt starts when one fails, or 250 ms
 * after the last one started; the first to connect wins, the others are closed.
 */
#ifndef AWS_DIAL_H
#define AWS_DIAL_H

#include <stddef.h>
#include <stdint.h>

#include "aws/resolve.h"
#include "base/loop.h"

/* RFC 8305, section 5: "Connection Attempt Delay", recommended value. */
#define DIAL_STAGGER_MS 250

enum {
	DIAL_ERR_FAILED = -1
}; /* every address failed; see dial_errno() */

struct dial {
	struct resolve_address to[RESOLVE_MAX];
	size_t n;
	size_t next;          /* first address not yet tried */
	int fds[RESOLVE_MAX]; /* attempts that run, -1 elsewhere */
	int slots[RESOLVE_MAX];
	int64_t next_at_ms; /* when to try the next one */
	int last_errno;
	int fd; /* connected, until dial_take() */
};

/* Begin.  The addresses are copied; n is 1 to RESOLVE_MAX. */
void dial_init(
    struct dial *d, const struct resolve_address *to, size_t n, int64_t now_ms);

/* Close whatever is open. */
void dial_release(struct dial *d);

void dial_prepare(struct dial *d, struct loop *l);

/* 1 when connected, 0 not yet, DIAL_ERR_FAILED. */
int dial_dispatch(struct dial *d, struct loop *l, int64_t now_ms);

/* The connected socket: non-blocking, O_CLOEXEC, TCP_NODELAY.  Takes it out:
 * the caller owns it. */
int dial_take(struct dial *d);

/* errno of the attempt that failed last. */
int dial_errno(const struct dial *d);

#endif
