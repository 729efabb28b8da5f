/*
 * The lines of booth-lines(5) as jansson objects: what several tools need to
 * read and write them.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Parse one line: an object, nothing after it, no duplicate keys.  Returns a
 * new reference, or NULL with a reason ("at column 7: ...") in err (errsize
 * bytes).  Where memory was short the reason is JSON_NOMEM.
 */
#define JSON_NOMEM "out of memory"
json_t *
json_line_parse(const char *line, size_t len, char *err, size_t errsize);

/* The string at key, or NULL when absent or not a string.  Borrowed from obj.
 */
const char *json_str(const json_t *obj, const char *key);

/* The number at key, or `fallback`. */
double json_num(const json_t *obj, const char *key, double fallback);

/* The boolean at key; absent or not a boolean: false. */
bool json_is_set(const json_t *obj, const char *key);

/* Value of the type key ("transcript", ...), or "". */
const char *json_line_type(const json_t *obj);

/*
 * Set a key of the object at *obj, or add to the list at *list, which takes the
 * value.  Where memory is short (value or what it would go into is NULL, or it
 * cannot be added) the whole is released and NULL: of a long row of keys only
 * the end need be checked, and no line goes out without a part of it.
 */
void json_put(json_t **obj, const char *key, json_t *value);
void json_push(json_t **list, json_t *value);

/* All keys of `from` (borrowed) that *obj does not have, in the same way. */
void json_put_missing(json_t **obj, const json_t *from);

/* Parse failed for want of memory, not of sense. */
bool json_is_nomem(const json_error_t *why);

/* What the file at path holds, a new reference; NULL where it is absent or no
 * JSON.  0, or -1: no memory. */
int json_read_file(const char *path, json_t **value);

/*
 * One line of text for obj, compact, keys in the order they were set, times
 * rounded to 3 digits by json_ms().  To be freed by free(); NULL: no memory,
 * or obj is NULL.  *len is its length without NUL.
 */
char *json_line_dump(const json_t *obj, size_t *len);

/*
 * The same, with n bytes as base64 at the key "data", which obj does not have
 * and which comes last.  Audio is most of what the stages write, and base64
 * needs neither UTF-8 checks nor escapes: this writes it once, in place.
 */
char *
json_line_dump_data(const json_t *obj, const void *p, size_t n, size_t *len);

/* A JSON real of milliseconds, rounded to microseconds. */
json_t *json_ms(double ms);

/*
 * A status line:
 * {"type":"status","stage":...,"state":...,"detail":...,"at_ms":...}. `detail`
 * may be NULL (the key is left out).  More keys are the caller's to set.
 */
json_t *json_status(
    const char *stage, const char *state, const char *detail, double at_ms);

#endif
