/*
 * Between the process of one connection and the keeper of the room: a UNIX
 * socket in the room's directory, one packet a message.  Both ends are ours and
 * of the same build, the directory is ours alone (0700).
 *
 *	to the keeper	'H' struct wire_hello
 *			'A' u64 seq, PCM
 *			'E' the talk ends
 *	from it		'L' a line for the speaker
 *			'X' the same, the last one
 */
#ifndef SPEAK_WIRE_H
#define SPEAK_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "room/room.h"
#include "talk.h"

/* A line of the keeper's, with its type. */
#define WIRE_MAX 8192

struct wire_hello {
	char session[MESSAGE_SESSION_MAX + 1];
	char who[TALK_WHO_MAX];
	char lang[LANG_TAG_MAX];
	char client[MESSAGE_CLIENT_MAX];
	uint64_t next;
};

/* Listen in the room; what an earlier keeper left behind is removed.  The
 * descriptor, non-blocking, or -1 with errno. */
int wire_listen(const struct room *room);

/* Take the socket's name away: nobody comes any more. */
void wire_unlink(const struct room *room);

/* Connect to the room's keeper.  The descriptor, non-blocking, or -1 with
 * errno (ENOENT, ECONNREFUSED: there is none). */
int wire_connect(const struct room *room);

/* Send one packet of a type and n bytes.  0, or -1 with errno; EAGAIN: the
 * other end is slow. */
int wire_send(int fd, char type, const void *p, size_t n);

/*
 * Receive one into buf (WIRE_MAX bytes, NUL-ended behind its n bytes).  Its
 * type; 0: the other end has left; -1 with errno.
 */
int wire_recv(int fd, char *buf, size_t *n);

#endif
