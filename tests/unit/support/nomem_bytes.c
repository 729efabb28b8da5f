/* lib/base/bytes.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "base/bytes.c"
