/* lib/audio/opus_encode.c with allocations that fail by plan. */
#include "failmalloc.h"

#include "audio/opus_encode.c"
