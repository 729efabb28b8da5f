/*
 * The record of the talk: every line as it came, whole, at the end of a file.
 * A disk that is full or gone costs the record, never the room.
 */
#ifndef BROADCAST_ARCHIVE_H
#define BROADCAST_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum archive_event {
	ARCHIVE_QUIET,     /* nothing new to tell */
	ARCHIVE_FAILED,    /* the record has just stopped; see error */
	ARCHIVE_RECOVERED, /* it goes on; see gap */
};

struct archive {
	const char *path; /* borrowed */
	int fd;           /* owned */
	bool is_file;     /* a regular file: can be cut back and synced */
	bool is_failed;
	bool is_torn;     /* it ends in a part of a line */
	bool is_dirty;    /* something that fdatasync(2) has not seen */
	int error;        /* errno of the last failure */
	uint64_t missing; /* lines that are not in the record, in all */
	uint64_t gap;     /* ... in the last gap, or in the one that is open */
	int64_t retry_at_ms; /* monotonic, when is_failed */
	int64_t sync_at_ms;
	pid_t sync_pid; /* 0: none */
};

/*
 * Append to `path` (made 0644 if missing); a torn last line that a crash left
 * there gets its newline.  0, or -1 with errno set.
 */
int archive_open(struct archive *a, const char *path, int64_t now_ms);

/* Add one line with its newline.  A failure is tried again every second. */
enum archive_event
archive_line(struct archive *a, const void *line, size_t len, int64_t now_ms);

/*
 * Every few seconds, have what was written put on the disk: by a child, since
 * fdatasync(2) may take as long as it likes and captions do not wait.
 */
enum archive_event archive_tick(struct archive *a, int64_t now_ms);

/* When archive_tick() wants to be called, monotonic; LOOP_NEVER if not. */
int64_t archive_deadline_ms(const struct archive *a);

/* Put all on the disk, and close.  True: the record is whole. */
bool archive_close(struct archive *a);

#endif
