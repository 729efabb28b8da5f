/* listen: one listener of a room (listen(1)). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ask.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "base/stop.h"
#include "page.h"
#include "params.h"
#include "room/gate.h"
#include "room/waiter.h"
#include "sender.h"
#include "session.h"

/* A page that hears nothing for three of these takes its link for dead. */
#define HEARTBEAT_MS 10000

/* Without a line of the room for so long we ask whether the page is there... */
#define PING_MS 15000

/* ... and one that used to answer is gone after so long without a word. */
#define SILENCE_MS 60000

/* While output waits, we sleep on it and look at the ring so often. */
#define STALLED_MS 100

/* In a terminal: how often to see whether the reader is still there. */
#define LOOK_MS 1000

/* The last lines may take so long to leave. */
#define DRAIN_MS 1000

static const char usage[] =
    "usage: listen -r ROOM -l LANG|source [-hqVv] [--audio none|pcm|opus]\n"
    "              [--once] [--partials] [--since SEQ]\n"
    "      --audio FORMAT   also audio: none (default), pcm or opus\n"
    "  -l, --lang LANG      language, such as es-ES, or what is said: source\n"
    "      --once           print what is there and exit\n"
    "      --partials       with source: partial transcripts, too\n"
    "  -r, --room ROOM      name of the room\n"
    "      --since SEQ      all captions after line SEQ, not only the last\n"
    "  -h, --help           show this and exit\n"
    "  -q, --quiet          errors only\n"
    "  -V, --version        show the version and exit\n"
    "  -v, --verbose        say more; repeats\n";

enum {
	OPT_AUDIO = 256,
	OPT_ONCE,
	OPT_PARTIALS,
	OPT_SINCE
};

static const struct option longs[] = { { "audio", required_argument, NULL,
					   OPT_AUDIO },
	{ "lang", required_argument, NULL, 'l' },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "partials", no_argument, NULL, OPT_PARTIALS },
	{ "room", required_argument, NULL, 'r' },
	{ "since", required_argument, NULL, OPT_SINCE }, { NULL, 0, NULL, 0 } };

static const struct opt_spec spec = { "listen", usage, "l:r:", longs, NULL };

struct listener {
	struct params params;
	struct session session;
	struct sender sender;
	struct page page;
	struct gate gate;
	bool is_once;
	bool has_page;    /* websocketd runs us for one */
	int64_t heard_ms; /* when the page's input was looked at last */
};

static void
set_option(struct params *p, const char *key, const char *value)
{
	char err[256];

	if (params_set(p, key, value, err, sizeof(err)) != 0)
		opt_fail("bad value '%s' for %s", value, err);
}

static void
parse_options(struct listener *l, int argc, char **argv)
{
	int c;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case OPT_AUDIO:
			set_option(&l->params, "audio", optarg);
			break;
		case 'l':
			set_option(&l->params, "lang", optarg);
			break;
		case OPT_ONCE:
			l->is_once = true;
			break;
		case OPT_PARTIALS:
			set_option(&l->params, "partials", "true");
			break;
		case 'r':
			set_option(&l->params, "room", optarg);
			break;
		case OPT_SINCE:
			set_option(&l->params, "since", optarg);
			break;
		}
	}
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
}

static void
drain(struct listener *l)
{
	int ret = l->sender.error;

	if (ret == 0)
		ret = out_drain(&l->sender.out, clock_mono_ms() + DRAIN_MS);
	if (ret == OUT_ERR_NOMEM)
		die(EX_OSERR, "out of memory");
	if (ret == OUT_ERR_IO)
		die(EX_IOERR, "cannot write: %s",
		    strerror(out_errno(&l->sender.out)));
	if (ret == OUT_ERR_FULL)
		die(EX_IOERR, "the reader of standard output has stopped");
	/* All of it went, or the reader left. */
}

/* A page cannot see our status or standard error, only lines.  `why` begins
 * with the parameter that is wrong. */
static int
refuse(struct listener *l, const char *why)
{
	const char *reason = strncmp(why, "room", 4) == 0   ? "room"
	                     : strncmp(why, "lang", 4) == 0 ? "lang"
	                                                    : "proto";

	if (!l->has_page)
		opt_fail("%s", why);
	log_msg(LOG_DEBUG, NULL, "refused: %s", why);
	sender_status(&l->sender, "refused", why,
	    json_pack("{s:s}", "reason", reason), clock_mono_ms());
	drain(l);
	return EX_USAGE;
}

/* The same for who may not come in. */
static int
turn_away(struct listener *l, const struct gate_refusal *why)
{
	log_msg(strcmp(why->reason, "rate") == 0 ? LOG_DEBUG : LOG_WARN, NULL,
	    "refused: %s, room=%s, from=%s", why->detail, l->params.room,
	    getenv("REMOTE_ADDR") != NULL ? getenv("REMOTE_ADDR") : "here");
	sender_status(&l->sender, "refused", why->detail,
	    gate_refusal_json(why), clock_mono_ms());
	drain(l);
	return why->retry_ms > 0 ? EX_TEMPFAIL : EX_NOPERM;
}

static void
hear_page(struct listener *l, int64_t now_ms)
{
	l->heard_ms = now_ms;
	page_read(&l->page, now_ms);
	if (l->page.has_ack) {
		l->page.has_ack = false;
		acks_got(&l->sender.acks, l->page.ack);
	}
}

static void
beat(struct listener *l, int64_t now_ms)
{
	if (now_ms - l->sender.room_ms >= PING_MS &&
	    now_ms - l->sender.pinged_ms >= PING_MS)
		sender_ping(&l->sender, now_ms);
	if (now_ms - l->sender.sent_ms < HEARTBEAT_MS)
		return;
	sender_status(&l->sender, "alive", NULL,
	    json_pack(
		"{s:b}", "on", room_is_locked(&l->session.room, ROOM_WRITER)),
	    now_ms);
}

/* When something is to be done next that nothing will wake us for. */
static int64_t
next_ms(const struct listener *l, int64_t now_ms)
{
	const struct sender *s = &l->sender;
	int64_t at_ms = l->session.tick_ms, ping_ms, beat_ms;

	/* Whether the reader of our output left is only seen by looking. */
	if (!l->has_page)
		return at_ms < now_ms + LOOK_MS ? at_ms : now_ms + LOOK_MS;
	ping_ms =
	    PING_MS + (s->room_ms > s->pinged_ms ? s->room_ms : s->pinged_ms);
	beat_ms = s->sent_ms + HEARTBEAT_MS;
	if (ping_ms < at_ms)
		at_ms = ping_ms;
	if (beat_ms < at_ms)
		at_ms = beat_ms;
	/* One that floods us waits for its next second. */
	if (!page_is_open(&l->page, l->heard_ms) &&
	    l->page.second_ms + 1000 < at_ms)
		at_ms = l->page.second_ms + 1000;
	return at_ms;
}

/* By poll(2): when there is no ring to sleep on, or output waits, and once a
 * second to see whether the reader left.  A timeout of 0 only looks. */
static void
wait_by_poll(
    struct listener *l, struct loop *loop, int64_t now_ms, int64_t until_ms)
{
	loop_begin(loop);
	stop_prepare(loop);
	out_prepare(&l->sender.out, loop);
	if (l->has_page && page_is_open(&l->page, now_ms))
		loop_watch(loop, l->page.fd, POLLIN);
	loop_deadline(loop, until_ms);
	if (loop_wait(loop) == -1)
		die(EX_OSERR, "poll: %s", strerror(errno));
	sender_dispatch(&l->sender, loop);
}

static int
run(struct listener *l)
{
	struct session *s = &l->session;
	struct loop loop;
	unsigned int nopens;
	uint32_t seen = 0;
	int64_t now_ms, looked_ms = 0;
	int ret;

	loop_init(&loop);
	while (stop_count() == 0 && l->sender.error == 0) {
		now_ms = clock_mono_ms();
		if (l->has_page &&
		    (waiter_take_input() || now_ms - l->heard_ms >= 1000))
			hear_page(l, now_ms);
		if (l->page.is_gone ||
		    (l->page.has_pong &&
			now_ms - l->page.message_ms > SILENCE_MS))
			break;
		if (s->is_open)
			seen = atomic_load_explicit(
			    ring_word(&s->ring), memory_order_acquire);
		nopens = s->nopens;
		session_step(s, now_ms);
		if (l->is_once && !sender_is_full(&l->sender))
			break;
		if (l->has_page)
			beat(l, now_ms);
		if (!s->is_open) {
			wait_by_poll(l, &loop, now_ms, s->tick_ms);
		} else if (s->nopens != nopens) {
			continue; /* `seen` is another ring's */
		} else if (out_pending(&l->sender.out) > 0) {
			wait_by_poll(l, &loop, now_ms, now_ms + STALLED_MS);
		} else {
			ret = waiter_wait(ring_word(&s->ring), seen,
			    next_ms(l, now_ms) - now_ms);
			if (ret != 0)
				die(EX_OSERR, "futex: %s", strerror(-ret));
			/* A page that leaves ends our input, which wakes us. */
			if (!l->has_page && now_ms - looked_ms >= LOOK_MS) {
				looked_ms = now_ms;
				wait_by_poll(l, &loop, now_ms, 0);
			}
		}
	}
	loop_release(&loop);
	drain(l);
	if (l->is_once && !session_has_joined(s))
		die(EX_NOINPUT, "nothing of '%s' in room '%s'", l->params.lang,
		    l->params.room);
	return stop_count() > 0 ? 128 + stop_signal() : EX_OK;
}

/* Wait for the page's first message, no longer than GATE_HELLO_MS. */
static void
wait_for_hello(struct listener *l)
{
	int64_t now_ms = clock_mono_ms(), until_ms = now_ms + GATE_HELLO_MS;
	struct loop loop;

	loop_init(&loop);
	while (now_ms < until_ms && !l->page.has_hello && !l->page.is_gone &&
	       stop_count() == 0 && l->sender.error == 0) {
		wait_by_poll(l, &loop, now_ms,
		    now_ms + 1000 < until_ms ? now_ms + 1000 : until_ms);
		now_ms = clock_mono_ms();
		hear_page(l, now_ms);
	}
	loop_release(&loop);
}

/* Look at the token that the page has shown. */
static int
check_token(struct listener *l, struct gate_refusal *why)
{
	int64_t now_ms = clock_mono_ms();
	int code = ROLE_ERR_MISSING;

	if (l->page.token != NULL) {
		if (gate_may_try(&l->gate, now_ms, why) != 0)
			return -1;
		if (ask_token(l->params.room, l->page.token, &code) != 0) {
			log_msg(LOG_ERROR, NULL,
			    "cannot run 'token check': nobody is let in");
			code = ROLE_ERR_SECRET;
		}
	}
	return gate_judge(&l->gate, code, now_ms, why);
}

/* Let the page in, or tell it why not: 0, or the status to leave with. */
static int
admit(struct listener *l)
{
	struct gate_refusal why;
	int ret;

	ret = gate_init(&l->gate, ROLE_LISTENER, l->session.room.run);
	if (ret != 0)
		log_msg(LOG_WARN, NULL, "nobody is counted: %s%s%s",
		    limit_strerror(ret), ret == LIMIT_ERR_SYS ? ": " : "",
		    ret == LIMIT_ERR_SYS ? strerror(errno) : "");
	ret = gate_enter(&l->gate, clock_mono_ms(), &why);
	if (ret == 0 && gate_needs_token(&l->gate)) {
		wait_for_hello(l);
		/* Who has left meanwhile is let in: run() leaves at once. */
		if (!l->page.is_gone && stop_count() == 0)
			ret = check_token(l, &why);
	}
	gate_release(&l->gate);
	page_wipe_token(&l->page);
	role_forget_env(); /* for hours nobody needs them */
	return ret == 0 ? 0 : turn_away(l, &why);
}

int
main(int argc, char **argv)
{
	static const char gateway[] = "websocketd";
	static struct listener l;
	const char *name, *query;
	char why[256];
	bool is_refused = false;
	int ret;

	/* An option beats the query: whoever writes it into the script that
	 * websocketd runs settles the matter. */
	name = getenv("GATEWAY_INTERFACE");
	l.has_page =
	    name != NULL && strncmp(name, gateway, strlen(gateway)) == 0;
	query = l.has_page ? getenv("QUERY_STRING") : NULL;
	if (query != NULL &&
	    params_query(&l.params, query, why, sizeof(why)) != 0)
		is_refused = true;
	parse_options(&l, argc, argv);
	if (stop_init() == -1)
		die(EX_OSERR, "signals: %s", strerror(errno));
	if (sender_init(&l.sender, STDOUT_FILENO, clock_mono_ms()) != 0)
		die(EX_IOERR, "cannot write: %s",
		    strerror(out_errno(&l.sender.out)));
	if (is_refused)
		return refuse(&l, why);
	if (params_check(&l.params, why, sizeof(why)) != 0)
		return refuse(&l, why);
	ret = session_init(&l.session, &l.params, &l.sender);
	if (ret != 0)
		return refuse(&l, room_strerror(ret));
	page_init(&l.page, STDIN_FILENO);
	if (l.has_page) {
		ret = waiter_watch(STDIN_FILENO);
		if (ret != 0)
			die(EX_OSERR, "cannot watch standard input: %s",
			    strerror(-ret));
	}
	ret = l.has_page ? admit(&l) : 0;
	if (ret == 0)
		ret = run(&l);
	session_release(&l.session);
	page_release(&l.page);
	sender_release(&l.sender);
	return ret;
}
