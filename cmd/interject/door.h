/*
 * The reading end of the room's FIFO `say` (room/say.h): whole lines, however
 * many write and whatever they write, at a pace that a talk can bear.
 */
#ifndef INTERJECT_DOOR_H
#define INTERJECT_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/line.h"
#include "base/loop.h"
#include "room/room.h"

/* Our choice: so many lines at once, then one every so often; more wait in the
 * FIFO, and when that is full their writers do. */
#define DOOR_BURST 20
#define DOOR_EVERY_MS 500

/* A line without its end is given up after this long: its writer was killed, or
 * forgot the newline, and the next writer's line would be glued to it. */
#define DOOR_PATIENCE_MS 2000

enum {
	DOOR_ERR_LONG = -1, /* a line longer than SAY_LINE_MAX was left out */
	DOOR_ERR_TORN = -2, /* a line without its end was given up */
};

struct door {
	int fd; /* owned; -1: closed */
	struct line_reader in;
	bool has_lines;      /* the reader may hold a whole one */
	unsigned int tokens; /* lines that may come now */
	int64_t paid_ms;     /* when the last token came */
	int64_t read_ms;     /* when something was read last */
	int slot;
};

/* Take lines from fd, which is now the door's. */
void door_init(struct door *d, int fd, int64_t now_ms);

void door_release(struct door *d);

void door_prepare(struct door *d, struct loop *l);

/* Read what is there.  0, or -1 with errno set: the FIFO cannot be read. */
int door_dispatch(struct door *d, struct loop *l, int64_t now_ms);

/* The next line, as line_reader_next(): 1, 0 (none now, or not at this pace),
 * DOOR_ERR_LONG or DOOR_ERR_TORN. */
int door_next(struct door *d, int64_t now_ms, char **line, size_t *len);

#endif
