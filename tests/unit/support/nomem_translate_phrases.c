/* cmd/translate/phrases.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "../../../cmd/translate/phrases.c"
