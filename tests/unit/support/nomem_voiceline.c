/* cmd/synth/voiceline.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "../../../cmd/synth/voiceline.c"
