/*
 * Connections to one endpoint, by lease.  Polly and Transcribe serve one
 * bidirectional stream per connection at a time (PROTOCOL.md 3.5): so a lease
 * is a whole connection, and a few of them are kept ready, warm.
 *
 * The pool drives all its connections, leased ones too, in pool_prepare() and
 * pool_dispatch().  Callbacks (of the pool and of streams) run inside
 * pool_dispatch(), pool_lease() (streams of other leases never) and
 * pool_flush() only; in them everything but pool_dispatch() and pool_free()
 * may be called.
 */
#ifndef AWS_POOL_H
#define AWS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/conn.h"
#include "base/loop.h"

enum {
	POOL_ERR_NOMEM = -1
};

struct pool;

/* A field that is 0 takes the default in brackets. */
struct pool_config {
	struct conn_config conn; /* strings are copied, tls by reference */
	size_t warm;             /* ready or dialing ahead of need; 0: none */
	size_t max;              /* all together, leased ones too [16] */
	int64_t max_idle_ms; /* an unleased one is replaced after [300 000] */
	int64_t max_age_ms;  /* the same, since it was dialed [3 600 000] */
	int64_t backoff_base_ms; /* after a failed dial: random() * base * 2^i
	                            [100] */
	int64_t backoff_max_ms;  /* at most [20 000] */
	double (*random)(void *random_arg); /* 0 <= x < 1; NULL: always 0.5 */
	void *random_arg;
};

/*
 * Someone who waits for a lease; the caller's memory, borrowed from pool_wait()
 * until on_lease or pool_cancel().
 */
struct pool_waiter {
	/* A connection (leased to you: pool_return() it), or NULL and the code
	 * of an error that no further try can mend (enum conn_error). */
	void (*on_lease)(void *arg, struct conn *c, int error);
	void *arg;
	struct pool_waiter *next; /* the pool's */
	bool is_waiting;          /* the pool's */
};

/* 0 and *out, or POOL_ERR_NOMEM.  Dialing begins at the first
 * pool_prepare(). */
int pool_new(struct pool **out, const struct pool_config *config);

/* Free it and every connection, leased ones included, without callbacks. */
void pool_free(struct pool *p);

/*
 * A connection that is ready, was looked at right now, has no stream and no
 * GOAWAY; or NULL: none is (one more is being dialed if there is room; wait
 * with pool_wait(), or ask again later).  Those that wait go first: NULL while
 * there are any.
 */
struct conn *pool_lease(struct pool *p, int64_t now_ms);

/*
 * Wait in line for one.  on_lease comes from a later pool_dispatch(), first
 * come, first served.  There is no deadline here: the caller has one and
 * cancels.
 */
void pool_wait(struct pool *p, struct pool_waiter *w);

/* Leave the line; without effect when not in it. */
void pool_cancel(struct pool *p, struct pool_waiter *w);

/*
 * Give a lease back, in any state.  It is used again if it is healthy and its
 * streams have closed; otherwise it is closed (streams that are left are
 * reset, without callbacks) and replaced.
 */
void pool_return(struct pool *p, struct conn *c, int64_t now_ms);

void pool_prepare(struct pool *p, struct loop *l, int64_t now_ms);

void pool_dispatch(struct pool *p, struct loop *l, int64_t now_ms);

/* From now on keep so many ready; those that are too many age out. */
void pool_set_warm(struct pool *p, size_t warm);

/* conn_flush() on every leased connection. */
void pool_flush(struct pool *p);

/* How many there are: ready and unleased; being dialed; leased. */
size_t pool_nready(const struct pool *p);

size_t pool_ndialing(const struct pool *p);

size_t pool_nleased(const struct pool *p);

/* The last dial's error: 0 since the last one that went well; text for people.
 */
int pool_error(const struct pool *p);

const char *pool_error_text(const struct pool *p);

/* Dial at once, whatever the back-off says (the network came back, or the user
 * asked). */
void pool_retry_now(struct pool *p);

#endif
