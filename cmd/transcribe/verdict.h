/*
 * What the end of a session means for its range: all was heard, another one
 * after a while, or no more.
 */
#ifndef TRANSCRIBE_VERDICT_H
#define TRANSCRIBE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "sessions.h"

/* A range's session is over; it is freed here. */
void verdict_session_over(
    struct sessions *s, struct sessions_range *r, int64_t now_ms);

/* A session was refused for its time: whether the clock is now taken for
 * another one, which has been said. */
bool verdict_clock_refused(struct sessions *s, const struct session *session,
    const struct service_error *e);

#endif
