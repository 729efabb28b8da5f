/* token mint, check and secret. */
#define _GNU_SOURCE /* explicit_bzero */
#include "token.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>

#include "base/b64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/opt.h"
#include "room/role.h"
#include "room/room.h"

/* Our choice: what is good for longer should be a fixed word. */
#define FOR_MAX_S (400LL * 24 * 3600)

#define SECRET_BYTES 32

enum {
	OPT_FOR = 256,
	OPT_FROM,
	OPT_JSON
};

/* "90m", "8h", "3d", "30s" in seconds. */
static long long
parse_time(const char *name, const char *value)
{
	static const struct {
		char letter;
		long long s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char number[16];
	size_t i, len = strlen(value);

	for (i = 0; len >= 2 && len < sizeof(number) && i < 4; i++) {
		if (value[len - 1] != units[i].letter)
			continue;
		memcpy(number, value, len - 1);
		number[len - 1] = '\0';
		return units[i].s *
		       opt_num(name, number, 1, FOR_MAX_S / units[i].s);
	}
	opt_fail("option '%s' wants a time such as 90m, 8h or 3d, not '%s'",
	    name, value);
}

static void
parse_roles(struct role_claims *claims, const char *value)
{
	char **list = opt_list("--role", value, NULL);
	size_t i;
	int role;

	for (i = 0; list[i] != NULL; i++) {
		role = role_find(list[i]);
		if (role == -1)
			opt_fail("there is no role '%s': say speaker, listener "
				 "or operator",
			    list[i]);
		claims->roles |= 1U << role;
	}
	opt_list_free(list);
}

static void
parse_room(char *room, const char *value)
{
	if (strcmp(value, "*") != 0 && !room_is_name(value))
		opt_fail(
		    "'%s' is no room: %s", value, room_strerror(ROOM_ERR_NAME));
	strcpy(room, value);
}

int
token_mint(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "for", required_argument, NULL, OPT_FOR },
		{ "from", required_argument, NULL, OPT_FROM },
		{ "role", required_argument, NULL, 'R' },
		{ "room", required_argument, NULL, 'r' }, { NULL, 0, NULL, 0 }
	};
	static const struct opt_spec spec = { "token", token_usage,
		"R:r:", longs, NULL };
	struct role_claims claims = { 0 };
	struct role_config config;
	long long for_s = 0, from_s = 0;
	double now_s = floor(clock_wall_ms() / 1000);
	char *token = NULL;
	int c, ret;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		if (c == 'R')
			parse_roles(&claims, optarg);
		else if (c == 'r')
			parse_room(claims.room, optarg);
		else if (c == OPT_FOR)
			for_s = parse_time("--for", optarg);
		else if (c == OPT_FROM)
			from_s = parse_time("--from", optarg);
	}
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
	if (claims.roles == 0 || claims.room[0] == '\0' || for_s == 0)
		opt_fail("-R ROLE, -r ROOM and --for TIME are needed");
	role_config_env(&config);
	if (config.secret == NULL)
		die(EX_CONFIG, "BOOTH_JWT_SECRET is not set: 'token secret' "
			       "prints a good one");
	if (from_s > 0)
		claims.from_s = now_s + (double)from_s;
	claims.expires_s = now_s + (double)from_s + (double)for_s;
	ret = role_mint(&token, &claims, config.secret, now_s);
	if (ret != 0)
		die(ret == ROLE_ERR_SECRET ? EX_CONFIG : EX_OSERR, "%s",
		    role_strerror(ret));
	if (printf("%s\n", token) < 0 || fflush(stdout) != 0)
		die(EX_IOERR, "cannot write the token");
	free(token);
	return EX_OK;
}

/* --- check ----------------------------------------------------------- */

static void
print_time(const char *what, double at_s, double now_s)
{
	double left_s = at_s - now_s;
	time_t t = (time_t)at_s;
	char text[32] = "?";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("%s: %s (%s%.0f h %02.0f min%s)\n", what, text,
	    left_s > 0 ? "in " : "", floor(fabs(left_s) / 3600),
	    floor(fmod(fabs(left_s), 3600) / 60), left_s > 0 ? "" : " ago");
}

static void
print_claims(const struct role_claims *claims, double now_s)
{
	int role;

	printf("role:");
	for (role = 0; role < ROLE_COUNT; role++)
		if (claims->roles & 1U << role)
			printf(" %s", role_name((enum role)role));
	printf("\nroom: %s\n", claims->room);
	if (claims->from_s > 0)
		print_time("valid from", claims->from_s, now_s);
	print_time("expires", claims->expires_s, now_s);
}

/* Whether it is the fixed word of a role; prints which. */
static bool
print_words(const struct role_config *config, const char *token)
{
	struct role_config one = { 0 };
	bool is_found = false;
	int role;

	for (role = 0; role < ROLE_COUNT; role++) {
		one.tokens[role] = config->tokens[role];
		if (one.tokens[role] != NULL &&
		    role_check(&one, (enum role)role, NULL, token, 0) == 0) {
			printf("role: %s\nroom: *\nexpires: when %s changes\n",
			    role_name((enum role)role),
			    role_variable((enum role)role));
			is_found = true;
		}
		one.tokens[role] = NULL;
	}
	return is_found;
}

/* What is wrong with it, for role and room or (role -1) for any. */
static int
judge(const struct role_config *config, int role, const char *room,
    const char *token, double now_s)
{
	int i, ret = ROLE_ERR_ROLE;

	if (role != -1)
		return role_check(config, (enum role)role, room, token, now_s);
	for (i = 0; i < ROLE_COUNT && ret == ROLE_ERR_ROLE; i++)
		if (!role_is_open(config, (enum role)i))
			ret = role_check(
			    config, (enum role)i, room, token, now_s);
	return ret;
}

static int
status_of(int code)
{
	switch (code) {
	case 0:
		return EX_OK;
	case ROLE_ERR_SECRET:
		return EX_CONFIG;
	case ROLE_ERR_NOMEM:
		return EX_OSERR;
	case ROLE_ERR_FORM:
		return EX_DATAERR;
	default:
		return EX_NOPERM;
	}
}

/* The same for programs, which listen(1) is one of: whatever stands there is
 * the token, and the answer is one object. */
static int
check_for_program(
    const struct role_config *config, int role, const char *room, double now_s)
{
	char token[ROLE_TOKEN_MAX + 2], *text = NULL;
	int code = ROLE_ERR_FORM;
	json_t *obj;
	size_t len;

	if (token_read_all(token, sizeof(token)) == 0)
		code = judge(config, role, room, token, now_s);
	explicit_bzero(token, sizeof(token));
	obj = json_pack("{s:i, s:s, s:s}", "code", code, "reason",
	    code == 0 ? "" : role_reason(code), "detail", role_strerror(code));
	if (obj != NULL)
		text = json_line_dump(obj, &len);
	json_decref(obj);
	if (text == NULL)
		die(EX_OSERR, "out of memory");
	if (puts(text) < 0 || fflush(stdout) != 0)
		die(EX_IOERR, "cannot write");
	free(text);
	return status_of(code);
}

int
token_check(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, OPT_JSON },
		{ "role", required_argument, NULL, 'R' },
		{ "room", required_argument, NULL, 'r' }, { NULL, 0, NULL, 0 }
	};
	static const struct opt_spec spec = { "token", token_usage,
		"R:r:", longs, NULL };
	char token[ROLE_TOKEN_MAX + 2], room[ROOM_NAME_MAX + 1] = "";
	struct role_config config;
	struct role_claims claims;
	double now_s = clock_wall_ms() / 1000;
	bool has_json = false;
	int c, ret, role = -1;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		if (c == OPT_JSON) {
			has_json = true;
		} else if (c == 'r') {
			parse_room(room, optarg);
		} else if (c == 'R' && (role = role_find(optarg)) == -1) {
			opt_fail("there is no role '%s'", optarg);
		}
	}
	if (optind < argc)
		opt_fail("a token is no argument: it comes on standard input");
	role_config_env(&config);
	for (c = 0; c < ROLE_COUNT && role_is_open(&config, (enum role)c);)
		c++;
	if (c == ROLE_COUNT)
		die(EX_CONFIG, "neither BOOTH_JWT_SECRET nor a role's token is "
			       "set: everything is open");
	if (has_json)
		return check_for_program(
		    &config, role, room[0] != '\0' ? room : NULL, now_s);
	token_read(token, sizeof(token));
	if (!print_words(&config, token) && config.secret != NULL &&
	    role_read(&claims, config.secret, token) == 0)
		print_claims(&claims, now_s);
	ret = judge(&config, role, room[0] != '\0' ? room : NULL, token, now_s);
	explicit_bzero(token, sizeof(token));
	if (fflush(stdout) != 0)
		die(EX_IOERR, "cannot write");
	if (ret != 0)
		die(status_of(ret), "%s", role_strerror(ret));
	return EX_OK;
}

/* --- secret ---------------------------------------------------------- */

int
token_secret(int argc, char **argv)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	static const struct opt_spec spec = { "token", token_usage, "", none,
		NULL };
	char text[2 * SECRET_BYTES + 1];
	uint8_t raw[SECRET_BYTES];

	while (opt_next(argc, argv, &spec) != -1)
		continue;
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		die(EX_OSERR, "no randomness: %s", strerror(errno));
	hex_encode(text, raw, sizeof(raw));
	if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
		die(EX_IOERR, "cannot write the secret");
	explicit_bzero(raw, sizeof(raw));
	explicit_bzero(text, sizeof(text));
	return EX_OK;
}
