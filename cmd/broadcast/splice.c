#include "splice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The line is known to be valid JSON, so these only have to find ends.  `end`
 * guards them all the same. */

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

/* From an opening quote to behind the closing one. */
static const char *
skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

static const char *
skip_value(const char *p, const char *end)
{
	int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p;
			depth--;
		} else if (*p == ',' && depth == 0) {
			return p;
		}
		p++;
	}
	return end;
}

/* The span of the member "seq" with the one comma that goes with it. */
static bool
find_seq(const char *p, const char *end, const char **from, const char **to)
{
	const char *key, *key_end, *comma = NULL;

	while ((p = skip_space(p, end)) < end && *p == '"') {
		key = p;
		key_end = p = skip_string(p, end);
		p = skip_space(p, end);
		if (p == end || *p != ':')
			return false;
		p = skip_value(p + 1, end);
		if (p == end)
			return false;
		if (key_end - key == 5 && memcmp(key, "\"seq\"", 5) == 0) {
			*from = comma != NULL ? comma : key;
			*to = comma == NULL && *p == ',' ? p + 1 : p;
			return true;
		}
		if (*p != ',')
			return false;
		comma = p++;
	}
	return false;
}

size_t
splice_seq(char *out, size_t size, const char *line, size_t len, bool has_seq,
    uint64_t seq)
{
	const char *end = line + len, *body, *from, *to;
	size_t before, after;
	bool is_empty;
	int n;

	body = skip_space(line, end);
	if (body == end || *body != '{' || size < len + SPLICE_BYTES)
		return 0;
	body++;
	from = to = end;
	if (has_seq && !find_seq(body, end, &from, &to))
		return 0;
	before = (size_t)(from - body);
	after = (size_t)(end - to);

	n = snprintf(out, size, "{\"seq\":%" PRIu64 ",", seq);
	memcpy(out + n, body, before);
	memcpy(out + n + before, to, after);
	len = (size_t)n + before + after;
	/* Nothing else in the object: no comma, then. */
	body = skip_space(out + n, out + len);
	is_empty = body < out + len && *body == '}';
	if (is_empty) {
		memmove(out + n - 1, body, (size_t)(out + len - body));
		len -= (size_t)(body - (out + n - 1));
	}
	out[len] = '\n';
	return len + 1;
}
