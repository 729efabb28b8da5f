/*
 * The file of faults of a running stand-in: read at start, read anew at SIGHUP,
 * and each time said on standard output, so that who switches faults knows when
 * they are in force.
 */
#ifndef LOCALAWS_FAULTS_WATCH_H
#define LOCALAWS_FAULTS_WATCH_H

#include "base/loop.h"
#include "faults.h"

/*
 * Read the file and take SIGHUP from now on (unless it is ignored), once a
 * process and after stop_init(), which takes it, too.  0 and *out, or a
 * FAULTS_ERR_ code with the reason in text.
 */
int faults_watch_new(
    struct faults **out, const char *path, char text[FAULTS_TEXT_BYTES]);

/* Wake the loop when the signal comes. */
void faults_watch_prepare(struct loop *l);

/* If it came: read the file and say so, or warn and keep what there was. */
void faults_watch_dispatch(struct faults *f);

#endif
