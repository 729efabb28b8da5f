/*
 * The way in for whoever comes through websocketd: how often one address may
 * come, from which site's pages, and with which token.  listen, speak and
 * operate ask here; role.h, origin.h and limit.h say by which rules.
 */
#ifndef ROOM_GATE_H
#define ROOM_GATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "room/address.h"
#include "room/limit.h"
#include "room/role.h"

/* Our choice: how long the first message may take where a token is needed. */
#define GATE_HELLO_MS 10000

/* Why somebody is not let in, for the page's status line. */
struct gate_refusal {
	const char *reason; /* "token", "expired", "role", "room", "rate",
	                     "origin" */
	const char *detail; /* a sentence */
	int64_t retry_ms;   /* for "rate": when to come again; else 0 */
	bool is_ours;       /* we could not look (no memory): come again */
};

struct gate {
	enum role role;
	struct role_config roles; /* borrowed from the environment */
	struct limit limit;
	struct address address;
	bool has_limit; /* somebody from outside, and the file can be used */
};

/*
 * Set up for those who want to act as `role`, from the environment; `run` is
 * the run directory.  0; or a code of limit.h: nobody can be counted (the
 * reason is for the log), the gate works without.
 */
int gate_init(struct gate *g, enum role role, const char *run);

void gate_release(struct gate *g);

/* Whether a token must be shown. */
bool gate_needs_token(const struct gate *g);

/* Whether a page of this origin may come (origin.h), and count the connection.
 * 0, or -1 and *why ("origin", "rate"). */
int gate_enter(struct gate *g, int64_t now_ms, struct gate_refusal *why);

/*
 * Look at the token (NULL: none came) for the room (NULL: whichever).  Wrong
 * ones are counted, and after too many no more are looked at.  now_ms is
 * monotonic, now_s Unix time.  0, or -1 and *why.
 */
int gate_check(struct gate *g, const char *room, const char *token,
    int64_t now_ms, double now_s, struct gate_refusal *why);

/*
 * The same in steps, for who has role_check() done elsewhere: whether a token
 * may be looked at at all; and what its code means, counted if it is a guess.
 */
int gate_may_try(struct gate *g, int64_t now_ms, struct gate_refusal *why);

int
gate_judge(struct gate *g, int code, int64_t now_ms, struct gate_refusal *why);

/*
 * The keys of a status line that refuses: {"reason":..., and for "rate"
 * "retry_ms":...}.  A new reference; NULL: no memory.
 */
json_t *gate_refusal_json(const struct gate_refusal *why);

#endif
