#include "base/b64.h"

static const char b64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
b64_encode(char *out, const void *src, size_t n)
{
	const uint8_t *p = src;
	char *o = out;
	uint32_t v;

	for (; n >= 3; n -= 3, p += 3) {
		v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*o++ = b64_digits[v >> 18];
		*o++ = b64_digits[v >> 12 & 63];
		*o++ = b64_digits[v >> 6 & 63];
		*o++ = b64_digits[v & 63];
	}
	if (n > 0) {
		v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
		*o++ = b64_digits[v >> 18];
		*o++ = b64_digits[v >> 12 & 63];
		*o++ = n == 2 ? b64_digits[v >> 6 & 63] : '=';
		*o++ = '=';
	}
	*o = '\0';
	return (size_t)(o - out);
}

static int
b64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

long
b64_decode(uint8_t *out, const char *s, size_t len)
{
	uint8_t *o = out;
	int v[4], pad;

	if (len % 4 != 0)
		return -1;
	for (size_t i = 0; i < len; i += 4) {
		pad = 0;
		/* Padding stands at the very end only. */
		if (i + 4 == len && s[i + 3] == '=')
			pad = s[i + 2] == '=' ? 2 : 1;
		for (int k = 0; k < 4; k++) {
			v[k] = k >= 4 - pad ? 0 : b64_value(s[i + (size_t)k]);
			if (v[k] < 0)
				return -1;
		}
		*o++ = (uint8_t)(v[0] << 2 | v[1] >> 4);
		if (pad < 2)
			*o++ = (uint8_t)(v[1] << 4 | v[2] >> 2);
		if (pad < 1)
			*o++ = (uint8_t)(v[2] << 6 | v[3]);
		/* Bits that encode nothing must be zero: one text, one meaning.
		 */
		if ((pad == 1 && (v[2] & 3) != 0) ||
		    (pad == 2 && (v[1] & 15) != 0))
			return -1;
	}
	return (long)(o - out);
}

void
hex_encode(char *out, const void *src, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = src;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
hex_decode(uint8_t *out, const char *s, size_t n)
{
	int high, low;

	for (size_t i = 0; i < n; i++) {
		high = hex_value(s[2 * i]);
		low = high < 0 ? -1 : hex_value(s[2 * i + 1]);
		if (low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
