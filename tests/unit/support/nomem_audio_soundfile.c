/* lib/audio/soundfile.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "audio/soundfile.c"
