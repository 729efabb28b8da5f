#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"

json_t *
json_line_parse(const char *line, size_t len, char *err, size_t errsize)
{
	json_error_t why;
	json_t *obj;

	obj = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	/* JSON has no largest integer, jansson does: such a number in a key
	 * that is nobody's business here must not cost the line. */
	if (obj == NULL && json_error_code(&why) == json_error_numeric_overflow)
		obj = json_loadb(line, len,
		    JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &why);
	if (obj == NULL) {
		snprintf(err, errsize, "at column %d: %s",
		    why.column < 0 ? 0 : why.column, why.text);
		return NULL;
	}
	if (!json_is_object(obj)) {
		snprintf(err, errsize, "it is not a JSON object");
		json_decref(obj);
		return NULL;
	}
	return obj;
}

const char *
json_str(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

double
json_num(const json_t *obj, const char *key, double fallback)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_number(v) ? json_number_value(v) : fallback;
}

bool
json_is_set(const json_t *obj, const char *key)
{
	return json_is_true(json_object_get(obj, key));
}

const char *
json_line_type(const json_t *obj)
{
	const char *type = json_str(obj, "type");

	return type == NULL ? "" : type;
}

char *
json_line_dump(const json_t *obj, size_t *len)
{
	/* 16 digits keep microseconds of a Unix time in milliseconds. */
	char *text = json_dumps(obj, JSON_COMPACT | JSON_REAL_PRECISION(16));

	if (text != NULL)
		*len = strlen(text);
	return text;
}

char *
json_line_dump_data(const json_t *obj, const void *p, size_t n, size_t *len)
{
	static const char key[] = ",\"data\":\"";
	char *text = json_line_dump(obj, len), *line, *o;

	if (text == NULL)
		return NULL;
	line = realloc(text, *len + sizeof(key) + B64_LEN(n) + 2);
	if (line == NULL) {
		free(text);
		return NULL;
	}
	/* Over the closing brace; without the comma when it is all there is. */
	o = line + *len - 1;
	if (json_object_size(obj) > 0) {
		memcpy(o, key, sizeof(key) - 1);
		o += sizeof(key) - 1;
	} else {
		memcpy(o, key + 1, sizeof(key) - 2);
		o += sizeof(key) - 2;
	}
	o += b64_encode(o, p, n);
	memcpy(o, "\"}", 3);
	*len = (size_t)(o + 2 - line);
	return line;
}

json_t *
json_ms(double ms)
{
	/* A whole number reads better, and "1.0" would be its other name. */
	double rounded = round(ms * 1000) / 1000;

	if (rounded == floor(rounded) && fabs(rounded) < 9e15)
		return json_integer((json_int_t)rounded);
	return json_real(rounded);
}

json_t *
json_status(
    const char *stage, const char *state, const char *detail, double at_ms)
{
	json_t *obj = json_pack("{s:s, s:s, s:s}", "type", "status", "stage",
	    stage, "state", state);

	if (obj == NULL)
		return NULL;
	if ((detail != NULL &&
		json_object_set_new(obj, "detail", json_string(detail)) != 0) ||
	    json_object_set_new(obj, "at_ms", json_ms(at_ms)) != 0) {
		json_decref(obj);
		return NULL;
	}
	return obj;
}
