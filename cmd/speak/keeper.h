/*
 * The process that holds a room for its remote speaker: it has the speaker's
 * lock and the pipeline, and outlives the process of one connection, which
 * websocketd ends with the connection.  A speaker who returns with the same
 * session goes on where the sound stopped.  It ends by itself: a while after
 * the speaker left, or when the pipeline of a talk that was ended is gone.
 */
#ifndef SPEAK_KEEPER_H
#define SPEAK_KEEPER_H

#include <stdint.h>

#include "room/room.h"

struct keeper_config {
	const struct room *room;
	char **command;
	int64_t linger_ms; /* how long a session is kept without its speaker */
};

/*
 * Start the keeper of the room, a process of a session of its own, which takes
 * over lock_fd (of room_lock(); closed here).  0, or -1 with errno.
 */
int keeper_start(const struct keeper_config *config, int lock_fd);

#endif
