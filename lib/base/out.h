/*
 * Lines out: to a pipe that may be slow, without ever blocking the loop, and
 * one write(2) for each line while the reader keeps up.
 *
 * A pipe or FIFO is reopened through /proc/self/fd, so that O_NONBLOCK is ours
 * alone and not set for other holders of the same open file.  A socket is
 * written with MSG_DONTWAIT; files and terminals are written as they are.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/loop.h"

enum {
	OUT_ERR_GONE =
	    -1,          /* the reader left (EPIPE): end the stream, quietly */
	OUT_ERR_IO = -2, /* out_errno() says why */
	OUT_ERR_NOMEM = -3, /* a line could not be queued: the output ends */
	OUT_ERR_FULL = -4,  /* more than the cap is queued: the caller did not
	                       heed out_is_full() */
};

struct out {
	int fd;       /* what is written to */
	bool owns_fd; /* fd is a reopened one and is closed by out_release() */
	bool is_socket;
	struct bytes q;
	size_t high_bytes; /* out_is_full() from here on */
	int slot;          /* in the loop, this turn */
	int error;         /* OUT_ERR_GONE, _IO or _NOMEM, once it happened */
	int saved_errno;
};

/*
 * Write to fd (borrowed).  out_is_full() is true while more than high_bytes
 * wait; up to high_bytes + 1 MiB are still taken.  0 or a negative code.
 */
int out_init(struct out *o, int fd, size_t high_bytes);

void out_release(struct out *o);

/*
 * Send one line: `len` bytes and a newline, at once if nothing waits before it,
 * else queued.  0, or the error that ended the output (this and every later
 * call).
 */
int out_line(struct out *o, const char *line, size_t len);

/* The same for raw bytes (PCM): no newline is added. */
int out_bytes(struct out *o, const void *p, size_t len);

/* True when the caller should stop reading what it turns into output. */
bool out_is_full(const struct out *o);

/* Bytes that wait. */
size_t out_pending(const struct out *o);

/* Wait for room while something waits; notice a reader that left even when
 * nothing does. */
void out_prepare(struct out *o, struct loop *l);

/* Write what goes.  0 or the error that ended the output. */
int out_dispatch(struct out *o, struct loop *l);

/* Block until all is written or the deadline (monotonic) passes.  0 or an
 * error; OUT_ERR_FULL: time is up. */
int out_drain(struct out *o, int64_t deadline_ms);

int out_errno(const struct out *o);

#endif
