/* What processes have used so far. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stddef.h>
#include <sys/types.h>

/* Processor time of all threads, those that have ended included, in ms; -1: no
 * such process. */
double usage_processor_ms(pid_t pid);

/* Its share of the memory in KiB: a page that n processes have in common counts
 * as an n-th; -1: no such process. */
long usage_pss_kib(pid_t pid);

/* The children of a process, `max` at most: how many.  0: no such process. */
size_t usage_children(pid_t pid, pid_t *children, size_t max);

#endif
