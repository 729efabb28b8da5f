/* What an operator orders: pause, resume, say, retract (operate(1), PROTOCOL).
 */
#ifndef OPERATE_COMMAND_H
#define OPERATE_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "room/room.h"

/* Who orders, and where they may. */
struct command_desk {
	const char *run;  /* the run directory */
	const char *from; /* for the log: an address, or "terminal" */
	bool (*may)(void *arg, const char *room);
	void *arg;
};

/*
 * Carry out the message of type `command`, and log it: never the text.  The
 * answer, `done` or `failed`, as a new reference; NULL: no memory.
 */
json_t *command_run(const struct command_desk *desk, const json_t *message);

#endif
