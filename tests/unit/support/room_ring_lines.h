/*
 * What the suites about the ring share: a file to make one in, and lines that a
 * reader can tell whole or torn.
 */
#ifndef ROOM_RING_LINES_H
#define ROOM_RING_LINES_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "room/ring.h"

#define CAPACITY RING_CAPACITY_MIN
#define LINE_BYTES 4096

static char dir[] = "/tmp/room_ring.XXXXXX";
static char path[64];

static inline void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.ring", dir);
}

static inline void
teardown(void)
{
	unlink(path);
	rmdir(dir);
}

/* The one line that belongs to a number: a reader can tell it whole or torn
 * without a checksum.  Length 20 .. 3019. */
static inline size_t
make_line(char *buf, uint64_t seq)
{
	size_t len = 20 + (size_t)(seq * 2654435761u % 3000), i;

	snprintf(buf, LINE_BYTES, "%016llx:", (unsigned long long)seq);
	for (i = 17; i < len - 1; i++)
		buf[i] = (char)('!' + (seq * 7 + i * (seq % 5 + 1)) % 90);
	buf[len - 1] = '\n';
	return len;
}

static inline bool
is_line(const char *buf, const struct ring_line *line)
{
	char expected[LINE_BYTES];

	return make_line(expected, line->seq) == line->len &&
	       memcmp(buf, expected, line->len) == 0 &&
	       line->at_ms == (int64_t)(line->seq * 3) &&
	       line->kind == line->seq % 16;
}

static inline int
append_line(struct ring_writer *w, uint64_t seq)
{
	char buf[LINE_BYTES];
	size_t len = make_line(buf, seq);

	return ring_append(
	    w, (uint32_t)(seq % 16), seq, (int64_t)(seq * 3), buf, len);
}

#endif
