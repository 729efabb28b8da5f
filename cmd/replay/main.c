/* replay(1): a recorded talk as if it were given now. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/stop.h"
#include "player.h"

static const char usage[] =
    "usage: replay [-qv] [--from ms] [--keep] [--loop] [--max-gap-ms n]\n"
    "              [--no-audio] [--pace recorded | talk | fast] [--speed n]\n"
    "              [file]\n"
    "\n"
    "Recorded lines (booth-lines(5)) to standard output, each when it is due.\n"
    "\n"
    "      --from MS          begin so long after the first line\n"
    "      --keep             times and names as recorded\n"
    "      --loop             again and again; needs a file\n"
    "      --max-gap-ms N     cut longer silences to this\n"
    "      --no-audio         leave the voices out\n"
    "      --pace PACE        recorded (default); talk: as it was spoken;\n"
    "                         fast: without waiting\n"
    "      --speed N          so many times as fast, 0.1 to 100\n"
    "  -v, -q, -h, -V         more messages, errors only, this, version\n";

enum {
	OPT_FROM = 256,
	OPT_KEEP,
	OPT_LOOP,
	OPT_MAX_GAP,
	OPT_NO_AUDIO,
	OPT_PACE,
	OPT_SPEED,
};

static const struct option longs[] = {
	{ "from", required_argument, NULL, OPT_FROM },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ "loop", no_argument, NULL, OPT_LOOP },
	{ "max-gap-ms", required_argument, NULL, OPT_MAX_GAP },
	{ "no-audio", no_argument, NULL, OPT_NO_AUDIO },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "speed", required_argument, NULL, OPT_SPEED },
	{ NULL, 0, NULL, 0 },
};

static const struct opt_spec spec = { "replay", usage, "", longs, NULL };

/* Lines that wait for a slow reader: a few of the longest. */
#define OUT_HIGH_BYTES 262144
/* How long the reader may take to take the rest, after a signal. */
#define DRAIN_MS 2000

struct settings {
	struct player_options player;
	bool is_looping;
	const char *file; /* NULL: standard input */
};

static void
parse(int argc, char **argv, struct settings *s)
{
	static const char *const paces[] = { "recorded", "talk", "fast", NULL };
	bool has_timing = false;
	int c, pace;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case OPT_FROM:
			s->player.from_ms =
			    (double)opt_num("--from", optarg, 0, 1000000000);
			has_timing = true;
			break;
		case OPT_KEEP:
			s->player.is_keeping = true;
			break;
		case OPT_LOOP:
			s->is_looping = true;
			break;
		case OPT_MAX_GAP:
			s->player.max_gap_ms = (double)opt_num(
			    "--max-gap-ms", optarg, 0, 1000000000);
			has_timing = true;
			break;
		case OPT_NO_AUDIO:
			s->player.without_audio = true;
			break;
		case OPT_PACE:
			pace = opt_choice("--pace", optarg, paces);
			s->player.by_talk = pace == 1;
			s->player.is_fast = pace == 2;
			break;
		case OPT_SPEED:
			s->player.speed = opt_real("--speed", optarg, 0.1, 100);
			has_timing = true;
			break;
		}
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		s->file = argv[optind];
	if (optind + 1 < argc)
		opt_fail("unexpected '%s': one recording at a time",
		    argv[optind + 1]);
	if (s->player.is_fast && has_timing)
		opt_fail("--pace fast knows no --from, --speed or "
			 "--max-gap-ms");
	if (s->file == NULL && isatty(STDIN_FILENO))
		opt_fail("lines are read from a pipe or a file, not from a "
			 "terminal");
}

static int
open_input(const struct settings *s)
{
	struct stat st;
	int fd = STDIN_FILENO;

	if (s->file != NULL)
		fd = open(s->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		die(EX_NOINPUT, "cannot open '%s': %s", s->file,
		    strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		die(EX_NOINPUT, "cannot open '%s': it is a folder",
		    s->file == NULL ? "standard input" : s->file);
	if (s->is_looping && lseek(fd, 0, SEEK_CUR) < 0)
		opt_fail("--loop needs a file, not a pipe");
	return fd;
}

static void
no_memory(void)
{
	die(EX_OSERR, "out of memory");
}

/* Back to the first line.  False: there is nothing that could be repeated. */
static bool
again(struct player *p, struct intake *in, unsigned long *bad)
{
	int fd = in->fd;

	if (p->pass_lines == 0 ||
	    (!p->options->is_fast && player_length_ms(p) <= 0)) {
		log_msg(LOG_ERROR, NULL,
		    "there is nothing to repeat: no line tells a time");
		return false;
	}
	/* Told once; a file that grows is read on to its end each time. */
	if (*bad == 0)
		*bad = in->bad;
	intake_release(in);
	if (lseek(fd, 0, SEEK_SET) < 0) {
		log_msg(LOG_ERROR, NULL, "cannot read from the beginning: %s",
		    strerror(errno));
		return false;
	}
	intake_init(in, fd);
	if (player_again(p) != 0)
		no_memory();
	return true;
}

/* Play until the end, a signal, or a reader that left. */
static int
play(const struct settings *s, struct player *p, struct intake *in)
{
	unsigned long bad = 0;
	struct loop l;
	bool is_failed = false;
	int rc = 0, status;

	loop_init(&l);
	while (rc == 0 && stop_count() == 0) {
		loop_begin(&l);
		stop_prepare(&l);
		player_prepare(p, &l);
		if (loop_wait(&l) < 0)
			die(EX_OSERR, "poll: %s", strerror(errno));
		rc = player_dispatch(p, &l, clock_mono_ms());
		if (rc == 0 && player_has_ended(p) &&
		    (in->saved_errno != 0 || !s->is_looping ||
			(is_failed = !again(p, in, &bad))))
			break;
	}
	loop_release(&l);
	if (rc == OUT_ERR_NOMEM)
		no_memory();
	status = intake_status(in);
	if (status == 0 && (bad > 0 || p->too_long > 0 || is_failed))
		status = EX_DATAERR;
	return status;
}

static void
say_ended(struct player *p)
{
	json_t *obj = json_status("replay", "ended", NULL, clock_wall_ms());
	char *line = NULL;
	size_t len;

	if (obj == NULL ||
	    json_object_set_new(
		obj, "lines", json_integer((json_int_t)p->lines)) != 0 ||
	    (line = json_line_dump(obj, &len)) == NULL)
		no_memory();
	out_line(p->out, line, len);
	free(line);
	json_decref(obj);
}

/* All that was written reaches the reader. */
static int
finish(struct player *p, struct out *out, int status)
{
	int rc = out->error;

	if (rc == 0) {
		if (stop_count() > 0)
			player_stop(p);
		say_ended(p);
		/* A reader may take its time; after a signal we do not. */
		do
			rc = out_drain(out, clock_mono_ms() + DRAIN_MS);
		while (rc == OUT_ERR_FULL && stop_count() == 0);
	}
	if (rc == 0)
		return stop_count() > 1 ? 128 + stop_signal() : status;
	if (rc != OUT_ERR_GONE)
		log_msg(LOG_ERROR, NULL, "cannot write lines: %s",
		    rc == OUT_ERR_FULL ? "the reader takes none"
				       : strerror(out_errno(out)));
	return EX_IOERR;
}

int
main(int argc, char **argv)
{
	struct settings s = { .player = {
				  .speed = 1, .max_gap_ms = INFINITY } };
	struct player p;
	struct intake in;
	struct out out;
	int fd, status;

	parse(argc, argv, &s);
	fd = open_input(&s);
	if (out_init(&out, STDOUT_FILENO, OUT_HIGH_BYTES) != 0)
		die(EX_IOERR, "cannot write to standard output: %s",
		    strerror(out_errno(&out)));
	if (stop_init() != 0)
		die(EX_OSERR, "cannot watch for signals");
	intake_init(&in, fd);
	if (player_init(&p, &s.player, &in, &out, clock_mono_ms(),
		clock_wall_ms()) != 0)
		no_memory();
	status = play(&s, &p, &in);
	status = finish(&p, &out, status);
	player_release(&p);
	intake_release(&in);
	out_release(&out);
	if (s.file != NULL)
		close(fd);
	return status;
}
