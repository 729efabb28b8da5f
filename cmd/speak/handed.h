/*
 * How much of a talk its command has been handed, in a file of the room's
 * directory (speak.next): for the keeper that comes after one that was killed,
 * whose command hears to the end what it was given.  The speaker sends again
 * what was not acknowledged, a second or so; without this it would be heard
 * twice.
 */
#ifndef SPEAK_HANDED_H
#define SPEAK_HANDED_H

#include <stdint.h>

#include "message.h"
#include "room/room.h"

struct handed {
	int fd;        /* owned; -1: it cannot be kept */
	uint64_t next; /* as noted last */
};

/* What is in the file stays. */
void handed_open(struct handed *h, const struct room *room);

void handed_release(struct handed *h);

/*
 * Where a talk of this session begins whose speaker has `next` and what
 * follows: there, or behind what the command of a keeper that was killed has.
 */
uint64_t handed_begin(struct handed *h, const char *session, uint64_t next);

/* The command has all messages before `next`. */
void handed_note(struct handed *h, const char *session, uint64_t next);

/* The talk has ended: who comes with its session begins anew. */
void handed_forget(struct handed *h);

#endif
