/* localaws-mt(1): NUL-ended texts in, their translations out, by Apertium. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/stop.h"
#include "chain.h"
#include "mode.h"
#include "pairs.h"
#include "stream.h"

#define MODES_DIR "/usr/share/apertium/modes"

/* Our cap: Translate itself takes 10 000 bytes. */
#define TEXT_MAX_BYTES ((size_t)1024 * 1024)
#define READ_BYTES 65536
#define OUT_HIGH_BYTES (256 * 1024)

/* A text that the chain fails on is tried twice. */
#define TRIES_MAX 2

static const char usage[] =
    "usage: localaws-mt [--modes DIR] FROM TO\n"
    "       localaws-mt [--modes DIR] --list\n"
    "      --list       print the language pairs that can be reached\n"
    "      --modes DIR  " MODES_DIR "\n";

enum {
	OPT_LIST = 256,
	OPT_MODES
};

static const struct option longs[] = {
	{ "list", no_argument, NULL, OPT_LIST },
	{ "modes", required_argument, NULL, OPT_MODES },
	{ NULL, 0, NULL, 0 },
};

static const struct opt_spec spec = { "localaws-mt", usage, "", longs, NULL };

struct mt {
	struct mode mode;
	struct chain chain;
	struct bytes input; /* the text in work first, then what follows */
	struct out out;
	struct loop loop;
	struct stream_notes notes;
	size_t text_len; /* of the text in work, without NUL */
	uint64_t marks;  /* used so far: each try has its own */
	int ntries;
	bool is_working;
	bool has_ended; /* the input */
};

/* Pairs are much larger than a stack frame should be. */
static struct pairs pairs;

static void
print_pair(void *arg, const char *from, const char *to)
{
	(void)arg;
	printf("%s %s\n", from, to);
}

static int
list_pairs(void)
{
	pairs_each(&pairs, print_pair, NULL);
	if (fflush(stdout) != 0)
		die(EX_IOERR, "cannot write standard output: %s",
		    strerror(errno));
	return EX_OK;
}

static void
load_modes(struct mt *t, const char *dir, const char *from, const char *to)
{
	const struct pairs_mode *path[PAIRS_PATH_MAX];
	char text[512], file[1024];
	int nhops, err;

	if ((nhops = pairs_path(&pairs, from, to, path)) < 0) {
		if (pairs_packages(&pairs, from, to, text, sizeof(text)))
			die(EX_UNAVAILABLE,
			    "no Apertium pair from '%s' to '%s'; install %s",
			    from, to, text);
		die(EX_UNAVAILABLE,
		    "no Apertium pair from '%s' to '%s', and no Debian package "
		    "known to bring one; see 'localaws-mt --list'",
		    from, to);
	}
	for (int i = 0; i < nhops; i++) {
		snprintf(file, sizeof(file), "%s/%s.mode", dir, path[i]->name);
		log_msg(LOG_DEBUG, "mode", "%s", file);
		errno = 0;
		if ((err = mode_load(&t->mode, file)) < 0)
			die(EX_CONFIG, "cannot use mode '%s': %s", file,
			    err == MODE_ERR_SYNTAX
				? "not a plain pipeline of programs"
				: strerror(errno));
	}
}

static void
start_chain(struct mt *t)
{
	int err =
	    chain_start(&t->chain, &t->mode, log_get_level() >= LOG_DEBUG);

	if (err < 0)
		die(EX_UNAVAILABLE, "cannot start '%s': %s",
		    t->chain.failed_stage, strerror(errno));
}

static void
die_of_output(struct mt *t, int err)
{
	chain_stop(&t->chain, &t->mode);
	if (err == OUT_ERR_GONE)
		exit(EX_OK); /* nobody listens any more */
	die(EX_IOERR, "cannot write standard output: %s",
	    err == OUT_ERR_IO ? strerror(out_errno(&t->out)) : "out of memory");
}

static void
answer(struct mt *t, const struct bytes *text)
{
	size_t len;
	const uint8_t *p = bytes_peek(text, &len);
	int err = out_bytes(&t->out, p, len);

	if (err == 0)
		err = out_bytes(&t->out, "", 1);
	if (err < 0)
		die_of_output(t, err);
	bytes_skip(&t->input, t->text_len);
	if (bytes_len(&t->input) > 0)
		bytes_skip(&t->input, 1); /* its NUL, if it had one */
	t->is_working = false;
}

static void
send_text(struct mt *t)
{
	size_t len;
	const char *text = (const char *)bytes_peek(&t->input, &len);

	t->ntries++;
	if (stream_encode(chain_text(&t->chain), text, t->text_len, ++t->marks,
		&t->notes) < 0)
		die(EX_OSERR, "out of memory");
	chain_send(&t->chain, clock_mono_ms());
}

/* Words for why a try failed; the chain is stopped. */
static const char *
describe_failure(const struct chain *c, int err, char *text, size_t size)
{
	int status = c->failed_status;

	if (err == CHAIN_ERR_STALL)
		snprintf(
		    text, size, "no answer within %d s", CHAIN_STALL_MS / 1000);
	else if (err == CHAIN_ERR_NOMEM)
		snprintf(text, size, "an answer without end");
	else if (err == CHAIN_IDLE)
		snprintf(text, size, "an answer to another text");
	else if (c->failed_stage != NULL && WIFSIGNALED(status))
		snprintf(text, size, "'%s' died of signal %d", c->failed_stage,
		    WTERMSIG(status));
	else if (c->failed_stage != NULL)
		snprintf(text, size, "'%s' exited %d", c->failed_stage,
		    WEXITSTATUS(status));
	else
		snprintf(text, size, "a stage ended early");
	return text;
}

static void
retry(struct mt *t, int err)
{
	char why[256];

	chain_stop(&t->chain, &t->mode);
	describe_failure(&t->chain, err, why, sizeof(why));
	if (t->ntries == TRIES_MAX)
		die(EX_SOFTWARE,
		    "Apertium failed twice on a text of %zu bytes: %s",
		    t->text_len, why);
	log_msg(LOG_WARN, "chain", "%s; starting anew", why);
	start_chain(t);
	send_text(t);
}

static void
take_answer(struct mt *t)
{
	struct bytes text;
	const char *p;
	size_t len;
	int err;

	bytes_init(&text, CHAIN_BYTES_MAX);
	p = chain_answer(&t->chain, &len);
	err = stream_decode(&text, p, len, &t->notes);
	if (err == STREAM_ERR_NOMEM)
		die(EX_OSERR, "out of memory");
	if (err == STREAM_ERR_MARK)
		retry(t, CHAIN_IDLE);
	else
		answer(t, &text);
	bytes_release(&text);
}

/* A text without a letter is its own translation; what is not UTF-8 in it goes
 * all the same. */
static void
answer_wordless(struct mt *t, const char *p)
{
	struct bytes stream, text;
	const uint8_t *s;
	size_t len;

	bytes_init(&stream, CHAIN_BYTES_MAX);
	bytes_init(&text, CHAIN_BYTES_MAX);
	if (stream_encode(&stream, p, t->text_len, 0, &t->notes) < 0)
		die(EX_OSERR, "out of memory");
	s = bytes_peek(&stream, &len);
	if (stream_decode(&text, (const char *)s, len - 1, &t->notes) < 0)
		die(EX_OSERR, "out of memory");
	answer(t, &text);
	bytes_release(&stream);
	bytes_release(&text);
}

/* Begin the next text, or answer it if it needs no dictionary.  False: no whole
 * one is there. */
static bool
next_text(struct mt *t)
{
	size_t len;
	const char *p = (const char *)bytes_peek(&t->input, &len);
	const char *end = len > 0 ? memchr(p, '\0', len) : NULL;

	if (end == NULL && len >= TEXT_MAX_BYTES)
		die(EX_DATAERR,
		    "a text of more than %zu bytes on standard input; texts "
		    "end in NUL",
		    TEXT_MAX_BYTES);
	/* At the end of input the last text may lack its NUL. */
	if (end == NULL && !(t->has_ended && len > 0))
		return false;
	t->text_len = end != NULL ? (size_t)(end - p) : len;
	t->is_working = true;
	t->ntries = 0;
	if (stream_has_words(p, t->text_len)) {
		send_text(t);
		return true;
	}
	answer_wordless(t, p);
	return true;
}

static void
read_input(struct mt *t)
{
	uint8_t *room = bytes_reserve(&t->input, READ_BYTES);
	ssize_t n;

	if (room == NULL)
		die(EX_OSERR, "out of memory");
	n = read(STDIN_FILENO, room, READ_BYTES);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		die(EX_IOERR, "cannot read standard input: %s",
		    strerror(errno));
	if (n > 0)
		bytes_commit(&t->input, (size_t)n);
	t->has_ended = n == 0;
}

static bool
is_done(const struct mt *t)
{
	return t->has_ended && !t->is_working && bytes_len(&t->input) == 0 &&
	       out_pending(&t->out) == 0;
}

/* Until all texts are answered, or a signal comes. */
static void
run(struct mt *t)
{
	int slot, err;

	while (!is_done(t) && stop_count() == 0) {
		loop_begin(&t->loop);
		stop_prepare(&t->loop);
		out_prepare(&t->out, &t->loop);
		chain_prepare(&t->chain, &t->loop);
		/* One text in work and at most one more wait. */
		slot = t->has_ended || bytes_len(&t->input) >= TEXT_MAX_BYTES
		           ? -1
		           : loop_watch(&t->loop, STDIN_FILENO, POLLIN);
		if (loop_wait(&t->loop) < 0)
			die(EX_OSERR, "poll: %s", strerror(errno));
		if ((err = out_dispatch(&t->out, &t->loop)) < 0)
			die_of_output(t, err);
		if (loop_revents(&t->loop, slot) != 0)
			read_input(t);
		err = chain_dispatch(&t->chain, &t->loop, clock_mono_ms());
		if (err == CHAIN_ANSWERED)
			take_answer(t);
		else if (err < 0)
			retry(t, err);
		while (!t->is_working && !out_is_full(&t->out) && next_text(t))
			;
	}
}

int
main(int argc, char **argv)
{
	const char *dir = MODES_DIR;
	struct mt t = { 0 };
	bool is_list = false;
	int c;

	while ((c = opt_next(argc, argv, &spec)) != -1)
		switch (c) {
		case OPT_LIST:
			is_list = true;
			break;
		case OPT_MODES:
			dir = optarg;
			break;
		}
	if (argc - optind != (is_list ? 0 : 2))
		opt_fail(is_list ? "--list takes no languages"
				 : "name two languages, FROM and TO");
	if (pairs_scan(&pairs, dir) < 0)
		die(EX_UNAVAILABLE, "cannot read '%s': %s", dir,
		    strerror(errno));
	if (is_list)
		return list_pairs();
	load_modes(&t, dir, argv[optind], argv[optind + 1]);
	/* Apertium's programs decode their input by locale. */
	if (setenv("LC_ALL", "C.UTF-8", 1) != 0 || stop_init() < 0)
		die(EX_OSERR, "cannot set up: %s", strerror(errno));
	bytes_init(&t.input, TEXT_MAX_BYTES + 2 * READ_BYTES);
	chain_init(&t.chain);
	loop_init(&t.loop);
	if (out_init(&t.out, STDOUT_FILENO, OUT_HIGH_BYTES) < 0)
		die(EX_IOERR, "cannot use standard output: %s",
		    strerror(out_errno(&t.out)));
	start_chain(&t);
	run(&t);
	chain_stop(&t.chain, &t.mode);
	chain_release(&t.chain);
	mode_release(&t.mode);
	loop_release(&t.loop);
	out_release(&t.out);
	bytes_release(&t.input);
	return stop_count() > 0 ? 128 + stop_signal() : EX_OK;
}
