#define _GNU_SOURCE
#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/loop.h"

#define RETRY_MS 1000
#define SYNC_MS 5000

int
archive_open(struct archive *a, const char *path, int64_t now_ms)
{
	struct stat st;
	ssize_t n;
	char last;
	int fd;

	memset(a, 0, sizeof(*a));
	a->path = path;
	a->sync_at_ms = now_ms + SYNC_MS;
	/* O_NONBLOCK: a FIFO without a reader is an error, not a wait. */
	a->fd = open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    0644);
	if (a->fd == -1 || fstat(a->fd, &st) == -1)
		return -1;
	a->is_file = S_ISREG(st.st_mode);
	if (!a->is_file || st.st_size == 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0; /* ours to write, not to read */
	do
		n = pread(fd, &last, 1, st.st_size - 1);
	while (n == -1 && errno == EINTR);
	a->is_torn = n == 1 && last != '\n';
	close(fd);
	return 0;
}

static bool
write_all(struct archive *a, const void *line, size_t len, size_t *done)
{
	const uint8_t *p = line;
	ssize_t n;

	for (*done = 0; *done < len; *done += (size_t)n) {
		n = write(a->fd, p + *done, len - *done);
		if (n == -1 && errno == EINTR)
			n = 0;
		if (n == -1) {
			a->error = errno;
			return false;
		}
	}
	return true;
}

/* The whole line, or nothing of it as far as it can be taken back. */
static bool
write_line(struct archive *a, const void *line, size_t len)
{
	size_t done;
	off_t end;

	if (a->is_torn) {
		if (!write_all(a, "\n", 1, &done))
			return false;
		a->is_torn = false;
	}
	if (write_all(a, line, len, &done))
		return true;
	if (done == 0)
		return false;
	end = a->is_file ? lseek(a->fd, 0, SEEK_END) : -1;
	if (end < (off_t)done || ftruncate(a->fd, end - (off_t)done) == -1)
		a->is_torn = true;
	return false;
}

static enum archive_event
fail(struct archive *a, int64_t now_ms)
{
	a->retry_at_ms = now_ms + RETRY_MS;
	if (a->is_failed)
		return ARCHIVE_QUIET;
	a->is_failed = true;
	a->gap = 0;
	return ARCHIVE_FAILED;
}

enum archive_event
archive_line(struct archive *a, const void *line, size_t len, int64_t now_ms)
{
	enum archive_event event = ARCHIVE_QUIET;

	if (!a->is_failed || now_ms >= a->retry_at_ms) {
		if (write_line(a, line, len)) {
			a->is_dirty = a->is_file;
			if (a->is_failed)
				event = ARCHIVE_RECOVERED;
			a->is_failed = false;
			return event;
		}
		event = fail(a, now_ms);
	}
	a->missing++;
	a->gap++;
	return event;
}

/* The child must hold nothing of the room, its lock least of all. */
static void
sync_in_child(int fd)
{
	if (dup2(fd, STDIN_FILENO) == -1)
		_exit(errno & 0xff);
	close_range(STDIN_FILENO + 1, ~0u, 0);
	if (fdatasync(STDIN_FILENO) == -1)
		_exit(errno & 0xff);
	_exit(0);
}

enum archive_event
archive_tick(struct archive *a, int64_t now_ms)
{
	int status;
	pid_t pid;

	if (a->sync_pid != 0) {
		pid = waitpid(a->sync_pid, &status, WNOHANG);
		if (pid == 0) {
			a->sync_at_ms = now_ms + RETRY_MS;
			return ARCHIVE_QUIET;
		}
		a->sync_pid = 0;
		a->sync_at_ms = now_ms + SYNC_MS;
		if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
			a->error = WEXITSTATUS(status);
			return fail(a, now_ms);
		}
	}
	if (!a->is_dirty || now_ms < a->sync_at_ms)
		return ARCHIVE_QUIET;
	pid = fork();
	if (pid == 0)
		sync_in_child(a->fd);
	if (pid == -1) {
		/* Tried again; the last one, at the end, is our own. */
		a->sync_at_ms = now_ms + SYNC_MS;
		return ARCHIVE_QUIET;
	}
	a->is_dirty = false;
	a->sync_pid = pid;
	a->sync_at_ms = now_ms + RETRY_MS; /* look for its end */
	return ARCHIVE_QUIET;
}

int64_t
archive_deadline_ms(const struct archive *a)
{
	return a->is_dirty || a->sync_pid != 0 ? a->sync_at_ms : LOOP_NEVER;
}

bool
archive_close(struct archive *a)
{
	bool is_whole = a->missing == 0;

	if (a->sync_pid != 0)
		waitpid(a->sync_pid, NULL, 0);
	if (a->is_file && fdatasync(a->fd) == -1) {
		a->error = errno;
		is_whole = false;
	}
	if (close(a->fd) == -1)
		is_whole = false;
	a->fd = -1;
	return is_whole;
}
