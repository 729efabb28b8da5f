/* cmd/replay/lanes.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "../../../cmd/replay/lanes.c"
