/* lib/audio/soundhead: any bytes; what it promises is inside what it was given,
 * and in the range that callers count with. */
#include <stdint.h>
#include <stdlib.h>

#include "audio/soundhead.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint64_t offset = 0, len = 0;

	if (soundhead_promise(p, n, &offset, &len) != 0 &&
	    (offset > n || len > INT64_MAX))
		abort();
	return 0;
}
