/* interject: lets an operator's lines into the talk (interject(1)). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/intake.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/stop.h"
#include "door.h"
#include "record.h"
#include "room/room.h"
#include "room/say.h"
#include "typed.h"

#define OUT_HIGH_BYTES (256 * 1024)
#define DRAIN_MS 10000

/* After a signal the stages before us finish what is in flight: pass on until
 * they are silent for this long, but not longer than that. */
#define FLUSH_SILENCE_MS 2000
#define FLUSH_MAX_MS 10000

/* Complaints about typed lines: this many at once, then one a second. */
#define COMPLAINTS_BURST 5

static const char usage[] =
    "usage: interject -r ROOM [-hqVv] [-l LANG] [--record FILE]\n"
    "Lines pass through; what is written to the room's FIFO 'say' joins them.\n"
    "\n"
    "  -l, --lang LANG   language of typed text (default: what is spoken)\n"
    "      --record FILE append finals and retractions before they go on\n"
    "  -r, --room ROOM   name of the room\n"
    "  -h, --help        show this and exit\n"
    "  -q, --quiet       errors only\n"
    "  -V, --version     show the version and exit\n"
    "  -v, --verbose     say more; repeats\n";

enum {
	OPT_RECORD = 256
};

static const struct option longs[] = { { "lang", required_argument, NULL, 'l' },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "room", required_argument, NULL, 'r' }, { NULL, 0, NULL, 0 } };

static const struct opt_spec spec = { "interject", usage, "l:r:", longs, NULL };

struct interject {
	struct room room;
	struct intake in;
	struct out out;
	struct door door;
	struct typed typed;
	struct record record;
	const char *room_name, *lang, *record_path; /* as typed */
	int lock_fd;
	int complaints; /* that may still be made in this second */
	int64_t complaints_at_ms;
	int64_t input_at_ms; /* when a line came from the talk */
	int64_t stop_at_ms;  /* when the first signal was noticed, or 0 */
	unsigned long said, retracted, refused;
};

static void
parse_options(struct interject *x, int argc, char **argv)
{
	int c;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case 'l':
			x->lang = optarg;
			if (strlen(optarg) >= LANG_TAG_MAX ||
			    !lang_is_tag(optarg))
				opt_fail("-l takes a language tag such as "
					 "it-IT, not '%s'",
				    optarg);
			break;
		case OPT_RECORD:
			x->record_path = optarg;
			break;
		case 'r':
			x->room_name = optarg;
			break;
		}
	}
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
	if (x->room_name == NULL)
		opt_fail("which room? give -r ROOM");
	if (!room_is_name(x->room_name))
		opt_fail("bad room '%s': %s", x->room_name,
		    room_strerror(ROOM_ERR_NAME));
}

static void
open_room(struct interject *x)
{
	int ret = room_init(&x->room, NULL, x->room_name);

	if (ret == 0)
		ret = room_create(&x->room);
	if (ret != 0)
		die(EX_CANTCREAT, "cannot make the room's directory '%s': %s",
		    x->room.dir,
		    ret == ROOM_ERR_SYS ? strerror(errno) : room_strerror(ret));
	x->lock_fd = room_lock(&x->room, ROOM_SAYER);
	if (x->lock_fd == ROOM_ERR_BUSY)
		die(EX_TEMPFAIL,
		    "room '%s' is busy: another interject takes its lines",
		    x->room.name);
	if (x->lock_fd < 0)
		die(EX_CANTCREAT, "cannot lock room '%s': %s", x->room.name,
		    strerror(errno));
	ret = say_open(&x->room);
	if (ret < 0)
		die(EX_CANTCREAT, "cannot make '%s/say': %s", x->room.dir,
		    ret == SAY_ERR_SYS ? strerror(errno) : say_strerror(ret));
	door_init(&x->door, ret, clock_mono_ms());
}

/* Take no more typed lines. */
static void
close_door(struct interject *x)
{
	if (x->door.fd == -1)
		return;
	say_remove(&x->room);
	door_release(&x->door);
}

/* On record first: what we are killed over is known to who comes next. */
static void
send(struct interject *x, const json_t *obj, const char *line, size_t len)
{
	if (record_line(&x->record, obj, line, len) == -1)
		log_msg(LOG_WARN, "record", "cannot write '%s': %s",
		    x->record_path, strerror(errno));
	(void)out_line(&x->out, line, len);
}

/* Write a line of our own; takes obj. */
static void
put(struct interject *x, json_t *obj)
{
	size_t len;
	char *line = obj != NULL ? json_line_dump(obj, &len) : NULL;

	if (line == NULL)
		die(EX_OSERR, "out of memory");
	send(x, obj, line, len);
	json_decref(obj);
	free(line);
}

static json_t *
status(struct interject *x, const char *state, const char *detail)
{
	json_t *obj = json_status("interject", state, detail, clock_wall_ms());

	json_put(&obj, "room", json_string(x->room.name));
	return obj;
}

/* What is wrong with a typed line: for the log, and for the operator, who may
 * sit elsewhere; not more often than somebody can read. */
static void
refuse(struct interject *x, const char *why, int64_t now_ms)
{
	x->refused++;
	if (now_ms >= x->complaints_at_ms + 1000) {
		x->complaints_at_ms = now_ms;
		if (x->complaints < 1)
			x->complaints = 1;
	}
	if (x->complaints == 0)
		return;
	x->complaints--;
	log_msg(LOG_WARN, "say", "a line was refused: %s", why);
	put(x, status(x, "refused", why));
}

static void
take_typed(struct interject *x, int64_t now_ms)
{
	char *text, why[256];
	size_t len;
	json_t *line;
	int ret;

	while (!out_is_full(&x->out) && x->out.error == 0 &&
	       (ret = door_next(&x->door, now_ms, &text, &len)) != 0) {
		if (ret == DOOR_ERR_LONG) {
			refuse(x, "longer than 4096 bytes", now_ms);
			continue;
		}
		if (ret == DOOR_ERR_TORN) {
			refuse(x, "it had no end (a newline)", now_ms);
			continue;
		}
		ret = typed_take(&x->typed, text, len, clock_wall_ms(), &line,
		    why, sizeof(why));
		if (ret == -1)
			refuse(x, why, now_ms);
		if (ret != 1)
			continue;
		if (strcmp(json_line_type(line), "retraction") == 0)
			x->retracted++;
		else
			x->said++;
		log_msg(LOG_DEBUG, "say", "%s, id=%s", json_line_type(line),
		    json_str(line, "id"));
		put(x, line);
	}
}

static void
pass_on(struct interject *x, int64_t now_ms)
{
	json_t *obj;
	char *line;
	size_t len;

	while (
	    x->out.error == 0 && intake_next(&x->in, &line, &len, &obj) == 1) {
		x->input_at_ms = now_ms;
		send(x, obj, line, len);
		typed_learn(&x->typed, obj);
		json_decref(obj);
	}
}

/* Whether a signal ends it now (see FLUSH_SILENCE_MS). */
static bool
is_stopped(struct interject *x, int64_t now_ms, struct loop *l)
{
	int64_t silent_at_ms, end_at_ms;

	if (stop_count() == 0)
		return false;
	if (stop_count() > 1)
		return true;
	if (x->stop_at_ms == 0) {
		x->stop_at_ms = now_ms;
		close_door(x);
	}
	silent_at_ms =
	    (x->input_at_ms > x->stop_at_ms ? x->input_at_ms : x->stop_at_ms) +
	    FLUSH_SILENCE_MS;
	end_at_ms = x->stop_at_ms + FLUSH_MAX_MS;
	loop_deadline(l, silent_at_ms < end_at_ms ? silent_at_ms : end_at_ms);
	return now_ms >= silent_at_ms || now_ms >= end_at_ms;
}

static void
run(struct interject *x)
{
	struct loop loop;
	int64_t now_ms;

	loop_init(&loop);
	while (!x->in.has_ended && x->out.error == 0) {
		loop_begin(&loop);
		if (is_stopped(x, clock_mono_ms(), &loop))
			break;
		stop_prepare(&loop);
		out_prepare(&x->out, &loop);
		if (!out_is_full(&x->out)) {
			intake_prepare(&x->in, &loop);
			door_prepare(&x->door, &loop);
		}
		if (loop_wait(&loop) == -1)
			die(EX_OSERR, "poll: %s", strerror(errno));
		now_ms = clock_mono_ms();
		(void)out_dispatch(&x->out, &loop);
		if (out_is_full(&x->out))
			continue;
		if (intake_dispatch(&x->in, &loop) == -1)
			die(EX_OSERR, "out of memory");
		pass_on(x, now_ms);
		if (door_dispatch(&x->door, &loop, now_ms) == -1)
			die(EX_IOERR, "cannot read '%s/say': %s", x->room.dir,
			    strerror(errno));
		take_typed(x, now_ms);
	}
	loop_release(&loop);
}

/* Say how it went.  Returns the exit status. */
static int
finish(struct interject *x)
{
	json_t *obj = status(x, "ended", NULL);
	int ret = x->out.error;

	if (ret == 0) {
		if (obj != NULL)
			json_object_update_new(
			    obj, json_pack("{s:I,s:I,s:I}", "said",
				     (json_int_t)x->said, "retracted",
				     (json_int_t)x->retracted, "refused",
				     (json_int_t)x->refused));
		put(x, obj);
		ret = out_drain(&x->out, clock_mono_ms() + DRAIN_MS);
	} else {
		json_decref(obj);
	}
	if (ret == OUT_ERR_NOMEM)
		die(EX_OSERR, "out of memory");
	if (ret != 0 && ret != OUT_ERR_GONE)
		log_msg(LOG_ERROR, NULL, "cannot write lines: %s",
		    ret == OUT_ERR_FULL ? "the reader takes none"
					: strerror(out_errno(&x->out)));
	if (ret != 0)
		return EX_IOERR;
	ret = intake_status(&x->in);
	if (ret == 0 && stop_count() > 0 && !x->in.has_ended)
		ret = 128 + stop_signal();
	return ret;
}

int
main(int argc, char **argv)
{
	static struct interject x;
	int ret;

	parse_options(&x, argc, argv);
	if (stop_init() == -1)
		die(EX_OSERR, "signals: %s", strerror(errno));
	if (record_open(&x.record, x.record_path) == -1)
		die(EX_CANTCREAT, "cannot write '%s': %s", x.record_path,
		    strerror(errno));
	open_room(&x);
	typed_init(&x.typed, x.lang, clock_wall_ms());
	intake_init(&x.in, STDIN_FILENO);
	if (out_init(&x.out, STDOUT_FILENO, OUT_HIGH_BYTES) != 0)
		die(EX_IOERR, "cannot write lines: %s", strerror(errno));
	x.complaints = COMPLAINTS_BURST;
	put(&x, status(&x, "ready", NULL));
	log_msg(
	    LOG_INFO, NULL, "typed lines are taken at '%s/say'", x.room.dir);
	run(&x);
	pass_on(&x, clock_mono_ms());
	close_door(&x);
	ret = finish(&x);
	intake_release(&x.in);
	out_release(&x.out);
	record_release(&x.record);
	close(x.lock_fd);
	return ret;
}
