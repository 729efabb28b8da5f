/*
 * Who wants what: the cost control of a room (DESIGN, section 4).
 *
 * Every listener holds an open-file-description lock on want/<channel> for as
 * long as it lives, on a byte of its own: its process id, or where that is
 * taken (a process that listens twice, a container with numbers of its own)
 * that plus a multiple of 2^22, the bound of process ids on Linux.  Who spends
 * money on a channel asks whether anybody holds one, and an operator how many
 * do.  Asking takes nothing, so it disturbs nobody, and a lock goes with its
 * process, so a crash leaves nothing behind.
 */
#ifndef ROOM_WANT_H
#define ROOM_WANT_H

#include <stdbool.h>

#include "room/room.h"

/*
 * Say that somebody listens to the channel until the returned descriptor is
 * closed.  The caller owns it.  ROOM_ERR_ABSENT (no such room),
 * ROOM_ERR_CHANNEL or ROOM_ERR_SYS.
 */
int want_hold(const struct room *r, const char *channel);

/* The formats of a language that somebody wants, as 1 << enum room_format, or
 * together; 0: nobody is there, or no such room. */
unsigned int want_formats(const struct room *r, const char *lang);

/*
 * How many hold the channel now; 0 also where there is no such room.  The
 * kernel tells of one lock at a time, so the file is halved around each: two
 * calls a listener, and each walks the kernel's list.  Measured: 0.1 ms for
 * 100 listeners, 7 ms for 1000, 60 ms for 3000; so ask rarely.
 */
unsigned int want_count(const struct room *r, const char *channel);

/*
 * Call fn for each channel that somebody wants, in no order; non-zero from it
 * ends the walk and is returned.  0, ROOM_ERR_ABSENT or ROOM_ERR_SYS.
 */
int want_each(const struct room *r,
    int (*fn)(void *arg, const char *lang, enum room_format format), void *arg);

#endif
