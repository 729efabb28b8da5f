/* StartSpeechSynthesisStream: text events in, sound out as it is made. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "events.h"
#include "exchange.h"
#include "speech_queue.h"
#include "speech_text.h"
#include "svc_polly.h"
#include "voices.h"

/* The service's. */
#define IDLE_MS 5000
#define STREAM_MS (10 * 60 * 1000)

/* A TextEvent of 6000 characters, each of them escaped as \uXXXX\uXXXX. */
#define EVENT_BYTES_MAX (80 * 1024)
#define SLICE_BYTES 16384
/* Sound in one AudioEvent at most; what the engine has made goes at once. */
#define CHUNK_BYTES 8192
/* An engine that says nothing for this long is given up. */
#define SILENT_MS 30000

enum stage {
	STAGE_QUEUED, /* an older stream has the connection */
	STAGE_OPEN,
};

struct stream {
	struct exchange *x;
	enum stage stage;
	const struct voice *voice;
	const char *lang; /* voices'; constant */
	const char *rate; /* "8000" or "16000"; constant */
	struct events_in events;
	struct speech_queue queue;
	struct utterance *utterance; /* being spoken, or about to be */
	struct engine *engine;       /* speaking it; NULL: not begun */
	uint64_t billed;
	uint64_t nsent;              /* bytes of sound */
	int64_t opened_ms, heard_ms; /* last event from the client */
	int64_t engine_ms;           /* last sound from the engine */
	bool is_closed;              /* CloseStreamEvent came */
	bool is_input_told;          /* to the hooks, that it ended */
	bool is_close_told;          /* StreamClosedEvent went */
	/* What on_event() found wrong, to be thrown after it. */
	char bad_text[256];
	const char *bad_reason, *bad_field;
};

/* --- refusals ------------------------------------------------------------- */

/* The members of a ValidationException beside its message. */
static json_t *
validation(const char *reason, const char *field, const char *text)
{
	json_t *extra = json_pack("{s:s}", "reason", reason);

	if (field != NULL)
		json_object_set_new(extra, "fields",
		    json_pack("[{s:s,s:s}]", "name", field, "message", text));
	return extra;
}

__attribute__((format(printf, 4, 5))) static void
refuse(struct exchange *x, const char *reason, const char *field,
    const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	exchange_refuse(x, 400, "ValidationException",
	    validation(reason, field, text), "%s", text);
}

__attribute__((format(printf, 4, 5))) static void
note_bad(struct stream *s, const char *reason, const char *field,
    const char *fmt, ...)
{
	va_list ap;

	if (s->bad_reason != NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(s->bad_text, sizeof(s->bad_text), fmt, ap);
	va_end(ap);
	s->bad_reason = reason;
	s->bad_field = field;
}

static void
throw_quota(struct exchange *x, const char *code, const char *text)
{
	events_throw(x, "ServiceQuotaExceededException",
	    json_pack("{s:s,s:s}", "quotaCode", code, "serviceCode", "polly"),
	    "%s", text);
}

static void
throw_input(struct exchange *x, int error)
{
	switch (error) {
	case EVENTS_ERR_FRAMING:
	case EVENTS_ERR_TOO_BIG:
	case EVENTS_ERR_AFTER_END:
		events_throw(x, "ValidationException",
		    validation("invalidInboundEvent", NULL, ""), "%s",
		    events_strerror(error));
		break;
	default:
		/* What the service says of events that are not signed right
		 * (PROTOCOL 5.1), and no more. */
		events_throw(x, "ServiceFailureException", NULL,
		    "Service is unavailable");
		break;
	}
}

/* --- text in -------------------------------------------------------------- */

static void
take_text(struct stream *s, const json_t *event)
{
	const json_t *text = json_object_get(event, "Text"),
		     *flush =
			 json_object_get(event, "FlushStreamConfiguration");
	const char *p = json_string_value(text), *why,
		   *type = json_str(event, "TextType");
	size_t n = json_string_length(text);
	bool is_ssml = type != NULL && strcmp(type, "ssml") == 0;
	int rc = 0;

	if (p == NULL) {
		note_bad(s, "fieldValidationFailed", "text",
		    "A TextEvent needs its member Text");
		return;
	}
	if (type != NULL && !is_ssml && strcmp(type, "text") != 0) {
		note_bad(s, "fieldValidationFailed", "textType",
		    "TextType is text or ssml");
		return;
	}
	if (speech_chars(p, n) > SPEECH_CHARS_MAX ||
	    speech_billed(p, n, is_ssml) > SPEECH_BILLED_MAX) {
		note_bad(s, "fieldValidationFailed", "text",
		    "Maximum text length has been exceeded: %d characters, %d "
		    "of them billed",
		    SPEECH_CHARS_MAX, SPEECH_BILLED_MAX);
		return;
	}
	if (is_ssml && !speech_ssml_is_ok(p, n, &why)) {
		note_bad(s, "fieldValidationFailed", "text",
		    "Invalid SSML request: %s", why);
		return;
	}
	s->billed += speech_billed(p, n, is_ssml);
	if (is_ssml)
		rc = speech_queue_ssml(&s->queue, p, n, s->x->now_ms);
	else
		rc = speech_queue_text(&s->queue, p, n, s->x->now_ms);
	if (rc == 0 && json_is_set(flush, "Force"))
		rc = speech_queue_flush(&s->queue, s->x->now_ms);
	if (rc != 0)
		note_bad(s, "other", NULL, "The text cannot be kept");
}

static void
on_event(void *arg, const struct es_event *e)
{
	struct stream *s = arg;
	json_error_t error;
	json_t *body;

	s->heard_ms = s->x->now_ms;
	if (s->bad_reason != NULL)
		return;
	if (s->is_closed) {
		note_bad(s, "invalidInboundEvent", NULL,
		    "An event came after CloseStreamEvent");
		return;
	}
	if (es_event_is(e, ES_KIND_EVENT, "CloseStreamEvent")) {
		s->is_closed = true;
		if (speech_queue_flush(&s->queue, s->x->now_ms) != 0)
			note_bad(s, "other", NULL, "The text cannot be kept");
		return;
	}
	if (!es_event_is(e, ES_KIND_EVENT, "TextEvent")) {
		note_bad(s, "invalidInboundEvent", NULL,
		    "The event is neither a TextEvent nor a CloseStreamEvent");
		return;
	}
	body = json_loadb((const char *)e->payload, e->payload_len,
	    JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(body))
		take_text(s, body);
	else
		note_bad(s, "invalidInboundEvent", NULL,
		    "The payload of a TextEvent is not a JSON object");
	json_decref(body);
}

/* False: the stream is over, or has to wait. */
static bool
take_input(struct stream *s)
{
	struct exchange *x = s->x;
	size_t left;
	long n;

	while (speech_queue_has_room(&s->queue)) {
		exchange_input(x, &left);
		if (left == 0)
			break;
		if (!exchange_hook(x, HOOK_EVENT_IN, x->nevents_in + 1))
			return false;
		n = events_in_take(&s->events, exchange_slice(x, SLICE_BYTES),
		    exchange_wall_ms(x));
		if (s->bad_reason != NULL) {
			events_throw(x, "ValidationException",
			    validation(
				s->bad_reason, s->bad_field, s->bad_text),
			    "%s", s->bad_text);
			return false;
		}
		if (n < 0) {
			throw_input(x, (int)n);
			return false;
		}
	}
	if ((s->is_closed || s->events.is_over) && !s->is_input_told) {
		s->is_input_told = true;
		return exchange_hook(x, HOOK_INPUT_END, 0);
	}
	return true;
}

/* --- sound out ------------------------------------------------------------ */

static bool
begin_utterance(struct stream *s, int64_t now_ms)
{
	const char *args[] = { s->voice->id, s->lang, s->rate, NULL, NULL };
	struct exchange *x = s->x;
	int64_t at_ms;

	if (s->utterance == NULL &&
	    (s->utterance = speech_queue_pop(&s->queue)) == NULL)
		return true;
	at_ms = s->utterance->queued_ms + x->la->polly_delay_ms;
	if (now_ms < at_ms) {
		exchange_wake(x, at_ms);
		return true;
	}
	args[3] = s->utterance->is_ssml ? "ssml" : "text";
	if (engine_start(&s->engine, x->la->engines, "tts", x->la->tts, args) !=
		0 ||
	    engine_write(s->engine, s->utterance->text, s->utterance->len) !=
		0) {
		events_throw(x, "ServiceFailureException", NULL,
		    "The speech engine cannot be started");
		return false;
	}
	engine_end(s->engine);
	s->engine_ms = now_ms;
	return true;
}

static uint64_t
sound_ms(const struct stream *s)
{
	return s->nsent * 1000 / (uint64_t)(2 * atoi(s->rate));
}

/* False: the stream is over, or has to wait. */
static bool
pass_sound(struct stream *s, int64_t now_ms)
{
	struct exchange *x = s->x;
	const uint8_t *p;
	size_t n;

	while ((p = engine_peek(s->engine, &n), n > 0)) {
		s->engine_ms = now_ms;
		if (n > CHUNK_BYTES)
			n = CHUNK_BYTES;
		if (x->chunk_bytes != 0 && n > x->chunk_bytes)
			n = x->chunk_bytes;
		if (!exchange_hook(x, HOOK_AUDIO, sound_ms(s)))
			return false;
		if (!events_may_send(x, n))
			return x->phase != EXCHANGE_FINISHED;
		if (events_send(
			x, "AudioEvent", "application/octet-stream", p, n) != 0)
			return true;
		s->nsent += n;
		engine_skip(s->engine, n);
	}
	if (!engine_is_over(s->engine)) {
		if (now_ms - s->engine_ms >= SILENT_MS) {
			events_throw(x, "ServiceFailureException", NULL,
			    "The speech engine does not answer");
			return false;
		}
		exchange_wake(x, s->engine_ms + SILENT_MS);
		return true;
	}
	if (engine_status(s->engine) != 0) {
		events_throw(x, "ServiceFailureException", NULL,
		    "The speech engine failed: %s",
		    engine_complaint(s->engine));
		return false;
	}
	engine_free(s->engine);
	s->engine = NULL;
	utterance_free(s->utterance);
	s->utterance = NULL;
	return true;
}

/* False: the stream is over. */
static bool
speak(struct stream *s, int64_t now_ms)
{
	for (;;) {
		if (s->engine == NULL && !begin_utterance(s, now_ms))
			return false;
		if (s->engine == NULL)
			return true;
		if (!pass_sound(s, now_ms))
			return false;
		if (s->engine != NULL)
			return true;
	}
}

/* --- its course ----------------------------------------------------------- */

/* The value of a header that must be there; NULL: refused. */
static const char *
need(struct exchange *x, const char *header, const char *field)
{
	const char *value = request_header(&x->req, header);

	if (value == NULL)
		refuse(x, "fieldValidationFailed", field,
		    "%s must be given in the header %s", field, header);
	return value;
}

static bool
check_voice(struct exchange *x, struct stream *s)
{
	const char *engine = need(x, "x-amzn-engine", "engine"), *id;

	if (engine == NULL ||
	    (id = need(x, "x-amzn-voiceid", "voiceId")) == NULL)
		return false;
	if (strcmp(engine, "generative") != 0) {
		refuse(x, "unsupportedOperation", "engine",
		    "The engine %.40s is not supported for "
		    "StartSpeechSynthesisStream: only generative is",
		    engine);
		return false;
	}
	if ((s->voice = voices_find(id)) == NULL) {
		refuse(x, "fieldValidationFailed", "voiceId",
		    "%.40s is not one of Amazon Polly's voices", id);
		return false;
	}
	if ((s->voice->engines & VOICE_GENERATIVE) == 0) {
		refuse(x, "fieldValidationFailed", "voiceId",
		    "The voice %s does not support the generative engine", id);
		return false;
	}
	s->lang = voices_speaks(
	    s->voice, request_header(&x->req, "x-amzn-languagecode"));
	return true;
}

static bool
check_format(struct exchange *x, struct stream *s)
{
	const char *format = need(x, "x-amzn-outputformat", "outputFormat"),
		   *rate = request_header(&x->req, "x-amzn-samplerate");

	if (format == NULL)
		return false;
	if (strcmp(format, "pcm") != 0) {
		refuse(x, "unsupportedOperation", "outputFormat",
		    "The stand-in makes pcm only, not %.40s", format);
		return false;
	}
	s->rate = rate != NULL && strcmp(rate, "8000") == 0 ? "8000" : "16000";
	if (rate != NULL && strcmp(rate, s->rate) != 0) {
		refuse(x, "fieldValidationFailed", "sampleRate",
		    "The sample rate %.40s is not valid: pcm has 8000 or 16000",
		    rate);
		return false;
	}
	if (request_header(&x->req, "x-amzn-lexiconnames") != NULL) {
		refuse(x, "fieldValidationFailed", "lexiconNames",
		    "The lexicon is not found: the stand-in keeps none");
		return false;
	}
	return true;
}

static void
start(struct exchange *x)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		exchange_refuse(
		    x, 500, "ServiceFailureException", NULL, "out of memory");
		return;
	}
	s->x = x;
	x->state = s;
	speech_queue_init(&s->queue);
	if (check_voice(x, s))
		check_format(x, s);
}

static void
open_stream(struct stream *s, int64_t now_ms)
{
	static const struct h2_header headers[] = {
		{ "content-type", "application/vnd.amazon.eventstream" },
		{ NULL, NULL },
	};

	if (events_in_init(&s->events, s->x, EVENT_BYTES_MAX, on_event, s) !=
	    0) {
		exchange_refuse(s->x, 500, "ServiceFailureException", NULL,
		    "out of memory");
		return;
	}
	exchange_open(s->x, headers);
	s->stage = STAGE_OPEN;
	s->opened_ms = s->heard_ms = now_ms;
	exchange_hook(s->x, HOOK_OPEN, 0);
}

static void
check_clocks(struct stream *s, int64_t now_ms)
{
	size_t left;

	if (now_ms - s->opened_ms >= STREAM_MS) {
		throw_quota(s->x, "input-stream-timeout",
		    "The stream exceeded its maximum duration of 10 minutes");
		return;
	}
	exchange_wake(s->x, s->opened_ms + STREAM_MS);
	if (s->is_closed || s->events.is_over)
		return;
	/* What waits because we are busy has come in time. */
	exchange_input(s->x, &left);
	if (left > 0)
		s->heard_ms = now_ms;
	if (now_ms - s->heard_ms >= IDLE_MS)
		throw_quota(s->x, "input-stream-inbound-event-timeout",
		    "No event was received for 5 seconds");
	else
		exchange_wake(s->x, s->heard_ms + IDLE_MS);
}

/* All has been said.  False: there is no room to tell so yet. */
static bool
close_stream(struct stream *s)
{
	struct exchange *x = s->x;

	if (!s->is_close_told) {
		if (!exchange_hook(x, HOOK_LAST, 0) || !events_may_send(x, 64))
			return false;
		events_send_json(x, "StreamClosedEvent",
		    json_pack(
			"{s:I}", "RequestCharacters", (json_int_t)s->billed));
		s->is_close_told = true;
	}
	if (exchange_hook(x, HOOK_CLOSED, 0))
		exchange_finish(x);
	return true;
}

static void
pump(struct exchange *x, int64_t now_ms)
{
	struct stream *s = x->state;
	size_t left;

	/* One stream at a time on a connection (PROTOCOL 3.5): the next one
	 * gets no answer until the one before has ended. */
	if (s->stage == STAGE_QUEUED && !x->link->is_behind(x, x->op))
		open_stream(s, now_ms);
	if (s->stage != STAGE_OPEN || x->phase == EXCHANGE_FINISHED)
		return;
	if (!take_input(s) || !speak(s, now_ms))
		return;
	exchange_input(x, &left);
	if (s->utterance == NULL && s->queue.first == NULL) {
		if (s->is_closed && close_stream(s))
			return;
		/* The client's end without CloseStreamEvent: what gathered
		 * stays unspoken, and there is no StreamClosedEvent. */
		if (!s->is_closed && left == 0 &&
		    (s->events.is_over || x->is_input_over)) {
			exchange_finish(x);
			return;
		}
	}
	check_clocks(s, now_ms);
}

static void
stop(struct exchange *x)
{
	struct stream *s = x->state;

	engine_free(s->engine);
	utterance_free(s->utterance);
	speech_queue_release(&s->queue);
	events_in_release(&s->events);
	free(s);
}

const struct operation start_speech_synthesis_stream = {
	.name = "StartSpeechSynthesisStream",
	.service = &polly_service,
	.is_stream = true,
	.start = start,
	.pump = pump,
	.stop = stop,
};
