/*
 * The keeper's log: a file in the room's directory, of bounded size.  What the
 * keeper and its command say goes there, since nobody's standard error outlives
 * the connection.
 */
#ifndef SPEAK_NOTES_H
#define SPEAK_NOTES_H

#include "room/room.h"

/* Our choice: speak.log and the one before it, speak.log.1, each. */
#define NOTES_MAX_BYTES (256 * 1024)

/* Make standard error that file.  0, or -1 with errno: it is /dev/null. */
int notes_open(const struct room *room);

/* Call it now and then: when the file is full it is set aside. */
void notes_turn(const struct room *room);

#endif
