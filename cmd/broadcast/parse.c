#include "parse.h"

#include <string.h>

#include "base/json.h"

/* What is left of an audio line without its data is shorter than this. */
#define REST_MAX 2048

/*
 * Unescaped quotes stand in no JSON string, so these bytes begin a member
 * wherever they are found; and a string of base64 letters is valid whatever
 * its length.  So the line is valid exactly if it is valid with "" instead.
 */
static const char start[] = "\"data\":\"";

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

json_t *
parse_line(const char *line, size_t len, char *err, size_t errsize)
{
	char rest[REST_MAX];
	const char *data;
	size_t before, after, data_len;

	data = len > REST_MAX ? strstr(line, start) : NULL;
	if (data == NULL)
		return json_line_parse(line, len, err, errsize);
	data += sizeof(start) - 1;
	data_len = strspn(data, base64);
	before = (size_t)(data - line);
	/* An embedded NUL ends strspn() and is for the parser to refuse. */
	after = len - before - data_len;
	if (before + after > sizeof(rest))
		return json_line_parse(line, len, err, errsize);
	memcpy(rest, line, before);
	memcpy(rest + before, data + data_len, after);
	return json_line_parse(rest, before + after, err, errsize);
}
