#define _GNU_SOURCE
/* lib/audio/ffmpeg.c, whose allocations fail by plan (failmalloc.h). */
#include "failmalloc.h"

#include "audio/ffmpeg.c"
