#include "spoken.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* The code point of a valid sequence of n bytes. */
static uint32_t
code_point(const char *p, size_t n)
{
	static const uint8_t masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (uint8_t)p[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)p[i] & 0x3f);
	return c;
}

/* Space, or what nobody can speak. */
static bool
is_blank(uint32_t c)
{
	return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || /* C0, C1, NBSP */
	       c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || /* separators, directions */
	       (c >= 0x2066 && c <= 0x2069) || c == 0x3000 || c == 0xfeff ||
	       (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

char *
spoken_text(const char *text)
{
	size_t len = strlen(text), n = 0, size;
	char *out = malloc(len + 1);
	bool is_gap = false;

	if (out == NULL)
		return NULL;
	for (const char *p = text, *end = text + len; p < end; p += size) {
		size = utf8_sequence(p, (size_t)(end - p));
		if (size == 0 || is_blank(code_point(p, size))) {
			size = size == 0 ? 1 : size;
			is_gap = n > 0;
			continue;
		}
		/* A space is never longer than what it stands for. */
		if (is_gap)
			out[n++] = ' ';
		is_gap = false;
		memcpy(out + n, p, size);
		n += size;
	}
	out[n] = '\0';
	return out;
}

static bool
is_full_stop(uint32_t c)
{
	return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x61f ||
	       c == 0x964 || c == 0x6d4;
}

/* These end a sentence without a space behind them. */
static bool
is_wide_stop(uint32_t c)
{
	return c == 0x3002 || c == 0xff01 || c == 0xff1f;
}

size_t
spoken_piece(const char *text, size_t max_chars)
{
	size_t len = strlen(text), at = 0, space = 0, sentence = 0, size;
	uint32_t c, before = 0;

	for (size_t chars = 0; at < len && chars < max_chars; chars++) {
		size = utf8_sequence(text + at, len - at);
		size = size == 0 ? 1 : size;
		c = code_point(text + at, size);
		at += size;
		if (c == ' ')
			space = at;
		if (chars >= max_chars / 2 &&
		    (is_wide_stop(c) || (c == ' ' && is_full_stop(before))))
			sentence = at;
		before = c;
	}
	if (at == len)
		return len;
	return sentence != 0 ? sentence : space != 0 ? space : at;
}
