/*
 * The rival of listen(1): a bare child of websocketd that copies a ring to its
 * standard output and does nothing else.  It shows what websocketd, the pipe
 * and the wake-up cost by themselves.
 *
 *	ringcat RING
 */
#define _GNU_SOURCE /* syscall */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/line.h"
#include "room/ring.h"

static char text[LINE_MAX_BYTES + 8];

static int
copy(const char *p, size_t n)
{
	ssize_t done;

	for (; n > 0; p += done, n -= (size_t)done) {
		done = write(STDOUT_FILENO, p, n);
		if (done == -1 && errno == EINTR)
			done = 0;
		if (done == -1)
			return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static const char first[] = "{\"state\":\"live\"}\n";
	struct ring_reader ring;
	struct ring_line line;
	uint32_t seen;
	int ret;

	if (argc != 2 || ring_reader_open(&ring, argv[1]) != 0)
		return EX_USAGE;
	if (copy(first, sizeof(first) - 1) != 0)
		return EX_OK;
	for (;;) {
		seen = atomic_load_explicit(
		    ring_word(&ring), memory_order_acquire);
		while ((ret = ring_read(&ring, text, sizeof(text), &line)) == 1)
			if (copy(text, line.len) != 0)
				return EX_OK;
		if (ret == RING_ERR_LAPPED)
			ring_seek_newest(&ring);
		else if (ret != 0)
			return EX_DATAERR;
		syscall(SYS_futex, ring_word(&ring), FUTEX_WAIT, seen, NULL,
		    NULL, 0);
	}
}
