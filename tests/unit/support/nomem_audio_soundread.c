/* lib/audio/soundread.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "audio/soundread.c"
