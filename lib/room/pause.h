/*
 * Whether a room's paid work is paused: the file `paused` in its directory is
 * there, and says why.  Anybody who may write there pauses and resumes: a stage
 * that reached its limit, scripts/room, the operator.
 */
#ifndef ROOM_PAUSE_H
#define ROOM_PAUSE_H

#include <stddef.h>

#include "room/room.h"

#define ROOM_REASON_MAX 200 /* with NUL */

/* Pause, or say another reason.  `reason` is cut at the end of its line and to
 * ROOM_REASON_MAX.  0, ROOM_ERR_ABSENT or ROOM_ERR_SYS. */
int room_pause(const struct room *r, const char *reason);

/* Go on.  0, also when it was not paused; or ROOM_ERR_SYS. */
int room_resume(const struct room *r);

/* 1: paused, and why in `reason` (ROOM_REASON_MAX bytes, may be NULL).  0: not,
 * or no such room.  ROOM_ERR_PATH. */
int room_is_paused(const struct room *r, char *reason);

#endif
