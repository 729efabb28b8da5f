/* SynthesizeSpeech: one text in, its sound or its speech marks out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "exchange.h"
#include "speech_text.h"
#include "svc_polly.h"
#include "voices.h"

/* Taken from the engine in one go. */
#define CHUNK_BYTES 16384
/* An engine that says nothing for this long is given up. */
#define SILENT_MS 30000

struct speech {
	json_t *request; /* owned: the members of the request */
	const struct voice *voice;
	struct engine *engine;
	bool is_marks;
	bool is_open;
	size_t billed;
	unsigned int rate_hz;
	uint64_t nsent;   /* bytes of the body */
	int64_t heard_ms; /* from the engine */
};

static void
refuse_value(
    struct exchange *x, const char *field, const char *value, const char *rule)
{
	exchange_refuse(x, 400, "ValidationException", NULL,
	    "1 validation error detected: Value '%.40s' at '%s' failed to "
	    "satisfy constraint: %s",
	    value == NULL ? "null" : value, field, rule);
}

static void
refuse(struct exchange *x, const char *name, const char *text)
{
	exchange_refuse(x, 400, name, NULL, "%s", text);
}

/* The voice, and whether the engine asked for goes with it.  False: refused. */
static bool
check_voice(struct exchange *x, struct speech *s)
{
	const char *id = json_str(s->request, "VoiceId"),
		   *engine = json_str(s->request, "Engine"),
		   *lang = json_str(s->request, "LanguageCode");

	if (engine == NULL)
		engine = "standard";
	if (id == NULL || (s->voice = voices_find(id)) == NULL) {
		refuse_value(x, "voiceId", id,
		    "Member must satisfy enum value set of Amazon Polly's "
		    "voices");
		return false;
	}
	if (voices_engine(engine) == 0) {
		refuse_value(x, "engine", engine,
		    "Member must satisfy enum value set: [standard, neural, "
		    "long-form, generative]");
		return false;
	}
	if (lang != NULL && voices_language(lang) == NULL) {
		refuse_value(x, "languageCode", lang,
		    "Member must satisfy enum value set of Amazon Polly's "
		    "languages");
		return false;
	}
	if ((s->voice->engines & voices_engine(engine)) == 0) {
		exchange_refuse(x, 400, "EngineNotSupportedException", NULL,
		    "This voice does not support the selected engine: %s",
		    engine);
		return false;
	}
	if (json_array_size(json_object_get(s->request, "LexiconNames")) > 0) {
		exchange_refuse(x, 404, "LexiconNotFoundException", NULL,
		    "Amazon Polly can't find the specified lexicon: the "
		    "stand-in keeps none");
		return false;
	}
	return true;
}

/* What comes out.  *rate and marks (of 32 bytes) are for the engine. */
static bool
check_format(
    struct exchange *x, struct speech *s, const char **rate, char *marks)
{
	const char *format = json_str(s->request, "OutputFormat");
	const json_t *types = json_object_get(s->request, "SpeechMarkTypes");
	const char *type;

	*rate = json_str(s->request, "SampleRate");
	if (*rate == NULL)
		*rate = "16000";
	marks[0] = '\0';
	if (format == NULL) {
		refuse_value(
		    x, "outputFormat", NULL, "Member must not be null");
		return false;
	}
	s->is_marks = strcmp(format, "json") == 0;
	if (!s->is_marks && strcmp(format, "pcm") != 0) {
		refuse_value(x, "outputFormat", format,
		    "The stand-in makes pcm and json only");
		return false;
	}
	if (strcmp(*rate, "8000") != 0 && strcmp(*rate, "16000") != 0 &&
	    !s->is_marks) {
		refuse(x, "InvalidSampleRateException",
		    "The specified sample rate is not valid: pcm has 8000 or "
		    "16000");
		return false;
	}
	if (s->is_marks != (json_array_size(types) > 0)) {
		refuse(x, "MarksNotSupportedForFormatException",
		    "Speech marks go with the OutputFormat json, and json with "
		    "speech marks");
		return false;
	}
	for (size_t i = 0; i < json_array_size(types); i++) {
		type = json_string_value(json_array_get(types, i));
		if (type == NULL || (strcmp(type, "word") != 0 &&
					strcmp(type, "sentence") != 0)) {
			refuse_value(x, "speechMarkTypes", type,
			    "The stand-in marks word and sentence only");
			return false;
		}
		if (strstr(marks, type) != NULL)
			continue;
		if (marks[0] != '\0')
			strcat(marks, ",");
		strcat(marks, type);
	}
	return true;
}

static bool
check_text(struct exchange *x, struct speech *s, bool *is_ssml)
{
	const json_t *text = json_object_get(s->request, "Text");
	const char *type = json_str(s->request, "TextType"),
		   *p = json_string_value(text), *why;
	size_t n = json_string_length(text);

	if (p == NULL) {
		refuse_value(x, "text", NULL, "Member must not be null");
		return false;
	}
	*is_ssml = type != NULL && strcmp(type, "ssml") == 0;
	if (type != NULL && !*is_ssml && strcmp(type, "text") != 0) {
		refuse_value(x, "textType", type,
		    "Member must satisfy enum value set: [ssml, text]");
		return false;
	}
	s->billed = speech_billed(p, n, *is_ssml);
	if (s->billed > SPEECH_BILLED_MAX ||
	    speech_chars(p, n) > SPEECH_CHARS_MAX) {
		refuse(x, "TextLengthExceededException",
		    "Maximum text length has been exceeded");
		return false;
	}
	if (*is_ssml && !speech_ssml_is_ok(p, n, &why)) {
		exchange_refuse(x, 400, "InvalidSsmlException", NULL,
		    "Invalid SSML request: %s", why);
		return false;
	}
	return true;
}

static void
speak(struct exchange *x, struct speech *s)
{
	const json_t *text = json_object_get(s->request, "Text");
	const char *rate, *args[8];
	char marks[32];
	size_t n = 0;
	bool is_ssml;

	if (!check_voice(x, s) || !check_format(x, s, &rate, marks) ||
	    !check_text(x, s, &is_ssml))
		return;
	if (s->is_marks) {
		args[n++] = "--marks";
		args[n++] = marks;
		rate = "16000";
	}
	args[n++] = s->voice->id;
	args[n++] =
	    voices_speaks(s->voice, json_str(s->request, "LanguageCode"));
	args[n++] = rate;
	s->rate_hz = (unsigned int)atoi(rate);
	args[n++] = is_ssml ? "ssml" : "text";
	args[n] = NULL;
	if (engine_start(&s->engine, x->la->engines, "tts", x->la->tts, args) !=
		0 ||
	    engine_write(s->engine, json_string_value(text),
		json_string_length(text)) != 0) {
		exchange_refuse(x, 500, "ServiceFailureException", NULL,
		    "The speech engine cannot be started");
		return;
	}
	engine_end(s->engine);
	s->heard_ms = x->now_ms;
}

static struct speech *
speech_new(struct exchange *x)
{
	struct speech *s = calloc(1, sizeof(*s));

	x->state = s;
	if (s == NULL)
		exchange_refuse(
		    x, 500, "ServiceFailureException", NULL, "out of memory");
	return s;
}

static void
start(struct exchange *x)
{
	struct speech *s = speech_new(x);
	json_error_t e;
	size_t n;
	const char *body = (const char *)exchange_input(x, &n);

	if (s == NULL)
		return;
	s->request =
	    json_loadb(n == 0 ? "" : body, n, JSON_REJECT_DUPLICATES, &e);
	if (!json_is_object(s->request)) {
		refuse(x, "SerializationException",
		    "The request is not a JSON object");
		return;
	}
	speak(x, s);
}

/* The same members out of the query. */
static void
start_get(struct exchange *x)
{
	static const char *const names[] = { "Engine", "LanguageCode",
		"OutputFormat", "SampleRate", "Text", "TextType", "VoiceId" };
	static const char *const lists[] = { "LexiconNames",
		"SpeechMarkTypes" };
	struct speech *s = speech_new(x);
	char *value;

	if (s == NULL)
		return;
	s->request = json_object();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = request_param(&x->req, names[i]);
		if (value != NULL)
			json_object_set_new(
			    s->request, names[i], json_string(value));
		free(value);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		value = request_param(&x->req, lists[i]);
		if (value != NULL)
			json_object_set_new(
			    s->request, lists[i], json_pack("[s]", value));
		free(value);
	}
	speak(x, s);
}

static void
open_reply(struct exchange *x, struct speech *s)
{
	char billed[24];
	struct h2_header headers[] = {
		{ "content-type",
		    s->is_marks ? "application/x-json-stream" : "audio/pcm" },
		{ "x-amzn-requestcharacters", billed }, { NULL, NULL }
	};

	snprintf(billed, sizeof(billed), "%zu", s->billed);
	exchange_open(x, headers);
	s->is_open = true;
}

/* The engine could not: before the first byte that is an answer, after it the
 * body is cut short. */
static void
fail(struct exchange *x, struct speech *s, const char *why)
{
	if (s->is_open) {
		snprintf(x->error, sizeof(x->error), "(engine failed)");
		x->link->reset(x, H2_INTERNAL_ERROR);
		exchange_finish(x);
	} else if (engine_is_over(s->engine) &&
		   engine_status(s->engine) == 69) {
		exchange_refuse(
		    x, 400, "LanguageNotSupportedException", NULL, "%s", why);
	} else if (s->is_marks) {
		exchange_refuse(x, 400, "MarksNotSupportedForFormatException",
		    NULL, "The speech engine gives no marks: %s", why);
	} else {
		exchange_refuse(
		    x, 500, "ServiceFailureException", NULL, "%s", why);
	}
}

static void
pump(struct exchange *x, int64_t now_ms)
{
	struct speech *s = x->state;
	const uint8_t *p;
	size_t n;

	while ((p = engine_peek(s->engine, &n), n > 0)) {
		s->heard_ms = now_ms;
		if (!s->is_open)
			open_reply(x, s);
		if (n > CHUNK_BYTES)
			n = CHUNK_BYTES;
		if (x->chunk_bytes != 0 && n > x->chunk_bytes)
			n = x->chunk_bytes;
		if (!s->is_marks && !exchange_hook(x, HOOK_AUDIO,
					s->nsent * 1000 / (2 * s->rate_hz)))
			return;
		if (exchange_room(x) < CHUNK_BYTES + 64 ||
		    exchange_write(x, p, n) != 0)
			return;
		s->nsent += n;
		engine_skip(s->engine, n);
	}
	if (!engine_is_over(s->engine)) {
		if (now_ms - s->heard_ms >= SILENT_MS)
			fail(x, s, "The speech engine does not answer");
		else
			exchange_wake(x, s->heard_ms + SILENT_MS);
		return;
	}
	if (engine_status(s->engine) != 0) {
		fail(x, s, engine_complaint(s->engine));
		return;
	}
	if (!s->is_open)
		open_reply(x, s);
	exchange_finish(x);
}

static void
stop(struct exchange *x)
{
	struct speech *s = x->state;

	engine_free(s->engine);
	json_decref(s->request);
	free(s);
}

const struct operation synthesize_speech = {
	.name = "SynthesizeSpeech",
	.service = &polly_service,
	.start = start,
	.pump = pump,
	.stop = stop,
};

const struct operation synthesize_speech_get = {
	.name = "SynthesizeSpeech",
	.service = &polly_service,
	.start = start_get,
	.pump = pump,
	.stop = stop,
};
