/* What the programs of scripts/bench share: a fine clock, and children. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <sys/types.h>

/* Monotonic microseconds, with a fraction. */
double measure_us(void);

/*
 * Start argv (NULL-ended, found by PATH) with in and out as its standard input
 * and output (-1: ours).  Returns its pid; dies when it cannot.
 */
pid_t measure_start(char *const *argv, int in, int out);

/* SIGKILL and wait for it. */
void measure_kill(pid_t pid);

#endif
