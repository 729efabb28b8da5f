/*
 * Amazon Polly, StartSpeechSynthesisStream: the request's headers, the events
 * that we send, and what the service's events say.  No I/O; bidi.h carries it.
 * Source: PROTOCOL 5.1.
 */
#ifndef AWS_POLLY_STREAM_H
#define AWS_POLLY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/bidi.h"
#include "aws/h2.h"

#define POLLY_STREAM_PATH "/v1/synthesisStream"
#define POLLY_STREAM_CONTENT_TYPE "application/json"
/* The service's: silence between two of our events, before it ends the stream.
 */
#define POLLY_STREAM_IDLE_LIMIT_MS 5000
/* The service's: the longest stream, whatever happens on it. */
#define POLLY_STREAM_LIMIT_MS (10 * 60 * 1000)
/* The service's: characters in one TextEvent, and how many of them it bills. */
#define POLLY_STREAM_MAX_CHARS 6000
#define POLLY_STREAM_MAX_BILLED_CHARS 3000

#define POLLY_STREAM_ERROR_LIST(X)                                             \
	X(POLLY_STREAM_ERR_NOMEM, -1, "out of memory")                         \
	X(POLLY_STREAM_ERR_TEXT, -2, "text is not UTF-8 or too long")

enum polly_stream_error {
#define X(name, code, text) name = (code),
	POLLY_STREAM_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *polly_stream_strerror(int code);

/* What is asked of the service; strings are borrowed. */
struct polly_stream_params {
	const char *engine;        /* "generative" is all it takes now */
	const char *voice_id;      /* "Lucia" */
	const char *output_format; /* "pcm", "ogg_opus", ... */
	const char *sample_rate;   /* "16000"; NULL: the format's default */
	const char *language_code; /* for bilingual voices only; NULL */
	const char *lexicon_names; /* "a, b"; NULL */
};

/* Write the headers to h, which has room for BIDI_HEADERS_MAX; they borrow from
 * params.  Returns their number. */
size_t polly_stream_headers(
    const struct polly_stream_params *params, struct h2_header *h);

/*
 * The payload of a TextEvent: text (UTF-8, len bytes; empty keeps the stream
 * alive), SSML or not; force: speak all there is now.  0 with *json, NUL-ended
 * and to be freed by free(), or POLLY_STREAM_ERR_*.
 */
int polly_stream_text_event(
    const char *text, size_t len, bool is_ssml, bool force, char **json);

#define POLLY_STREAM_TEXT_EVENT "TextEvent"
#define POLLY_STREAM_CLOSE_EVENT "CloseStreamEvent"
/* Payload of a CloseStreamEvent. */
#define POLLY_STREAM_CLOSE_PAYLOAD "{}"

enum polly_stream_event_kind {
	POLLY_STREAM_AUDIO,  /* audio, len: bytes of the output format, in any
	                        split (polly_pcm_join() for odd bytes) */
	POLLY_STREAM_CLOSED, /* request_characters; nothing follows */
	POLLY_STREAM_UNKNOWN,
};

struct polly_stream_event {
	enum polly_stream_event_kind kind;
	const uint8_t *audio; /* borrowed from the event */
	size_t len;
	long request_characters; /* what is billed; -1: not told */
};

void polly_stream_event_read(
    struct polly_stream_event *out, const struct es_event *event);

#endif
