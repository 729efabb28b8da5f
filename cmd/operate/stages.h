/*
 * What the stages of a room said of themselves, from the lines of
 * source.status: the state of each, its counters, its level, and the newest
 * errors.  No I/O.
 */
#ifndef OPERATE_STAGES_H
#define OPERATE_STAGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/lang.h"

/* Our choice: some ten stages, and languages that one of them speaks of. */
#define STAGES_MAX 64
#define STAGES_ERRORS_MAX 20
#define STAGES_COUNTERS_MAX 24
#define STAGES_WORD_MAX 24 /* names of stages and states, with NUL */
#define STAGES_DETAIL_MAX 300

/* A level comes once a second; without one for this long it is missed. */
#define STAGES_SILENT_MS 5000

struct stages_entry {
	char stage[STAGES_WORD_MAX];
	char lang[LANG_TAG_MAX]; /* "": the stage as a whole */
	char state[STAGES_WORD_MAX];
	char detail[STAGES_DETAIL_MAX]; /* "": none */
	double at_ms;
	double level_at_ms; /* when its last level of sound came, 0: none */
	int wanted;         /* 1, 0, or -1: it does not follow the audience */
	json_t *counters;   /* owned object */
};

struct stages {
	struct stages_entry entries[STAGES_MAX];
	size_t n;
	json_t *errors[STAGES_ERRORS_MAX]; /* owned; a ring */
	size_t nerrors;                    /* ever */
	double level_at_ms;                /* of sound; 0: none yet */
	json_t *level;                     /* owned: that line */
	bool is_over; /* the talk ended; the next one begins anew */
};

/* All zero is empty. */
void stages_release(struct stages *s);

/*
 * Take a status line that was written to the room at at_ms (wall clock);
 * `is_end`: the talk ended with it.  What is not as in booth-lines(5) is passed
 * by.  0, or -1: no memory.
 */
int
stages_take(struct stages *s, const json_t *status, double at_ms, bool is_end);

/* The array `stages` of operate(1).  `is_live`: broadcast runs; `was_killed`:
 * it does not, but the talk did not end.  A new reference or NULL. */
json_t *stages_json(
    const struct stages *s, bool is_live, bool was_killed, double now_ms);

/* The array `errors`: newest last.  A new reference or NULL. */
json_t *stages_errors(const struct stages *s);

/* The number at key of the newest level line, or null where there was none for
 * STAGES_SILENT_MS.  A new reference. */
json_t *stages_level(const struct stages *s, const char *key, double now_ms);

#endif
