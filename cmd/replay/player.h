/*
 * A recording on its way out: each line when it is due, captions by the clock
 * of the recording, voices as they are played out.
 */
#ifndef REPLAY_PLAYER_H
#define REPLAY_PLAYER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/intake.h"
#include "base/loop.h"
#include "base/out.h"
#include "lanes.h"
#include "recorded.h"
#include "timeline.h"

struct player_options {
	double speed;
	double from_ms;
	double max_gap_ms; /* INFINITY: no silence is cut */
	bool is_fast;      /* as fast as the reader takes them, as recorded */
	bool by_talk;      /* by the clock of the talk, not of the recording */
	bool is_keeping;   /* times and names as recorded */
	bool without_audio;
};

struct player {
	const struct player_options *options; /* borrowed */
	struct intake *in;                    /* borrowed */
	struct out *out;                      /* borrowed */
	struct timeline timeline;
	struct lanes lanes;
	struct names names;
	struct talk_clock talk;
	json_t *head;       /* owned: the next line that is no voice */
	double head_due_ms; /* in this pass */
	double head_delta_ms;
	struct lanes_start last; /* the last line that had a time */
	int64_t mono_ms;         /* when this pass began */
	double wall_ms;
	double now_wall_ms;  /* of this turn */
	unsigned int passes; /* before this one */
	double end_ms;       /* of the pass so far */
	bool is_read;        /* the input has no more lines, for now or ever */
	bool is_failed;      /* no memory */
	uint64_t lines;      /* written, in all passes */
	uint64_t pass_lines; /* in this one */
	uint64_t too_long;   /* not written */
};

/* Begin at now_ms (monotonic) and wall_ms.  0, or -1: no memory. */
int player_init(struct player *p, const struct player_options *options,
    struct intake *in, struct out *out, int64_t now_ms, double wall_ms);

void player_release(struct player *p);

/* Wait for what is next: input, a line that falls due, room for it. */
void player_prepare(struct player *p, struct loop *l);

/* Read on, write what is due.  0, or a negative code: OUT_ERR_*, or
 * OUT_ERR_NOMEM. */
int player_dispatch(struct player *p, struct loop *l, int64_t now_ms);

/* Whether all of the input was written. */
bool player_has_ended(const struct player *p);

/* How long the pass took so far, in ms, with what is still to be heard. */
double player_length_ms(const struct player *p);

/*
 * Begin anew with an input that was put back to its start; the first line is
 * due when all of the pass before was heard.  0, or -1: no memory.
 */
int player_again(struct player *p);

/* The end came early: close the utterances whose voice has not ended. */
int player_stop(struct player *p);

#endif
