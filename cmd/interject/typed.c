#include "typed.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "room/say.h"

static const char prefix[] = "say-";

void
typed_init(struct typed *t, const char *lang, double now_ms)
{
	memset(t, 0, sizeof(*t));
	t->began_ms = now_ms;
	if (lang != NULL) {
		lang = lang_canonical(lang, t->lang);
		if (lang != t->lang)
			snprintf(t->lang, sizeof(t->lang), "%s", lang);
		t->is_fixed = true;
	}
}

static void
learn_lang(struct typed *t, const char *lang)
{
	if (lang != NULL && !t->is_fixed && strlen(lang) < LANG_TAG_MAX &&
	    lang_is_tag(lang))
		memcpy(t->lang, lang, strlen(lang) + 1);
}

void
typed_learn(struct typed *t, const json_t *line)
{
	const char *type = json_line_type(line), *stage, *state;

	if (strcmp(type, "transcript") == 0) {
		t->end_ms = json_num(line, "end_ms", t->end_ms);
		if (json_object_get(line, "said_by") == NULL)
			learn_lang(t, json_str(line, "lang"));
	} else if (strcmp(type, "status") == 0) {
		stage = json_str(line, "stage");
		state = json_str(line, "state");
		if (stage != NULL && strcmp(stage, "transcribe") == 0 &&
		    state != NULL && strcmp(state, "ready") == 0)
			learn_lang(t, json_str(line, "lang"));
	}
}

/* Whether the n bytes of a UTF-8 sequence move the cursor or end a line: C0,
 * DEL, C1, U+2028 and U+2029. */
static bool
is_control(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	if (n == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	if (n == 2)
		return u[0] == 0xc2 && u[1] < 0xa0;
	return n == 3 && u[0] == 0xe2 && u[1] == 0x80 &&
	       (u[2] == 0xa8 || u[2] == 0xa9);
}

/*
 * Copy valid UTF-8 without control characters, with single blanks, none at
 * either end.  out has len + 1 bytes.  Returns its length, or -1: not UTF-8.
 */
static long
clean(char *out, const char *p, size_t len)
{
	size_t i = 0, n, end = 0;
	bool is_blank = false;

	for (; i < len; i += n) {
		n = utf8_sequence(p + i, len - i);
		if (n == 0)
			return -1;
		if (p[i] == ' ' || is_control(p + i, n)) {
			is_blank = end > 0;
			continue;
		}
		if (is_blank)
			out[end++] = ' ';
		is_blank = false;
		memcpy(out + end, p + i, n);
		end += n;
	}
	out[end] = '\0';
	return (long)end;
}

static bool
is_id(const char *id)
{
	size_t len = id != NULL ? strlen(id) : 0, i, n;

	if (len == 0 || len > TYPED_ID_MAX)
		return false;
	for (i = 0; i < len; i += n) {
		n = utf8_sequence(id + i, len - i);
		if (n == 0 || is_control(id + i, n))
			return false;
	}
	return true;
}

/* An id that a writer chose must not be one that a stage could give. */
static bool
is_own_id(const char *id)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	return is_id(id) && strncmp(id, prefix, sizeof(prefix) - 1) == 0 &&
	       strspn(id, letters) == strlen(id);
}

static json_t *
make_transcript(struct typed *t, const char *text, const char *lang,
    const char *id, double now_ms)
{
	char own[64];

	if (id == NULL) {
		snprintf(own, sizeof(own), "%s%llx-%lu", prefix,
		    (unsigned long long)(t->began_ms * 1000), ++t->n);
		id = own;
	}
	return json_pack("{s:s,s:s,s:b,s:s,s:s,s:s,s:o,s:o,s:[],s:o,s:o}",
	    "type", "transcript", "id", id, "final", 1, "lang", lang, "text",
	    text, "said_by", "operator", "start_ms", json_ms(t->end_ms),
	    "end_ms", json_ms(t->end_ms), "items", "captured_at_ms",
	    json_ms(now_ms), "final_at_ms", json_ms(now_ms));
}

static int
take_text(struct typed *t, const char *text, size_t len, const char *lang,
    const char *id, double now_ms, json_t **line, char *why, size_t errsize)
{
	char buf[SAY_LINE_MAX + 1], tag[LANG_TAG_MAX];
	long n = len <= SAY_LINE_MAX ? clean(buf, text, len) : -1;

	if (n < 0) {
		snprintf(why, errsize,
		    len <= SAY_LINE_MAX ? "not UTF-8" : "too long");
		return -1;
	}
	if (n == 0)
		return 0;
	if (lang == NULL && t->lang[0] == '\0') {
		snprintf(why, errsize,
		    "its language is not known yet: give it with the line, or "
		    "interject -l LANG");
		return -1;
	}
	*line = make_transcript(t, buf,
	    lang != NULL ? lang_canonical(lang, tag) : t->lang, id, now_ms);
	if (*line == NULL) {
		snprintf(why, errsize, "out of memory");
		return -1;
	}
	return 1;
}

static int
take_transcript(struct typed *t, const json_t *obj, double now_ms,
    json_t **line, char *why, size_t errsize)
{
	const json_t *text = json_object_get(obj, "text");
	const json_t *lang = json_object_get(obj, "lang");
	const json_t *id = json_object_get(obj, "id");
	const char *tag = json_string_value(lang);

	if (!json_is_string(text)) {
		snprintf(why, errsize, "a transcript without 'text'");
		return -1;
	}
	if (lang != NULL &&
	    (tag == NULL || strlen(tag) >= LANG_TAG_MAX || !lang_is_tag(tag))) {
		snprintf(why, errsize, "'lang' is no language tag");
		return -1;
	}
	if (id != NULL && !is_own_id(json_string_value(id))) {
		snprintf(why, errsize,
		    "an 'id' of one's own is 'say-' and up to %d of a-z, 0-9 "
		    "and '-'",
		    TYPED_ID_MAX - (int)sizeof(prefix) + 1);
		return -1;
	}
	return take_text(t, json_string_value(text), json_string_length(text),
	    tag, json_string_value(id), now_ms, line, why, errsize);
}

static int
take_json(struct typed *t, const char *text, size_t len, double now_ms,
    json_t **line, char *why, size_t errsize)
{
	json_t *obj = json_line_parse(text, len, why, errsize);
	const char *type;
	int ret = -1;

	if (obj == NULL)
		return -1;
	type = json_line_type(obj);
	if (strcmp(type, "transcript") == 0) {
		ret = take_transcript(t, obj, now_ms, line, why, errsize);
	} else if (strcmp(type, "retraction") != 0) {
		snprintf(why, errsize, "neither transcript nor retraction");
	} else if (!is_id(json_str(obj, "id"))) {
		snprintf(why, errsize,
		    "a retraction without the 'id' of an utterance");
	} else {
		*line = json_pack("{s:s,s:s,s:o}", "type", "retraction", "id",
		    json_str(obj, "id"), "at_ms", json_ms(now_ms));
		ret = *line != NULL ? 1 : -1;
		if (ret == -1)
			snprintf(why, errsize, "out of memory");
	}
	json_decref(obj);
	return ret;
}

int
typed_take(struct typed *t, const char *text, size_t len, double now_ms,
    json_t **line, char *why, size_t errsize)
{
	while (len > 0 && (*text == ' ' || *text == '\t' || *text == '\r')) {
		text++;
		len--;
	}
	if (len > 0 && *text == '{')
		return take_json(t, text, len, now_ms, line, why, errsize);
	if (len > 0 && text[len - 1] == '}') {
		snprintf(why, errsize, "it is the end of a JSON line");
		return -1;
	}
	return take_text(t, text, len, NULL, NULL, now_ms, line, why, errsize);
}
