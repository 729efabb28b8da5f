/*
 * The planned change-over: the service ends a session after four hours, so
 * another is opened before that, and takes over at a pause in speech.  If it
 * cannot be had, the old one goes on.
 */
#ifndef TRANSCRIBE_ROLL_H
#define TRANSCRIBE_ROLL_H

#include <stdbool.h>
#include <stdint.h>

#include "sessions.h"

/* Begin, go on and end a change-over, when it is time; before the sessions'
 * own dispatch. */
void roll_dispatch(struct sessions *s, struct loop *l, int64_t now_ms);

void roll_prepare(const struct sessions *s, struct loop *l, int64_t now_ms);

/* A session becomes the live one. */
void roll_begin(struct sessions *s, struct session *live);

/* What waits to take over, for a live range that has lost its session; NULL:
 * nothing does.  The caller's from now on. */
struct session *roll_take(struct sessions *s);

/* Nothing is to take over any more. */
void roll_drop(struct sessions *s);

/*
 * A session's results are for later: those of the new one wait for the last of
 * the old one, so that finals stay in order.  False: they are not.
 */
bool roll_holds(struct sessions *s, const struct session *session,
    struct transcribe_results *results);

/* The next live session's words wait for the last ones of this one. */
void roll_follow(struct sessions *s, struct session *old);

/* A session that ended in order has results that wait for the old one's: so
 * does its end. */
bool roll_waits(const struct sessions *s, const struct session *session);

/* This session is over, and about to be freed: hand out what waits for it, or
 * what it has. */
void roll_session_over(struct sessions *s, const struct session *session);

void roll_release(struct sessions *s);

#endif
