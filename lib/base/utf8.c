#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

size_t
utf8_sequence(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t len;

	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong, surrogate or too large: told by the second byte. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool
utf8_is_valid(const char *p, size_t n)
{
	size_t len;

	for (size_t i = 0; i < n; i += len)
		if ((len = utf8_sequence(p + i, n - i)) == 0)
			return false;
	return true;
}

size_t
utf8_prefix(const char *p, size_t n, size_t max)
{
	size_t cut = n < max ? n : max;

	if (cut == n)
		return n;
	while (cut > 0 && ((uint8_t)p[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

void
utf8_copy(char *out, size_t size, const char *s)
{
	size_t len = s != NULL ? strlen(s) : 0;

	if (len >= size)
		len = utf8_prefix(s, len, size - 1);
	if (len > 0)
		memcpy(out, s, len);
	out[len] = '\0';
}

size_t
utf8_escape(char *out, size_t size, const char *p, size_t n)
{
	char piece[8];
	size_t used = 0, len, width;

	if (size == 0)
		return 0;
	for (size_t i = 0; i < n; i += len) {
		len = utf8_sequence(p + i, n - i);
		if (len == 0 || (len == 1 && ((uint8_t)p[i] < 0x20 ||
						 (uint8_t)p[i] == 0x7f))) {
			len = 1;
			if (p[i] == '\n')
				width = (size_t)snprintf(
				    piece, sizeof(piece), "\\n");
			else
				width = (size_t)snprintf(piece, sizeof(piece),
				    "\\x%02x", (unsigned int)(uint8_t)p[i]);
		} else {
			memcpy(piece, p + i, len);
			width = len;
			/* C1 controls (U+0080..U+009F) move terminals too. */
			if (len == 2 && (uint8_t)p[i] == 0xc2 &&
			    (uint8_t)p[i + 1] < 0xa0)
				width = (size_t)snprintf(piece, sizeof(piece),
				    "\\x%02x", (unsigned int)(uint8_t)p[i + 1]);
		}
		if (used + width >= size)
			break;
		memcpy(out + used, piece, width);
		used += width;
	}
	out[used] = '\0';
	return used;
}
