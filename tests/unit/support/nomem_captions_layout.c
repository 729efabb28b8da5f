/* cmd/captions/layout.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "../../../cmd/captions/layout.c"
