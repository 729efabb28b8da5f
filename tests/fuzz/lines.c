/*
 * Lines from any bytes in any split, and as JSON: the same lines whatever the
 * split, nothing over the cap, and what parses can be written and parsed again.
 * The first byte says how the rest is cut.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line.h"

#define CAP 64

/* A hash over all lines that come out when `step` bytes are fed at a time. */
static uint64_t
read_all(const uint8_t *p, size_t n, size_t step)
{
	struct line_reader r;
	uint64_t hash = 14695981039346656037u;
	char *line;
	size_t len;
	int rc;

	line_reader_init(&r, CAP);
	for (size_t at = 0; at <= n; at += step) {
		size_t piece = n - at < step ? n - at : step;

		if (line_reader_feed(&r, p + at, piece) != 0)
			abort();
		while ((rc = line_reader_next(&r, &line, &len)) != 0) {
			if (rc == 1 && len + 1 > CAP)
				abort();
			hash = (hash ^ (rc == 1 ? len : 9999)) * 1099511628211u;
			for (size_t i = 0; rc == 1 && i < len; i++)
				hash =
				    (hash ^ (uint8_t)line[i]) * 1099511628211u;
		}
	}
	while ((rc = line_reader_last(&r, &line, &len)) != 0)
		hash = (hash ^ (rc == 1 ? len : 9999)) * 1099511628211u;
	line_reader_release(&r);
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char why[160], *text;
	json_t *obj, *again;
	size_t len, step;

	if (n == 0)
		return 0;
	step = p[0] % 100 + 1;
	p++;
	n--;
	if (n > 60000)
		n = 60000;
	if (read_all(p, n, step) != read_all(p, n, n + 1))
		abort();
	obj = json_line_parse((const char *)p, n, why, sizeof(why));
	if (obj == NULL)
		return 0;
	if ((text = json_line_dump(obj, &len)) == NULL)
		abort();
	/* Reals may change in their last digit; the shape may not. */
	again = json_line_parse(text, len, why, sizeof(why));
	if (again == NULL || json_object_size(again) != json_object_size(obj))
		abort();
	free(text);
	json_decref(again);
	json_decref(obj);
	return 0;
}
