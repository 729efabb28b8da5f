/*
 * One utterance on its way into one language: the calls that translate it, in
 * pieces where it is long, and again another way where the glossary's terms did
 * not come through.
 */
#ifndef TRANSLATE_JOB_H
#define TRANSLATE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/http_call.h"
#include "aws/service_error.h"
#include "glossary.h"
#include "protect.h"
#include "target.h"
#include "utterance.h"

/* A line has 64 KiB and a piece up to 10000 bytes; two neighbours are together
 * longer than that, or they would be one.  Where the service takes less there
 * are more. */
#define JOB_MAX_PIECES 64
/* What the service calls too long is sent in pieces half as long, down to: */
#define JOB_MIN_PIECE_BYTES 1000

/* One call's part of an utterance. */
struct piece {
	struct job *job;
	size_t at; /* in the text sent, bytes */
	size_t len;
	struct http_call *call;    /* under way, or NULL */
	char *text;                /* translated */
	char source[LANG_TAG_MAX]; /* asked for */
	bool is_second;            /* with the detected language */
};

struct job {
	struct target *target;
	struct job *next;
	struct utterance utterance;
	struct lexicon *lexicon; /* a reference; NULL: no glossary */
	int64_t arrived_ms;
	double done_at_ms; /* Unix time; 0: not done */
	bool is_paused;    /* not translated: paid work is paused */
	bool is_sent;      /* counted in the target's nsent */
	bool is_protected; /* `protect` is set */
	struct protect protect;
	size_t npieces;
	size_t nunderway;
	struct piece pieces[JOB_MAX_PIECES];
	char *text; /* all pieces joined; NULL: failed */
	char *say;  /* for the voice; NULL: the text */
	struct service_error error;
};

/* NULL: no memory. */
struct job *
job_new(struct target *t, const struct utterance *u, int64_t now_ms);

/* Gives up what is under way. */
void job_free(struct job *job);

/* Begin to translate it.  Ends it where that fails at once. */
void job_send(struct job *job);

/* Done without the service: the text goes out as it is, or as the glossary has
 * it in that language. */
void job_pass(struct job *job);

/* Done: it is not paid for now. */
void job_pause(struct job *job);

/* Done, with an error. */
void job_fail(struct job *job, const struct service_error *error);

/* Done, with an error that is no news. */
void job_refuse(struct job *job, const struct service_error *error);

#endif
