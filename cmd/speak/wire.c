#define _GNU_SOURCE /* O_PATH, SOCK_NONBLOCK */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static const char socket_name[] = "speak.sock";

/* The address by way of the open directory: a socket's path may have 107 bytes
 * only, a room's has up to a thousand.  The directory, or -1. */
static int
open_address(const struct room *room, struct sockaddr_un *to)
{
	int dir = open(room->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	snprintf(to->sun_path, sizeof(to->sun_path), "/proc/self/fd/%d/%s", dir,
	    socket_name);
	return dir;
}

static int
new_socket(void)
{
	return socket(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Close dir and, if it failed, the socket; errno stays. */
static int
finish(int dir, int fd, int ret)
{
	int saved_errno = errno;

	if (dir != -1)
		close(dir);
	if (ret == -1 && fd != -1) {
		close(fd);
		fd = -1;
	}
	errno = saved_errno;
	return fd;
}

int
wire_listen(const struct room *room)
{
	struct sockaddr_un to;
	int dir = open_address(room, &to), fd = -1, ret = -1;

	if (dir == -1)
		return -1;
	(void)unlinkat(dir, socket_name, 0);
	fd = new_socket();
	if (fd != -1)
		ret = bind(fd, (struct sockaddr *)&to, sizeof(to));
	if (ret == 0)
		ret = listen(fd, 16);
	return finish(dir, fd, ret);
}

void
wire_unlink(const struct room *room)
{
	int dir = open(room->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir == -1)
		return;
	(void)unlinkat(dir, socket_name, 0);
	close(dir);
}

int
wire_connect(const struct room *room)
{
	struct sockaddr_un to;
	int dir = open_address(room, &to), fd = -1, ret = -1;

	if (dir == -1)
		return -1;
	fd = new_socket();
	if (fd != -1)
		ret = connect(fd, (struct sockaddr *)&to, sizeof(to));
	return finish(dir, fd, ret);
}

int
wire_send(int fd, char type, const void *p, size_t n)
{
	struct iovec parts[2] = { { &type, 1 }, { (void *)(uintptr_t)p, n } };
	struct msghdr packet = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t done;

	do {
		done = sendmsg(fd, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (done == -1 && errno == EINTR);
	return done == -1 ? -1 : 0;
}

int
wire_recv(int fd, char *buf, size_t *n)
{
	char type;
	struct iovec parts[2] = { { &type, 1 }, { buf, WIRE_MAX - 1 } };
	struct msghdr packet = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t got;

	do {
		got = recvmsg(fd, &packet, MSG_DONTWAIT);
	} while (got == -1 && errno == EINTR);
	if (got <= 0)
		return (int)got;
	*n = (size_t)got - 1;
	buf[*n] = '\0';
	return type;
}
