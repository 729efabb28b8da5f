/* The newest finals of a room, for an operator to read and to take back.  No
 * I/O. */
#ifndef OPERATE_FINALS_H
#define OPERATE_FINALS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/lang.h"

#define FINALS_MAX 20       /* our choice */
#define FINALS_TEXT_MAX 400 /* bytes of a text, our choice */
#define FINALS_ID_MAX 128   /* longer ones cannot be taken back */
#define FINALS_LAG_MS 30000 /* how long the lag of a final is news */

struct finals_line {
	char id[FINALS_ID_MAX + 1];
	char lang[LANG_TAG_MAX];
	char text[FINALS_TEXT_MAX + 1];
	char said_by[24];
	double at_ms;
};

struct finals {
	struct finals_line lines[FINALS_MAX]; /* oldest first */
	size_t n;
	double lag_ms;    /* of the newest that was spoken */
	double lag_at_ms; /* when that came; 0: none yet */
};

/* Take a final transcript that was written to the room at at_ms (wall clock).
 * All zero is empty. */
void finals_take(struct finals *f, const json_t *transcript, double at_ms);

/* The utterance was taken back. */
void finals_retract(struct finals *f, const char *id);

/* The array `last` of operate(1).  A new reference or NULL. */
json_t *finals_json(const struct finals *f);

/* What the newest final took from its last sample to the room, in ms; -1: there
 * was none lately. */
double finals_lag_ms(const struct finals *f, double now_ms);

#endif
