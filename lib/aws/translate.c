#include "aws/translate.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_foreign.h"
#include "base/utf8.h"

const char *
translate_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case TRANSLATE_ERR_##name:                                             \
		return text;
		TRANSLATE_ERRORS(X)
#undef X
	}
	return "unknown error";
}

/* Set key to a string unless it is NULL.  0 or -1: no memory. */
static int
set(json_t *obj, const char *key, const char *value)
{
	if (value == NULL)
		return 0;
	return json_object_set_new(obj, key, json_string(value));
}

static json_t *
make_settings(const struct translate_options *o)
{
	json_t *settings = json_object();

	if (settings == NULL || set(settings, "Formality", o->formality) != 0 ||
	    set(settings, "Profanity", o->profanity) != 0 ||
	    set(settings, "Brevity", o->brevity) != 0) {
		json_decref(settings);
		return NULL;
	}
	return settings;
}

int
translate_body(const struct translate_options *o, const char *text, size_t len,
    char **body, size_t *body_len)
{
	json_t *obj = NULL, *settings;
	int rc = TRANSLATE_ERR_NOMEM;

	*body = NULL;
	if (len == 0 || len > TRANSLATE_TEXT_MAX_BYTES ||
	    !utf8_is_valid(text, len))
		return TRANSLATE_ERR_TEXT;
	obj = json_object();
	if (obj == NULL ||
	    json_object_set_new(obj, "Text", json_stringn(text, len)) != 0 ||
	    set(obj, "SourceLanguageCode", o->source) != 0 ||
	    set(obj, "TargetLanguageCode", o->target) != 0)
		goto out;
	if (o->terminology != NULL &&
	    json_object_set_new(
		obj, "TerminologyNames", json_pack("[s]", o->terminology)) != 0)
		goto out;
	if (o->formality != NULL || o->profanity != NULL ||
	    o->brevity != NULL) {
		settings = make_settings(o);
		if (settings == NULL ||
		    json_object_set_new(obj, "Settings", settings) != 0)
			goto out;
	}
	*body = json_line_dump(obj, body_len);
	if (*body == NULL)
		goto out;
	rc = 0;
out:
	json_decref(obj);
	return rc;
}

void
translate_request(struct http_request *req, const struct endpoint *endpoint,
    const char *body, size_t body_len)
{
	memset(req, 0, sizeof(*req));
	req->method = "POST";
	req->endpoint = endpoint;
	req->path = "/";
	req->headers[0].name = "content-type";
	req->headers[0].value = "application/x-amz-json-1.1";
	req->headers[1].name = "x-amz-target";
	req->headers[1].value =
	    "AWSShineFrontendService_20170701.TranslateText";
	req->nheaders = 2;
	req->body = body;
	req->body_len = body_len;
	req->protocol = SERVICE_JSON_1_1;
}

/* Number of code points in valid UTF-8. */
static size_t
count_chars(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void
copy_code(char *out, size_t outsize, const json_t *value)
{
	const char *s = json_string_value(value);

	snprintf(out, outsize, "%s", s != NULL ? s : "");
}

int
translate_answer_parse(struct translate_answer *a, const void *body, size_t len,
    struct service_error *error)
{
	json_error_t why;
	json_t *obj = NULL, *text;
	int rc = TRANSLATE_ERR_ANSWER;

	memset(a, 0, sizeof(*a));
	obj = json_foreign_parse(body, len, &why);
	if (!json_is_object(obj)) {
		service_error_set(error, SERVICE_ERROR_PROTOCOL, "answer",
		    "answer of Translate is not JSON%s%s",
		    obj == NULL ? ": " : "", obj == NULL ? why.text : "");
		goto out;
	}
	text = json_object_get(obj, "TranslatedText");
	if (!json_is_string(text)) {
		service_error_set(error, SERVICE_ERROR_PROTOCOL, "answer",
		    "answer of Translate has no TranslatedText");
		goto out;
	}
	if (count_chars(json_string_value(text)) > TRANSLATE_ANSWER_MAX_CHARS) {
		service_error_set(error, SERVICE_ERROR_PROTOCOL, "answer",
		    "answer of Translate has more than %d characters",
		    TRANSLATE_ANSWER_MAX_CHARS);
		goto out;
	}
	a->text = strdup(json_string_value(text));
	if (a->text == NULL) {
		service_error_set(
		    error, SERVICE_ERROR_LOCAL, "memory", "out of memory");
		rc = TRANSLATE_ERR_NOMEM;
		goto out;
	}
	copy_code(a->source, sizeof(a->source),
	    json_object_get(obj, "SourceLanguageCode"));
	copy_code(a->target, sizeof(a->target),
	    json_object_get(obj, "TargetLanguageCode"));
	rc = 0;
out:
	json_decref(obj);
	return rc;
}

void
translate_answer_release(struct translate_answer *a)
{
	free(a->text);
	memset(a, 0, sizeof(*a));
}

/* Where a text may be cut, the better the higher. */
enum border {
	BORDER_NONE,
	BORDER_SPACE,
	BORDER_CLAUSE,
	BORDER_SENTENCE
};

/* The bytes of a mark at p that ends a sentence or clause, 0: there is none.
 * *border says which. */
static size_t
mark_at(const char *p, size_t n, enum border *border)
{
	static const struct {
		const char *mark;
		enum border border;
	} marks[] = {
		{ "\n", BORDER_SENTENCE }, { ".", BORDER_SENTENCE },
		{ "!", BORDER_SENTENCE }, { "?", BORDER_SENTENCE },
		{ "\xe2\x80\xa6", BORDER_SENTENCE }, /* horizontal ellipsis */
		{ "\xe3\x80\x82", BORDER_SENTENCE }, /* ideographic stop */
		{ "\xef\xbc\x81", BORDER_SENTENCE }, /* full-width ! */
		{ "\xef\xbc\x9f", BORDER_SENTENCE }, /* full-width ? */
		{ "\xe0\xa5\xa4", BORDER_SENTENCE }, /* danda */
		{ "\xd8\x9f", BORDER_SENTENCE },     /* Arabic ? */
		{ "\xdb\x94", BORDER_SENTENCE },     /* Urdu stop */
		{ ",", BORDER_CLAUSE }, { ";", BORDER_CLAUSE },
		{ ":", BORDER_CLAUSE },
		{ "\xe3\x80\x81", BORDER_CLAUSE }, /* ideographic comma */
		{ "\xef\xbc\x8c", BORDER_CLAUSE }, /* full-width comma */
		{ "\xd8\x8c", BORDER_CLAUSE },     /* Arabic comma */
	};
	size_t i, len;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		len = strlen(marks[i].mark);
		if (n < len || memcmp(p, marks[i].mark, len) != 0)
			continue;
		*border = marks[i].border;
		return len;
	}
	return 0;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The border that lies just before position i, and *end of the white space
 * there. */
static enum border
border_after(const char *text, size_t len, size_t i, size_t *end)
{
	enum border border = BORDER_NONE;
	size_t n = mark_at(text + i, len - i, &border);

	*end = i + n;
	/* Closing quotes and brackets belong to the sentence. */
	while (n > 0 && *end < len && strchr("\"')]", text[*end]) != NULL &&
	       text[*end] != '\0')
		(*end)++;
	/* A mark of one byte ends something only before white space: "3.14",
	 * "example.org". */
	if (n == 1 && text[i] != '\n' && *end < len && !is_space(text[*end]))
		return BORDER_NONE;
	if (n == 0) {
		if (!is_space(text[i]))
			return BORDER_NONE;
		border = BORDER_SPACE;
	}
	while (*end < len && is_space(text[*end]))
		(*end)++;
	return border;
}

size_t
translate_cut(const char *text, size_t len, size_t max)
{
	size_t best[BORDER_SENTENCE + 1] = { 0 }, i, end;
	enum border border;

	if (len <= max)
		return len;
	for (i = 0; i < max; i++) {
		border = border_after(text, len, i, &end);
		if (border != BORDER_NONE && end <= max)
			best[border] = end;
	}
	for (i = BORDER_SENTENCE; i > BORDER_NONE; i--)
		if (best[i] > 0)
			return best[i];
	end = utf8_prefix(text, len, max);
	return end > 0 ? end : max;
}
