/*
 * What the recorded lines say about when they came, and how to say it anew.
 */
#ifndef REPLAY_RECORDED_H
#define REPLAY_RECORDED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Unix time in ms at which the line left the stage that wrote it: of a
 * transcript when it was final (of a partial: when it was heard), of a
 * translation when it came, of the first piece of a voice when that left, of
 * anything else `at_ms`.  NaN: the line does not tell.
 */
double recorded_at_ms(const json_t *line);

/* Whether it is a piece of a voice. */
bool recorded_is_audio(const json_t *line);

/* How long a piece of a voice sounds, in ms. */
double recorded_sound_ms(const json_t *line);

/* Whether a stage announces with it what will come. */
bool recorded_is_ready(const json_t *line);

/*
 * The same by the clock of the talk itself: for recordings that were made
 * faster than it was given.  A line belongs to the end of its utterance;
 * each talk follows the one before.
 */
struct talk_clock {
	json_t *ends;   /* owned; utterances to the time they ended */
	double base_ms; /* of the talk that is on */
	double last_ms; /* of the last transcript, NaN: none yet */
};

/* 0, or -1: no memory. */
int talk_clock_init(struct talk_clock *c);

void talk_clock_release(struct talk_clock *c);

/* When the line belongs, in ms, above 0; NaN: where the line before it does. */
double talk_clock_ms(struct talk_clock *c, const json_t *line);

/* New names for the utterances of a recording, so that nobody who has seen it
 * before takes them for the old ones. */
struct names {
	json_t *map;   /* owned; old to new */
	uint64_t base; /* differs from run to run, and from pass to pass */
};

/* No names yet; `base` tells this pass from all others.  0, or -1: no memory.
 */
int names_init(struct names *n, uint64_t base);

void names_release(struct names *n);

/*
 * Rewrite a line for now: all times of day in it (keys that end in "_at_ms",
 * and at_ms) move by delta_ms, and its utterance gets its new name.  0, or -1:
 * no memory; the line is then not to be used.
 */
int recorded_renew(json_t *line, double delta_ms, struct names *names);

#endif
