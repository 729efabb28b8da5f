/* broadcast: the one writer of a room (broadcast(1)). */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "about.h"
#include "announce.h"
#include "archive.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/line.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "channels.h"
#include "metrics.h"
#include "money.h"
#include "parse.h"
#include "route.h"
#include "seen.h"

#define METRICS_MS 1000

/* After a signal the stages before us finish what is in flight: read on until
 * they are silent for this long, but not longer than that. */
#define FLUSH_SILENCE_MS 2000
#define FLUSH_MAX_MS 10000

/* Complaints about bad lines: this many at once, then one a second. */
#define COMPLAINTS_BURST 5

#define TITLE_MAX 200 /* bytes, our choice */

static const char usage[] =
    "usage: broadcast -r ROOM [-hqVv] [--archive FILE] [--distinct]\n"
    "                 [--max-usd USD] [--metrics FILE] [--title TEXT]\n"
    "  -r, --room ROOM      name of the room: a-z, 0-9 and '-'\n"
    "      --archive FILE   append every line, as it came, to FILE\n"
    "      --distinct       leave out captions that the room has\n"
    "      --max-usd USD    pause the room when so much has been spent\n"
    "      --metrics FILE   keep figures in FILE, in Prometheus' format\n"
    "      --title TEXT     name of the talk or hall, for people\n"
    "  -h, --help           show this and exit\n"
    "  -q, --quiet          errors only\n"
    "  -V, --version        show the version and exit\n"
    "  -v, --verbose        say more; repeats\n";

enum {
	OPT_ARCHIVE = 256,
	OPT_DISTINCT,
	OPT_MAX_USD,
	OPT_METRICS,
	OPT_TITLE
};

static const struct option longs[] = { { "room", required_argument, NULL, 'r' },
	{ "archive", required_argument, NULL, OPT_ARCHIVE },
	{ "distinct", no_argument, NULL, OPT_DISTINCT },
	{ "max-usd", required_argument, NULL, OPT_MAX_USD },
	{ "metrics", required_argument, NULL, OPT_METRICS },
	{ "title", required_argument, NULL, OPT_TITLE }, { NULL, 0, NULL, 0 } };

static const struct opt_spec spec = { "broadcast", usage, "r:", longs, NULL };

struct broadcast {
	struct room room;
	struct channels channels;
	struct about about;
	struct archive archive;
	struct metrics metrics;
	struct audience audience;
	struct money money;
	struct seen seen; /* with is_distinct */
	bool is_distinct;
	struct line_reader in;
	const char *room_name, *archive_path, *metrics_path; /* as typed */
	const char *title;                                   /* the same */
	double max_usd;                                      /* 0: no limit */
	int lock_fd;
	bool is_ended; /* stdin */
	bool has_read_error;
	int complaints; /* that may still be made in this second */
	int64_t complaints_at_ms;
	bool ring_complained;
	bool about_complained;
	bool metrics_complained;
	int64_t metrics_at_ms;
	int64_t input_at_ms; /* when something was read last */
	int64_t stop_at_ms;  /* when the first signal was noticed, or 0 */
};

static const char *
take_title(const char *value)
{
	size_t len = strlen(value);

	if (len > TITLE_MAX)
		opt_fail("--title takes up to %d bytes", TITLE_MAX);
	if (!utf8_is_valid(value, len))
		opt_fail("--title is not UTF-8");
	return len > 0 ? value : NULL;
}

static void
parse_options(struct broadcast *b, int argc, char **argv)
{
	int c;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case 'r':
			b->room_name = optarg;
			break;
		case OPT_ARCHIVE:
			b->archive_path = optarg;
			break;
		case OPT_DISTINCT:
			b->is_distinct = true;
			break;
		case OPT_MAX_USD:
			b->max_usd =
			    opt_real("--max-usd", optarg, 0.01, SPEND_USD_MAX);
			break;
		case OPT_METRICS:
			b->metrics_path = optarg;
			break;
		case OPT_TITLE:
			b->title = take_title(optarg);
			break;
		}
	}
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
	if (b->room_name == NULL)
		opt_fail("which room? give -r ROOM");
	if (!room_is_name(b->room_name))
		opt_fail("bad room '%s': %s", b->room_name,
		    room_strerror(ROOM_ERR_NAME));
}

static void
open_room(struct broadcast *b)
{
	int ret;

	ret = room_init(&b->room, NULL, b->room_name);
	if (ret == 0)
		ret = room_create(&b->room);
	if (ret == ROOM_ERR_SYS)
		die(EX_CANTCREAT, "cannot make the room's directory '%s': %s",
		    b->room.dir, strerror(errno));
	if (ret != 0)
		die(EX_CANTCREAT, "%s", room_strerror(ret));
	b->lock_fd = room_lock(&b->room, ROOM_WRITER);
	if (b->lock_fd == ROOM_ERR_BUSY)
		die(EX_TEMPFAIL,
		    "room '%s' is busy: another broadcast writes to it",
		    b->room.name);
	if (b->lock_fd < 0)
		die(EX_CANTCREAT, "cannot lock room '%s': %s", b->room.name,
		    strerror(errno));
	ret = channels_init(&b->channels, &b->room, clock_wall_ms());
	if (ret != 0)
		die(EX_CANTCREAT, "cannot open room '%s': %s: %s", b->room.name,
		    b->channels.error != 0 ? ring_strerror(b->channels.error)
					   : channels_strerror(ret),
		    strerror(b->channels.saved_errno));
	if (b->channels.nreplaced > 0)
		log_msg(LOG_WARN, NULL,
		    "%u channels could not be continued and begin anew",
		    b->channels.nreplaced);
}

/* What is wrong with a line; not more often than somebody can read. */
static void
complain(struct broadcast *b, const char *what)
{
	int64_t now_ms = clock_mono_ms();

	b->metrics.bad++;
	if (now_ms >= b->complaints_at_ms + 1000) {
		b->complaints_at_ms = now_ms;
		if (b->complaints < 1)
			b->complaints = 1;
	}
	if (b->complaints == 0)
		return;
	b->complaints--;
	log_msg(LOG_ERROR, NULL, "line %" PRIu64 " dropped: %s", b->in.number,
	    what);
}

/* What channels.h said of a line: a full tmpfs is told once. */
static void
ring_trouble(struct broadcast *b, int error)
{
	if (error == CHANNELS_ERR_RING && !b->ring_complained) {
		b->ring_complained = true;
		log_msg(LOG_ERROR, NULL,
		    "the room loses lines: %s: %s (is '%s' full?)",
		    ring_strerror(b->channels.error),
		    strerror(b->channels.saved_errno), b->room.run);
	} else if (error == CHANNELS_ERR_LONG || error == CHANNELS_ERR_LANGS) {
		complain(b, channels_strerror(error));
	}
}

static void
put(struct broadcast *b, const struct route *r, const char *text, size_t len)
{
	struct channels_line line = { text, len, r->kind, r->has_seq };
	struct channels_lang *l;
	int ret;

	if (r->is_for_all) {
		ret = channels_put_all(&b->channels, r->formats, &line);
	} else {
		ret = channels_put(
		    &b->channels, r->lang, r->formats, r->create, &line);
		l = channels_find(&b->channels, r->lang);
		if (l != NULL && (l->present & r->present) != r->present) {
			l->present |= r->present;
			b->about.is_dirty = true;
		}
	}
	ring_trouble(b, ret);
}

/* Write a line of our own; takes obj. */
static void
put_object(struct broadcast *b, const struct route *r, json_t *obj)
{
	char *text;
	size_t len;

	json_put(&obj, "room", json_string(b->room.name));
	text = json_line_dump(obj, &len);
	json_decref(obj);
	if (text == NULL)
		die(EX_OSERR, "out of memory");
	put(b, r, text, len);
	free(text);
}

/* A status line of our own to all channels. */
static void
say(struct broadcast *b, const char *state, const char *detail,
    uint64_t missing_lines)
{
	struct route r = {
		.is_for_all = true, .formats = ~0u, .kind = RING_STATUS
	};
	json_t *obj;

	obj = json_status("broadcast", state, detail, clock_wall_ms());
	if (missing_lines > 0)
		json_put(&obj, "missing_lines",
		    json_integer((json_int_t)missing_lines));
	if (strcmp(state, "ready") == 0 && b->title != NULL)
		json_put(&obj, "title", json_string(b->title));
	if (strcmp(state, "ended") == 0)
		r.kind |= RING_END;
	put_object(b, &r, obj);
}

/* The room's pause came or went: everybody is told. */
static void
tell_pause(struct broadcast *b)
{
	const struct budget *budget = &b->money.budget;

	if (budget->is_paused)
		log_msg(LOG_WARN, NULL, "paused: %s", budget->reason);
	else
		log_msg(LOG_INFO, NULL, "resumed");
	say(b, budget->is_paused ? "paused" : "resumed",
	    budget->is_paused ? budget->reason : NULL, 0);
	b->about.paused = budget->is_paused ? budget->reason : NULL;
	b->about.is_dirty = true;
	b->metrics.is_paused = budget->is_paused;
}

/* What the operator is told of money. */
static void
tell_cost(struct broadcast *b, int64_t now_ms)
{
	struct route r = { .lang = ROOM_SOURCE,
		.formats = FORMAT_BIT(ROOM_STATUS),
		.kind = RING_STATUS };
	json_t *obj = money_line(&b->money, now_ms);

	if (obj != NULL)
		put_object(b, &r, obj);
}

static void
tell_archive(struct broadcast *b, enum archive_event event)
{
	char detail[256];

	if (event == ARCHIVE_FAILED) {
		snprintf(detail, sizeof(detail), "archive: %s",
		    strerror(b->archive.error));
		log_msg(LOG_ERROR, "archive",
		    "cannot write '%s': %s; the room goes on without it",
		    b->archive.path, strerror(b->archive.error));
		say(b, "degraded", detail, b->archive.missing);
	} else if (event == ARCHIVE_RECOVERED) {
		log_msg(LOG_WARN, "archive",
		    "writing '%s' again, missing_lines=%" PRIu64,
		    b->archive.path, b->archive.gap);
		say(b, "recovered", "archive", b->archive.gap);
	}
}

/* A line whose "seq" is spelled with an escape: the one that is written anew.
 */
static char *
without_seq(const char *text, size_t *len)
{
	char reason[256], *copy = NULL;
	json_t *obj;

	obj = json_line_parse(text, *len, reason, sizeof(reason));
	if (obj != NULL && json_object_del(obj, "seq") == 0)
		copy = json_line_dump(obj, len);
	json_decref(obj);
	if (copy == NULL)
		die(EX_OSERR, "out of memory");
	return copy;
}

static void
to_archive(struct broadcast *b, char *text, size_t len)
{
	text[len] = '\n';
	tell_archive(
	    b, archive_line(&b->archive, text, len + 1, clock_mono_ms()));
	text[len] = '\0';
}

/* What a line says of the room as a whole. */
static void
learn(struct broadcast *b, const json_t *obj, const char *type)
{
	/* What an operator types is no sign of what the speaker speaks. */
	if (strcmp(type, "transcript") == 0 &&
	    json_object_get(obj, "said_by") == NULL) {
		announce_source(&b->about, json_str(obj, "lang"));
	} else if (strcmp(type, "status") == 0) {
		ring_trouble(b, announce(&b->channels, &b->about, obj));
		money_status(&b->money, obj);
	}
}

static void
take_line(struct broadcast *b, char *text, size_t len)
{
	const char *type, *why = NULL;
	char reason[256], *copy = NULL;
	struct route r;
	json_t *obj;
	int ret;

	if (len == 0)
		return;
	obj = parse_line(text, len, reason, sizeof(reason));
	if (obj == NULL) {
		complain(b, reason);
		return;
	}
	type = json_line_type(obj);
	ret = route_line(&r, obj, type, &why);
	if (ret == 0 && b->is_distinct && seen_line(&b->seen, &r, obj))
		goto out;
	if (b->archive_path != NULL && !r.is_fleeting)
		to_archive(b, text, len);
	metrics_line(&b->metrics, obj, type, len + 1, clock_wall_ms());
	if (ret != 0) {
		complain(b, why);
		goto out;
	}
	learn(b, obj, type);
	if (r.has_seq && strstr(text, "\"seq\"") == NULL) {
		text = copy = without_seq(text, &len);
		r.has_seq = false;
	}
	put(b, &r, text, len);
out:
	free(copy);
	json_decref(obj);
}

/* All lines that one read brought, then one wake for all of them. */
static void
read_input(struct broadcast *b)
{
	char *text;
	size_t len;
	long n;
	int ret;

	n = line_reader_read(&b->in, STDIN_FILENO);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		b->has_read_error = true;
		log_msg(LOG_ERROR, NULL, "cannot read standard input: %s",
		    strerror(errno));
	}
	b->input_at_ms = clock_mono_ms();
	while ((ret = line_reader_next(&b->in, &text, &len)) != 0) {
		if (ret == 1)
			take_line(b, text, len);
		else
			complain(b, "longer than 64 KiB");
	}
	if (n <= 0) {
		b->is_ended = true;
		ret = line_reader_last(&b->in, &text, &len);
		if (ret == 1)
			take_line(b, text, len);
		else if (ret < 0)
			complain(b, "longer than 64 KiB");
	}
	channels_wake(&b->channels);
}

/* What is due by the clock. */
static void
tick(struct broadcast *b, int64_t now_ms)
{
	double wall_ms = clock_wall_ms();
	int ret;

	if (b->archive_path != NULL) {
		tell_archive(b, archive_tick(&b->archive, now_ms));
		b->metrics.archive_missing = b->archive.missing;
	}
	b->metrics.ring_lost = b->channels.lost;
	if (money_dispatch(&b->money, now_ms))
		tell_pause(b);
	tell_cost(b, now_ms);
	ret = about_write(&b->about, &b->channels, wall_ms);
	/* Said once, tried again at each turn. */
	if (ret != 0 && !b->about_complained)
		log_msg(LOG_ERROR, NULL, "cannot write room.json of '%s': %s",
		    b->room.name, strerror(errno));
	b->about_complained = ret != 0;
	if (b->metrics_path != NULL && now_ms >= b->metrics_at_ms) {
		b->metrics_at_ms = now_ms + METRICS_MS;
		audience_count(&b->audience, now_ms);
		ret = metrics_write(
		    &b->metrics, b->metrics_path, b->about.is_on, wall_ms);
		if (ret != 0 && !b->metrics_complained)
			log_msg(LOG_ERROR, "metrics", "cannot write '%s': %s",
			    b->metrics_path, strerror(errno));
		b->metrics_complained = ret != 0;
	}
	channels_wake(&b->channels);
}

/* Whether a signal ends the talk now (see FLUSH_SILENCE_MS). */
static bool
is_stopped(struct broadcast *b, int64_t now_ms, struct loop *l)
{
	int64_t silent_at_ms, end_at_ms;

	if (stop_count() == 0)
		return false;
	if (stop_count() > 1)
		return true;
	if (b->stop_at_ms == 0) {
		b->stop_at_ms = now_ms;
		log_msg(LOG_INFO, NULL, "signal %d: ending the talk",
		    stop_signal());
	}
	silent_at_ms =
	    (b->input_at_ms > b->stop_at_ms ? b->input_at_ms : b->stop_at_ms) +
	    FLUSH_SILENCE_MS;
	end_at_ms = b->stop_at_ms + FLUSH_MAX_MS;
	loop_deadline(l, silent_at_ms < end_at_ms ? silent_at_ms : end_at_ms);
	return now_ms >= silent_at_ms || now_ms >= end_at_ms;
}

static void
run(struct broadcast *b)
{
	struct loop loop;
	int64_t now_ms;
	int slot;

	loop_init(&loop);
	while (!b->is_ended) {
		now_ms = clock_mono_ms();
		tick(b, now_ms);
		loop_begin(&loop);
		if (is_stopped(b, now_ms, &loop))
			break;
		stop_prepare(&loop);
		slot = loop_watch(&loop, STDIN_FILENO, POLLIN);
		if (b->metrics_path != NULL)
			loop_deadline(&loop, b->metrics_at_ms);
		money_prepare(&b->money, &loop);
		if (b->archive_path != NULL)
			loop_deadline(&loop, archive_deadline_ms(&b->archive));
		if (loop_wait(&loop) == -1)
			die(EX_OSERR, "poll: %s", strerror(errno));
		if (loop_revents(&loop, slot) != 0)
			read_input(b);
	}
	loop_release(&loop);
}

/* Tell everybody, put everything away.  Returns the exit status. */
static int
finish(struct broadcast *b)
{
	bool is_whole = true;

	say(b, "ended", NULL, 0);
	b->about.is_on = false;
	b->about.is_dirty = true;
	b->metrics_at_ms = 0;
	tick(b, clock_mono_ms());
	if (b->about.is_dirty) /* once more, and it was told */
		tick(b, clock_mono_ms());
	if (b->archive_path != NULL) {
		is_whole = archive_close(&b->archive);
		if (!is_whole)
			log_msg(LOG_ERROR, "archive",
			    "'%s' is not whole: %s, missing_lines=%" PRIu64,
			    b->archive.path, strerror(b->archive.error),
			    b->archive.missing);
	}
	if (b->metrics.bad > 0)
		log_msg(LOG_ERROR, NULL,
		    "%" PRIu64 " of %" PRIu64 " lines were dropped",
		    b->metrics.bad, b->in.number);
	if (b->channels.lost > 0)
		log_msg(LOG_ERROR, NULL, "the room lost lines, lost=%" PRIu64,
		    b->channels.lost);
	if (b->has_read_error || !is_whole || b->channels.lost > 0 ||
	    b->about.is_dirty)
		return EX_IOERR;
	if (b->metrics.bad > 0)
		return EX_DATAERR;
	return stop_count() > 0 && !b->is_ended ? 128 + stop_signal() : EX_OK;
}

int
main(int argc, char **argv)
{
	static struct broadcast b;
	int status;

	parse_options(&b, argc, argv);
	if (stop_init() == -1 || stop_resume_init() == -1)
		die(EX_OSERR, "signals: %s", strerror(errno));
	/* A file size limit costs the archive, not the room. */
	signal(SIGXFSZ, SIG_IGN);
	open_room(&b);
	if (b.is_distinct)
		(void)seen_load(&b.seen, &b.room); /* what is there */
	if (b.archive_path != NULL &&
	    archive_open(&b.archive, b.archive_path, clock_mono_ms()) == -1)
		die(EX_CANTCREAT, "cannot open archive '%s': %s",
		    b.archive_path, strerror(errno));
	about_init(&b.about, b.title, clock_wall_ms());
	money_init(
	    &b.money, &b.room, b.max_usd, about_resume(&b.about, &b.channels));
	metrics_init(&b.metrics, b.room.name);
	b.metrics.spend = &b.money.spend;
	b.metrics.audience = &b.audience;
	b.audience.room = &b.room;
	line_reader_init(&b.in, LINE_MAX_BYTES);
	b.complaints = COMPLAINTS_BURST;
	say(&b, "ready", NULL, 0);
	log_msg(LOG_INFO, NULL, "room '%s' is on the air in '%s'", b.room.name,
	    b.room.dir);
	run(&b);
	status = finish(&b);
	line_reader_release(&b.in);
	metrics_release(&b.metrics);
	channels_release(&b.channels);
	close(b.lock_fd);
	return status;
}
