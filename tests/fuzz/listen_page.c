/* with: cmd/listen/page.c */
/*
 * What a page sends to a listener, in any split: whatever it is, all of it is
 * read, and an acknowledgement is a whole number that JSON can hold.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../cmd/listen/page.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t step, take;
	struct page page;
	int fds[2];

	if (n == 0)
		return 0;
	if (pipe(fds) != 0)
		abort();
	log_open("fuzz");
	page_init(&page, fds[0]);
	step = (size_t)p[0] * 16 + 1; /* the first byte is the split */
	for (p++, n--; n > 0; p += take, n -= take) {
		take = n < step ? n : step;
		if (write(fds[1], p, take) != (ssize_t)take)
			abort();
		/* A second later it takes more. */
		page_read(&page, (int64_t)n * 1000);
		if (page.has_ack && page.ack >= UINT64_C(1) << 53)
			abort();
		if (page.is_gone)
			abort();
	}
	close(fds[1]);
	page_read(&page, INT64_MAX / 2);
	if (!page.is_gone)
		abort();
	page_release(&page);
	close(fds[0]);
	return 0;
}
