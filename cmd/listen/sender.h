/*
 * The way out of one listener: lines of the room as they are, lines of our own
 * between them, and the rule for one that cannot keep up: audio is skipped,
 * captions never.
 */
#ifndef LISTEN_SENDER_H
#define LISTEN_SENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "acks.h"
#include "base/out.h"
#include "room/ring.h"

struct sender {
	struct out out;
	struct acks acks;
	bool is_skipping; /* audio, now */
	uint64_t skipped; /* audio lines since is_skipping */
	int64_t sent_ms;  /* when a line went out last, monotonic */
	int64_t room_ms;  /* when one of the room did */
	int64_t pinged_ms;
	int error; /* of out.h: the first one that ended the output */
};

/* Write to fd (borrowed).  0 or a code of out.h. */
int sender_init(struct sender *s, int fd, int64_t now_ms);

void sender_release(struct sender *s);

/* Send a line of the room, or skip it.  What went wrong shows in error. */
void sender_line(struct sender *s, const struct ring_line *line,
    const char *text, int64_t now_ms);

/*
 * Send a status line of ours: stage "listen", `state`, `detail` (or NULL), and
 * the keys of `more` (taken; or NULL).  It has no seq: it is no line of the
 * room.
 */
void sender_status(struct sender *s, const char *state, const char *detail,
    json_t *more, int64_t now_ms);

/* The same, where `about` is what the line is for: NULL is no memory, which
 * shows in error. */
void sender_about(struct sender *s, const char *state, const char *detail,
    json_t *about, int64_t now_ms);

/* Ask the page whether it is there: {"type":"ping","at_ms":...}. */
void sender_ping(struct sender *s, int64_t now_ms);

/* Write what goes (out_dispatch()). */
void sender_dispatch(struct sender *s, struct loop *loop);

/* Whether lines should stay in the ring for now. */
bool sender_is_full(const struct sender *s);

#endif
