/* cmd/captions/units.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "../../../cmd/captions/units.c"
