/* lib/audio/soundpipe.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "audio/soundpipe.c"
