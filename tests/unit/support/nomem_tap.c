#define _GNU_SOURCE
/* cmd/synth/tap.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "../../../cmd/synth/tap.c"
