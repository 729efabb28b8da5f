/*
 * Lines through translate: each is passed on as it came and at once, and a
 * final transcript is given to every target that is on.
 */
#ifndef TRANSLATE_STAGE_H
#define TRANSLATE_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audience.h"
#include "base/line.h"
#include "base/loop.h"
#include "base/out.h"
#include "targets.h"

struct stage {
	struct target_setup *setup; /* borrowed */
	struct targets *targets;    /* borrowed */
	struct audience *audience;  /* borrowed; NULL: all targets are on */
	const char *source;         /* tag of -s, or NULL; borrowed */
	struct line_reader reader;
	int fd;          /* input */
	int slot;        /* in the loop, this turn */
	bool has_lines;  /* the reader may hold more whole lines */
	bool has_ended;  /* nothing more will be read */
	uint64_t nbad;   /* lines that were dropped */
	int input_errno; /* why reading failed, 0: it did not */
	int failure;     /* out error that ended it */
};

void stage_init(struct stage *s, int fd, struct target_setup *setup,
    struct targets *targets, struct audience *audience, const char *source);

void stage_release(struct stage *s);

/* Wait for input, unless the output or a target is full. */
void stage_prepare(struct stage *s, struct loop *l);

/* Read and pass on what can be. */
void stage_dispatch(struct stage *s, struct loop *l, int64_t now_ms);

/* Read no more: what was read and not yet handed on is given up. */
void stage_stop(struct stage *s);

/* Whether all input has been handed on and every target is done with it. */
bool stage_is_done(const struct stage *s);

#endif
