/*
 * Paid work is paused: the live session is ended in order, its last words still
 * come, and the input is thrown away until it goes on.  Stream time counts what
 * was thrown away.
 */
#ifndef TRANSCRIBE_PAUSE_H
#define TRANSCRIBE_PAUSE_H

#include <stdint.h>

#include "sessions.h"

/* No session is begun from now on. */
void pause_begin(struct sessions *s, int64_t now_ms);

/* Go on with the next audio that comes, in a new session. */
void pause_end(struct sessions *s, int64_t now_ms);

/* While it is paused: throw away what was read since. */
void pause_dispatch(struct sessions *s);

#endif
