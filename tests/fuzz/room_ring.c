/*
 * A ring's file that holds anything, as its readers and the next writer find it:
 * no line longer than was asked for, nothing read outside of it, and a writer
 * that goes on in it or makes it anew.
 *
 * Input: head and tail, 4 bytes each, then the first records; the rest of the
 * header is as a writer makes it, or nobody would get past it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "room/ring.h"
#include "room/ring_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static char path[64];

static void
leave(void)
{
	unlink(path);
}

static void
begin(void)
{
	int fd;

	strcpy(path, "/tmp/fuzz-ring.XXXXXX");
	if ((fd = mkstemp(path)) == -1)
		abort();
	close(fd);
	unlink(path);
	atexit(leave);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	uint32_t head = 0, tail = 0;
	char buf[512];
	int rc;

	if (path[0] == '\0')
		begin();
	if (n < 8 || n - 8 > RING_CAPACITY_MIN)
		return 0;
	memcpy(&head, p, 4);
	memcpy(&tail, p + 4, 4);
	unlink(path);
	if (ring_writer_open(&w, path, RING_CAPACITY_MIN) != 0)
		abort();
	/* Its pages are there before they are written by hand. */
	memset(buf, 'x', sizeof(buf));
	for (uint64_t seq = 1; seq <= n / sizeof(buf) + 2; seq++)
		if (ring_append(&w, 0, seq, 0, buf, sizeof(buf)) != 0)
			abort();
	memcpy((void *)w.file->data, p + 8, n - 8);
	atomic_store(&w.file->tail, tail);
	atomic_store(&w.file->head, head);
	ring_writer_release(&w);

	rc = ring_reader_open(&r, path);
	if (rc == 0) {
		ring_seek_oldest(&r);
		for (int i = 0; i < 1000 && rc >= 0; i++) {
			rc = ring_read(&r, buf, sizeof(buf), &line);
			if (rc == 1 && line.len > sizeof(buf))
				abort();
			if (rc == 0)
				break;
		}
		ring_reader_release(&r);
	}
	if (ring_writer_open(&w, path, RING_CAPACITY_MIN) != 0 ||
	    ring_append(&w, 0, w.last_seq + 1, 0, "line\n", 5) != 0)
		abort();
	ring_writer_release(&w);
	return 0;
}
