/* cmd/captions/clean.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "../../../cmd/captions/clean.c"
