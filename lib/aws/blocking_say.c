/* A text to sound, by Polly's bidirectional stream. */
#include <stdlib.h>
#include <string.h>

#include "aws/blocking_priv.h"
#include "aws/polly_speech.h"
#include "aws/polly_stream.h"
#include "aws/translate.h"

#define OUTPUT_FORMAT "pcm"
#define SAMPLE_RATE_DEFAULT "16000"
#define ENGINE_DEFAULT "generative"
/* Audio is passed on in pieces of at most this. */
#define PIECE_BYTES 8192

struct say {
	const char *text;
	size_t len;
	size_t sent;        /* bytes of text */
	bool is_close_sent; /* CloseStreamEvent */
	bool was_closed;    /* StreamClosedEvent came */
	struct polly_pcm pcm;
	blocking_audio_fn *on_audio;
	void *arg;
};

static void
restart(void *arg)
{
	struct say *s = arg;

	s->sent = 0;
	s->is_close_sent = false;
}

/* 0, or a code of bidi.h or polly_stream.h (those of text). */
static int
send_text(struct say *s, struct blocking *b)
{
	char *json;
	size_t n;
	int rc;

	/* At sentence ends, so that no intonation is lost; bytes are at least
	 * as many as characters. */
	n = translate_cut(
	    s->text + s->sent, s->len - s->sent, POLLY_STREAM_MAX_BILLED_CHARS);
	rc = polly_stream_text_event(s->text + s->sent, n, false, false, &json);
	if (rc != 0) {
		blocking_fail(b, SERVICE_ERROR_INVALID, "text",
		    polly_stream_strerror(rc));
		return rc;
	}
	rc = bidi_send(b->bidi, POLLY_STREAM_TEXT_EVENT,
	    POLLY_STREAM_CONTENT_TYPE, json, strlen(json), blocking_wall_ms(b));
	free(json);
	if (rc == 0)
		s->sent += n;
	return rc;
}

/* The whole conversation is known at once: text, close, end. */
static enum blocking_step
say_all(void *arg, struct blocking *b, int64_t now_ms, int64_t *wake_ms)
{
	struct say *s = arg;
	int rc = 0;

	(void)now_ms;
	(void)wake_ms;
	while (rc == 0 && s->sent < s->len)
		rc = send_text(s, b);
	if (rc == 0 && !s->is_close_sent) {
		rc = bidi_send(b->bidi, POLLY_STREAM_CLOSE_EVENT,
		    POLLY_STREAM_CONTENT_TYPE, POLLY_STREAM_CLOSE_PAYLOAD,
		    strlen(POLLY_STREAM_CLOSE_PAYLOAD), blocking_wall_ms(b));
		s->is_close_sent = rc == 0;
	}
	if (rc == 0)
		rc = bidi_end(b->bidi, blocking_wall_ms(b));
	if (rc == 0)
		return BLOCKING_SENT;
	if (rc == BIDI_ERR_FULL && !b->is_over)
		return BLOCKING_FULL;
	/* A refusal under way: its text says more than the failed send. */
	if (rc == BIDI_ERR_ENDED && !b->is_over)
		return BLOCKING_FULL;
	blocking_fail(b, SERVICE_ERROR_LOCAL, "send", bidi_strerror(rc));
	return BLOCKING_OVER;
}

static void
say_audio(struct say *s, struct blocking *b, const uint8_t *p, size_t len)
{
	uint8_t piece[PIECE_BYTES + 2];
	size_t n, out;

	b->is_begun = true;
	for (; len > 0 && !b->is_over; p += n, len -= n) {
		n = len < PIECE_BYTES ? len : PIECE_BYTES;
		out = polly_pcm_join(&s->pcm, piece, p, n);
		if (out > 0 && s->on_audio(s->arg, piece, out) != 0)
			blocking_stop(b);
	}
}

static void
say_event(void *arg, struct blocking *b, const struct es_event *event)
{
	struct polly_stream_event e;
	struct say *s = arg;

	polly_stream_event_read(&e, event);
	if (e.kind == POLLY_STREAM_AUDIO)
		say_audio(s, b, e.audio, e.len);
	else if (e.kind == POLLY_STREAM_CLOSED)
		s->was_closed = true;
}

static bool
is_complete(void *arg)
{
	return ((const struct say *)arg)->was_closed;
}

static const char *
or_default(const char *s, const char *fallback)
{
	return s != NULL ? s : fallback;
}

int
blocking_say(const struct config_options *options,
    const struct blocking_voice *voice, const char *text,
    blocking_audio_fn *on_audio, void *arg, struct service_error *error)
{
	const struct polly_stream_params params = {
		.engine = or_default(voice->engine, ENGINE_DEFAULT),
		.voice_id = voice->voice_id,
		.output_format = OUTPUT_FORMAT,
		.sample_rate =
		    or_default(voice->sample_rate, SAMPLE_RATE_DEFAULT),
		.language_code = voice->language_code,
	};
	struct say s = {
		.text = text,
		.len = strlen(text),
		.on_audio = on_audio,
		.arg = arg,
	};
	struct h2_header headers[BIDI_HEADERS_MAX];
	const struct blocking_op op = {
		.service = ENDPOINT_POLLY,
		.path = POLLY_STREAM_PATH,
		.headers = headers,
		.nheaders = polly_stream_headers(&params, headers),
		.restart = restart,
		.send = say_all,
		.on_event = say_event,
		.is_complete = is_complete,
		.arg = &s,
	};

	if (voice->voice_id == NULL || voice->voice_id[0] == '\0') {
		service_error_set(
		    error, SERVICE_ERROR_CONFIG, "voice", "no voice is given");
		return BLOCKING_ERR_FAILED;
	}
	return blocking_run(&op, options, error);
}
