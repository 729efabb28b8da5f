#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void
loop_init(struct loop *l)
{
	memset(l, 0, sizeof(*l));
	l->deadline_ms = LOOP_NEVER;
}

void
loop_release(struct loop *l)
{
	free(l->fds);
	loop_init(l);
}

void
loop_begin(struct loop *l)
{
	l->n = 0;
	l->deadline_ms = LOOP_NEVER;
}

int
loop_watch(struct loop *l, int fd, short events)
{
	struct pollfd *fds;
	size_t alloc;

	if (fd < 0)
		return -1;
	if (l->n == l->alloc) {
		alloc = l->alloc == 0 ? 16 : l->alloc * 2;
		if ((fds = realloc(l->fds, alloc * sizeof(*fds))) == NULL) {
			/* Not watched: look again soon rather than never. */
			l->deadline_ms = INT64_MIN;
			return -1;
		}
		l->fds = fds;
		l->alloc = alloc;
	}
	l->fds[l->n].fd = fd;
	l->fds[l->n].events = events;
	l->fds[l->n].revents = 0;
	return (int)l->n++;
}

void
loop_deadline(struct loop *l, int64_t at_ms)
{
	if (at_ms < l->deadline_ms)
		l->deadline_ms = at_ms;
}

int
loop_timeout_ms(const struct loop *l, int64_t now_ms)
{
	if (l->deadline_ms == LOOP_NEVER)
		return -1;
	if (l->deadline_ms <= now_ms)
		return 0;
	if (l->deadline_ms - now_ms > INT_MAX)
		return INT_MAX;
	return (int)(l->deadline_ms - now_ms);
}

int
loop_wait(struct loop *l)
{
	int timeout_ms = loop_timeout_ms(l, clock_mono_ms());
	int n = poll(l->fds, l->n, timeout_ms);

	if (n >= 0)
		return n;
	for (size_t i = 0; i < l->n; i++)
		l->fds[i].revents = 0;
	return errno == EINTR ? 0 : -1;
}

short
loop_revents(const struct loop *l, int slot)
{
	return slot < 0 || (size_t)slot >= l->n ? 0 : l->fds[slot].revents;
}
