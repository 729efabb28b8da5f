/*
 * One listener's place in the room: which ring it reads, where it stands, and
 * how it gets back to where it was when a ring is replaced, appears late, or
 * laps it.
 *
 * All channels of a language share their numbers and captions are written to
 * the text channel first (room.h), so every way in is the same one: captions
 * that are missing come from the long text ring up to the line at which the
 * chosen ring goes on; what comes twice is known by its number.
 */
#ifndef LISTEN_SESSION_H
#define LISTEN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/line.h"
#include "params.h"
#include "retracted.h"
#include "room/ring.h"
#include "room/room.h"
#include "sender.h"

struct session {
	const struct params *params; /* borrowed */
	struct sender *sender;       /* borrowed */
	struct room room;
	struct ring_reader ring;
	bool is_open;
	enum room_format format;  /* of the open ring: at worst the text */
	char path[ROOM_PATH_MAX]; /* of the open ring */
	int want_fd;              /* owned; -1: none */
	uint64_t last_seq;        /* no line up to this one is sent (again) */
	unsigned int nopens;      /* rings opened so far */
	uint32_t word;            /* of the open ring, as far as it is known */
	bool has_joined;          /* some ring was open before */
	bool is_waiting;          /* the listener was told so */
	bool is_busy;             /* something was read since the last tick */
	int64_t tick_ms;          /* when session_step() looks around next */
	/* Of the text ring, when it was joined last. */
	struct retracted retracted;
	char line[LINE_MAX_BYTES + 8];
};

/* 0 or a code of room.h.  `p` was checked. */
int
session_init(struct session *s, const struct params *p, struct sender *sender);

void session_release(struct session *s);

/*
 * Do all that can be done now: send what is new; look for the room and its
 * rings, when the writer says that there are others, and at tick_ms.  now_ms is
 * monotonic.
 */
void session_step(struct session *s, int64_t now_ms);

/* Whether the listener has got what was there when it came (--once). */
bool session_has_joined(const struct session *s);

#endif
