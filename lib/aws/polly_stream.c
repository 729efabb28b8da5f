#include "aws/polly_stream.h"

#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

const char *
polly_stream_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case value:                                                            \
		return text;
		POLLY_STREAM_ERROR_LIST(X)
#undef X
	default:
		return "no error";
	}
}

size_t
polly_stream_headers(const struct polly_stream_params *p, struct h2_header *h)
{
	size_t n = 0;

	h[n++] = (struct h2_header){ "x-amzn-engine", p->engine };
	h[n++] = (struct h2_header){ "x-amzn-voiceid", p->voice_id };
	h[n++] = (struct h2_header){ "x-amzn-outputformat", p->output_format };
	if (p->sample_rate != NULL)
		h[n++] =
		    (struct h2_header){ "x-amzn-samplerate", p->sample_rate };
	if (p->language_code != NULL)
		h[n++] = (struct h2_header){ "x-amzn-languagecode",
			p->language_code };
	if (p->lexicon_names != NULL)
		h[n++] = (struct h2_header){ "x-amzn-lexiconnames",
			p->lexicon_names };
	return n;
}

static size_t
count_chars(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((uint8_t)text[i] & 0xc0) != 0x80;
	return n;
}

int
polly_stream_text_event(
    const char *text, size_t len, bool is_ssml, bool force, char **json)
{
	json_t *obj;

	if (!utf8_is_valid(text, len) ||
	    count_chars(text, len) > POLLY_STREAM_MAX_CHARS)
		return POLLY_STREAM_ERR_TEXT;
	obj = json_pack("{s:o}", "Text", json_stringn(text, len));
	if (is_ssml)
		json_put(&obj, "TextType", json_string("ssml"));
	if (force)
		json_put(&obj, "FlushStreamConfiguration",
		    json_pack("{s:b}", "Force", 1));
	*json = json_line_dump(obj, &len);
	json_decref(obj);
	return *json == NULL ? POLLY_STREAM_ERR_NOMEM : 0;
}

void
polly_stream_event_read(
    struct polly_stream_event *out, const struct es_event *event)
{
	json_t *obj, *n;

	memset(out, 0, sizeof(*out));
	out->kind = POLLY_STREAM_UNKNOWN;
	out->request_characters = -1;
	if (es_event_is(event, ES_KIND_EVENT, "AudioEvent")) {
		out->kind = POLLY_STREAM_AUDIO;
		out->audio = event->payload;
		out->len = event->payload_len;
	} else if (es_event_is(event, ES_KIND_EVENT, "StreamClosedEvent")) {
		out->kind = POLLY_STREAM_CLOSED;
		obj = json_loadb(
		    (const char *)event->payload, event->payload_len, 0, NULL);
		n = json_object_get(obj, "RequestCharacters");
		if (json_is_integer(n))
			out->request_characters = (long)json_integer_value(n);
		json_decref(obj);
	}
}
