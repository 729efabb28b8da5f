#include "clean.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

static bool
is_space(UChar32 c)
{
	return u_isUWhiteSpace(c) || u_iscntrl(c);
}

static bool
is_left_out(UChar32 c)
{
	return c < 0 || c == 0xfeff || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) ||
	       u_hasBinaryProperty(c, UCHAR_NONCHARACTER_CODE_POINT);
}

/* u_iscntrl() says so of all format characters; these are text. */
static bool
is_format(UChar32 c)
{
	return u_charType(c) == U_FORMAT_CHAR;
}

char *
clean_text(const char *text)
{
	size_t len = strlen(text), n = 0;
	char *out = malloc(len + 1);
	bool is_pending = false;
	size_t before, i = 0;
	UChar32 c;

	if (out == NULL)
		return NULL;
	while (i < len) {
		before = i;
		U8_NEXT(text, i, len, c);
		if (is_left_out(c))
			continue;
		if (is_space(c) && !is_format(c)) {
			is_pending = n > 0;
			continue;
		}
		if (is_pending)
			out[n++] = ' ';
		is_pending = false;
		memcpy(out + n, text + before, i - before);
		n += i - before;
	}
	out[n] = '\0';
	return out;
}

static unsigned int
columns_of(UChar32 c)
{
	int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);

	switch (u_charType(c)) {
	case U_NON_SPACING_MARK:
	case U_ENCLOSING_MARK:
	case U_FORMAT_CHAR:
		return 0;
	default:
		return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
	}
}

unsigned int
clean_columns(const char *text, size_t n)
{
	unsigned int columns = 0;
	size_t i = 0;
	UChar32 c;

	while (i < n) {
		U8_NEXT(text, i, n, c);
		columns += columns_of(c);
	}
	return columns;
}

bool
clean_needs_rlm(const char *text, size_t n)
{
	size_t i = 0;
	UChar32 c;

	while (i < n) {
		U8_NEXT(text, i, n, c);
		switch (u_charDirection(c)) {
		case U_RIGHT_TO_LEFT:
		case U_RIGHT_TO_LEFT_ARABIC:
			return false;
		case U_LEFT_TO_RIGHT:
			return true;
		default:
			break;
		}
	}
	return true;
}
