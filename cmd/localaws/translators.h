/*
 * Running translation engines, one for each pair of languages: started when it
 * is first asked for, kept, started again when it died.  Texts of a pair are
 * translated in the order they came; pairs do not wait for each other.
 */
#ifndef LOCALAWS_TRANSLATORS_H
#define LOCALAWS_TRANSLATORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "engine.h"

/* Our caps: pairs kept running (the one idle longest makes room), and texts of
 * one pair that wait. */
#define TRANSLATORS_MAX 32
#define TRANSLATOR_QUEUE_MAX 128
/* A text that takes longer is given up, and the engine with it. */
#define TRANSLATOR_LIMIT_MS 30000
/* An engine that dies on a text gets it once more. */
#define TRANSLATOR_TRIES 2

enum translation_state {
	TRANSLATION_WAITING,
	TRANSLATION_DONE,        /* text is the translation */
	TRANSLATION_UNSUPPORTED, /* no such pair; text says why */
	TRANSLATION_FAILED,      /* the engine failed; text says why */
	TRANSLATION_BUSY,        /* too many texts wait */
};

struct translators;

/* One text under way; looked at by its owner, freed by translation_free(). */
struct translation {
	enum translation_state state;
	char *text; /* owned; NULL while waiting */
	size_t len;
	/* The rest is the module's. */
	struct translation *next;
	char *source; /* owned; NUL-ended; NULL: its owner left */
	size_t source_len;
	int64_t asked_ms;
	int ntries;
	int is_sent;
	int is_orphan;
};

/* command: shell words of the engine (borrowed).  NULL: no memory. */
struct translators *
translators_new(struct engines *engines, const char *command);

void translators_free(struct translators *t);

/* Ask for a translation of n bytes without NUL.  Codes are borrowed for the
 * call.  NULL: no memory. */
struct translation *translators_ask(struct translators *t, const char *from,
    const char *to, const char *text, size_t n, int64_t now_ms);

/* Its owner is no longer interested.  translation_free(NULL) does nothing. */
void translation_free(struct translation *j);

void translators_prepare(struct translators *t, struct loop *l);

void translators_dispatch(struct translators *t, int64_t now_ms);

#endif
