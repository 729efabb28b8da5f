/*
 * What goes on the screen together, and on which line: the units of one
 * utterance divided into captions, and a caption into lines.  Of all ways that
 * keep the rules the one is taken that ends at the best places and is the most
 * even.
 */
#ifndef CAPTIONS_LAYOUT_H
#define CAPTIONS_LAYOUT_H

#include <stddef.h>

#include "units.h"

/* Bounds of the options; our choice. */
#define LAYOUT_COLUMNS_MAX 120
#define LAYOUT_LINES_MAX 4

struct layout_rules {
	unsigned int max_columns; /* of a line, 1 to LAYOUT_COLUMNS_MAX */
	unsigned int max_lines;   /* of a caption, 1 to LAYOUT_LINES_MAX */
	double columns_per_s;     /* that people read */
	double min_ms, max_ms;    /* that a caption stays */
	double gap_ms;            /* between two captions */
};

/*
 * Divide n units (n > 0, none wider than a line, with their times) into
 * captions: ends[k] is one past the last unit of caption k; there is room for
 * n. Returns their number, or -1: no memory.
 */
long layout_captions(const struct unit *units, size_t n,
    const struct layout_rules *rules, size_t *ends);

/*
 * Divide a caption, units first to end - 1, into as few lines as it takes, as
 * even as they can be: ends[k] is one past the last unit of line k.  Returns
 * their number, at most max_lines.
 */
size_t layout_lines(const struct unit *units, size_t first, size_t end,
    const struct layout_rules *rules, size_t ends[LAYOUT_LINES_MAX]);

#endif
