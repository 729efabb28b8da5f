/* operate: watch rooms and steer them (operate(1)). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/stop.h"
#include "command.h"
#include "page.h"
#include "room/gate.h"
#include "rooms.h"

#define LOOK_MS 1000

/* A command shows after this: what was said goes through two stages. */
#define EFFECT_MS 100

#define PING_MS 15000

/* A page that has ever answered a ping is taken for gone after this. */
#define SILENT_MS 60000

/* So much may wait for a slow page; then it gets no `rooms` until it went. */
#define OUT_HIGH_BYTES (256 * 1024)
#define DRAIN_MS 1000

static const char usage[] =
    "usage: operate [-hqVv] [-r ROOM] [--once]\n"
    "      --once         print the state of the rooms and exit\n"
    "  -r, --room ROOM    only this room (default: all)\n"
    "  -h, --help         show this and exit\n"
    "  -q, --quiet        errors only\n"
    "  -V, --version      show the version and exit\n"
    "  -v, --verbose      say more; repeats\n";

enum {
	OPT_ONCE = 256
};

static const struct option longs[] = { { "once", no_argument, NULL, OPT_ONCE },
	{ "room", required_argument, NULL, 'r' }, { NULL, 0, NULL, 0 } };

static const struct opt_spec spec = { "operate", usage, "r:", longs, NULL };

struct operate {
	const char *only; /* -r, or NULL */
	bool is_once;
	bool has_page;   /* websocketd runs us for one */
	bool is_let_in;  /* the token was good, or none is asked for */
	bool is_refused; /* it was told so: leave */
	bool has_ponged;
	struct gate gate;
	char *token; /* owned; NULL: none came */
	char from[INET6_ADDRSTRLEN];
	struct rooms rooms;
	struct page page;
	struct out out;
	int64_t began_ms, look_at_ms, ping_at_ms;
};

static void
parse_options(struct operate *o, int argc, char **argv)
{
	int c;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case OPT_ONCE:
			o->is_once = true;
			break;
		case 'r':
			o->only = optarg;
			if (!room_is_name(optarg))
				opt_fail("bad room '%s': %s", optarg,
				    room_strerror(ROOM_ERR_NAME));
			break;
		}
	}
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
}

/* Write a line; takes obj. */
static void
put(struct operate *o, json_t *obj)
{
	size_t len;
	char *line = obj != NULL ? json_line_dump(obj, &len) : NULL;

	json_decref(obj);
	if (line == NULL)
		die(EX_OSERR, "out of memory");
	(void)out_line(&o->out, line, len);
	free(line);
}

static void
refuse(struct operate *o, const struct gate_refusal *why)
{
	json_t *obj =
	    json_status("operate", "refused", why->detail, clock_wall_ms());

	if (obj != NULL)
		json_object_update_new(obj, gate_refusal_json(why));
	log_msg(LOG_INFO, NULL, "refused, from=%s: %s", o->from, why->detail);
	put(o, obj);
	o->is_refused = true;
}

static bool
needs_token(const struct operate *o)
{
	return o->has_page && gate_needs_token(&o->gate);
}

/* Whether the room may be seen and steered. */
static bool
may(void *arg, const char *room)
{
	const struct operate *o = arg;

	if (o->only != NULL && strcmp(o->only, room) != 0)
		return false;
	return !needs_token(o) ||
	       role_check(&o->gate.roles, ROLE_OPERATOR, room, o->token,
		   clock_wall_ms() / 1000) == 0;
}

static void
let_in(struct operate *o, int64_t now_ms)
{
	json_t *obj;

	if (!o->is_once) {
		obj = json_status("operate", "ready", NULL, clock_wall_ms());
		if (obj != NULL)
			json_put(&obj, "open", json_boolean(!needs_token(o)));
		put(o, obj);
	}
	o->is_let_in = true;
	o->look_at_ms = now_ms;
	o->ping_at_ms = now_ms + PING_MS;
	log_msg(LOG_DEBUG, NULL, "let in, from=%s", o->from);
}

static void
forget_token(struct operate *o)
{
	volatile char *p = o->token;

	while (p != NULL && *p != '\0')
		*p++ = '\0';
	free(o->token);
	o->token = NULL;
}

/* The first message, where a token is needed. */
static void
take_hello(struct operate *o, const json_t *message, int64_t now_ms)
{
	struct gate_refusal why = { .reason = "proto",
		.detail = "the first message is no hello" };
	const char *token = json_str(message, "token");

	if (strcmp(json_line_type(message), "hello") != 0) {
		refuse(o, &why);
		return;
	}
	if (gate_check(&o->gate, o->only, token, now_ms, clock_wall_ms() / 1000,
		&why) != 0) {
		refuse(o, &why);
		return;
	}
	o->token = token != NULL ? xstrdup(token) : NULL;
	let_in(o, now_ms);
}

/* Tokens end, and those who came with them.  Not by the gate: an operator who
 * is in does not pay for guesses of others at the same address. */
static void
check_token(struct operate *o)
{
	struct gate_refusal why = { 0 };
	int ret = 0;

	if (needs_token(o))
		ret = role_check(&o->gate.roles, ROLE_OPERATOR, o->only,
		    o->token, clock_wall_ms() / 1000);
	if (ret == 0)
		return;
	why.reason = role_reason(ret);
	why.detail = role_strerror(ret);
	refuse(o, &why);
}

static void
take_message(struct operate *o, const json_t *message, int64_t now_ms)
{
	struct command_desk desk = { o->rooms.run, o->from, may, o };
	const char *type = json_line_type(message);

	if (!o->is_let_in) {
		take_hello(o, message, now_ms);
	} else if (strcmp(type, "pong") == 0) {
		o->has_ponged = true;
	} else if (strcmp(type, "command") == 0) {
		check_token(o);
		if (o->is_refused)
			return;
		put(o, command_run(&desk, message));
		if (o->look_at_ms > now_ms + EFFECT_MS)
			o->look_at_ms = now_ms + EFFECT_MS;
	}
}

static void
look(struct operate *o, int64_t now_ms)
{
	o->look_at_ms = now_ms + LOOK_MS;
	check_token(o);
	if (o->is_refused)
		return;
	if (rooms_look(&o->rooms, may, o, now_ms) == -1)
		die(EX_OSERR, "out of memory");
	if (!out_is_full(&o->out))
		put(o, rooms_json(&o->rooms, clock_wall_ms()));
}

static void
ping(struct operate *o, int64_t now_ms)
{
	o->ping_at_ms = now_ms + PING_MS;
	if (o->has_page && !out_is_full(&o->out))
		put(o, json_pack("{s:s,s:o}", "type", "ping", "at_ms",
			   json_ms(clock_wall_ms())));
}

/* What is due by the clock. */
static void
tick(struct operate *o, int64_t now_ms)
{
	struct gate_refusal why = { .reason = "token",
		.detail = "an operator's token is needed" };

	if (!o->is_let_in) {
		if (now_ms >= o->began_ms + GATE_HELLO_MS)
			refuse(o, &why);
		return;
	}
	if (now_ms >= o->ping_at_ms)
		ping(o, now_ms);
	if (now_ms >= o->look_at_ms)
		look(o, now_ms);
}

static bool
is_done(const struct operate *o, int64_t now_ms)
{
	return stop_count() > 0 || o->is_refused || o->out.error != 0 ||
	       (o->has_page && o->page.is_gone) ||
	       (o->has_ponged && now_ms - o->page.heard_ms > SILENT_MS);
}

static void
turn(struct operate *o, struct loop *l)
{
	int64_t now_ms = clock_mono_ms();
	json_t *message;

	loop_begin(l);
	stop_prepare(l);
	out_prepare(&o->out, l);
	page_prepare(&o->page, l, now_ms);
	if (o->is_let_in)
		loop_deadline(l, o->look_at_ms);
	else
		loop_deadline(l, o->began_ms + GATE_HELLO_MS);
	if (loop_wait(l) == -1)
		die(EX_OSERR, "poll: %s", strerror(errno));
	now_ms = clock_mono_ms();
	(void)out_dispatch(&o->out, l);
	page_dispatch(&o->page, l, now_ms);
	while (
	    !o->is_refused && (message = page_next(&o->page, now_ms)) != NULL) {
		take_message(o, message, now_ms);
		json_decref(message);
	}
	if (!o->is_refused)
		tick(o, now_ms);
}

/* For the log: the client's address, as the gate counts it. */
static void
name_client(struct operate *o)
{
	static const char v4[] = "::ffff:";

	if (!o->has_page || inet_ntop(AF_INET6, o->gate.address.bytes, o->from,
				sizeof(o->from)) == NULL)
		strcpy(o->from, o->has_page ? "unknown" : "terminal");
	else if (strncmp(o->from, v4, sizeof(v4) - 1) == 0)
		memmove(o->from, o->from + sizeof(v4) - 1,
		    strlen(o->from) - sizeof(v4) + 2);
}

static void
open_gate(struct operate *o, int64_t now_ms)
{
	struct gate_refusal why;
	int ret = gate_init(&o->gate, ROLE_OPERATOR, o->rooms.run);

	if (o->has_page && ret != 0)
		log_msg(LOG_WARN, NULL, "attempts are not counted: %s",
		    ret == LIMIT_ERR_SYS ? strerror(errno)
					 : limit_strerror(ret));
	name_client(o);
	if (o->has_page && gate_enter(&o->gate, now_ms, &why) != 0) {
		refuse(o, &why);
		return;
	}
	if (o->has_page && !gate_needs_token(&o->gate))
		log_msg(LOG_WARN, NULL,
		    "no token is asked for: anybody may operate");
	if (!needs_token(o))
		let_in(o, now_ms);
}

/* Returns the exit status. */
static int
finish(struct operate *o)
{
	int ret = o->out.error;

	if (ret == 0)
		ret = out_drain(&o->out, clock_mono_ms() + DRAIN_MS);
	if (ret == OUT_ERR_NOMEM)
		die(EX_OSERR, "out of memory");
	if (ret == OUT_ERR_IO)
		die(EX_IOERR, "cannot write: %s", strerror(out_errno(&o->out)));
	if (ret == OUT_ERR_FULL)
		die(EX_IOERR, "the reader of standard output has stopped");
	if (o->is_refused)
		return EX_NOPERM;
	return stop_count() > 0 ? 128 + stop_signal() : EX_OK;
}

int
main(int argc, char **argv)
{
	static const char gateway[] = "websocketd";
	static struct operate o;
	struct loop loop;
	const char *name;
	int status;

	name = getenv("GATEWAY_INTERFACE");
	o.has_page =
	    name != NULL && strncmp(name, gateway, strlen(gateway)) == 0;
	parse_options(&o, argc, argv);
	if (stop_init() == -1)
		die(EX_OSERR, "signals: %s", strerror(errno));
	if (rooms_init(&o.rooms) != 0)
		die(EX_CONFIG, "%s", room_strerror(ROOM_ERR_PATH));
	if (out_init(&o.out, STDOUT_FILENO, OUT_HIGH_BYTES) != 0)
		die(EX_IOERR, "cannot write: %s", strerror(errno));
	o.began_ms = clock_mono_ms();
	page_init(&o.page, STDIN_FILENO, o.began_ms);
	open_gate(&o, o.began_ms);
	loop_init(&loop);
	if (o.is_once && o.is_let_in)
		look(&o, o.began_ms);
	while (!o.is_once && !is_done(&o, clock_mono_ms()))
		turn(&o, &loop);
	status = finish(&o);
	loop_release(&loop);
	forget_token(&o);
	page_release(&o.page);
	rooms_release(&o.rooms);
	gate_release(&o.gate);
	out_release(&o.out);
	return status;
}
