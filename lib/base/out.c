#include "base/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* Taken past the high-water mark, for what was in flight when it was reached.
 */
#define OUT_SLACK_BYTES (1024 * 1024)

int
out_init(struct out *o, int fd, size_t high_bytes)
{
	char path[64];
	struct stat st;

	memset(o, 0, sizeof(*o));
	o->fd = fd;
	o->slot = -1;
	o->high_bytes = high_bytes;
	bytes_init(&o->q, high_bytes + OUT_SLACK_BYTES);
	if (fstat(fd, &st) != 0) {
		o->saved_errno = errno;
		return o->error = OUT_ERR_IO;
	}
	o->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		/*
		 * ENXIO: the reader has left already, which the first write
		 * will tell.  Without /proc we write as a plain program does.
		 */
		fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0) {
			o->fd = fd;
			o->owns_fd = true;
		}
	}
	return 0;
}

void
out_release(struct out *o)
{
	if (o->owns_fd)
		close(o->fd);
	o->owns_fd = false;
	o->fd = -1;
	bytes_release(&o->q);
}

/* Write what goes now; what does not go is not an error. */
static long
out_write(struct out *o, const void *p, size_t n)
{
	ssize_t done;

	do {
		done = o->is_socket
		           ? send(o->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL)
		           : write(o->fd, p, n);
	} while (done < 0 && errno == EINTR);
	if (done >= 0)
		return done;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return 0;
	o->saved_errno = errno;
	o->error =
	    errno == EPIPE || errno == ECONNRESET ? OUT_ERR_GONE : OUT_ERR_IO;
	return o->error;
}

static int
out_flush(struct out *o)
{
	const uint8_t *p;
	size_t n;
	long done;

	while ((n = bytes_len(&o->q)) > 0) {
		p = bytes_peek(&o->q, &n);
		if ((done = out_write(o, p, n)) < 0)
			return (int)done;
		if (done == 0)
			break;
		bytes_skip(&o->q, (size_t)done);
	}
	return 0;
}

/* Room at the end of what waits.  A line that is missing in silence is worse
 * than none after it: without memory the output ends. */
static uint8_t *
out_reserve(struct out *o, size_t len)
{
	uint8_t *room = bytes_reserve(&o->q, len);

	if (room == NULL) {
		o->saved_errno = ENOMEM;
		o->error = OUT_ERR_NOMEM;
	}
	return room;
}

/* Keep what did not go. */
static int
out_keep(struct out *o, const void *p, size_t len)
{
	uint8_t *room = out_reserve(o, len);

	if (room == NULL)
		return o->error;
	memcpy(room, p, len);
	bytes_commit(&o->q, len);
	return 0;
}

static int
out_check(const struct out *o, size_t len)
{
	if (o->error != 0)
		return o->error;
	return bytes_len(&o->q) + len > o->q.cap ? OUT_ERR_FULL : 0;
}

int
out_line(struct out *o, const char *line, size_t len)
{
	uint8_t *room;
	int ret = out_check(o, len + 1);

	if (ret != 0)
		return ret;
	if ((room = out_reserve(o, len + 1)) == NULL)
		return o->error;
	if (len > 0)
		memcpy(room, line, len);
	room[len] = '\n';
	bytes_commit(&o->q, len + 1);
	return out_flush(o);
}

/* Straight from the caller's memory: a listener of a thousand keeps no second
 * copy of a 34 kB line. */
int
out_bytes(struct out *o, const void *p, size_t len)
{
	const uint8_t *src = p;
	int ret = out_check(o, len);
	long done;

	if (ret != 0)
		return ret;
	while (bytes_len(&o->q) == 0 && len > 0) {
		if ((done = out_write(o, src, len)) < 0)
			return (int)done;
		if (done == 0)
			break;
		src += done;
		len -= (size_t)done;
	}
	return len > 0 ? out_keep(o, src, len) : 0;
}

bool
out_is_full(const struct out *o)
{
	return bytes_len(&o->q) > o->high_bytes;
}

size_t
out_pending(const struct out *o)
{
	return bytes_len(&o->q);
}

void
out_prepare(struct out *o, struct loop *l)
{
	/* With no events asked, poll still reports POLLERR: the reader left. */
	o->slot = o->error != 0 ? -1
	                        : loop_watch(l, o->fd,
				      bytes_len(&o->q) > 0 ? POLLOUT : 0);
}

int
out_dispatch(struct out *o, struct loop *l)
{
	short revents = loop_revents(l, o->slot);

	o->slot = -1;
	if (o->error != 0)
		return o->error;
	if (revents & POLLERR) {
		o->saved_errno = EPIPE;
		return o->error = OUT_ERR_GONE;
	}
	return out_flush(o);
}

int
out_drain(struct out *o, int64_t deadline_ms)
{
	struct pollfd pfd;
	int64_t now_ms;
	int rc;

	while ((rc = o->error != 0 ? o->error : out_flush(o)) == 0 &&
	       bytes_len(&o->q) > 0) {
		if ((now_ms = clock_mono_ms()) >= deadline_ms)
			return OUT_ERR_FULL;
		pfd.fd = o->fd;
		pfd.events = POLLOUT;
		poll(&pfd, 1,
		    deadline_ms - now_ms > 1000 ? 1000
						: (int)(deadline_ms - now_ms));
	}
	return rc;
}

int
out_errno(const struct out *o)
{
	return o->saved_errno;
}
