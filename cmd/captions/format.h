/*
 * Captions as files.  WebVTT: W3C "WebVTT: The Web Video Text Tracks Format";
 * SRT: as SubRip writes it, which no document defines.
 */
#ifndef CAPTIONS_FORMAT_H
#define CAPTIONS_FORMAT_H

#include <stddef.h>
#include <stdio.h>

#include "cues.h"

enum format {
	FORMAT_VTT,
	FORMAT_SRT,
	FORMAT_TEXT
};

/* "vtt", "srt", "txt": what a file name ends in. */
const char *format_suffix(enum format format);

/*
 * Write all captions as WebVTT or SRT, times shifted by offset_ms; what would
 * end before 0 is left out, what begins before begins at 0.  Returns how many
 * were left out. Errors of writing are ferror(3)'s.
 */
size_t format_cues(
    FILE *f, enum format format, const struct cues *cues, double offset_ms);

#endif
