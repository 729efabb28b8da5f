/*
 * Amazon Transcribe Streaming, StartStreamTranscription: the request's headers,
 * and what its events say.  No I/O; bidi.h carries both.
 * Source: PROTOCOL 4.
 */
#ifndef AWS_TRANSCRIBE_H
#define AWS_TRANSCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/bidi.h"
#include "aws/h2.h"

#define TRANSCRIBE_PATH "/stream-transcription"
#define TRANSCRIBE_AUDIO_EVENT "AudioEvent"
#define TRANSCRIBE_AUDIO_TYPE "application/octet-stream"
/* The service's: it ends a stream that brings no audio for so long. */
#define TRANSCRIBE_IDLE_LIMIT_MS 15000
/* The service's: the longest stream. */
#define TRANSCRIBE_SESSION_LIMIT_MS (4 * 60 * 60 * 1000)
/* The service's: audio in one event, at most. */
#define TRANSCRIBE_CHUNK_LIMIT_MS 1000

#define TRANSCRIBE_ERROR_LIST(X)                                               \
	X(TRANSCRIBE_ERR_NOMEM, -1, "out of memory")                           \
	X(TRANSCRIBE_ERR_PARAMS, -2, "parameters contradict each other")       \
	X(TRANSCRIBE_ERR_EVENT, -3,                                            \
	    "a TranscriptEvent is not what the service promises")

enum transcribe_error {
#define X(name, code, text) name = (code),
	TRANSCRIBE_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *transcribe_strerror(int code);

/*
 * What is asked of the service.  Zeroed memory asks for nothing: language or
 * options and the rate must be set.  Strings are the service's own codes,
 * NULL or "" where not wanted, and borrowed.
 */
struct transcribe_params {
	const char *language_code;    /* "en-US"; or: */
	const char *language_options; /* "en-US,es-US": identify the language */
	const char *preferred_language;
	bool identify_multiple;      /* with language_options: it may change */
	unsigned int sample_rate_hz; /* 8000 .. 48000 */
	unsigned int channels;       /* 1 (or 0); 2: each its own transcript */
	const char *session_id;      /* UUID, or NULL: the service makes one */
	const char *vocabulary;      /* with options: comma list, one each */
	const char *vocabulary_filter;        /* the same */
	const char *vocabulary_filter_method; /* remove, mask, tag */
	const char *language_model;
	bool show_speakers;
	const char *stability;        /* low, medium, high; NULL: none */
	const char *pii_identify;     /* "PII" */
	const char *pii_redact;       /* "PII" */
	const char *pii_entity_types; /* comma list */
};

/* Text of numbers that headers borrow. */
struct transcribe_scratch {
	char rate[16];
	char channels[16];
};

/*
 * Write the operation's headers (x-amzn-transcribe-*) to h, which has room for
 * BIDI_HEADERS_MAX.  They borrow from params and scratch.  Returns their
 * number, or TRANSCRIBE_ERR_PARAMS with a line for people in err: what the
 * service documents as exclusive, found before it is asked.
 */
int transcribe_headers(const struct transcribe_params *params,
    struct transcribe_scratch *scratch, struct h2_header *h, char *err,
    size_t errsize);

struct transcribe_item {
	const char *text; /* Content */
	double start_ms;  /* of the session */
	double end_ms;
	double confidence;   /* 0..1, or -1: not told */
	const char *speaker; /* "0", ... or NULL */
	bool is_punctuation;
	bool is_stable;
	bool is_filtered; /* VocabularyFilterMatch */
};

/* A piece of personal information, in finals. */
struct transcribe_entity {
	const char *category; /* "PII" */
	const char *type;     /* "NAME", ... */
	const char *content;
	double start_ms;
	double end_ms;
	double confidence; /* or -1 */
};

/* A language that it may have been. */
struct transcribe_guess {
	const char *language; /* code of the service */
	double score;         /* 0..1, or -1: not told */
};

struct transcribe_result {
	const char *id;       /* ResultId; "" if missing */
	const char *language; /* LanguageCode of the service, or NULL */
	const char *channel;  /* "ch_0", or NULL */
	const char *text;     /* Transcript of the first alternative */
	double start_ms;      /* of the session */
	double end_ms;
	bool is_partial;
	struct transcribe_item *items;
	size_t nitems;
	struct transcribe_entity *entities;
	size_t nentities;
	struct transcribe_guess *guesses; /* with identification */
	size_t nguesses;
};

struct transcribe_results {
	struct transcribe_result *results;
	size_t n;   /* often 0 */
	void *json; /* owns every string */
};

/*
 * Read the payload of a TranscriptEvent.  Missing and null members are what the
 * structs say; unknown ones are ignored.  Times that are missing are 0, an
 * end before its start is moved to it.  0 or TRANSCRIBE_ERR_EVENT, _NOMEM; to
 * be released after 0.
 */
int transcribe_results_parse(
    struct transcribe_results *r, const void *payload, size_t len);

void transcribe_results_release(struct transcribe_results *r);

#endif
