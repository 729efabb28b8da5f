#define _GNU_SOURCE /* explicit_bzero */
#include "front.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stop.h"
#include "wire.h"

/* Bytes taken in one second: a minute of sound in base64 after a drop comes
 * within one; who sends more waits. */
#define RATE_BYTES (4 * 1024 * 1024)

/* Without a message for so long we ask, and then give up. */
#define PING_MS 15000
#define SILENCE_MS 60000

/* The keeper takes what it gets at once; one that does not for so long was
 * stopped. */
#define STUCK_MS 10000

/* How long to try to find the keeper, or to become its founder. */
#define JOIN_MS 5000
#define JOIN_AGAIN_MS 20

/* Messages that make no sense, before we hang up. */
#define BAD_MAX 20

#define HIGH_BYTES (64 * 1024)
#define DRAIN_MS 1000

int
front_init(struct front *f, const struct front_config *config)
{
	memset(f, 0, sizeof(*f));
	f->config = config;
	f->keeper_fd = -1;
	f->in_slot = f->keeper_slot = -1;
	f->heard_ms = f->pinged_ms = clock_mono_ms();
	line_reader_init(&f->in, MESSAGE_MAX);
	return out_init(&f->out, STDOUT_FILENO, HIGH_BYTES);
}

void
front_release(struct front *f)
{
	if (f->keeper_fd != -1)
		close(f->keeper_fd);
	f->keeper_fd = -1;
	message_release(&f->message);
	line_reader_release(&f->in);
	out_release(&f->out);
}

static void
finish(struct front *f, int status)
{
	if (!f->is_over)
		f->status = status;
	f->is_over = true;
}

/* --- lines to the client --------------------------------------------- */

/* The client comes back and says again what did not arrive. */
static void
fail_nomem(struct front *f)
{
	log_msg(LOG_ERROR, NULL, "out of memory: the connection ends");
	finish(f, EX_OSERR);
}

static void
write_line(struct front *f, const char *line, size_t len)
{
	int rc = out_line(&f->out, line, len);

	if (rc == OUT_ERR_NOMEM)
		fail_nomem(f);
	else if (rc != 0)
		finish(f, rc == OUT_ERR_GONE ? EX_OK : EX_IOERR);
}

/* Takes obj. */
static void
say(struct front *f, json_t *obj)
{
	size_t len = 0;
	char *text = json_line_dump(obj, &len);

	if (text == NULL)
		fail_nomem(f);
	else
		write_line(f, text, len);
	free(text);
	json_decref(obj);
}

/* A status line of ours; takes more. */
static void
say_status(struct front *f, const char *state, const char *detail, json_t *more)
{
	json_t *obj = json_status("speak", state, detail, clock_wall_ms());

	if (obj != NULL && more != NULL)
		json_put_missing(&obj, more);
	json_decref(more);
	say(f, obj);
}

void
front_refuse(
    struct front *f, const char *reason, const char *detail, int status)
{
	log_msg(LOG_DEBUG, NULL, "refused: %s", detail);
	say_status(f, "refused", detail, json_pack("{s:s}", "reason", reason));
	finish(f, status);
}

static void
turn_away(struct front *f, const struct gate_refusal *why)
{
	const char *from = getenv("REMOTE_ADDR");

	log_msg(strcmp(why->reason, "rate") == 0 ? LOG_DEBUG : LOG_WARN, NULL,
	    "refused: %s, room=%s, from=%s", why->detail, f->config->room.name,
	    from != NULL ? from : "here");
	say_status(f, "refused", why->detail, gate_refusal_json(why));
	finish(f, why->is_ours        ? EX_OSERR
		  : why->retry_ms > 0 ? EX_TEMPFAIL
				      : EX_NOPERM);
}

static void
complain(struct front *f, const char *detail)
{
	if (++f->bad > BAD_MAX)
		front_refuse(f, "proto", detail, EX_PROTOCOL);
	else if (f->bad == 1)
		say_status(
		    f, "error", detail, json_pack("{s:s}", "reason", "proto"));
}

/* --- input ----------------------------------------------------------- */

static bool
may_read(const struct front *f, int64_t now_ms)
{
	return !f->has_ended && !f->has_pending && !f->is_joining &&
	       !f->is_over &&
	       (f->second_bytes < RATE_BYTES || now_ms - f->second_ms >= 1000);
}

static void
read_input(struct front *f, int64_t now_ms)
{
	long n;

	if (now_ms - f->second_ms >= 1000) {
		f->second_ms = now_ms;
		f->second_bytes = 0;
	}
	n = line_reader_read(&f->in, STDIN_FILENO);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1 && errno == ENOMEM)
		fail_nomem(f);
	else if (n <= 0)
		f->has_ended = true;
	else
		f->second_bytes += n;
}

/* The next message: 1 and f->message, or 0: none now. */
static int
next_message(struct front *f, int64_t now_ms)
{
	size_t len;
	char *text;
	int ret;

	while (
	    !f->is_over && (ret = line_reader_next(&f->in, &text, &len)) != 0) {
		if (ret < 0) {
			complain(f, "a message is longer than 8 KiB");
			continue;
		}
		f->heard_ms = now_ms;
		ret = message_parse(&f->message, text, len);
		if (ret == 0)
			return 1;
		if (ret == MESSAGE_ERR_NOMEM)
			fail_nomem(f);
		else
			complain(f, message_strerror(ret));
	}
	return 0;
}

/* --- turns of the loop ----------------------------------------------- */

static void
wait_for(struct front *f, struct loop *loop, int64_t until_ms)
{
	int64_t now_ms = clock_mono_ms();

	loop_begin(loop);
	stop_prepare(loop);
	out_prepare(&f->out, loop);
	f->in_slot = f->keeper_slot = -1;
	if (may_read(f, now_ms))
		f->in_slot = loop_watch(loop, STDIN_FILENO, POLLIN);
	else if (!f->has_ended && !f->has_pending && !f->is_joining)
		loop_deadline(loop, f->second_ms + 1000);
	if (f->keeper_fd != -1)
		f->keeper_slot = loop_watch(loop, f->keeper_fd,
		    f->has_pending ? POLLIN | POLLOUT : POLLIN);
	loop_deadline(loop, until_ms);
	if (loop_wait(loop) == -1)
		die(EX_OSERR, "poll: %s", strerror(errno));
	if (out_dispatch(&f->out, loop) != 0)
		finish(f, f->out.error == OUT_ERR_GONE ? EX_OK : EX_IOERR);
	if (loop_revents(loop, f->in_slot) != 0)
		read_input(f, clock_mono_ms());
	if (stop_count() > 0)
		finish(f, 128 + stop_signal());
}

/* The first message, which must be a hello.  0, or -1: it is over. */
static int
wait_for_hello(struct front *f, struct loop *loop)
{
	int64_t until_ms = clock_mono_ms() + GATE_HELLO_MS;

	while (!f->is_over) {
		if (next_message(f, clock_mono_ms()) == 1) {
			if (f->message.type == MESSAGE_HELLO)
				return 0;
			front_refuse(f, "proto", "the first message is a hello",
			    EX_PROTOCOL);
		} else if (f->bad > 0 && !f->is_over) {
			front_refuse(f, "proto", "the first message is a hello",
			    EX_PROTOCOL);
		} else if (f->has_ended) {
			finish(f, EX_OK);
		} else if (clock_mono_ms() >= until_ms) {
			front_refuse(f, "proto", "no hello came in 10 seconds",
			    EX_PROTOCOL);
		} else {
			wait_for(f, loop, until_ms);
		}
	}
	return -1;
}

/* --- joining --------------------------------------------------------- */

static int
send_hello(struct front *f, int fd)
{
	struct wire_hello hello;

	memset(&hello, 0, sizeof(hello));
	strcpy(hello.session, f->message.session);
	strcpy(hello.who, f->who);
	strcpy(hello.lang, f->message.lang);
	strcpy(hello.client, f->message.client);
	hello.next = f->message.next;
	return wire_send(fd, 'H', &hello, sizeof(hello));
}

/* Connect to the keeper, or found it.  1: joined; 0: try again; -1: over. */
static int
try_to_join(struct front *f)
{
	const struct room *room = &f->config->room;
	int fd, lock;

	fd = wire_connect(room);
	if (fd != -1 && send_hello(f, fd) == 0) {
		f->keeper_fd = fd;
		return 1;
	}
	if (fd != -1)
		close(fd);
	lock = room_lock(room, ROOM_SPEAKER);
	if (lock == ROOM_ERR_BUSY)
		return 0; /* a keeper begins, or ends, just now */
	if (lock < 0 || keeper_start(&f->config->keeper, lock) != 0) {
		log_msg(LOG_ERROR, NULL, "cannot keep room '%s': %s",
		    room->name, strerror(errno));
		front_refuse(
		    f, "room", "the server cannot open the room", EX_OSERR);
		return -1;
	}
	return 0; /* its socket is there; connect to it */
}

/* Lines from the keeper; the first one shows that it has taken us. */
static void
hear_keeper(struct front *f, bool *is_joined)
{
	char buf[WIRE_MAX];
	size_t n;
	int type;

	while (!f->is_over) {
		type = wire_recv(f->keeper_fd, buf, &n);
		if (type == -1 && errno == EAGAIN)
			return;
		if (type <= 0) {
			close(f->keeper_fd);
			f->keeper_fd = -1;
			return;
		}
		*is_joined = true;
		write_line(f, buf, n);
		if (type == 'X')
			finish(f, strstr(buf, "\"busy\"") != NULL ? EX_TEMPFAIL
				  : strstr(buf, "\"failed\"") != NULL
				      ? EX_UNAVAILABLE
				      : EX_OK);
	}
}

static void
join(struct front *f, struct loop *loop)
{
	int64_t now_ms = clock_mono_ms(), until_ms = now_ms + JOIN_MS;
	bool is_joined = false;

	f->is_joining = true;
	while (!f->is_over && !is_joined) {
		if (f->keeper_fd == -1 && try_to_join(f) == -1)
			return;
		now_ms = clock_mono_ms();
		if (now_ms >= until_ms) {
			front_refuse(f, "busy",
			    "the room's last speaker is leaving", EX_TEMPFAIL);
			return;
		}
		wait_for(f, loop,
		    f->keeper_fd == -1 ? now_ms + JOIN_AGAIN_MS : until_ms);
		if (f->keeper_fd != -1)
			hear_keeper(f, &is_joined);
	}
	f->is_joining = false;
}

/* --- the talk -------------------------------------------------------- */

static void
hand_over(struct front *f, int64_t now_ms)
{
	if (wire_send(f->keeper_fd, f->pending_type, f->pending,
		f->pending_len) == 0) {
		f->has_pending = false;
	} else if (errno != EAGAIN || now_ms - f->pending_ms > STUCK_MS) {
		log_msg(LOG_ERROR, NULL, "the room's keeper does not listen");
		finish(f, EX_TEMPFAIL);
	}
}

static void
pass_on(struct front *f, int64_t now_ms)
{
	const struct message *m = &f->message;

	switch (m->type) {
	case MESSAGE_AUDIO:
		f->pending_type = 'A';
		memcpy(f->pending, &m->seq, sizeof(m->seq));
		memcpy(f->pending + sizeof(m->seq), m->pcm, m->pcm_len);
		f->pending_len = sizeof(m->seq) + m->pcm_len;
		break;
	case MESSAGE_END:
		f->pending_type = 'E';
		f->pending_len = 0;
		break;
	case MESSAGE_HELLO:
		complain(f, "a second hello");
		return;
	default:
		return;
	}
	f->has_pending = true;
	f->pending_ms = now_ms;
	hand_over(f, now_ms);
}

static void
beat(struct front *f, int64_t now_ms)
{
	if (now_ms - f->heard_ms >= SILENCE_MS) {
		finish(f, EX_OK);
	} else if (now_ms - f->heard_ms >= PING_MS &&
		   now_ms - f->pinged_ms >= PING_MS) {
		f->pinged_ms = now_ms;
		say(f, json_pack("{s:s, s:o}", "type", "ping", "at_ms",
			   json_ms(clock_wall_ms())));
	}
}

static void
relay(struct front *f, struct loop *loop)
{
	bool is_joined = true;
	int64_t now_ms;

	while (!f->is_over) {
		now_ms = clock_mono_ms();
		if (f->has_pending && f->keeper_fd != -1)
			hand_over(f, now_ms);
		while (!f->has_pending && next_message(f, now_ms) == 1) {
			pass_on(f, now_ms);
			message_release(&f->message);
		}
		if (f->has_ended && !f->has_pending && f->keeper_fd != -1 &&
		    f->pending_type != 'E')
			finish(f, EX_OK); /* a drop */
		beat(f, now_ms);
		if (f->is_over)
			return;
		wait_for(f, loop, now_ms + PING_MS);
		hear_keeper(f, &is_joined);
		if (f->keeper_fd == -1 && !f->is_over) {
			say_status(f, "lost",
			    "the room's keeper ended; come again", NULL);
			finish(f, EX_TEMPFAIL);
		}
	}
}

/* --- all of it ------------------------------------------------------- */

/* By what its bearer is known again when cut off: the token that was let in,
 * and the address.  Where no token is needed nobody is. */
static void
identify(struct front *f)
{
	const char *token = f->message.token;
	uint8_t text[ROLE_TOKEN_MAX + sizeof(struct address)];
	uint8_t hash[SHA256_DIGEST_LENGTH];
	struct address address;
	size_t len;

	if (!gate_needs_token(&f->gate) || token == NULL ||
	    (len = strlen(token)) > ROLE_TOKEN_MAX ||
	    address_of_environment(&address) != 0)
		return;
	memcpy(text, &address, sizeof(address));
	memcpy(text + sizeof(address), token, len);
	SHA256(text, sizeof(address) + len, hash);
	explicit_bzero(text, sizeof(text));
	hex_encode(f->who, hash, sizeof(hash));
}

/* Whether the client may speak here; else it is over. */
static bool
is_admitted(struct front *f)
{
	const struct front_config *c = f->config;
	struct gate_refusal why;
	int ret;

	if (gate_check(&f->gate, c->room.name, f->message.token,
		clock_mono_ms(), clock_wall_ms() / 1000, &why) != 0) {
		turn_away(f, &why);
		return false;
	}
	identify(f);
	message_release(&f->message);
	role_forget_env(); /* nor does the keeper need them */
	if (f->message.lang[0] == '\0' && c->lang != NULL)
		strcpy(f->message.lang, c->lang);
	if (f->message.lang[0] == '\0') {
		front_refuse(f, "lang", "lang: which one is spoken?", EX_USAGE);
		return false;
	}
	if (!c->may_create && !room_exists(&c->room)) {
		front_refuse(
		    f, "room", room_strerror(ROOM_ERR_ABSENT), EX_UNAVAILABLE);
		return false;
	}
	ret = room_create(&c->room);
	if (ret != 0) {
		log_msg(LOG_ERROR, NULL, "room '%s': %s", c->room.name,
		    room_strerror(ret));
		front_refuse(
		    f, "room", "the server cannot open the room", EX_OSERR);
		return false;
	}
	return true;
}

static void
serve(struct front *f)
{
	struct gate_refusal why;
	struct loop loop;
	int ret;

	ret = gate_init(&f->gate, ROLE_SPEAKER, f->config->room.run);
	if (ret != 0)
		log_msg(LOG_WARN, NULL, "nobody is counted: %s%s%s",
		    limit_strerror(ret), ret == LIMIT_ERR_SYS ? ": " : "",
		    ret == LIMIT_ERR_SYS ? strerror(errno) : "");
	loop_init(&loop);
	if (gate_enter(&f->gate, clock_mono_ms(), &why) != 0)
		turn_away(f, &why);
	else if (wait_for_hello(f, &loop) == 0 && is_admitted(f)) {
		join(f, &loop);
		relay(f, &loop);
	}
	loop_release(&loop);
	gate_release(&f->gate);
}

int
front_run(struct front *f)
{
	int ret;

	if (!f->is_over)
		serve(f);
	ret = out_drain(&f->out, clock_mono_ms() + DRAIN_MS);
	if (ret == OUT_ERR_IO)
		log_msg(LOG_ERROR, NULL, "cannot write: %s",
		    strerror(out_errno(&f->out)));
	return f->status;
}
