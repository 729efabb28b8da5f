/*
 * Have a token looked at by token(1), in a process of its own: what verifying
 * takes (libcrypto, libjwt) would stay with this one for as long as it lives,
 * half a megabyte for each of a thousand listeners.
 */
#ifndef LISTEN_ASK_H
#define LISTEN_ASK_H

enum {
	ASK_ERR_FAILED = -1 /* token(1) cannot be run, or said nothing */
};

/*
 * Whether the token is good for a listener in the room.  0 and *code (0 or a
 * code of role.h), or ASK_ERR_FAILED.  Takes a few milliseconds, 10 s at most.
 */
int ask_token(const char *room, const char *token, int *code);

#endif
