/*
 * One sentence to its audio: over a bidirectional stream on a leased
 * connection, or by SynthesizeSpeech.  Both look alike from outside.
 */
#ifndef SYNTH_SPEECH_H
#define SYNTH_SPEECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/http_call.h"
#include "aws/pool.h"
#include "aws/service_error.h"
#include "base/loop.h"
#include "voices.h"

struct speech;

/* They run in the dispatch of the pool, of the HTTP caller or of the speech. */
struct speech_events {
	/* n > 0 bytes of PCM, whole samples, borrowed. */
	void (*on_audio)(void *arg, const uint8_t *pcm, size_t n);
	/* The end, once; error NULL: all of it was said.  chars: what is
	 * billed, -1: not known.  speech_free() is for a later turn. */
	void (*on_done)(
	    void *arg, const struct service_error *error, long chars);
};

/* What all sentences share; borrowed. */
struct speech_service {
	const struct endpoint *endpoint;
	struct pool *pool;
	struct http_caller *caller;
	struct credentials_provider *provider;
	int64_t timeout_ms; /* for the first audio, and between two pieces */
};

struct speech_request {
	const char *text; /* of spoken_text(); borrowed for the call */
	const struct voice_choice *voice;   /* borrowed until speech_free() */
	const struct speech_events *events; /* borrowed until speech_free() */
	void *arg;
};

/*
 * Ask over a stream.  NULL when no connection is free now: ask again when the
 * loop has turned, the pool makes one.  *error is set when asking again will
 * not help (its class is not NONE).
 */
struct speech *speech_stream(const struct speech_service *service,
    const struct speech_request *request, int64_t now_ms, double wall_ms,
    struct service_error *error);

/* Open a stream ahead of the sentence, for that voice (borrowed until
 * speech_free()).  As speech_stream(). */
struct speech *speech_hold(const struct speech_service *service,
    const struct voice_choice *voice, int64_t now_ms, double wall_ms,
    struct service_error *error);

/* Keep it open when it is time (speech_prepare() wakes for it). */
void speech_keep(struct speech *s, int64_t now_ms, double wall_ms);

/* Whether it cannot be used any more, and whether the service never took it. */
bool speech_is_over(const struct speech *s);

bool speech_was_refused(const struct speech *s);

/* Ask over it, once; its voice is that of the request.  0, or -1: it is over,
 * and nothing was asked. */
int speech_say(struct speech *s, const struct speech_request *request,
    int64_t now_ms, double wall_ms);

/* Ask by SynthesizeSpeech, a long text by several calls.  NULL with *error
 * set. */
struct speech *speech_call(const struct speech_service *service,
    const struct speech_request *request, int64_t now_ms,
    struct service_error *error);

void speech_prepare(const struct speech *s, struct loop *l);

/* Its deadlines. */
void speech_dispatch(struct speech *s, int64_t now_ms);

/* Cancels what runs, gives the connection back.  NULL does nothing.  Not from
 * its own callbacks. */
void speech_free(struct speech *s, int64_t now_ms);

#endif
