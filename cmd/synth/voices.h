/*
 * Which voice says what: DescribeVoices, all pages, asked at start and again
 * until it is known; then a voice for each language, by engine.
 */
#ifndef SYNTH_VOICES_H
#define SYNTH_VOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/http_call.h"
#include "aws/polly_voices.h"
#include "aws/service_error.h"
#include "base/loop.h"

enum voices_state {
	VOICES_ASKING,
	VOICES_KNOWN,
	VOICES_FAILED, /* asked again at retry_at_ms; error says why */
};

struct voices {
	enum voices_state state;
	struct polly_voices list;
	struct service_error error;
	const struct endpoint *endpoint; /* borrowed */
	struct http_caller *caller;      /* borrowed */
	struct http_call *call;
	char *query; /* POLLY_QUERY_MAX bytes */
	int64_t retry_at_ms;
	int64_t wait_ms; /* that led to it */
	int64_t now_ms;
};

/* The voice chosen for a language. */
struct voice_choice {
	const struct polly_voice *voice; /* NULL: nobody speaks it */
	unsigned int engine;             /* enum polly_engine */
	bool needs_language; /* bilingual: the language goes with the request */
	char language_code[24]; /* Polly's */
};

/* 0, or -1: no memory.  Asks at the first dispatch. */
int voices_init(struct voices *v, const struct endpoint *endpoint,
    struct http_caller *caller);

void voices_release(struct voices *v);

void voices_prepare(struct voices *v, struct loop *l);

void voices_dispatch(struct voices *v, int64_t now_ms);

/* Whether they are known, or asking again may help before long. */
bool voices_may_come(const struct voices *v);

/*
 * Choose for the language `tag`: the engine asked for, then those below it
 * (generative, neural, standard).  With `id` (may be NULL) that voice, whatever
 * its engine among these.  Once the state is VOICES_KNOWN.
 */
struct voice_choice voices_choose(const struct voices *v, const char *tag,
    unsigned int engine, const char *id);

/* The engine below: none, 0, below the last. */
unsigned int voices_next_engine(unsigned int engine);

#endif
