/* cmd/captions/render.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "../../../cmd/captions/render.c"
