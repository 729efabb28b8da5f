/*
 * Calls that return when all has been said or heard: for small programs, which
 * have no loop of their own.  Each call finds settings and credentials, opens
 * one connection, drives one bidirectional stream to its end and closes both;
 * nothing is kept between calls, and calls in different threads do not meet.
 *
 *	struct blocking_voice voice = { .voice_id = "Matthew" };
 *	struct service_error error;
 *
 *	if (blocking_say(NULL, &voice, "Hello.", on_audio, NULL, &error) != 0)
 *		errx(1, "%s", service_error_text(&error, buf, sizeof(buf)));
 *
 * While nothing has been given to the caller's functions, or taken from them,
 * what may pass is tried again by AWS's rules (retry.h): unreachable,
 * throttled, credentials just expired, a wrong clock.  After that the first
 * failure ends the call.  Programs that must not lose a word, that read from a
 * microphone, or that do something else meanwhile use bidi.h with a loop.
 */
#ifndef AWS_BLOCKING_H
#define AWS_BLOCKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/config.h"
#include "aws/service_error.h"
#include "aws/transcribe.h"

#define BLOCKING_ERROR_LIST(X)                                                 \
	X(BLOCKING_ERR_FAILED, -1, "the call failed: its error says why")      \
	X(BLOCKING_ERR_STOPPED, -2, "the caller's function asked to stop")

enum blocking_error {
#define X(name, code, text) name = (code),
	BLOCKING_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *blocking_strerror(int code);

/* The service owes something and nothing came for so long: a failure, class
 * TIMEOUT.  Longer than any hiccup, and no longer than a person waits. */
#define BLOCKING_TIMEOUT_MS 15000

/* Who speaks; strings are borrowed for the call, NULL takes the default in
 * brackets. */
struct blocking_voice {
	const char *voice_id;      /* must be set: "Matthew" */
	const char *engine;        /* [generative, all that streams have now] */
	const char *language_code; /* for bilingual voices only [none] */
	const char *sample_rate;   /* in Hz: "8000" or "16000" [16000] */
};

/*
 * Audio as it is made: signed 16-bit little-endian samples, one channel, whole
 * samples only; borrowed until the return.  Return 0 to go on, anything else to
 * stop.
 */
typedef int blocking_audio_fn(void *arg, const uint8_t *pcm, size_t len);

/*
 * Say a text (UTF-8, any length) by Polly's bidirectional stream.  options may
 * be NULL: everything from the environment and the shared files.
 *
 * Returns 0 when Polly said that all has been spoken (StreamClosedEvent); else
 * BLOCKING_ERR_FAILED with *error, whose class tells what to do about it
 * (service_error_exit_status()), or BLOCKING_ERR_STOPPED, for which *error says
 * just that (class LOCAL).  After 0 its class is NONE.
 */
int blocking_say(const struct config_options *options,
    const struct blocking_voice *voice, const char *text,
    blocking_audio_fn *on_audio, void *arg, struct service_error *error);

/*
 * Fill buf with up to size bytes of audio.  Returns their number, 0 at the end,
 * or a negative number to stop.  May be short.  The connection rests while this
 * function runs: 15 seconds without audio and Transcribe ends the stream.
 */
typedef long blocking_read_fn(void *arg, uint8_t *buf, size_t size);

/* A result, partials included (is_partial); borrowed until the return.  Return
 * 0 to go on, anything else to stop. */
typedef int blocking_result_fn(void *arg, const struct transcribe_result *r);

/* A recording, and who hears of it; borrowed for the call. */
struct blocking_recording {
	blocking_read_fn *read; /* samples as params say: 16-bit, interleaved */
	blocking_result_fn *on_result;
	void *arg;    /* of both */
	bool is_fast; /* send as quickly as it is taken: for stand-ins.  False:
	                 no more than 6 s ahead of real time, as the service
	                 wants it (PROTOCOL 4.2) */
};

/*
 * Transcribe a recording.  Audio is read only once the service has taken the
 * request, and results come while it is sent.  The service takes four hours at
 * most.  Returns as blocking_say(); 0 when the service ended the stream after
 * its last result.
 */
int blocking_transcribe(const struct config_options *options,
    const struct transcribe_params *params,
    const struct blocking_recording *recording, struct service_error *error);

#endif
