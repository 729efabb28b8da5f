/*
 * What a proxy answers to CONNECT: wherever it is cut, nothing is read behind
 * the cut, nothing is decided that the rest would change.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/proxy_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t whole_len, len, cut;
	int whole = proxy_answer(p, n, &whole_len), status;
	uint8_t *part;

	if (whole_len > n || whole < -1 || (whole > 0 && whole < 200) ||
	    whole > 999)
		abort();
	for (cut = 0; cut < n && cut < 300; cut++) {
		part = malloc(cut > 0 ? cut : 1);
		if (part == NULL)
			return 0;
		memcpy(part, p, cut);
		status = proxy_answer(part, cut, &len);
		free(part);
		if (status != 0 &&
		    (status != whole || (status > 0 && len != whole_len)))
			abort();
	}
	return 0;
}
