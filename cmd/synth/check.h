/* synth --check: what would be used, tried by a call and a stream. */
#ifndef SYNTH_CHECK_H
#define SYNTH_CHECK_H

#include "options.h"

/* Say it on standard output.  The exit status. */
int check_run(const struct options *o);

#endif
