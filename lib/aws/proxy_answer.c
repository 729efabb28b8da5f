#include "aws/proxy_answer.h"

#include <stdbool.h>
#include <string.h>

/* The length of the head at p, blank line included; 0: not yet all.  Lines may
 * end without CR (RFC 9112, section 2.2). */
static size_t
head_len(const uint8_t *p, size_t n)
{
	bool is_empty = false; /* the line that i is in */
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\n' && is_empty)
			return i + 1;
		is_empty = p[i] == '\n' || (is_empty && p[i] == '\r');
	}
	return 0;
}

/* "HTTP/1.1 200 OK": the number, or -1. */
static int
status_of(const uint8_t *p, size_t n)
{
	if (n < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ' ||
	    p[9] < '1' || p[9] > '9' || p[10] < '0' || p[10] > '9' ||
	    p[11] < '0' || p[11] > '9')
		return -1;
	return (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
}

int
proxy_answer(const uint8_t *p, size_t n, size_t *len)
{
	size_t head;
	int status;

	for (*len = 0;; *len += head) {
		head = head_len(p + *len, n - *len);
		/* Who speaks something else may wait for us to go on, and never
		 * end a head. */
		if (head == 0)
			return n - *len >= 5 &&
			               memcmp(p + *len, "HTTP/", 5) != 0
			           ? -1
			           : 0;
		status = status_of(p + *len, head);
		if (status / 100 == 1)
			continue;
		*len += head;
		return status;
	}
}
