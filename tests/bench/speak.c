/* with: tests/bench/lib/measure.c tests/bench/lib/bare.c */
/*
 * Time to the first audio of a sentence: of synth, and in turn with it, of a
 * bare client of the same service (lib/bare.h).
 *
 *	speak [-c] LANG,... ROUNDS COMMAND...
 *
 * COMMAND is synth with its options.  In each round one sentence in every LANG
 * is written to it at once; each audio line that comes first is a row: "ours",
 * language, microseconds from the write.  Then the bare client asks the same:
 * rows "bare".  -c: cold, COMMAND is started anew for each round and has no
 * connection (--connections 0).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/line.h"
#include "base/log.h"
#include "base/opt.h"
#include "lib/bare.h"
#include "lib/measure.h"

#define TEXT "So the work goes on, and nobody knows how it will end."
/* For synth's warm connections, which it does not tell of. */
#define SETTLE_MS 300
#define PAUSE_MS 50
/* What takes longer has gone wrong. */
#define LIMIT_MS 20000

struct speak {
	char **tags;
	size_t ntags;
	char **command;
	struct loop loop;
	struct bare *bare;
	/* the command */
	pid_t pid; /* 0: not running */
	int in, out;
	struct line_reader lines;
	bool is_ready;
	double asked_us;
	size_t nheard; /* languages whose first audio came, in this round */
	size_t nsaid;  /* and the last */
	bool counts;
	unsigned int round;
};

static void
on_bare(void *arg, enum bare_kind kind, const char *tag, double us)
{
	const struct speak *s = arg;

	(void)kind;
	if (s->counts)
		printf("bare %s %.1f\n", tag, us);
}

static void
take_line(struct speak *s, const char *line, size_t len, double now_us)
{
	char err[256];
	json_t *obj = json_line_parse(line, len, err, sizeof(err));
	const char *type;

	if (obj == NULL)
		die(EX_PROTOCOL, "not a line: %s", err);
	type = json_line_type(obj);
	if (strcmp(type, "status") == 0 && json_str(obj, "state") != NULL &&
	    strcmp(json_str(obj, "state"), "ready") == 0)
		s->is_ready = true;
	if (strcmp(type, "audio") == 0) {
		if (json_str(obj, "error") != NULL)
			die(EX_UNAVAILABLE, "a sentence was left out: %s",
			    json_str(obj, "error"));
		if (json_num(obj, "n", -1) == 0) {
			s->nheard++;
			if (s->counts)
				printf("ours %s %.1f\n", json_str(obj, "lang"),
				    now_us - s->asked_us);
		}
		s->nsaid += json_is_set(obj, "last");
	}
	json_decref(obj);
}

static void
read_lines(struct speak *s)
{
	double now_us;
	char *line;
	size_t len;
	long n = line_reader_read(&s->lines, s->out);

	now_us = measure_us();
	if (n == 0)
		die(EX_UNAVAILABLE, "%s has ended", s->command[0]);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		die(EX_IOERR, "cannot read: %s", strerror(errno));
	while (line_reader_next(&s->lines, &line, &len) == 1)
		take_line(s, line, len, now_us);
}

/* Turn the loop until `is` holds; for at most LIMIT_MS. */
static void
turn_until(struct speak *s, bool (*is)(const struct speak *), const char *what)
{
	int64_t end_ms = clock_mono_ms() + LIMIT_MS;
	int slot;

	while (!is(s)) {
		loop_begin(&s->loop);
		loop_deadline(&s->loop, end_ms);
		bare_prepare(s->bare, &s->loop, clock_mono_ms());
		slot = s->pid == 0 ? -1 : loop_watch(&s->loop, s->out, POLLIN);
		loop_wait(&s->loop);
		if (loop_revents(&s->loop, slot) != 0)
			read_lines(s);
		bare_dispatch(s->bare, &s->loop, clock_mono_ms());
		if (clock_mono_ms() >= end_ms)
			die(EX_UNAVAILABLE, "never: %s", what);
	}
}

/* The same for a time. */
static void
turn_for(struct speak *s, int64_t ms)
{
	int64_t end_ms = clock_mono_ms() + ms;

	while (clock_mono_ms() < end_ms) {
		loop_begin(&s->loop);
		loop_deadline(&s->loop, end_ms);
		bare_prepare(s->bare, &s->loop, clock_mono_ms());
		loop_wait(&s->loop);
		bare_dispatch(s->bare, &s->loop, clock_mono_ms());
	}
}

static bool
is_ready(const struct speak *s)
{
	return s->is_ready;
}

static bool
is_said(const struct speak *s)
{
	return s->nsaid >= s->ntags;
}

static bool
has_asked(const struct speak *s)
{
	return bare_speak(s->bare, TEXT);
}

static bool
is_bare_done(const struct speak *s)
{
	return bare_is_idle(s->bare);
}

static void
start(struct speak *s)
{
	int in[2], out[2];

	if (pipe(in) != 0 || pipe(out) != 0)
		die(EX_OSERR, "no pipe: %s", strerror(errno));
	fcntl(in[1], F_SETFD, FD_CLOEXEC);
	fcntl(out[0], F_SETFD, FD_CLOEXEC);
	s->pid = measure_start(s->command, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	s->in = in[1];
	s->out = out[0];
	line_reader_init(&s->lines, LINE_MAX_BYTES);
	s->is_ready = false;
	turn_until(s, is_ready, "synth is ready");
	turn_for(s, SETTLE_MS);
}

static void
end(struct speak *s)
{
	if (s->pid == 0)
		return;
	close(s->in);
	close(s->out);
	measure_kill(s->pid);
	line_reader_release(&s->lines);
	s->pid = 0;
}

/* One sentence a language, in one write. */
static void
say(struct speak *s)
{
	char buf[BARE_LANGS_MAX * 512];
	double now_ms = clock_wall_ms();
	int n = 0;

	for (size_t i = 0; i < s->ntags; i++)
		n += snprintf(buf + n, sizeof(buf) - (size_t)n,
		    "{\"type\":\"translation\",\"id\":\"b%u\",\"lang\":\"%s\","
		    "\"from\":\"en-US\",\"text\":\"" TEXT
		    "\",\"source_text\":\"" TEXT
		    "\",\"error\":null,\"captured_at_ms\":%.3f,"
		    "\"final_at_ms\":%.3f,\"translated_at_ms\":%.3f}\n",
		    s->round, s->tags[i], now_ms, now_ms, now_ms);
	s->nheard = s->nsaid = 0;
	s->asked_us = measure_us();
	if (write(s->in, buf, (size_t)n) != n)
		die(EX_IOERR, "cannot write to %s", s->command[0]);
	turn_until(s, is_said, "all audio comes");
	if (s->nheard != s->ntags)
		die(EX_PROTOCOL, "audio of %zu languages, not %zu", s->nheard,
		    s->ntags);
}

static void
run_round(struct speak *s, bool is_cold)
{
	if (is_cold)
		end(s);
	if (s->pid == 0)
		start(s);
	s->round++;
	say(s);
	turn_for(s, PAUSE_MS);
	turn_until(s, has_asked, "the bare client is connected");
	turn_until(s, is_bare_done, "the bare client's audio comes");
	turn_for(s, PAUSE_MS);
}

int
main(int argc, char **argv)
{
	struct speak s;
	bool is_cold = argc > 1 && strcmp(argv[1], "-c") == 0;
	long rounds;

	memset(&s, 0, sizeof(s));
	log_open("speak");
	argv += is_cold;
	if (argc - is_cold < 4)
		die(EX_USAGE, "usage: speak [-c] LANG,... ROUNDS COMMAND...");
	s.tags = opt_list("LANG", argv[1], &s.ntags);
	rounds = (long)opt_num("ROUNDS", argv[2], 1, 100000);
	s.command = argv + 3;
	if (s.ntags > BARE_LANGS_MAX)
		die(EX_USAGE, "too many languages");
	for (size_t i = 0; i < s.ntags; i++)
		if (bare_voice(s.tags[i]) == NULL)
			die(EX_USAGE, "no voice for %s", s.tags[i]);
	loop_init(&s.loop);
	s.bare = bare_new(s.tags, s.ntags, on_bare, &s);
	run_round(&s, is_cold); /* for the caches of everybody */
	s.counts = true;
	while (rounds-- > 0)
		run_round(&s, is_cold);
	end(&s);
	bare_free(s.bare);
	loop_release(&s.loop);
	opt_list_free(s.tags);
	return 0;
}
