/*
 * What a speech stream has been given to say: text gathers until a sentence
 * ends, then waits in turn; SSML documents wait as they are.
 */
#ifndef LOCALAWS_SPEECH_QUEUE_H
#define LOCALAWS_SPEECH_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Our cap of the bytes that gather and wait: beyond it no input is taken. */
#define SPEECH_QUEUE_BYTES (128 * 1024)

/* One text to be spoken in one go. */
struct utterance {
	struct utterance *next;
	char *text; /* owned */
	size_t len;
	bool is_ssml;
	int64_t queued_ms;
};

struct speech_queue {
	struct bytes gathering; /* plain text without a sentence's end */
	struct utterance *first, *last;
	size_t nbytes; /* of the utterances */
};

void speech_queue_init(struct speech_queue *q);

void speech_queue_release(struct speech_queue *q);

/* Whether another text of the service's largest size can be taken. */
bool speech_queue_has_room(const struct speech_queue *q);

/* Add text; whole sentences become an utterance.  0, or -1: no memory. */
int speech_queue_text(
    struct speech_queue *q, const char *p, size_t n, int64_t now_ms);

/* Add an SSML document, after what gathered.  0 or -1. */
int speech_queue_ssml(
    struct speech_queue *q, const char *p, size_t n, int64_t now_ms);

/* What gathered becomes an utterance now.  0 or -1. */
int speech_queue_flush(struct speech_queue *q, int64_t now_ms);

/* The next utterance, to be given to utterance_free(); NULL: none. */
struct utterance *speech_queue_pop(struct speech_queue *q);

void utterance_free(struct utterance *u);

#endif
