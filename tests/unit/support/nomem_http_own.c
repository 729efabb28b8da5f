/* lib/aws/http_own.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "aws/http_own.c"
