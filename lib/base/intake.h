/*
 * The input of a stage: lines from a descriptor, parsed.  What is not a line of
 * the format is complained about, counted and left out, and the next one is
 * read: a room does not go silent over one bad line.
 */
#ifndef BASE_INTAKE_H
#define BASE_INTAKE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/line.h"
#include "base/loop.h"

struct intake {
	int fd; /* borrowed */
	struct line_reader reader;
	bool has_ended;    /* end of input, or intake_stop() */
	int saved_errno;   /* the read error that ended it, or 0 */
	unsigned long bad; /* lines left out */
	bool is_short;     /* some for want of memory */
	int slot;          /* in the loop, this turn */
};

/* Lines of fd. */
void intake_init(struct intake *in, int fd);

void intake_release(struct intake *in);

/* Wait for input (not to be called while the stage cannot take any). */
void intake_prepare(struct intake *in, struct loop *l);

/* Read what is there, without blocking; then take all lines by intake_next().
 * 0, or -1: no memory. */
int intake_dispatch(struct intake *in, struct loop *l);

/*
 * The next line: 1 with its text (valid until the next call on `in`) and *obj,
 * a new reference to the object that it is; 0 when there is none now.  Bad
 * lines are said on stderr with their number and passed by.
 */
int intake_next(struct intake *in, char **line, size_t *len, json_t **obj);

/* Read no more: what was read whole is still handed out. */
void intake_stop(struct intake *in);

/* Exit status that the input asks for: EX_IOERR (could not be read), EX_OSERR
 * (no memory for a line), EX_DATAERR (bad lines), or 0. */
int intake_status(const struct intake *in);

#endif
