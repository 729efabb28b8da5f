/* lib/aws/sigv4_canonical.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "aws/sigv4_canonical.c"
