/*
 * How often one address may try: shared by processes that know nothing of each
 * other (each connection is one), in a file of fixed size.
 *
 * Each address has one balance for each kind of attempt.  An attempt costs
 * `every_ms`, time pays it back, and debt is allowed up to a burst: the generic
 * cell rate algorithm (ITU-T I.371), whose whole state is one time, at which
 * the debt will be gone.  So entries age out by themselves.
 *
 * FILE ($BOOTH_RUN/limit; host byte order; the file never leaves the machine)
 *
 *	   0  u64  magic   "PBOOTHLM"
 *	   8  u32  version 1
 *	  12  u32  nsets   LIMIT_SETS
 *	  16  u64  seed    of the hash that picks a set
 *	4096  nsets sets of LIMIT_WAYS entries of 32 bytes:
 *		u64  subscriber (address_subscriber()); 0: free
 *		i64  free_at_ms[3], one a kind; CLOCK_MONOTONIC
 *
 * One set is read, changed and written under an open-file-description lock on
 * its bytes, which goes with the process if that is killed; a process that was
 * only stopped while it held one does not stop the others, who go on without
 * after a while.  It is read and written, not mapped: a file that somebody cuts
 * short is then an error and not a signal.  A file that is not as above is made
 * anew; an entry from the future (another boot) is taken for a free one.  A set
 * that is full gives up the entry that would age out first.
 */
#ifndef ROOM_LIMIT_H
#define ROOM_LIMIT_H

#include <stdint.h>

#include "room/address.h"

#define LIMIT_ERRORS(X)                                                        \
	X(LIMIT_ERR_SYS, -1, "system call failed")                             \
	X(LIMIT_ERR_PATH, -2, "the run directory's path is too long")          \
	X(LIMIT_ERR_RATE, -3, "too many attempts from this address")

enum limit_error {
#define X(name, value, text) name = value,
	LIMIT_ERRORS(X)
#undef X
};

/* Text of a code; never NULL.  For LIMIT_ERR_SYS, errno says more. */
const char *limit_strerror(int code);

/* Our choice: 8192 addresses, 260 KiB. */
#define LIMIT_SETS 1024
#define LIMIT_WAYS 8

enum limit_kind {
	LIMIT_LISTEN, /* connections of listeners: a venue has one address */
	LIMIT_SPEAK,  /* connections of speakers and operators */
	LIMIT_GUESS,  /* tokens that we never gave out */
	LIMIT_KINDS
};

/* Our choice: so many at once, then one every so often. */
struct limit_rate {
	unsigned int burst;
	unsigned int every_ms;
};

struct limit_rate limit_rate_of(enum limit_kind kind);

struct limit {
	int fd; /* owned */
	uint64_t seed;
};

/* Open or make the file in the run directory.  0, LIMIT_ERR_PATH or
 * LIMIT_ERR_SYS; after an error there is nothing to release. */
int limit_open(struct limit *l, const char *run);

void limit_release(struct limit *l);

/*
 * Count one attempt at now_ms (clock_mono_ms()).  0; LIMIT_ERR_RATE: it is one
 * too many, and *retry_ms says after how long the next one is not (it was not
 * counted); LIMIT_ERR_SYS.
 */
int limit_take(struct limit *l, enum limit_kind kind, const struct address *a,
    int64_t now_ms, int64_t *retry_ms);

/* What limit_take() would say, without counting. */
int limit_look(struct limit *l, enum limit_kind kind, const struct address *a,
    int64_t now_ms, int64_t *retry_ms);

#endif
