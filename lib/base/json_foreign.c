#include "base/json_foreign.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define REPLACEMENT_ESCAPE "\\ufffd"
#define ESCAPE_BYTES 6 /* backslash, u, and four digits */
/* A real has 17 digits that count. */
#define NUMBER_BYTES_MAX 512

/* What is read, and the copy that is made of it: at most three times as long.
 */
struct repair {
	const char *p;
	const char *end;
	char *out;
};

static void
copy(struct repair *r, size_t n)
{
	memcpy(r->out, r->p, n);
	r->out += n;
	r->p += n;
}

/* `text` in place of n bytes. */
static void
replace(struct repair *r, size_t n, const char *text)
{
	size_t len = strlen(text);

	memcpy(r->out, text, len);
	r->out += len;
	r->p += n;
}

/* The code unit of an escape such as \u00e9 at p; -1: there is none. */
static long
escaped_unit(const char *p, const char *end)
{
	char digits[5] = { 0 };

	if (end - p < ESCAPE_BYTES || p[0] != '\\' || p[1] != 'u')
		return -1;
	memcpy(digits, p + 2, 4);
	return strspn(digits, "0123456789abcdefABCDEF") == 4
	           ? strtol(digits, NULL, 16)
	           : -1;
}

static bool
is_high(long unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool
is_low(long unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static void
repair_escape(struct repair *r)
{
	long unit = escaped_unit(r->p, r->end), next;

	if (unit < 0) {
		copy(r, r->end - r->p < 2 ? 1 : 2);
		return;
	}
	next = escaped_unit(r->p + ESCAPE_BYTES, r->end);
	if (is_high(unit) && is_low(next))
		copy(r, (size_t)2 * ESCAPE_BYTES);
	else if (unit == 0 || is_high(unit) || is_low(unit))
		replace(r, ESCAPE_BYTES, REPLACEMENT_ESCAPE);
	else
		copy(r, ESCAPE_BYTES);
}

/* Behind the opening quote; up to and with the closing one. */
static void
repair_string(struct repair *r)
{
	size_t n;

	while (r->p < r->end && *r->p != '"') {
		n = utf8_sequence(r->p, (size_t)(r->end - r->p));
		if (n == 0)
			replace(r, 1, REPLACEMENT);
		else if ((unsigned char)*r->p < 0x20)
			replace(r, 1, " ");
		else if (*r->p == '\\')
			repair_escape(r);
		else
			copy(r, n);
	}
	if (r->p < r->end)
		copy(r, 1);
}

static void
repair_number(struct repair *r)
{
	char text[NUMBER_BYTES_MAX];
	size_t n = 0, have = (size_t)(r->end - r->p);

	while (n < have && strchr("0123456789+-.eE", r->p[n]) != NULL &&
	       r->p[n] != '\0')
		n++;
	if (n < sizeof(text)) {
		memcpy(text, r->p, n);
		text[n] = '\0';
	}
	if (n >= sizeof(text) || isinf(strtod(text, NULL)))
		replace(r, n, "null");
	else
		copy(r, n);
}

static void
repair_all(struct repair *r)
{
	if (r->end - r->p >= 3 && memcmp(r->p, "\xEF\xBB\xBF", 3) == 0)
		r->p += 3;
	while (r->p < r->end) {
		if (*r->p == '"') {
			copy(r, 1);
			repair_string(r);
		} else if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9')) {
			repair_number(r);
		} else {
			copy(r, 1);
		}
	}
}

json_t *
json_foreign_parse(const void *p, size_t len, json_error_t *why)
{
	json_t *json = json_loadb(p, len, 0, why);
	json_error_t why_again;
	struct repair r;
	char *out;

	if (json != NULL || len == 0 || len > SIZE_MAX / 3 ||
	    json_is_nomem(why))
		return json;
	if ((out = malloc(3 * len)) == NULL) {
		memset(why, 0, sizeof(*why));
		why->text[sizeof(why->text) - 1] = json_error_out_of_memory;
		return NULL;
	}
	r = (struct repair){ .p = p, .end = (const char *)p + len, .out = out };
	repair_all(&r);
	json = json_loadb(
	    out, (size_t)(r.out - out), JSON_DECODE_INT_AS_REAL, &why_again);
	if (json == NULL && json_is_nomem(&why_again))
		*why = why_again;
	free(out);
	return json;
}
