#include "base/json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"

/* What most lines fit into. */
#define TEXT_BYTES 512

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
	if (obj == NULL && json_is_nomem(&why)) {
		snprintf(err, errsize, "%s", JSON_NOMEM);
		return NULL;
	}
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

static void
put_done(json_t **whole, int rc)
{
	if (rc == 0)
		return;
	json_decref(*whole);
	*whole = NULL;
}

void
json_put(json_t **obj, const char *key, json_t *value)
{
	put_done(obj, json_object_set_new(*obj, key, value));
}

void
json_push(json_t **list, json_t *value)
{
	put_done(list, json_array_append_new(*list, value));
}

void
json_put_missing(json_t **obj, const json_t *from)
{
	put_done(
	    obj, json_object_update_missing(*obj, (json_t *)(uintptr_t)from));
}

bool
json_is_nomem(const json_error_t *why)
{
	return json_error_code(why) == json_error_out_of_memory;
}

int
json_read_file(const char *path, json_t **value)
{
	json_error_t why;

	*value = json_load_file(path, 0, &why);
	return *value == NULL && json_is_nomem(&why) ? -1 : 0;
}

/* Text in the making, ended by a NUL. */
struct text {
	char *p; /* owned */
	size_t len, alloc;
	bool is_failed;
};

/* json_dump_callback() does not heed what this returns for a key, so once
 * failed it stays so. */
static int
text_add(const char *p, size_t n, void *arg)
{
	struct text *t = arg;
	size_t alloc = t->alloc == 0 ? TEXT_BYTES : t->alloc;
	char *grown;

	while (alloc - t->len <= n && alloc < SIZE_MAX / 2)
		alloc *= 2;
	if (alloc > t->alloc && !t->is_failed) {
		grown = realloc(t->p, alloc);
		t->is_failed = grown == NULL || alloc - t->len <= n;
		if (grown != NULL) {
			t->p = grown;
			t->alloc = alloc;
		}
	}
	if (t->is_failed)
		return -1;
	memcpy(t->p + t->len, p, n);
	t->len += n;
	t->p[t->len] = '\0';
	return 0;
}

char *
json_line_dump(const json_t *obj, size_t *len)
{
	struct text t = { NULL, 0, 0, false };

	/* 16 digits keep microseconds of a Unix time in milliseconds. */
	if (json_dump_callback(obj, text_add, &t,
		JSON_COMPACT | JSON_REAL_PRECISION(16)) != 0 ||
	    t.is_failed) {
		free(t.p);
		return NULL;
	}
	*len = t.len;
	return t.p;
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

	if (detail != NULL)
		json_put(&obj, "detail", json_string(detail));
	json_put(&obj, "at_ms", json_ms(at_ms));
	return obj;
}
