#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/json.h"

int
record_open(struct record *r, const char *path)
{
	r->fd = -1;
	r->is_broken = false;
	if (path == NULL)
		return 0;
	r->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return r->fd == -1 ? -1 : 0;
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
	do
		n = writev(r->fd, parts, 3);
	while (n == -1 && errno == EINTR);
	if (n >= 0)
		errno = ENOSPC; /* of a short write */
	r->is_broken = n != (ssize_t)(parts[0].iov_len + len + 1);
	return r->is_broken && !was_broken ? -1 : 0;
}
