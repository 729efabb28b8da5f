/* lib/aws/client_check.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "aws/client_check.c"
