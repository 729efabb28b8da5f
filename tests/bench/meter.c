/* with: tests/bench/lib/usage.c */
/*
 * What processes have used so far.
 *
 *	meter PID...	a line each: PID, processor in ms, PSS in KiB
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/usage.h"

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		pid_t pid = (pid_t)strtol(argv[i], NULL, 10);

		printf("%ld %.1f %ld\n", (long)pid, usage_processor_ms(pid),
		    usage_pss_kib(pid));
	}
	return 0;
}
