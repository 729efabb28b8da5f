#include "room/role.h"

#include <stdlib.h>
#include <string.h>

static const char secret_variable[] = "BOOTH_JWT_SECRET";

static const struct {
	const char *name, *variable;
	unsigned int serves; /* as 1 << enum role */
} roles[ROLE_COUNT] = {
	[ROLE_SPEAKER] = { "speaker", "BOOTH_SPEAKER_TOKEN",
	    1U << ROLE_SPEAKER },
	[ROLE_LISTENER] = { "listener", "BOOTH_LISTENER_TOKEN",
	    1U << ROLE_LISTENER },
	[ROLE_OPERATOR] = { "operator", "BOOTH_OPERATOR_TOKEN",
	    1U << ROLE_OPERATOR | 1U << ROLE_LISTENER },
};

const char *
role_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		ROLE_ERRORS(X)
#undef X
	}
	return "unknown error";
}

const char *
role_reason(int code)
{
	switch (code) {
	case ROLE_ERR_EXPIRED:
		return "expired";
	case ROLE_ERR_ROLE:
		return "role";
	case ROLE_ERR_ROOM:
		return "room";
	default:
		return "token";
	}
}

bool
role_is_guess(int code)
{
	return code == ROLE_ERR_FORM || code == ROLE_ERR_ALG ||
	       code == ROLE_ERR_FORGED;
}

const char *
role_name(enum role role)
{
	return roles[role].name;
}

const char *
role_variable(enum role role)
{
	return roles[role].variable;
}

int
role_find(const char *name)
{
	int i;

	for (i = 0; i < ROLE_COUNT; i++)
		if (strcmp(name, roles[i].name) == 0)
			return i;
	return -1;
}

/* --- settings -------------------------------------------------------- */

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

void
role_config_env(struct role_config *c)
{
	int i;

	for (i = 0; i < ROLE_COUNT; i++)
		c->tokens[i] = variable(roles[i].variable);
	c->secret = variable(secret_variable);
}

/* unsetenv() alone leaves the value where the kernel put it, for all to read
 * who may see /proc/PID/environ. */
static void
forget(const char *name)
{
	volatile char *p = getenv(name);

	while (p != NULL && *p != '\0')
		*p++ = '\0';
	unsetenv(name);
}

void
role_forget_env(void)
{
	int i;

	for (i = 0; i < ROLE_COUNT; i++)
		forget(roles[i].variable);
	forget(secret_variable);
}

bool
role_is_open(const struct role_config *c, enum role role)
{
	return c->tokens[role] == NULL && c->secret == NULL;
}

unsigned int
role_serves(unsigned int bearer)
{
	unsigned int serves = 0;
	int i;

	for (i = 0; i < ROLE_COUNT; i++)
		if (bearer & 1U << i)
			serves |= roles[i].serves;
	return serves;
}
