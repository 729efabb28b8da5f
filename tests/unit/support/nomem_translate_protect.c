/* cmd/translate/protect.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "../../../cmd/translate/protect.c"
