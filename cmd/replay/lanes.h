/*
 * The voices of a recording: pieces of sound, by language and encoding, that
 * leave as they are played out.  Captions do not wait for them.
 */
#ifndef REPLAY_LANES_H
#define REPLAY_LANES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/lang.h"

/* Languages times encodings; more are passed on without a clock. */
#define LANES_MAX 64
/* What may wait in all of them, as text; our choice.  Above it nothing more is
 * read until something has left. */
#define LANES_MAX_BYTES ((size_t)64 * 1024 * 1024)
/* How far pieces leave ahead of being heard: what synth(1) does. */
#define LANES_AHEAD_MS 2000.0

struct piece {
	json_t *line; /* owned */
	size_t bytes;
	double due_ms;   /* in the replay */
	double delta_ms; /* what its times of day move by */
	struct piece *next;
};

struct lane {
	char lang[LANG_TAG_MAX];
	char encoding[16];
	struct piece *head, *tail;
	double due_ms;      /* of the piece added last */
	double heard_ms;    /* in the replay, when all added was heard */
	double delta_ms;    /* of the utterance added last */
	double recorded_ms; /* recorded time when all added was heard */
	bool is_skipping;   /* its utterance began before what is played */
	json_t *open;       /* owned: the piece that left last, if more were
	                       to follow; without its sound */
};

struct lanes {
	struct lane list[LANES_MAX];
	size_t n;
	size_t bytes; /* that wait */
	double speed;
};

void lanes_init(struct lanes *l, double speed);

/* Empty it; what waited is gone. */
void lanes_release(struct lanes *l);

/* Where a voice begins: how recorded time and that of the replay go together
 * there. */
struct lanes_start {
	double at_ms;  /* recorded */
	double due_ms; /* in the replay */
	double delta_ms;
};

/*
 * Add a piece (takes `line`).  `start` belongs to the first piece of an
 * utterance, and for others to the last line that had a time; `is_before`: the
 * utterance is not to be played.  Returns recorded time until which the lane
 * then sounds, or -1: no memory.
 */
double lanes_add(struct lanes *l, json_t *line, size_t bytes,
    const struct lanes_start *start, bool is_before);

/* When the next piece is due in the replay; INFINITY: none waits. */
double lanes_due_ms(const struct lanes *l);

/*
 * Take the piece that is due next, to be written: its line (to be released by
 * json_decref()), and what its times move by.  There is one.
 */
json_t *lanes_take(struct lanes *l, double *delta_ms);

/* An utterance was taken back: nothing more of it leaves. */
void lanes_drop(struct lanes *l, const char *id);

/*
 * At an early end: the last piece, without sound, of an utterance of which not
 * all has left; NULL when there is none any more.  Its error says "stopped".
 * *delta_ms as for lanes_take().  To be released by json_decref().
 */
json_t *lanes_stop(struct lanes *l, double *delta_ms);

/* In the replay, when all that was added was heard. */
double lanes_heard_ms(const struct lanes *l);

#endif
