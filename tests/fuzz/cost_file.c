/*
 * A price file (base/cost.h): taken whole or refused with the line that is
 * wrong; prices within what the header says.
 */
#define _GNU_SOURCE /* memfd_create */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cost.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char path[64];
	unsigned int line = 0;
	struct cost c;
	int rc, fd = memfd_create("prices", MFD_CLOEXEC);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = cost_init(&c, path, &line);
	close(fd);
	if (rc != 0) {
		if (rc > 0 || (rc != COST_ERR_SYS && line == 0))
			abort();
		return 0;
	}
	for (int i = 0; i < COST_NITEMS; i++) {
		if (!(c.usd_each[i] >= 0 && c.usd_each[i] <= 1000))
			abort();
		cost_add(&c, (enum cost_item)i, 10);
	}
	if (!isfinite(cost_usd(&c)))
		abort();
	return 0;
}
