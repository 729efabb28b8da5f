#include "speech.h"

#include <stdlib.h>
#include <string.h>

#include "aws/bidi.h"
#include "aws/polly_speech.h"
#include "aws/polly_stream.h"
#include "base/log.h"
#include "spoken.h"

#define OUTPUT_FORMAT "pcm"
#define SAMPLE_RATE "16000"
/* Audio is passed on in pieces of at most this. */
#define PIECE_BYTES 8192
/* After StreamClosedEvent, for the end of the stream: with it the connection
 * can be used again. */
#define LAST_MS 250
/* A stream ahead of its sentence: well below the service's limits, the idle one
 * and that of its life, of which the sentence needs some, too. */
#define KEEP_MS (POLLY_STREAM_IDLE_LIMIT_MS / 2)
#define HOLD_MAX_MS (POLLY_STREAM_LIMIT_MS - 120 * 1000)

/* A call; the service ends it after ten minutes of audio (PROTOCOL 5.3). */
#define CALL_MAX_MS (10 * 60 * 1000)

struct speech {
	const struct speech_service *service;
	const struct speech_events *events; /* NULL: held, nothing asked yet */
	void *arg;
	struct conn *conn;               /* leased; NULL for a call */
	struct credentials *credentials; /* of the stream */
	struct bidi *bidi;
	struct http_call *call;
	char *text;                       /* of a call: all of it */
	size_t asked;                     /* bytes of it that were asked for */
	const struct voice_choice *voice; /* borrowed */
	struct polly_pcm pcm;
	uint8_t piece[PIECE_BYTES + 2];
	int64_t now_ms;
	int64_t opened_ms;
	int64_t deadline_ms; /* for audio; held: to keep it open */
	long chars;
	bool was_heard;  /* audio came since deadline_ms was set */
	bool has_sound;  /* audio came at all */
	bool has_words;  /* so it should */
	bool was_closed; /* StreamClosedEvent came */
	bool is_ending;  /* and the end is waited for, until deadline_ms */
	bool is_done;
};

/* Whether there is a letter or a digit in it: of "..." silence is right.  Lead
 * bytes tell enough: what is left out is punctuation, symbols and emoji. */
static bool
has_words(const char *text)
{
	for (const uint8_t *p = (const uint8_t *)text; *p != '\0'; p++)
		if ((*p >= '0' && *p <= '9') ||
		    ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') ||
		    (*p >= 0xc3 && *p < 0xf0 && *p != 0xe2 &&
			!(*p == 0xe3 && p[1] == 0x80)))
			return true;
	return false;
}

static void
speech_done(struct speech *s, const struct service_error *error)
{
	struct service_error empty;

	if (s->is_done)
		return;
	s->is_done = true;
	/* An answer may end in order before it began. */
	if (error == NULL && s->has_words && !s->has_sound) {
		service_error_set(&empty, SERVICE_ERROR_TRANSIENT, "empty",
		    "the answer has no audio in it");
		error = &empty;
	}
	if (s->events != NULL)
		s->events->on_done(s->arg, error, s->chars);
}

static void
speech_audio(struct speech *s, const uint8_t *p, size_t n)
{
	size_t piece, len;

	s->was_heard = s->has_sound = true;
	for (; n > 0; p += piece, n -= piece) {
		piece = n < PIECE_BYTES ? n : PIECE_BYTES;
		len = polly_pcm_join(&s->pcm, s->piece, p, piece);
		if (len > 0)
			s->events->on_audio(s->arg, s->piece, len);
	}
}

static void
on_event(void *arg, struct bidi *b, const struct es_event *event)
{
	struct speech *s = arg;
	struct polly_stream_event e;

	(void)b;
	if (s->events == NULL)
		return;
	polly_stream_event_read(&e, event);
	if (e.kind == POLLY_STREAM_AUDIO) {
		speech_audio(s, e.audio, e.len);
	} else if (e.kind == POLLY_STREAM_CLOSED) {
		s->was_closed = true;
		s->chars = e.request_characters;
	}
}

static void
on_end(void *arg, struct bidi *b, const struct service_error *error)
{
	struct speech *s = arg;
	struct service_error cut;

	(void)b;
	if (error == NULL && !s->was_closed) {
		service_error_set(&cut, SERVICE_ERROR_TRANSIENT, "closed",
		    "the stream ended without StreamClosedEvent");
		error = &cut;
	}
	if (error != NULL && error->class == SERVICE_ERROR_EXPIRED)
		credentials_invalidate(s->service->provider, s->credentials);
	/* All was said: how the stream ends after that is of no interest. */
	speech_done(s, s->was_closed ? NULL : error);
}

static const struct bidi_events bidi_callbacks = {
	.on_event = on_event,
	.on_end = on_end,
};

/* A text that is no text: not one of bidi.h's codes. */
#define SAY_ERR_TEXT (-100)

static int
say_text(struct speech *s, const char *text, double wall_ms)
{
	size_t len;
	char *json;
	int rc = 0;

	for (; rc == 0 && *text != '\0'; text += len) {
		len = spoken_piece(text, POLLY_STREAM_MAX_BILLED_CHARS);
		rc = polly_stream_text_event(text, len, false, false, &json);
		if (rc != 0)
			return rc == POLLY_STREAM_ERR_TEXT ? SAY_ERR_TEXT
			                                   : BIDI_ERR_NOMEM;
		rc = bidi_send(s->bidi, POLLY_STREAM_TEXT_EVENT,
		    POLLY_STREAM_CONTENT_TYPE, json, strlen(json), wall_ms);
		free(json);
	}
	return rc;
}

/* The whole conversation is known at once: text, close, end. */
static int
say_all(struct speech *s, const char *text, double wall_ms)
{
	int rc = say_text(s, text, wall_ms);

	if (rc == 0)
		rc = bidi_send(s->bidi, POLLY_STREAM_CLOSE_EVENT,
		    POLLY_STREAM_CONTENT_TYPE, POLLY_STREAM_CLOSE_PAYLOAD,
		    strlen(POLLY_STREAM_CLOSE_PAYLOAD), wall_ms);
	if (rc == 0)
		rc = bidi_end(s->bidi, wall_ms);
	if (rc == 0)
		conn_flush(s->conn);
	return rc;
}

/* Why nothing was asked. */
static void
open_error(struct service_error *error, int rc)
{
	enum service_error_class class = SERVICE_ERROR_TRANSIENT;

	if (rc == SAY_ERR_TEXT)
		class = SERVICE_ERROR_INVALID;
	else if (rc == BIDI_ERR_INPUT)
		class = SERVICE_ERROR_CONFIG;
	else if (rc == BIDI_ERR_NOMEM)
		class = SERVICE_ERROR_LOCAL;
	service_error_set(error, class, "open", "%s",
	    rc == SAY_ERR_TEXT ? "not a text that can be spoken"
			       : bidi_strerror(rc));
}

static int
open_stream(struct speech *s, double wall_ms)
{
	const struct voice_choice *v = s->voice;
	const struct polly_stream_params params = {
		.engine = polly_engine_name(v->engine),
		.voice_id = v->voice->id,
		.output_format = OUTPUT_FORMAT,
		.sample_rate = SAMPLE_RATE,
		.language_code = v->needs_language ? v->language_code : NULL,
	};
	struct h2_header headers[BIDI_HEADERS_MAX];
	struct bidi_request request;

	memset(&request, 0, sizeof(request));
	request.endpoint = s->service->endpoint;
	request.path = POLLY_STREAM_PATH;
	request.headers = headers;
	request.nheaders = polly_stream_headers(&params, headers);
	request.credentials = s->credentials;
	request.wall_ms = wall_ms;
	return bidi_open(&s->bidi, s->conn, &request, &bidi_callbacks, s);
}

static struct speech *
speech_new(const struct speech_service *service,
    const struct voice_choice *voice, int64_t now_ms)
{
	struct speech *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->service = service;
	s->voice = voice;
	s->now_ms = s->opened_ms = now_ms;
	s->deadline_ms = now_ms + service->timeout_ms;
	s->chars = -1;
	return s;
}

static void
out_of_memory(struct service_error *error)
{
	service_error_set(
	    error, SERVICE_ERROR_LOCAL, "memory", "out of memory");
}

/* What the service's clock says. */
static double
service_ms(const struct speech *s, double wall_ms)
{
	return wall_ms +
	       (double)http_caller_clock_offset_ms(s->service->caller);
}

struct speech *
speech_hold(const struct speech_service *service,
    const struct voice_choice *voice, int64_t now_ms, double wall_ms,
    struct service_error *error)
{
	struct credentials *credentials;
	struct speech *s;
	struct conn *c;
	int state, rc;

	service_error_init(error);
	state = credentials_get(service->provider, wall_ms, &credentials);
	if (state == CREDENTIALS_PENDING)
		return NULL;
	if (state != CREDENTIALS_READY) {
		credentials_service_error(service->provider, state, error);
		return NULL;
	}
	if ((c = pool_lease(service->pool, now_ms)) == NULL) {
		credentials_unref(credentials);
		return NULL;
	}
	if ((s = speech_new(service, voice, now_ms)) == NULL) {
		pool_return(service->pool, c, now_ms);
		credentials_unref(credentials);
		out_of_memory(error);
		return NULL;
	}
	s->conn = c;
	s->credentials = credentials;
	s->deadline_ms = now_ms + KEEP_MS;
	if ((rc = open_stream(s, service_ms(s, wall_ms))) != 0) {
		open_error(error, rc);
		speech_free(s, now_ms);
		return NULL;
	}
	return s;
}

/* The whole conversation.  0 or a code of bidi.h, or SAY_ERR_TEXT. */
static int
speech_begin(struct speech *s, const struct speech_request *request,
    int64_t now_ms, double wall_ms)
{
	s->events = request->events;
	s->arg = request->arg;
	s->has_words = has_words(request->text);
	s->now_ms = now_ms;
	s->deadline_ms = now_ms + s->service->timeout_ms;
	return say_all(s, request->text, service_ms(s, wall_ms));
}

struct speech *
speech_stream(const struct speech_service *service,
    const struct speech_request *request, int64_t now_ms, double wall_ms,
    struct service_error *error)
{
	struct speech *s =
	    speech_hold(service, request->voice, now_ms, wall_ms, error);
	int rc;

	if (s == NULL || (rc = speech_begin(s, request, now_ms, wall_ms)) == 0)
		return s;
	open_error(error, rc);
	speech_free(s, now_ms);
	return NULL;
}

int
speech_say(struct speech *s, const struct speech_request *request,
    int64_t now_ms, double wall_ms)
{
	if (speech_is_over(s))
		return -1;
	return speech_begin(s, request, now_ms, wall_ms) == 0 ? 0 : -1;
}

void
speech_keep(struct speech *s, int64_t now_ms, double wall_ms)
{
	char *json;

	s->now_ms = now_ms;
	if (s->is_done || now_ms < s->deadline_ms)
		return;
	s->deadline_ms = now_ms + KEEP_MS;
	/* An empty text says nothing, and the service hears that we live. */
	if (polly_stream_text_event("", 0, false, false, &json) != 0)
		return;
	if (bidi_send(s->bidi, POLLY_STREAM_TEXT_EVENT,
		POLLY_STREAM_CONTENT_TYPE, json, strlen(json),
		service_ms(s, wall_ms)) == 0)
		conn_flush(s->conn);
	free(json);
}

bool
speech_is_over(const struct speech *s)
{
	return s->is_done || s->now_ms - s->opened_ms >= HOLD_MAX_MS;
}

bool
speech_was_refused(const struct speech *s)
{
	return s->is_done && !bidi_is_open(s->bidi);
}

static int
on_body(void *arg, const uint8_t *p, size_t n)
{
	speech_audio(arg, p, n);
	return 0;
}

static int call_next(struct speech *s, struct service_error *error);

/* The call may have been for a part of a long text. */
static void
on_answer(void *arg, const struct http_answer *answer)
{
	struct speech *s = arg;
	const char *chars =
	    http_answer_header(answer, "x-amzn-requestcharacters");
	struct service_error error = answer->error;

	s->call = NULL;
	if (chars != NULL)
		s->chars =
		    (s->chars > 0 ? s->chars : 0) + strtol(chars, NULL, 10);
	if (error.class == SERVICE_ERROR_NONE && s->text[s->asked] != '\0' &&
	    call_next(s, &error) == 0)
		return;
	speech_done(s, error.class == SERVICE_ERROR_NONE ? NULL : &error);
}

/* Ask for as much as one call may say.  0, or -1 with *error. */
static int
call_next(struct speech *s, struct service_error *error)
{
	size_t n =
	    spoken_piece(s->text + s->asked, POLLY_SPEECH_MAX_BILLED_CHARS);
	char *piece = strndup(s->text + s->asked, n), *body = NULL;
	const struct voice_choice *v = s->voice;
	const struct polly_speech say = {
		.output_format = OUTPUT_FORMAT,
		.text = piece,
		.voice_id = v->voice->id,
		.sample_rate = SAMPLE_RATE,
		.engine = polly_engine_name(v->engine),
		.language_code = v->needs_language ? v->language_code : NULL,
		.text_type = "text",
	};
	struct http_request http;
	size_t len;
	int rc;

	out_of_memory(error);
	if (piece != NULL && (rc = polly_speech_body(&say, &body, &len)) != 0 &&
	    rc != POLLY_SPEECH_ERR_NOMEM)
		service_error_set(error, SERVICE_ERROR_INVALID, "text", "%s",
		    polly_speech_strerror(rc));
	if (body != NULL) {
		memset(&http, 0, sizeof(http));
		polly_speech_request(&http, s->service->endpoint, body, len);
		/* It may speak at its own pace: what counts is s->deadline_ms,
		 * between two pieces. */
		http.timeout_ms = CALL_MAX_MS;
		http.on_body = on_body;
		http.body_type = "audio/";
		http.on_done = on_answer;
		http.arg = s;
		s->call =
		    http_call_start(s->service->caller, &http, LOOP_NEVER);
	}
	free(piece);
	free(body);
	if (s->call == NULL)
		return -1;
	s->asked += n;
	s->pcm.has_odd = 0;
	service_error_init(error);
	return 0;
}

struct speech *
speech_call(const struct speech_service *service,
    const struct speech_request *request, int64_t now_ms,
    struct service_error *error)
{
	struct speech *s = speech_new(service, request->voice, now_ms);

	out_of_memory(error);
	if (s != NULL) {
		s->events = request->events;
		s->arg = request->arg;
		s->has_words = has_words(request->text);
	}
	if (s == NULL || (s->text = strdup(request->text)) == NULL ||
	    call_next(s, error) != 0) {
		speech_free(s, now_ms);
		return NULL;
	}
	return s;
}

void
speech_prepare(const struct speech *s, struct loop *l)
{
	if (!s->is_done)
		loop_deadline(l, s->deadline_ms);
}

void
speech_dispatch(struct speech *s, int64_t now_ms)
{
	struct service_error error;

	s->now_ms = now_ms;
	if (s->is_done)
		return;
	if (s->was_closed && !s->is_ending) {
		s->is_ending = true;
		s->deadline_ms = now_ms + LAST_MS;
	} else if (s->is_ending && now_ms >= s->deadline_ms) {
		speech_done(s, NULL);
	} else if (s->is_ending) {
		return;
	} else if (s->was_heard) {
		s->was_heard = false;
		s->deadline_ms = now_ms + s->service->timeout_ms;
	} else if (now_ms >= s->deadline_ms) {
		/* What it began to say says more than that it took too long. */
		if (s->bidi != NULL)
			bidi_give_up(s->bidi);
		service_error_set(&error, SERVICE_ERROR_TIMEOUT, "timeout",
		    "no audio came in time");
		speech_done(s, &error);
	}
}

void
speech_free(struct speech *s, int64_t now_ms)
{
	if (s == NULL)
		return;
	if (s->call != NULL)
		http_call_cancel(s->call);
	bidi_free(s->bidi);
	if (s->conn != NULL)
		pool_return(s->service->pool, s->conn, now_ms);
	credentials_unref(s->credentials);
	free(s->text);
	free(s);
}
