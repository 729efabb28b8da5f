/*
 * One target language: its utterances in the order they were spoken, the calls
 * that translate them, and how the language is doing.  No target waits for
 * another.
 */
#ifndef TRANSLATE_TARGET_H
#define TRANSLATE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/http_call.h"
#include "aws/service_error.h"
#include "aws/translate.h"
#include "base/lang.h"
#include "base/loop.h"
#include "base/out.h"
#include "glossary.h"
#include "protect.h"
#include "room/budget.h"
#include "utterance.h"

/* Ours.  More utterances than these wait only while the service hangs or a
 * recording is played fast: then input is not read on. */
#define TARGET_MAX_PENDING 16
#define TARGET_MAX_IN_FLIGHT 8

/* What all targets of a process share; borrowed by each. */
struct target_setup {
	struct http_caller *caller;
	const struct endpoint *endpoint;
	struct translate_options options; /* source and target are not used */
	size_t max_bytes;                 /* of one call, as far as is known */
	int64_t deadline_ms; /* from an utterance's arrival to its line */
	struct out *out;
	struct budget *budget; /* what it costs, and whether it may */
	/* The failure told last for all languages together, "" after a success:
	 * what has one cause (no server, wrong key) is told once. */
	char told[64];
};

struct target_counters {
	uint64_t utterances; /* finals */
	uint64_t chars;      /* of source text sent (code points): the cost */
	uint64_t calls;
	uint64_t retries;
	uint64_t errors;          /* utterances that went out with `error` */
	uint64_t paused;          /* ... because paid work was paused */
	uint64_t glossary_missed; /* terms that no way brought through */
};

struct job; /* one utterance on its way (job.h) */

struct target {
	struct target_setup *setup;
	char tag[LANG_TAG_MAX];  /* of the lines */
	char code[LANG_TAG_MAX]; /* Translate's */
	struct job *first;       /* oldest */
	struct job **last;       /* where the next one goes */
	bool is_on;              /* utterances are for it */
	int64_t wanted_ms;       /* when somebody was there last; monotonic */
	uint64_t missed;         /* the first utterance since it is not on
	                            (audience.h) */
	size_t npending;         /* jobs in the list */
	size_t nsent;            /* of them, with calls under way */
	struct lexicon *lexicon; /* the glossary in this language, or NULL */
	/* How often on end each way of the glossary's did not come through. */
	unsigned int nfailures[PROTECT_NWAYS];
	struct target_counters counters;
	bool has_worked;                   /* ever */
	bool is_degraded;                  /* the last utterance failed */
	struct service_error error;        /* of the last one that failed */
	char refused_source[LANG_TAG_MAX]; /* of the pair that the service does
	                                      not have; "": none */
	struct service_error refusal;      /* what it said about that */
	int failure; /* 0, or the out error or OUT_ERR_NOMEM that ended it */
};

/* It is on. */
void target_init(struct target *t, struct target_setup *setup, const char *tag);

/* From the next utterance on; a reference is taken.  0 or OUT_ERR_NOMEM. */
int target_set_glossary(struct target *t, struct glossary *g);

/* Gives up what is under way. */
void target_release(struct target *t);

/* Add an utterance (copied) that arrived at now_ms (monotonic). */
int target_add(struct target *t, const struct utterance *u, int64_t now_ms);

/* Forget the utterance `id`, which was taken back: what is under way is given
 * up, and no line of it is written. */
void target_retract(struct target *t, const json_t *id);

/* Wake for what waits to be sent. */
void target_prepare(const struct target *t, struct loop *l);

/*
 * Send what may be sent.  Before http_caller_dispatch(), so that it goes out in
 * the same turn.
 */
void target_send(struct target *t, int64_t now_ms);

/*
 * Write the lines that are due, in order.  After http_caller_dispatch().
 */
void target_write(struct target *t);

/* Fail everything that waits, with `error`. */
void target_give_up(struct target *t, const struct service_error *error);

/*
 * The exit status that this language asks for at the end: 0 when it works, or
 * worked and was then unlucky; else that of its last error.
 */
int target_exit_status(const struct target *t);

#endif
