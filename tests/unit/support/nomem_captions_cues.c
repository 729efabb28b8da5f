/* cmd/captions/cues.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "../../../cmd/captions/cues.c"
