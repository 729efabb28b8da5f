/* send: bring a speaker's sound to a room far away (send(1)). */
#define _GNU_SOURCE /* explicit_bzero */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "base/pcm.h"
#include "base/stop.h"
#include "keep.h"
#include "link.h"
#include "panel.h"
#include "session.h"
#include "talk.h"
#include "url.h"

#define KEEP_S 600
#define KEEP_MAX_S 7200

#define TOKEN_MAX 4096

/* What waits below us; beyond, sound waits where it can still be given up. */
#define PENDING_BYTES (128 * 1024)

/* Of a file, which waits for us, no more than this is read ahead. */
#define FILE_AHEAD_MS 5000

/* After the end of input: without any more of what is kept having arrived. */
#define END_MS 30000

/* And then for the goodbye. */
#define CLOSE_MS 3000

static const char usage[] =
    "usage: send [-l LANG] [--ca FILE] [--keep-s N] [--token-file FILE] URL\n"
    "Send the sound on standard input to the room that speak(1) serves at "
    "URL:\n"
    "wss://booth.example/speak?room=main\n"
    "\n"
    "      --ca FILE          trust these roots (PEM) in place of the "
    "system's\n"
    "      --keep-s N         keep so much that could not be sent (600)\n"
    "  -l, --lang LANG        what is spoken: it-IT\n"
    "      --token-file FILE  the token (default: BOOTH_SPEAKER_TOKEN)\n"
    "  -h, --help             show this and exit\n"
    "  -q, --quiet            errors only\n"
    "  -V, --version          show the version and exit\n"
    "  -v, --verbose          say more; repeats\n";

enum {
	OPT_CA = 256,
	OPT_KEEP,
	OPT_TOKEN_FILE
};

static const struct option longs[] = { { "ca", required_argument, NULL,
					   OPT_CA },
	{ "keep-s", required_argument, NULL, OPT_KEEP },
	{ "lang", required_argument, NULL, 'l' },
	{ "token-file", required_argument, NULL, OPT_TOKEN_FILE },
	{ NULL, 0, NULL, 0 } };

static const struct opt_spec spec = { "send", usage, "l:", longs, NULL };

struct sender {
	struct keep keep;
	struct session session;
	struct talk talk;
	struct link link;
	struct panel panel;
	bool has_sniffed; /* the first bytes are sound */
	bool is_file;     /* all of it is there already */
	uint64_t input_bytes;
	int64_t end_ms; /* give up then; LOOP_NEVER */
	bool is_over;
	int status;
};

static void
finish(struct sender *s, int status)
{
	if (s->is_over)
		return;
	s->is_over = true;
	s->status = status;
	link_close(&s->link);
}

/* --- the server's side ----------------------------------------------- */

static void
on_open(void *arg)
{
	struct sender *s = arg;
	size_t len;
	char *text = talk_hello(&s->talk, &len);

	if (text == NULL)
		die(EX_OSERR, "out of memory");
	link_text(&s->link, text, len);
	explicit_bzero(text, len);
	free(text);
}

static void
on_refused(struct sender *s)
{
	static const struct {
		const char *reason;
		int status;
	} statuses[] = { { "busy", EX_TEMPFAIL }, { "lang", EX_USAGE },
		{ "room", EX_UNAVAILABLE }, { "proto", EX_PROTOCOL } };
	const struct talk *t = &s->talk;
	int status = EX_NOPERM;
	size_t i;

	panel_clear(&s->panel);
	if (strcmp(t->reason, "rate") == 0) {
		link_again(&s->link, t->detail, t->retry_ms);
		return;
	}
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (strcmp(t->reason, statuses[i].reason) == 0)
			status = statuses[i].status;
	log_msg(LOG_ERROR, NULL, "refused: %s", t->detail);
	finish(s, status);
}

static void
on_text(void *arg, char *text, size_t len)
{
	struct sender *s = arg;
	bool was_ready = s->talk.was_ready;
	uint64_t first = s->keep.first;

	switch (talk_line(&s->talk, text, len)) {
	case TALK_READY:
		panel_clear(&s->panel);
		log_msg(LOG_INFO, NULL,
		    was_ready ? "connected again" : "connected");
		break;
	case TALK_ACK:
		panel_ack(&s->panel, &s->talk);
		break;
	case TALK_PING:
		link_text(&s->link, talk_pong, strlen(talk_pong));
		break;
	case TALK_ENDED:
		session_end(&s->session);
		finish(s, EX_OK);
		break;
	case TALK_REFUSED:
		on_refused(s);
		break;
	case TALK_FAILED:
		panel_clear(&s->panel);
		log_msg(LOG_ERROR, NULL, "%s", s->talk.detail);
		finish(s, EX_UNAVAILABLE);
		break;
	case TALK_SAID:
		panel_clear(&s->panel);
		log_msg(LOG_WARN, "room", "%s%s%s", s->talk.state,
		    s->talk.detail[0] != '\0' ? ": " : "", s->talk.detail);
		break;
	case TALK_SHORT:
		link_again(&s->link, JSON_NOMEM, 0);
		break;
	case TALK_NOTHING:
		break;
	}
	if (s->keep.first > first && s->keep.is_closed)
		s->end_ms = clock_mono_ms() + END_MS;
}

static void
on_lost(void *arg, const char *why, bool is_final, int status)
{
	struct sender *s = arg;
	bool was_last = s->talk.is_end_sent && talk_is_done(&s->talk);

	talk_cut(&s->talk);
	panel_clear(&s->panel);
	if (was_last) {
		/* All has arrived; only the goodbye got lost. */
		finish(s, EX_OK);
	} else if (is_final && !s->talk.was_ready) {
		log_msg(LOG_ERROR, NULL, "%s", why);
		finish(s, status);
	} else {
		log_msg(LOG_WARN, NULL, "not connected: %s; trying again", why);
	}
}

/* Say what there is leave and room for. */
static void
speak(struct sender *s)
{
	char text[TALK_TEXT_MAX];
	size_t len;

	while (link_pending(&s->link) < PENDING_BYTES &&
	       talk_message(&s->talk, text, &len) == 1)
		link_text(&s->link, text, len);
}

/* --- the sound ------------------------------------------------------- */

static void
end_input(struct sender *s, int64_t now_ms)
{
	keep_close(&s->keep);
	s->end_ms = now_ms + END_MS;
	/* Without a server there was nothing to wait for. */
	if (s->input_bytes == 0 && !s->talk.was_ready)
		finish(s, EX_OK);
}

/* Headers are no sound: say so before a room hears one. */
static void
sniff(struct sender *s)
{
	const char *name;
	size_t n = s->keep.end == 0 ? s->keep.partial : KEEP_MESSAGE_BYTES;

	if (s->has_sniffed)
		return;
	switch (pcm_sniff(s->keep.ring, n, &name)) {
	case PCM_SNIFF_FILE:
		die(EX_DATAERR,
		    "standard input is a %s file, not bare PCM: use "
		    "'capture -f FILE --pace realtime | send'",
		    name);
	case PCM_SNIFF_RAW:
		s->has_sniffed = true;
		break;
	case PCM_SNIFF_MORE:
		break;
	}
}

static void
read_input(struct sender *s, int64_t now_ms)
{
	uint8_t *to;
	ssize_t got;
	size_t n;

	to = keep_reserve(&s->keep, &n);
	got = read(STDIN_FILENO, to, n);
	if (got == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got == -1)
		log_msg(LOG_ERROR, NULL, "cannot read standard input: %s",
		    strerror(errno));
	if (got <= 0) {
		end_input(s, now_ms);
		return;
	}
	s->input_bytes += (uint64_t)got;
	keep_commit(&s->keep, (size_t)got);
	sniff(s);
}

static bool
may_read(const struct sender *s)
{
	return !s->keep.is_closed &&
	       (!s->is_file || keep_ms(&s->keep) < FILE_AHEAD_MS);
}

/* As much as is there, within reason: capture must never wait for us. */
static void
read_all(struct sender *s, int64_t now_ms)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	int i;

	for (i = 0; i < 64 && may_read(s) && poll(&pfd, 1, 0) == 1; i++)
		read_input(s, now_ms);
}

/* --- all of it ------------------------------------------------------- */

static void
give_up(struct sender *s)
{
	panel_clear(&s->panel);
	if (s->talk.is_end_sent && talk_is_done(&s->talk)) {
		/* All has arrived; the room still works on it. */
		finish(s, EX_OK);
		return;
	}
	log_msg(LOG_ERROR, NULL, "%.1f s of sound were not delivered",
	    (double)keep_ms(&s->keep) / 1000);
	finish(s, EX_TEMPFAIL);
}

static void
run(struct sender *s)
{
	struct loop loop;
	int64_t now_ms;
	int slot;

	loop_init(&loop);
	while (!s->is_over || !link_is_closed(&s->link)) {
		loop_begin(&loop);
		stop_prepare(&loop);
		slot =
		    may_read(s) ? loop_watch(&loop, STDIN_FILENO, POLLIN) : -1;
		link_prepare(&s->link, &loop);
		loop_deadline(&loop, s->end_ms);
		if (loop_wait(&loop) == -1)
			die(EX_OSERR, "poll: %s", strerror(errno));
		now_ms = clock_mono_ms();
		if (loop_revents(&loop, slot) != 0)
			read_all(s, now_ms);
		link_dispatch(&s->link, &loop, now_ms);
		if (!s->is_over)
			speak(s);
		panel_dropped(&s->panel, &s->keep, now_ms);
		if (stop_count() > 0 && !s->keep.is_closed)
			end_input(s, now_ms);
		if (stop_count() > 1) {
			s->status = 128 + stop_signal();
			break;
		}
		if (now_ms >= s->end_ms) {
			if (s->is_over)
				break;
			give_up(s);
			s->end_ms = now_ms + CLOSE_MS;
		}
	}
	loop_release(&loop);
	panel_clear(&s->panel);
}

/* The first line of a file, blanks around it left out. */
static char *
read_token(const char *path)
{
	static char buf[TOKEN_MAX + 2];
	size_t len;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		die(EX_NOINPUT, "cannot open '%s': %s", path, strerror(errno));
	if (fgets(buf, sizeof(buf), f) == NULL)
		die(EX_DATAERR, "'%s' holds no token", path);
	fclose(f);
	len = strlen(buf);
	while (len > 0 && isspace((unsigned char)buf[len - 1]))
		buf[--len] = '\0';
	if (len == 0 || len > TOKEN_MAX)
		die(EX_DATAERR, "'%s' holds no token", path);
	return buf;
}

static void
open_session(struct sender *s, const struct url *url)
{
	int ret = session_open(&s->session, url);

	if (ret == SESSION_ERR_RANDOM)
		die(EX_OSERR, "%s", session_strerror(ret));
	if (ret != 0)
		log_msg(LOG_WARN, NULL,
		    "%s%s%s: should this process be killed, the next one waits "
		    "for the room",
		    session_strerror(ret), ret == SESSION_ERR_SYS ? ": " : "",
		    ret == SESSION_ERR_SYS ? strerror(errno) : "");
}

int
main(int argc, char **argv)
{
	static struct sender s;
	static struct url url;
	static const struct link_events events = { on_open, on_text, on_lost };
	char err[512], lang_buf[LANG_TAG_MAX];
	const char *lang = NULL, *ca = NULL, *token;
	long long keep_s = KEEP_S;
	struct stat st;
	int c;

	token = getenv("BOOTH_SPEAKER_TOKEN");
	if (token != NULL && token[0] == '\0')
		token = NULL;
	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case OPT_CA:
			ca = optarg;
			break;
		case OPT_KEEP:
			keep_s = opt_num("--keep-s", optarg, 1, KEEP_MAX_S);
			break;
		case 'l':
			if (strlen(optarg) >= LANG_TAG_MAX ||
			    !lang_is_tag(optarg))
				opt_fail("'%s' is no language tag such as "
					 "it-IT",
				    optarg);
			lang = lang_canonical(optarg, lang_buf);
			break;
		case OPT_TOKEN_FILE:
			token = read_token(optarg);
			break;
		}
	}
	if (optind + 1 != argc)
		opt_fail("say where to: wss://HOST/speak?room=ROOM");
	if (url_parse(&url, argv[optind], err, sizeof(err)) != 0)
		opt_fail("'%s' is no address: %s", argv[optind], err);
	if (isatty(STDIN_FILENO))
		opt_fail("standard input is a terminal: pipe sound in, as "
			 "'capture | send ...'");
	if (stop_init() == -1)
		die(EX_OSERR, "signals: %s", strerror(errno));
	srandom((unsigned int)(clock_mono_ms() ^ getpid()));
	s.end_ms = LOOP_NEVER;
	s.is_file = fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	if (keep_init(&s.keep, (size_t)keep_s) != 0)
		die(EX_OSERR, "out of memory");
	open_session(&s, &url);
	talk_init(&s.talk, &s.keep, s.session.id, lang, token);
	panel_init(&s.panel);
	if (link_init(&s.link, &url, ca, &events, &s, err, sizeof(err)) != 0)
		die(EX_CONFIG, "%s", err);
	run(&s);
	link_release(&s.link);
	session_release(&s.session);
	keep_release(&s.keep);
	return s.status;
}
