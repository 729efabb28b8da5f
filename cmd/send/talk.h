/*
 * The speaker's side of speak(1)'s protocol: what to say next, and what the
 * server's lines mean.  No I/O.
 */
#ifndef SEND_TALK_H
#define SEND_TALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "keep.h"

enum talk_event {
	TALK_NOTHING,
	TALK_READY,   /* sound may go */
	TALK_ACK,     /* some has arrived */
	TALK_PING,    /* to be answered by talk_pong() */
	TALK_ENDED,   /* the talk is over, as we asked */
	TALK_REFUSED, /* reason, detail, retry_ms */
	TALK_FAILED,  /* the room's command cannot work: detail */
	TALK_SAID,    /* something to show: state, detail */
	TALK_SHORT    /* of memory: a line is lost; the next connection tells
	                 it again */
};

struct talk {
	struct keep *keep;        /* borrowed */
	const char *session;      /* borrowed */
	const char *lang, *token; /* borrowed; NULL: none */
	bool is_ready;            /* in this connection */
	bool was_ready;           /* in any */
	bool is_end_sent;
	/* The server's number of our message 0: not 0 when the session is that
	 * of an earlier process, behind whose sound ours comes. */
	int64_t base;
	uint64_t hello_first; /* the oldest that was kept at the last hello */
	uint64_t next;        /* message to send next */
	uint64_t window_end;  /* first one that must wait */
	uint64_t lost;        /* messages that never arrived, by our count */
	/* What the server said last; copied. */
	double level_db, peak_db;
	int64_t lag_ms, retry_ms;
	uint64_t server_lost;
	char room_state[16], pipeline[16];
	char state[32], reason[32], detail[512];
};

/* Set up.  `session`: 8 to 64 letters and digits; a fresh one, or one whose
 * talk was not ended. */
void talk_init(struct talk *t, struct keep *keep, const char *session,
    const char *lang, const char *token);

/* A connection ended: the next one begins with a hello again. */
void talk_cut(struct talk *t);

/* The first message; new, to be wiped and freed.  NULL: no memory. */
char *talk_hello(struct talk *t, size_t *len);

/*
 * The next message there is leave for: 1 with its text in buf (TALK_TEXT_MAX
 * bytes); 0: none now.
 */
#define TALK_TEXT_MAX 4608
int talk_message(struct talk *t, char *buf, size_t *len);

/* The answer to TALK_PING, constant. */
extern const char talk_pong[];

/* A line of the server. */
enum talk_event talk_line(struct talk *t, const char *text, size_t len);

/* Whether all that is kept has arrived and nothing more comes. */
bool talk_is_done(const struct talk *t);

#endif
