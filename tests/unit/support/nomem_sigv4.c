/* lib/aws/sigv4.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "aws/sigv4.c"
