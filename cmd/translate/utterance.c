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

static json_t *
make(const struct utterance *u, const char *lang, const char *from,
    const char *text, size_t text_len, const char *source_text,
    const char *error, double translated_at_ms)
{
	json_t *obj = json_object();

	if (obj == NULL ||
	    json_object_set_new(obj, "type", json_string("translation")) != 0 ||
	    carry(obj, u, "id") != 0 ||
	    json_object_set_new(obj, "lang", json_string(lang)) != 0 ||
	    json_object_set_new(obj, "from", string_or_null(from)) != 0 ||
	    json_object_set_new(obj, "text", json_stringn(text, text_len)) !=
		0 ||
	    json_object_set_new(obj, "source_text", json_string(source_text)) !=
		0 ||
	    json_object_set_new(obj, "error", string_or_null(error)) != 0 ||
	    carry(obj, u, "captured_at_ms") != 0 ||
	    carry(obj, u, "final_at_ms") != 0 ||
	    json_object_set_new(
		obj, "translated_at_ms", json_ms(translated_at_ms)) != 0)
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
dump(const struct utterance *u, const char *lang, const char *from,
    const char *text, size_t text_len, const char *source_text,
    const char *error, double translated_at_ms, size_t *len)
{
	json_t *obj = make(u, lang, from, text, text_len, source_text, error,
	    translated_at_ms);
	char *line = obj != NULL ? json_line_dump(obj, len) : NULL;

	json_decref(obj);
	return line;
}

char *
utterance_translation(const struct utterance *u, const char *lang,
    const char *from, const char *text, const char *error,
    double translated_at_ms, size_t *len)
{
	size_t text_len = strlen(text);
	char *line = dump(u, lang, from, text, text_len, u->text, error,
	    translated_at_ms, len);

	if (line == NULL || *len < LINE_MAX_BYTES)
		return line;
	free(line);
	line = dump(
	    u, lang, from, text, text_len, "", error, translated_at_ms, len);
	if (line == NULL || *len < LINE_MAX_BYTES)
		return line;
	free(line);
	return dump(u, lang, from, text,
	    utf8_prefix(text, text_len, CUT_TEXT_BYTES), "",
	    error != NULL ? error : "cut: longer than a line may be",
	    translated_at_ms, len);
}
