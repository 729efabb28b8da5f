/*
 * What was missed: where the live audio should be by now, which part of the
 * stream becomes a late range of its own, and when that gets its turn.
 */
#ifndef TRANSCRIBE_GAPS_H
#define TRANSCRIBE_GAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "sessions.h"

/* A range that is not used; NULL: there is none. */
struct sessions_range *gaps_spare_range(struct sessions *s);

/* Where the live audio would be by now, had nothing gone wrong. */
uint64_t gaps_due(const struct sessions *s, const struct sessions_range *live,
    int64_t now_ms);

/*
 * Before the live range gets a new session: a long gap becomes a range of its
 * own.  It reaches up to where the live audio would be now; what waited for
 * its time (a recording on standard input) still does.
 */
void gaps_split(struct sessions *s, int64_t now_ms);

/*
 * Whether the live session has so much before it, of what was already said,
 * that it is a gap.  It is sent audio no faster than it was spoken, so it will
 * never get nearer by itself: the input stalled, and then came all at once.
 * A recording that comes faster than it was spoken waits for its time.
 */
bool gaps_is_behind(const struct sessions *s, int64_t now_ms);

/* What the live session leaves out, between two positions, becomes a late range
 * of its own.  False: too many wait already; the session that ends before it
 * needs one, too. */
bool gaps_leave_out(struct sessions *s, uint64_t from, uint64_t until);

/* The best place to go on, shortly before a position. */
uint64_t gaps_cut(const struct sessions *s, uint64_t due);

/* The room is live again: say what is heard beside it. */
void gaps_tell(struct sessions *s);

/* Late ranges wait for the live one: the room comes first, and a service that
 * is away is not asked twice. */
bool gaps_is_turn(const struct sessions *s, const struct sessions_range *r);

/* Whether a range's session has heard more than those before it, in any
 * channel. */
bool gaps_has_advanced(const struct sessions_range *r);

/* Whether there may be words that a session of this range was sent and did not
 * make final: some that were begun, or anything that is not quiet. */
bool gaps_is_unheard(const struct sessions *s, const struct sessions_range *r);

/*
 * Whether a session that ended in order left something unheard: words that an
 * earlier one began to hear, or loud audio behind the last words.  That is
 * heard again, but not for ever: it may have been applause.
 */
bool gaps_ended_too_soon(const struct sessions *s, struct sessions_range *r);

#endif
