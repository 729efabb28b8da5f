/* cmd/translate/glossary.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "../../../cmd/translate/glossary.c"
