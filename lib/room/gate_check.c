/* Apart, for what it links: see role_check.c. */
#include "room/gate.h"

int
gate_check(struct gate *g, const char *room, const char *token, int64_t now_ms,
    double now_s, struct gate_refusal *why)
{
	if (!gate_needs_token(g))
		return 0;
	if (token != NULL && gate_may_try(g, now_ms, why) != 0)
		return -1;
	return gate_judge(
	    g, role_check(&g->roles, g->role, room, token, now_s), now_ms, why);
}
