#include "aws/polly_speech.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

const char *
polly_speech_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case POLLY_SPEECH_ERR_##name:                                          \
		return text;
		POLLY_SPEECH_ERRORS(X)
#undef X
	}
	return "unknown error";
}

static int
set(json_t *obj, const char *key, const char *value)
{
	if (value == NULL)
		return 0;
	return json_object_set_new(obj, key, json_string(value));
}

static int
set_list(json_t *obj, const char *key, const char *const *values)
{
	json_t *list;

	if (values == NULL)
		return 0;
	list = json_array();
	for (; *values != NULL; values++)
		if (json_array_append_new(list, json_string(*values)) != 0) {
			json_decref(list);
			return -1;
		}
	return json_object_set_new(obj, key, list);
}

static size_t
count_chars(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

int
polly_speech_body(const struct polly_speech *s, char **body, size_t *body_len)
{
	json_t *obj = NULL;
	int rc = POLLY_SPEECH_ERR_NOMEM;

	*body = NULL;
	if (s->text[0] == '\0' || !utf8_is_valid(s->text, strlen(s->text)) ||
	    count_chars(s->text) > POLLY_SPEECH_MAX_CHARS)
		return POLLY_SPEECH_ERR_TEXT;
	obj = json_object();
	if (obj == NULL || set(obj, "OutputFormat", s->output_format) != 0 ||
	    set(obj, "SampleRate", s->sample_rate) != 0 ||
	    set(obj, "Text", s->text) != 0 ||
	    set(obj, "VoiceId", s->voice_id) != 0 ||
	    set(obj, "Engine", s->engine) != 0 ||
	    set(obj, "LanguageCode", s->language_code) != 0 ||
	    set(obj, "TextType", s->text_type) != 0 ||
	    set_list(obj, "LexiconNames", s->lexicon_names) != 0 ||
	    set_list(obj, "SpeechMarkTypes", s->speech_mark_types) != 0)
		goto out;
	*body = json_line_dump(obj, body_len);
	if (*body == NULL)
		goto out;
	rc = 0;
out:
	json_decref(obj);
	return rc;
}

void
polly_speech_request(struct http_request *req, const struct endpoint *endpoint,
    const char *body, size_t body_len)
{
	memset(req, 0, sizeof(*req));
	req->method = "POST";
	req->endpoint = endpoint;
	req->path = "/v1/speech";
	req->headers[0].name = "content-type";
	req->headers[0].value = "application/json";
	req->nheaders = 1;
	req->body = body;
	req->body_len = body_len;
	req->protocol = SERVICE_REST_JSON;
}

size_t
polly_pcm_join(struct polly_pcm *c, uint8_t *out, const uint8_t *p, size_t n)
{
	size_t len = 0;

	if (n == 0)
		return 0;
	if (c->has_odd)
		out[len++] = c->odd;
	memcpy(out + len, p, n);
	len += n;
	c->has_odd = len % 2;
	if (c->has_odd)
		c->odd = out[--len];
	return len;
}
