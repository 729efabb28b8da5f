#include "aws/service_xml.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Position after the tag <name> or </name> at or after `pos`; 0: none.  *start
 * is where the tag begins. */
static size_t
find_tag(const char *xml, size_t n, size_t pos, const char *name, bool is_end,
    size_t *start)
{
	size_t len = strlen(name), at;

	for (; pos < n; pos++) {
		if (xml[pos] != '<')
			continue;
		at = pos + 1;
		if (is_end && (at >= n || xml[at++] != '/'))
			continue;
		if (n - at <= len || memcmp(xml + at, name, len) != 0)
			continue;
		at += len;
		if (xml[at] != '>' && !is_space(xml[at]))
			continue;
		while (at < n && xml[at] != '>')
			at++;
		if (at >= n)
			return 0;
		*start = pos;
		return at + 1;
	}
	return 0;
}

/* Put a code point as UTF-8 into at most 4 bytes; returns how many, 0: not one
 * that text may have. */
static size_t
put_utf8(char *out, uint32_t c)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Decode the reference at p ("&amp;", n bytes to the end of the text).  Returns
 * the bytes it takes, 0: not a reference; *len bytes are in out (4 bytes). */
static size_t
decode_entity(const char *p, size_t n, char *out, size_t *len)
{
	static const struct {
		const char *name;
		char c;
	} named[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&apos;", '\'' } };
	char number[12];
	size_t i, k;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		k = strlen(named[i].name);
		if (n >= k && memcmp(p, named[i].name, k) == 0) {
			out[0] = named[i].c;
			*len = 1;
			return k;
		}
	}
	if (n < 4 || p[1] != '#')
		return 0;
	for (k = 2; k < n && k < 2 + sizeof(number) - 1 && p[k] != ';'; k++)
		number[k - 2] = p[k];
	if (k >= n || p[k] != ';')
		return 0;
	number[k - 2] = '\0';
	if (number[0] == 'x')
		*len = put_utf8(out, (uint32_t)strtoul(number + 1, NULL, 16));
	else
		*len = put_utf8(out, (uint32_t)strtoul(number, NULL, 10));
	return *len > 0 ? k + 1 : 0;
}

long
service_xml_text(
    const char *xml, size_t n, const char *name, char *out, size_t outsize)
{
	size_t begin, end, at = 0, start, took, len;
	char piece[4];

	if (outsize > 0)
		out[0] = '\0';
	begin = find_tag(xml, n, 0, name, false, &start);
	if (begin == 0 || find_tag(xml, n, begin, name, true, &end) == 0)
		return -1;
	while (begin < end && is_space(xml[begin]))
		begin++;
	while (end > begin && is_space(xml[end - 1]))
		end--;
	while (begin < end) {
		len = 1;
		piece[0] = xml[begin];
		took = xml[begin] == '&' ? decode_entity(xml + begin,
					       end - begin, piece, &len)
		                         : 1;
		if (took == 0) {
			took = len = 1;
			piece[0] = '&';
		}
		if (at + len + 1 > outsize) {
			out[0] = '\0';
			return -1;
		}
		memcpy(out + at, piece, len);
		at += len;
		begin += took;
	}
	if (at + 1 > outsize)
		return -1;
	out[at] = '\0';
	return (long)at;
}
