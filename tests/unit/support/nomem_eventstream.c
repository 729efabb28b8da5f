/* lib/aws/eventstream.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "aws/eventstream.c"
