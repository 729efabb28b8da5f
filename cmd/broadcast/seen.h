/*
 * Captions that the room has, and utterances that were voiced to their end:
 * with
 * --distinct one of the same utterance and language is left out, so that stages
 * which died can be given the last minutes once more and nobody reads or hears
 * anything twice.
 */
#ifndef BROADCAST_SEEN_H
#define BROADCAST_SEEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "room/room.h"
#include "route.h"

/* Our choice: more than ten minutes in a dozen languages; the oldest are
 * forgotten first. */
#define SEEN_MAX 8192

struct seen {
	uint64_t hashes[SEEN_MAX]; /* of kind, language and id */
	size_t n;                  /* ever added */
};

/* Begin with what the room's rings hold.  0; ROOM_ERR_ABSENT or ROOM_ERR_SYS:
 * they could not be read, what was is known. */
int seen_load(struct seen *s, const struct room *room);

/* Whether the room has the caption or the audio already; a new caption, and new
 * audio that is the last of its utterance, is had from then on. */
bool seen_line(struct seen *s, const struct route *r, const json_t *obj);

#endif
