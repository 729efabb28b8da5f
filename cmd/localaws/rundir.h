/* The stand-in's directory, and the file of exports that a shell sources. */
#ifndef LOCALAWS_RUNDIR_H
#define LOCALAWS_RUNDIR_H

#include <limits.h>

#define RUNDIR_TEXT_BYTES (PATH_MAX + 128)

/*
 * The default directory: $BOOTH_RUN/localaws, else
 * $XDG_RUNTIME_DIR/pipebooth/localaws, else /tmp/pipebooth-<uid>/localaws.
 * 0, or -1: the path is too long.
 */
int rundir_default(char path[PATH_MAX]);

/*
 * Make the directory and what is missing above it, 0700.  One that is there
 * already must be a directory of ours that nobody else can write to.  0, or -1
 * with the reason in text (RUNDIR_TEXT_BYTES).
 */
int rundir_make(const char *path, char *text);

/* One export; value may hold anything. */
struct rundir_export {
	const char *name;
	const char *value;
};

/*
 * Write `path` (0600, whole, by rename): a line "export NAME='VALUE'" each,
 * ended by an entry without name.  0, or -1 with the reason in text.
 */
int rundir_write_env(
    const char *path, const struct rundir_export *exports, char *text);

#endif
