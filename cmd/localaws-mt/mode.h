/*
 * An Apertium mode: the shell pipeline that a pair installs in
 * /usr/share/apertium/modes, taken apart into the programs to run.
 *
 *	lt-proc 'a.bin' | apertium-tagger -g $2 'b.prob' | ... |
 *	    lt-proc $1 'c.bin'
 *
 * No shell ever sees it: each stage has to get -z (flush at NUL) of its own,
 * and $1 and $2 stand for what the apertium script would put there.  $1 becomes
 * -n: unknown words come through without a '*' (as with `apertium -u`).
 */
#ifndef LOCALAWS_MT_MODE_H
#define LOCALAWS_MT_MODE_H

#include <stddef.h>

#define MODE_LINE_MAX 8192 /* the longest of Debian 12 has 2 KiB */
#define MODE_STAGES_MAX 40
#define MODE_ARGS_MAX 16

enum {
	MODE_ERR_NOMEM = -1,
	MODE_ERR_SYNTAX = -2, /* more than words, quotes and pipes; or too long
	                       */
	MODE_ERR_READ = -3,   /* errno says why */
};

struct mode_stage {
	char *argv[MODE_ARGS_MAX + 1]; /* owned; ended by NULL */
};

struct mode {
	struct mode_stage stages[MODE_STAGES_MAX];
	size_t nstages;
};

/* Append the stages of a mode's line to m, which is all zero at first.  0 or a
 * code; in any case m is to be released. */
int mode_parse(struct mode *m, const char *line);

/* The same from a file. */
int mode_load(struct mode *m, const char *path);

void mode_release(struct mode *m);

#endif
