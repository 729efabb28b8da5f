/*
 * The room's FIFO `say`: lines from an operator, taken by interject(1), which
 * makes it and holds ROOM_SAYER for as long as it reads.
 *
 * Each line goes in by one write of at most PIPE_BUF bytes, so those of several
 * writers do not mix (pipe(7)).
 */
#ifndef ROOM_SAY_H
#define ROOM_SAY_H

#include <stddef.h>

#include "room/room.h"

#define SAY_ERRORS(X)                                                          \
	X(SAY_ERR_SYS, -1, "system call failed")                               \
	X(SAY_ERR_PATH, -2, "the run directory's path is too long")            \
	X(SAY_ERR_NOBODY, -3,                                                  \
	    "nobody takes lines there: interject does not run in the room's "  \
	    "pipeline")                                                        \
	X(SAY_ERR_FULL, -4, "too many lines wait already")                     \
	X(SAY_ERR_LONG, -5, "longer than 4096 bytes")                          \
	X(SAY_ERR_KIND, -6, "'say' is there and is no FIFO: remove it")

enum say_error {
#define X(name, value, text) name = value,
	SAY_ERRORS(X)
#undef X
};

/* Text of a code; never NULL.  For SAY_ERR_SYS, errno says more. */
const char *say_strerror(int code);

/* Longest line with its newline: Linux's PIPE_BUF. */
#define SAY_LINE_MAX 4096

/*
 * Open the FIFO for reading, and make it (0600) if it is missing; one that a
 * killed reader left is used again; a plain file, which a shell makes when it
 * writes where nobody reads, is thrown away.  It never ends, whoever comes and
 * goes, and does not block.  The descriptor, which the caller owns, or
 * SAY_ERR_PATH, KIND or SYS.  The caller holds ROOM_SAYER.
 */
int say_open(const struct room *r);

/* Remove it, before the role is given up. */
void say_remove(const struct room *r);

/*
 * Hand a line of `len` bytes, without its newline, to whoever reads; waits for
 * nobody.  0, or with nothing written: SAY_ERR_NOBODY, FULL, LONG, KIND, PATH
 * or SYS.
 */
int say_send(const struct room *r, const char *line, size_t len);

#endif
