#include "room/gate.h"

#include <string.h>

#include "room/origin.h"

int
gate_init(struct gate *g, enum role role, const char *run)
{
	int ret;

	memset(g, 0, sizeof(*g));
	g->limit.fd = -1;
	g->role = role;
	role_config_env(&g->roles);
	if (address_of_environment(&g->address) != 0)
		return 0; /* nobody from outside: a person in a terminal */
	ret = limit_open(&g->limit, run);
	g->has_limit = ret == 0;
	return ret;
}

void
gate_release(struct gate *g)
{
	if (g->has_limit)
		limit_release(&g->limit);
	g->has_limit = false;
}

bool
gate_needs_token(const struct gate *g)
{
	return !role_is_open(&g->roles, g->role);
}

static int
refuse_rate(struct gate_refusal *why, int64_t retry_ms)
{
	why->reason = "rate";
	why->detail = limit_strerror(LIMIT_ERR_RATE);
	why->retry_ms = retry_ms;
	why->is_ours = false;
	return -1;
}

int
gate_enter(struct gate *g, int64_t now_ms, struct gate_refusal *why)
{
	enum limit_kind kind =
	    g->role == ROLE_LISTENER ? LIMIT_LISTEN : LIMIT_SPEAK;
	int64_t retry_ms;

	if (!origin_of_environment()) {
		why->reason = "origin";
		why->detail = "pages of another site may not connect here "
			      "(BOOTH_ORIGINS)";
		why->retry_ms = 0;
		why->is_ours = false;
		return -1;
	}
	if (g->has_limit && limit_take(&g->limit, kind, &g->address, now_ms,
				&retry_ms) == LIMIT_ERR_RATE)
		return refuse_rate(why, retry_ms);
	return 0;
}

int
gate_may_try(struct gate *g, int64_t now_ms, struct gate_refusal *why)
{
	int64_t retry_ms;

	if (g->has_limit && limit_look(&g->limit, LIMIT_GUESS, &g->address,
				now_ms, &retry_ms) == LIMIT_ERR_RATE)
		return refuse_rate(why, retry_ms);
	return 0;
}

int
gate_judge(struct gate *g, int code, int64_t now_ms, struct gate_refusal *why)
{
	int64_t retry_ms;

	if (code == 0)
		return 0;
	if (role_is_guess(code) && g->has_limit)
		(void)limit_take(
		    &g->limit, LIMIT_GUESS, &g->address, now_ms, &retry_ms);
	why->reason = role_reason(code);
	/* What is wrong with our settings is for our log. */
	why->detail = code == ROLE_ERR_SECRET
	                  ? "this server's settings let nobody in"
	                  : role_strerror(code);
	why->retry_ms = 0;
	why->is_ours = code == ROLE_ERR_NOMEM;
	return -1;
}

json_t *
gate_refusal_json(const struct gate_refusal *why)
{
	if (why->retry_ms > 0)
		return json_pack("{s:s, s:I}", "reason", why->reason,
		    "retry_ms", (json_int_t)why->retry_ms);
	return json_pack("{s:s}", "reason", why->reason);
}
