/*
 * The poll set of one turn.  A process has one loop and one owner of it (main);
 * modules add what they wait for in X_prepare(x, loop) and look at what
 * happened in X_dispatch(x, loop, now_ms).  Interest is rebuilt every turn.
 *
 *	for (;;) {
 *		loop_begin(&loop);
 *		input_prepare(&in, &loop);
 *		conn_prepare(conn, &loop);
 *		loop_wait(&loop);
 *		input_dispatch(&in, &loop, clock_mono_ms());
 *		...
 *	}
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define LOOP_NEVER INT64_MAX

struct loop {
	struct pollfd *fds; /* owned; the first n are this turn's */
	size_t n;
	size_t alloc;
	int64_t deadline_ms; /* nearest, monotonic; LOOP_NEVER: none */
};

void loop_init(struct loop *l);

void loop_release(struct loop *l);

/* Forget all interests and deadlines: the start of a turn. */
void loop_begin(struct loop *l);

/*
 * Watch `fd` for `events` (POLLIN, POLLOUT or both) in this turn.  Returns the
 * slot to ask loop_revents() for, or -1 when memory is short or fd is -1;
 * loop_revents() of slot -1 is 0.
 */
int loop_watch(struct loop *l, int fd, short events);

/* Wake at `at_ms` (clock_mono_ms()) at the latest. */
void loop_deadline(struct loop *l, int64_t at_ms);

/* Milliseconds from now_ms to the nearest deadline: 0.., or -1 for none; for
 * poll(2). */
int loop_timeout_ms(const struct loop *l, int64_t now_ms);

/*
 * poll(2) until something happens or the nearest deadline passes.  A signal
 * ends the wait early and counts as a turn without events.  Returns the number
 * of ready descriptors, or -1 with errno set (never EINTR).
 */
int loop_wait(struct loop *l);

/* What happened to the slot: POLLIN, POLLOUT, POLLHUP, POLLERR, ... */
short loop_revents(const struct loop *l, int slot);

#endif
