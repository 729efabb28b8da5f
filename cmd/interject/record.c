#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/json.h"

static int
open_file(struct record *r)
{
	struct stat st;

	r->fd = open(r->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (r->fd == -1)
		return -1;
	r->nbytes = fstat(r->fd, &st) == 0 ? (size_t)st.st_size : 0;
	return 0;
}

int
record_open(struct record *r, const char *path)
{
	memset(r, 0, sizeof(*r));
	r->fd = -1;
	r->path = path;
	return path == NULL ? 0 : open_file(r);
}

/* The old one stays open, should there be no new one. */
static void
turn_over(struct record *r)
{
	char old[PATH_MAX];
	int fd = r->fd, n = snprintf(old, sizeof(old), "%s.1", r->path);

	if (n < 0 || (size_t)n >= sizeof(old) || rename(r->path, old) == -1)
		return;
	if (open_file(r) == -1)
		r->fd = fd;
	else
		close(fd);
	r->nbytes = 0;
}

void
record_release(struct record *r)
{
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
}

static bool
is_kept(const json_t *obj)
{
	const char *type = json_line_type(obj);

	return strcmp(type, "retraction") == 0 ||
	       (strcmp(type, "transcript") == 0 && json_is_set(obj, "final"));
}

/* A line that was cut short (a full disk) ends before the next one begins. */
int
record_line(struct record *r, const json_t *obj, const char *line, size_t len)
{
	struct iovec parts[3] = { { (char[]){ "\n" }, r->is_broken ? 1 : 0 },
		{ (void *)(uintptr_t)line, len }, { (char[]){ "\n" }, 1 } };
	bool was_broken = r->is_broken;
	ssize_t n;

	if (r->fd == -1 || !is_kept(obj))
		return 0;
	if (r->nbytes > RECORD_MAX_BYTES)
		turn_over(r);
	do
		n = writev(r->fd, parts, 3);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		r->nbytes += (size_t)n;
	if (n >= 0)
		errno = ENOSPC; /* of a short write */
	r->is_broken = n != (ssize_t)(parts[0].iov_len + len + 1);
	return r->is_broken && !was_broken ? -1 : 0;
}
