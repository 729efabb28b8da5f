/*
 * An archive (booth-lines(5)) read line by line: which talks it holds, what was
 * said in each, and in which languages.
 *
 * A talk is what one transcribe(1) heard: its times begin at 0.  So a new one
 * begins with each "ready" line of transcribe that follows an utterance, and
 * where such lines are missing, where the time of the utterances falls back.
 */
#ifndef CAPTIONS_TALKS_H
#define CAPTIONS_TALKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TALKS_ERRORS(X)                                                        \
	X(NOMEM, -1, "out of memory")                                          \
	X(MANY, -2, "more utterances than an archive can hold")

enum {
#define TALKS_ERROR_ENUM(name, value, text) TALKS_ERR_##name = (value),
	TALKS_ERRORS(TALKS_ERROR_ENUM)
#undef TALKS_ERROR_ENUM
};

/* The text of a code; never NULL. */
const char *talks_strerror(int code);

/* Our choice: a month of talks. */
#define TALKS_UTTERANCES_MAX 1000000

struct utterance {
	size_t talk; /* from 0 */
	char *lang;  /* owned, canonical; "und" when it was not told */
	char *text;  /* owned, of clean_text() */
	double start_ms, end_ms; /* stream time of its talk */
	bool has_times;          /* else they are made by talks_settle() */
	bool is_regular; /* heard by transcribe, in its place: a clock */
	bool is_retracted;
	double at_ms;   /* wall clock at end_ms, or NaN */
	json_t *items;  /* owned, or NULL */
	json_t *others; /* owned: language to text, null where it failed */
};

struct talk {
	double ready_at_ms;   /* wall clock, or NaN */
	double origin_ms;     /* wall clock of stream time 0, or NaN */
	double last_start_ms; /* of a regular utterance */
	size_t n;             /* utterances, without those taken back */
};

struct talks {
	struct utterance *list; /* owned */
	size_t n, alloc;
	struct talk *talks; /* owned */
	size_t ntalks;
	json_t *ids;           /* utterances by id; the newest of its name */
	unsigned long nstrays; /* translations of what is not there */
};

/* 0 or TALKS_ERR_NOMEM. */
int talks_init(struct talks *t);

void talks_release(struct talks *t);

/* Take a line (borrowed).  0 or a negative code. */
int talks_line(struct talks *t, const json_t *line);

/*
 * When all lines are in: give utterances without a time (what an operator
 * typed) one by the wall clock, and count.  columns_per_s says how long such a
 * line takes.
 */
void talks_settle(struct talks *t, double columns_per_s);

/*
 * The text of an utterance in `lang`, or NULL; "source" is what was spoken.
 * *is_source tells that it is that, whose items fit.  A translation that failed
 * is not there.
 */
const char *
talks_text(const struct utterance *u, const char *lang, bool *is_source);

/*
 * By how much the times of `talk` are to be shifted to be those of the talk
 * `first`: by the wall clock, or where that is not known, to follow what is
 * before it.
 */
double talks_shift_ms(const struct talks *t, size_t first, size_t talk);

#endif
