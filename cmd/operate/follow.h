/* Reading one channel of a room line by line, from the oldest that it keeps,
 * across replacements of the ring, and missing rings that come later. */
#ifndef OPERATE_FOLLOW_H
#define OPERATE_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "room/ring.h"
#include "room/room.h"

struct follow {
	const char *channel; /* borrowed; set by the caller, all else 0 */
	struct ring_reader ring;
	bool is_open;
	uint64_t last_seq; /* lines up to this one were seen */
};

void follow_release(struct follow *f);

/* Open the ring, or another one if it was replaced. */
void follow_look(struct follow *f, const struct room *r);

/* The next line that was not seen yet, into buf: 1, with *line; 0: none now. */
int
follow_next(struct follow *f, char *buf, size_t size, struct ring_line *line);

#endif
