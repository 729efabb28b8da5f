/* cmd/translate/glossary_file.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "../../../cmd/translate/glossary_file.c"
