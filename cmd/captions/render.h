/*
 * One language of one talk, or of several in a row, as a file.
 */
#ifndef CAPTIONS_RENDER_H
#define CAPTIONS_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "format.h"
#include "talks.h"

struct render {
	size_t first, last; /* talks, from 0 */
	const char *lang;   /* canonical, or "source" */
	enum format format;
	bool with_source; /* where there is no translation */
	double offset_ms;
	struct layout_rules rules;
};

/* What became of the utterances. */
struct render_report {
	size_t written;  /* utterances, in the language asked for */
	size_t fallback; /* in the source language instead */
	size_t missing;  /* left out for want of a translation */
	size_t captions;
	size_t fast;   /* captions that are too short to be read in time */
	size_t before; /* captions left out by the offset */
};

/*
 * The whole file as text (NUL-ended), to be freed by free(); *len is its
 * length.  NULL: no memory.
 */
char *render(const struct talks *t, const struct render *r, size_t *len,
    struct render_report *report);

#endif
