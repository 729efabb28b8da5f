/*
 * SIGTERM, SIGINT and SIGHUP as something that a loop can watch; SIGPIPE
 * ignored. The first says: stop reading, finish what is in flight, leave.  The
 * second, or a deadline of the tool's, says: leave now.
 */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include "base/loop.h"

/* Install the handlers, once a process.  0, or -1 with errno set. */
int stop_init(void);

/* Wake the loop when a signal comes. */
void stop_prepare(struct loop *l);

/* Install a handler for SIGUSR1, which wakes the loop, too: the operator's word
 * to go on.  Without it SIGUSR1 ends the process.  0, or -1 with errno set. */
int stop_resume_init(void);

/* How many SIGUSR1 came so far. */
int stop_resume_count(void);

/* How many signals that ask to end came so far. */
int stop_count(void);

/* The last one (SIGTERM, ...), 0 before any: a tool that leaves because of it
 * exits 128 + this. */
int stop_signal(void);

#endif
