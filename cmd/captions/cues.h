/*
 * Captions with their times: what stands on the screen, from when to when.
 */
#ifndef CAPTIONS_CUES_H
#define CAPTIONS_CUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "layout.h"

/* How long a caption may be held back for the one before it to be read. */
#define CUES_LATE_MAX_MS 1500.0

struct cue {
	double start_ms, end_ms;
	double spoken_ms;     /* when its words began */
	unsigned int columns; /* of all lines */
	size_t order;         /* in which it was added */
	bool is_rtl;          /* its language is written so */
	char *text;           /* owned; lines with a newline between them */
};

struct cues {
	struct layout_rules rules;
	struct cue *list; /* owned */
	size_t n, alloc;
};

/* No captions yet.  The rules are copied. */
void cues_init(struct cues *c, const struct layout_rules *rules);

void cues_release(struct cues *c);

/*
 * Add what was said from start_ms to end_ms: a text of clean_text() in the
 * language `lang`, with the transcript's items or NULL (see anchors.h).  0, or
 * -1: no memory.
 */
int cues_add(struct cues *c, const char *text, const char *lang,
    double start_ms, double end_ms, const json_t *items);

/*
 * When all are in: put them in order, and give each its time on the screen.
 * Each stays until it can be read, at least min_ms, at most max_ms unless that
 * is too short to read it; for that it may hold the next one back, by
 * CUES_LATE_MAX_MS at most, or by as much as min_ms takes.  None begins before
 * gap_ms after the end of the one before.  Returns how many are shorter than
 * reading takes.
 */
size_t cues_settle(struct cues *c);

#endif
