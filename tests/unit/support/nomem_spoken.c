/* cmd/synth/spoken.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "../../../cmd/synth/spoken.c"
