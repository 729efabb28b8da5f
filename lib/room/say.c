#include "room/say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(SAY_LINE_MAX <= PIPE_BUF, "a line is written in one piece");

static const char file[] = "say";

const char *
say_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		SAY_ERRORS(X)
#undef X
	}
	return "unknown error";
}

/* Open what is there, if it is a FIFO. */
static int
open_fifo(const char *path, int flags)
{
	struct stat st;
	int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1)
		return errno == ELOOP || errno == EISDIR ? SAY_ERR_KIND
		                                         : SAY_ERR_SYS;
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return fd;
	close(fd);
	return SAY_ERR_KIND;
}

int
say_open(const struct room *r)
{
	char path[ROOM_PATH_MAX];
	struct stat st;
	int fd;

	if (room_path(r, file, path) != 0)
		return SAY_ERR_PATH;
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		unlink(path);
	if (mkfifo(path, 0600) == -1 && errno != EEXIST)
		return SAY_ERR_SYS;
	/* For writing, too: so there is no end of file when a writer leaves
	 * (fifo(7)). */
	fd = open_fifo(path, O_RDWR);
	if (fd >= 0 && fchmod(fd, 0600) == -1) {
		close(fd);
		return SAY_ERR_SYS;
	}
	return fd;
}

void
say_remove(const struct room *r)
{
	char path[ROOM_PATH_MAX];

	if (room_path(r, file, path) == 0)
		unlink(path);
}

int
say_send(const struct room *r, const char *line, size_t len)
{
	char path[ROOM_PATH_MAX], buf[SAY_LINE_MAX];
	ssize_t n;
	int fd, saved_errno;

	if (len >= sizeof(buf))
		return SAY_ERR_LONG;
	if (room_path(r, file, path) != 0)
		return SAY_ERR_PATH;
	fd = open_fifo(path, O_WRONLY);
	if (fd == SAY_ERR_SYS)
		return errno == ENOENT || errno == ENXIO ? SAY_ERR_NOBODY
		                                         : SAY_ERR_SYS;
	if (fd < 0)
		return fd;
	memcpy(buf, line, len);
	buf[len] = '\n';
	do
		n = write(fd, buf, len + 1);
	while (n == -1 && errno == EINTR);
	saved_errno = errno;
	close(fd);
	errno = saved_errno;
	if (n == (ssize_t)len + 1)
		return 0;
	if (n == -1 && errno == EPIPE)
		return SAY_ERR_NOBODY;
	return n == -1 && errno == EAGAIN ? SAY_ERR_FULL : SAY_ERR_SYS;
}
