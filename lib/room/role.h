/*
 * Who may do what: speakers, listeners and operators, by a token.
 *
 * A token is either a fixed word from the environment, good for every room
 * until it is changed, or a JWT (RFC 7519) signed with HS256 by a secret from
 * the environment, good for one room or all ("*") and for a time:
 *
 *	{"role":"listener","room":"main","exp":1764000000}
 *
 * `role` may be a list of roles, "nbf" and "iat" may be there.  A role is open
 * to everybody when neither its word nor the secret is set; either one closes
 * it.  Who may do what with which role:
 *
 *	              listen   speak   operate
 *	listener       yes      no       no
 *	speaker        no       yes      no
 *	operator       yes      no       yes
 *
 * An operator has to hear what is operated; to speak, the token must be minted
 * with both roles.  No I/O and no clock: time is an argument.  Tokens are
 * compared as SHA-256 in constant time, so neither content nor length shows.
 */
#ifndef ROOM_ROLE_H
#define ROOM_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Our choice: a longer token is none. */
#define ROLE_TOKEN_MAX 4096

/* RFC 7518, section 3.2: the key of HS256 is no shorter than its hash. */
#define ROLE_SECRET_MIN 32

/* Our choice: what clocks of two machines may differ by for "nbf". */
#define ROLE_LEEWAY_S 60

enum role {
	ROLE_SPEAKER,
	ROLE_LISTENER,
	ROLE_OPERATOR,
	ROLE_COUNT
};

#define ROLE_ERRORS(X)                                                         \
	X(ROLE_ERR_MISSING, -1, "a token is needed")                           \
	X(ROLE_ERR_FORM, -2, "this is no token")                               \
	X(ROLE_ERR_ALG, -3, "the token is not signed with HS256")              \
	X(ROLE_ERR_FORGED, -4, "the token's signature is wrong")               \
	X(ROLE_ERR_CLAIMS, -5, "the token lacks role, room or exp")            \
	X(ROLE_ERR_EXPIRED, -6, "the token has expired")                       \
	X(ROLE_ERR_EARLY, -7, "the token is not valid yet")                    \
	X(ROLE_ERR_ROLE, -8, "the token is for another role")                  \
	X(ROLE_ERR_ROOM, -9, "the token is for another room")                  \
	X(ROLE_ERR_SECRET, -10,                                                \
	    "BOOTH_JWT_SECRET is shorter than 32 bytes; 'token secret' "       \
	    "prints a good one")                                               \
	X(ROLE_ERR_NOMEM, -11, "out of memory")

enum role_error {
#define X(name, value, text) name = value,
	ROLE_ERRORS(X)
#undef X
};

/* Text of a code; never NULL. */
const char *role_strerror(int code);

/* The `reason` that a refusal gives to a page: "token", "expired", "role" or
 * "room"; never NULL. */
const char *role_reason(int code);

/*
 * Whether the code means that somebody may be guessing (MISSING is not: an
 * open page asks without one; nor is a token that we once signed).
 */
bool role_is_guess(int code);

/* "speaker", "listener", "operator". */
const char *role_name(enum role role);

/* "BOOTH_SPEAKER_TOKEN", ...: the variable of the role's fixed word. */
const char *role_variable(enum role role);

/* What bearers of these roles may act as; both as 1 << enum role, or together.
 */
unsigned int role_serves(unsigned int bearer);

/* The role of a name, or -1. */
int role_find(const char *name);

struct role_config {
	const char *tokens[ROLE_COUNT]; /* fixed words; NULL: none */
	const char *secret;             /* of JWTs; NULL: none */
};

/* From BOOTH_*_TOKEN and BOOTH_JWT_SECRET; empty is not set.  Borrowed from
 * the environment. */
void role_config_env(struct role_config *c);

/* Take the variables of role_config_env() out of the environment, so that no
 * program that we start has them, and wipe them: /proc/PID/environ shows none
 * either.  What role_config_env() gave is gone. */
void role_forget_env(void);

/* Whether the role asks for no token.  An operator's token does not close the
 * listeners' role. */
bool role_is_open(const struct role_config *c, enum role role);

/*
 * Whether `token` (NULL: none came) lets its bearer act as `role` in `room`
 * (NULL: in whatever room; ask again for each) at the Unix time now_s.  0, or
 * the code that says why not; ROLE_ERR_SECRET whenever the secret is set and
 * too short: nobody is let in.
 */
int role_check(const struct role_config *c, enum role role, const char *room,
    const char *token, double now_s);

/* What a JWT says. */
struct role_claims {
	unsigned int roles; /* 1 << enum role, or together */
	char room[33];      /* a room's name, or "*" */
	double expires_s;   /* Unix time */
	double from_s;      /* the same; 0: since ever */
};

/*
 * Verify the signature of a JWT and read its claims, expired or not.  0;
 * FORM, ALG, FORGED, CLAIMS, SECRET or NOMEM.
 */
int
role_read(struct role_claims *claims, const char *secret, const char *token);

/*
 * Sign a JWT with these claims (and "iat": now_s).  0 and *token, to be freed
 * by free(); ROLE_ERR_SECRET, ROLE_ERR_CLAIMS (no role, bad room, expires
 * before now) or ROLE_ERR_NOMEM.
 */
int role_mint(char **token, const struct role_claims *claims,
    const char *secret, double now_s);

#endif
