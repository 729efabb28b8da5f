/*
 * The session by which speak(1) knows a talk, kept in a file for as long as the
 * talk is not over: a `send` that was killed and is started again goes on with
 * it.  Who knows a session can take its talk over, so the file is for its owner
 * alone (0600):
 *
 *	$BOOTH_RUN/send/<hash of the address>
 *
 * One `send` at a time has it, by a lock that goes with the process.
 */
#ifndef SEND_SESSION_H
#define SEND_SESSION_H

#include "url.h"

/* 128 random bits, in hexadecimal. */
#define SESSION_BYTES 16

#define SESSION_ERRORS(X)                                                      \
	X(SESSION_ERR_RANDOM, -1, "no randomness")                             \
	X(SESSION_ERR_SYS, -2, "the session's file cannot be used")            \
	X(SESSION_ERR_BUSY, -3, "another send has the session of this address")

enum session_error {
#define X(name, value, text) name = value,
	SESSION_ERRORS(X)
#undef X
};

/* Text of a code; never NULL.  For SESSION_ERR_SYS, errno says more. */
const char *session_strerror(int code);

struct session {
	char id[2 * SESSION_BYTES + 1];
	int fd; /* owned; -1: it is not kept */
};

/*
 * The session of a talk at `url`: the one of a `send` before us that did not
 * bring its talk to an end, else a fresh one.  0; or SESSION_ERR_SYS, _BUSY: a
 * fresh one that is kept nowhere; or SESSION_ERR_RANDOM: there is none.
 */
int session_open(struct session *s, const struct url *url);

/* The talk is over: the next one begins with another session. */
void session_end(struct session *s);

/* Let go of the file; what is in it stays. */
void session_release(struct session *s);

#endif
