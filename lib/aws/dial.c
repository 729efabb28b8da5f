#define _GNU_SOURCE /* SOCK_NONBLOCK, SOCK_CLOEXEC */
#include "aws/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
close_attempt(struct dial *d, size_t i)
{
	if (d->fds[i] != -1)
		(void)close(d->fds[i]);
	d->fds[i] = -1;
	d->slots[i] = -1;
}

static void
win(struct dial *d, size_t i)
{
	size_t k;

	d->fd = d->fds[i];
	d->fds[i] = -1;
	for (k = 0; k < d->n; k++)
		close_attempt(d, k);
}

static void
fail_attempt(struct dial *d, size_t i, int error, int64_t now_ms)
{
	d->last_errno = error;
	close_attempt(d, i);
	d->next_at_ms = now_ms;
}

/* Start with the next address. */
static void
start_attempt(struct dial *d, int64_t now_ms)
{
	size_t i = d->next++;
	const struct resolve_address *a = &d->to[i];
	int on = 1, rv;

	d->fds[i] = socket(a->addr.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (d->fds[i] == -1) {
		fail_attempt(d, i, errno, now_ms);
		return;
	}
	/* Events and small frames must not wait for an acknowledgement. */
	(void)setsockopt(d->fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	d->next_at_ms = now_ms + DIAL_STAGGER_MS;
	rv = connect(d->fds[i], (const struct sockaddr *)&a->addr, a->len);
	if (rv == 0)
		win(d, i);
	/* Interrupted, it goes on by itself: connect(2). */
	else if (errno != EINPROGRESS && errno != EINTR)
		fail_attempt(d, i, errno, now_ms);
}

static bool
is_running(const struct dial *d)
{
	size_t i;

	for (i = 0; i < d->next; i++)
		if (d->fds[i] != -1)
			return true;
	return false;
}

/* Start what is due: at once when nothing runs, else by the clock. */
static void
start_due(struct dial *d, int64_t now_ms)
{
	while (d->fd == -1 && d->next < d->n &&
	       (now_ms >= d->next_at_ms || !is_running(d)))
		start_attempt(d, now_ms);
}

void
dial_init(
    struct dial *d, const struct resolve_address *to, size_t n, int64_t now_ms)
{
	size_t i;

	memset(d, 0, sizeof *d);
	d->fd = -1;
	d->n = n > RESOLVE_MAX ? RESOLVE_MAX : n;
	memcpy(d->to, to, d->n * sizeof *to);
	for (i = 0; i < RESOLVE_MAX; i++)
		d->fds[i] = d->slots[i] = -1;
	d->next_at_ms = now_ms;
	start_due(d, now_ms);
}

void
dial_release(struct dial *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		close_attempt(d, i);
	if (d->fd != -1)
		(void)close(d->fd);
	d->fd = -1;
	d->next = d->n;
}

void
dial_prepare(struct dial *d, struct loop *l)
{
	size_t i;

	if (d->fd != -1) {
		loop_deadline(l, 0);
		return;
	}
	for (i = 0; i < d->next; i++)
		if (d->fds[i] != -1)
			d->slots[i] = loop_watch(l, d->fds[i], POLLOUT);
	if (d->next < d->n || !is_running(d))
		loop_deadline(l, is_running(d) ? d->next_at_ms : 0);
}

/* An attempt has something to say. */
static void
finish_attempt(struct dial *d, size_t i, int64_t now_ms)
{
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(d->fds[i], SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0)
		win(d, i);
	else
		fail_attempt(d, i, error, now_ms);
}

int
dial_dispatch(struct dial *d, struct loop *l, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < d->next && d->fd == -1; i++) {
		if (d->fds[i] == -1 || loop_revents(l, d->slots[i]) == 0)
			continue;
		finish_attempt(d, i, now_ms);
	}
	for (i = 0; i < d->n; i++)
		d->slots[i] = -1;
	start_due(d, now_ms);
	if (d->fd != -1)
		return 1;
	return is_running(d) ? 0 : DIAL_ERR_FAILED;
}

int
dial_take(struct dial *d)
{
	int fd = d->fd;

	d->fd = -1;
	return fd;
}

int
dial_errno(const struct dial *d)
{
	return d->last_errno;
}
