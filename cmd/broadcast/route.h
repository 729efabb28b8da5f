/* Which channels a line belongs to (room.h): the rules, and nothing else. */
#ifndef BROADCAST_ROUTE_H
#define BROADCAST_ROUTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct route {
	bool is_for_all;      /* every channel of the room that has one of
	                         `formats`, which may be ~0u */
	bool is_fleeting;     /* not for the archive */
	const char *lang;     /* ROOM_SOURCE or the language's tag; borrowed
	                         from the line or the table of languages */
	unsigned int formats; /* FORMAT_BITs the line goes to */
	unsigned int create;  /* ... of which these are made if missing */
	unsigned int present; /* ... that it shows to be in use */
	uint32_t kind;        /* enum ring_kind */
	bool has_seq;
};

/*
 * Route one line.  0, or -1 with a reason in *why (static text): it lacks what
 * its type must have, and no channel would know it.
 */
int route_line(
    struct route *r, const json_t *obj, const char *type, const char **why);

#endif
