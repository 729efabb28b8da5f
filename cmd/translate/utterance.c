#include "utterance.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line.h"
#include "base/utf8.h"

/* Of text alone, where a line is too long: escapes may make it six times as
 * long, and 600 bytes are enough for the other keys. */
#define CUT_TEXT_BYTES ((LINE_MAX_BYTES - 2600) / 6)

int
utterance_init(struct utterance *u, json_t *line, const char *source)
{
	const char *tag = source != NULL ? source : json_str(line, "lang");
	char buf[LANG_TAG_MAX];

	memset(u, 0, sizeof(*u));
	if (strcmp(json_line_type(line), "transcript") != 0 ||
	    !json_is_set(line, "final"))
		return 0;
	u->text = json_str(line, "text");
	if (u->text == NULL)
		return 0;
	u->len = strlen(u->text);
	u->line = json_incref(line);
	if (tag != NULL && lang_is_tag(tag)) {
		snprintf(
		    u->from, sizeof(u->from), "%s", lang_canonical(tag, buf));
		snprintf(u->source, sizeof(u->source), "%s",
		    lang_for_translate(tag, buf));
	} else {
		snprintf(u->source, sizeof(u->source), "%s", UTTERANCE_AUTO);
	}
	return 1;
}

void
utterance_release(struct utterance *u)
{
	json_decref(u->line);
	memset(u, 0, sizeof(*u));
}

void
utterance_copy(struct utterance *to, const struct utterance *from)
{
	*to = *from;
	json_incref(to->line);
}

/* Copy a key of the transcript as it is, if it is there. */
static int
carry(json_t *obj, const struct utterance *u, const char *key)
{
	json_t *value = json_object_get(u->line, key);

	return value == NULL ? 0 : json_object_set(obj, key, value);
}

static json_t *
string_or_null(const char *s)
{
	return s != NULL && s[0] != '\0' ? json_string(s) : json_null();
}

static int
set_or_leave(json_t *obj, const char *key, const char *value)
{
	if (value == NULL)
		return 0;
	return json_object_set_new(obj, key, json_string(value));
}

static json_t *
make(const struct utterance *u, const struct translation *t, size_t text_len,
    const char *source_text)
{
	json_t *obj = json_object();

	if (obj == NULL ||
	    json_object_set_new(obj, "type", json_string("translation")) != 0 ||
	    carry(obj, u, "id") != 0 ||
	    json_object_set_new(obj, "lang", json_string(t->lang)) != 0 ||
	    json_object_set_new(obj, "from", string_or_null(t->from)) != 0 ||
	    json_object_set_new(obj, "text", json_stringn(t->text, text_len)) !=
		0 ||
	    set_or_leave(obj, "say", t->say) != 0 ||
	    json_object_set_new(obj, "source_text", json_string(source_text)) !=
		0 ||
	    json_object_set_new(obj, "error", string_or_null(t->error)) != 0 ||
	    carry(obj, u, "captured_at_ms") != 0 ||
	    carry(obj, u, "final_at_ms") != 0 ||
	    json_object_set_new(
		obj, "translated_at_ms", json_ms(t->translated_at_ms)) != 0)
		goto fail;
	if (json_is_set(u->line, "late") &&
	    json_object_set_new(obj, "late", json_true()) != 0)
		goto fail;
	return obj;
fail:
	json_decref(obj);
	return NULL;
}

/* A line of these parts; NULL: no memory. */
static char *
dump(const struct utterance *u, const struct translation *t, size_t text_len,
    const char *source_text, size_t *len)
{
	json_t *obj = make(u, t, text_len, source_text);
	char *line = obj != NULL ? json_line_dump(obj, len) : NULL;

	json_decref(obj);
	return line;
}

char *
utterance_translation(
    const struct utterance *u, const struct translation *t, size_t *len)
{
	size_t text_len = strlen(t->text);
	struct translation less = *t;
	char *line = dump(u, t, text_len, u->text, len);

	if (line == NULL || *len < LINE_MAX_BYTES)
		return line;
	free(line);
	line = dump(u, t, text_len, "", len);
	if (line == NULL || *len < LINE_MAX_BYTES)
		return line;
	free(line);
	less.say = NULL;
	line = dump(u, &less, text_len, "", len);
	if (line == NULL || *len < LINE_MAX_BYTES)
		return line;
	free(line);
	if (less.error == NULL)
		less.error = "cut: longer than a line may be";
	return dump(
	    u, &less, utf8_prefix(t->text, text_len, CUT_TEXT_BYTES), "", len);
}
