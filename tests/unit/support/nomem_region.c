/* lib/aws/region.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "../../../lib/aws/region.c"
