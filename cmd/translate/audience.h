/*
 * Who is there decides what is translated (-t wanted): a language is on from
 * the moment that somebody wants it in any format until a little after the last
 * one left, so that a phone that loads its page again misses nothing.  When
 * somebody comes back within a minute, what was said meanwhile is translated
 * after all: the phone was in a tunnel, and was alone in its language.
 */
#ifndef TRANSLATE_AUDIENCE_H
#define TRANSLATE_AUDIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "room/room.h"
#include "targets.h"
#include "utterance.h"

/* How often the room is looked at, beside before each utterance; our choice. */
#define AUDIENCE_LOOK_MS 250

/* Our choice: what is kept for those who come back, and how long. */
#define AUDIENCE_KEEP_MAX TARGET_MAX_PENDING
#define AUDIENCE_KEEP_MS 60000

/* Our choice: what is older is for the eyes only (`late`). */
#define AUDIENCE_LATE_MS 5000

struct audience_kept {
	struct utterance utterance; /* line NULL: taken back */
	int64_t at_ms;
};

struct audience {
	const struct room *room;       /* borrowed */
	struct targets *targets;       /* borrowed */
	char (*offered)[LANG_TAG_MAX]; /* what can be had, sorted */
	size_t noffered;
	bool is_bounded; /* nothing else can be */
	int64_t linger_ms;
	int64_t look_at_ms;
	int64_t now_ms; /* of the look that is under way */
	uint64_t ncame; /* how often a language came on */
	struct audience_kept kept[AUDIENCE_KEEP_MAX]; /* the last of nkept */
	uint64_t nkept;
	int failure; /* OUT_ERR_NOMEM */
};

/*
 * `languages` (NULL: all) are the tags that can be had.  Without it these are
 * one for each language of Translate's, and a listener gets others of the table
 * (es-US), too.  0 or -1: no memory.
 */
int audience_init(struct audience *a, const struct room *room,
    struct targets *targets, char **languages, size_t nlanguages,
    int64_t linger_ms);

void audience_release(struct audience *a);

void audience_prepare(const struct audience *a, struct loop *l);

/* Look if it is time. */
void audience_dispatch(struct audience *a, int64_t now_ms);

/* Look now: an utterance has come. */
void audience_look(struct audience *a, int64_t now_ms);

/* Keep it (another reference), after it went to those who are there. */
void
audience_keep(struct audience *a, const struct utterance *u, int64_t now_ms);

/* The utterance `id` was taken back. */
void audience_retract(struct audience *a, const json_t *id);

#endif
