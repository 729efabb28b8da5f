/* transcribe --check: what would be used, tried by a stream. */
#ifndef TRANSCRIBE_CHECK_H
#define TRANSCRIBE_CHECK_H

#include "options.h"

/* Writes what it found to standard output; returns the exit status. */
int check_run(const struct options *o);

#endif
