/* with: tests/bench/lib/measure.c tests/bench/lib/bare.c */
/*
 * What listeners of a room get, and when.
 *
 *	watch LANG,... GAP_MS source=FIFO LANG=FIFO...
 *
 * Reads what `listen` writes into each FIFO and prints a row for what came
 * first of an utterance, in microseconds:
 *
 *	source TAG	final known to transcribe, to caption here
 *	translated TAG	the same, to translated (translate's own stamp)
 *	caption TAG	the same, to its translation here
 *	voiced TAG	translated, to first audio (synth's own stamp)
 *	voice TAG	the same, to first audio line here
 *	fault TAG	a translation or an audio line with an error
 *
 * GAP_MS after each final, when the room is quiet, a bare client (lib/bare.h)
 * asks the services for the same in all LANGs: rows "bare-translated" and
 * "bare-voice".  Rows begin with the number of the utterance, from 1.  Ends by
 * SIGTERM.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/line.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/stop.h"
#include "lib/bare.h"

#define TEXT "So the work goes on, and nobody knows how it will end."

struct ear {
	const char *name;
	int fd, slot;
	struct line_reader lines;
	double read_at_ms; /* 0: nothing new */
	unsigned int ntranslations, nvoices;
};

struct watch {
	struct bare *bare;
	struct ear ears[1 + BARE_LANGS_MAX];
	size_t nears;
	int64_t gap_ms;
	int64_t fire_at_ms; /* LOOP_NEVER */
	unsigned int nfinals;
};

static void
row(unsigned int n, const char *what, const char *tag, double ms)
{
	printf("%u %s %s %.1f\n", n, what, tag, ms * 1e3);
}

static void
on_bare(void *arg, enum bare_kind kind, const char *tag, double us)
{
	const struct watch *w = arg;

	row(w->nfinals, kind == BARE_VOICED ? "bare-voice" : "bare-translated",
	    tag, us / 1e3);
}

static void
take_transcript(struct watch *w, const json_t *obj, double now_ms)
{
	if (!json_is_set(obj, "final"))
		return;
	w->nfinals++;
	row(w->nfinals, "source", "source",
	    now_ms - json_num(obj, "final_at_ms", 0));
	w->fire_at_ms = clock_mono_ms() + w->gap_ms;
}

static void
take_translation(struct ear *e, const json_t *obj, double now_ms)
{
	double final_ms = json_num(obj, "final_at_ms", 0);

	e->ntranslations++;
	if (json_str(obj, "error") != NULL) {
		row(e->ntranslations, "fault", e->name, 0);
		return;
	}
	row(e->ntranslations, "translated", e->name,
	    json_num(obj, "translated_at_ms", 0) - final_ms);
	row(e->ntranslations, "caption", e->name, now_ms - final_ms);
}

static void
take_audio(struct ear *e, const json_t *obj, double now_ms)
{
	double from_ms = json_num(obj, "translated_at_ms", 0);

	if (json_str(obj, "error") != NULL)
		row(e->nvoices + 1, "fault", e->name, 0);
	if (json_num(obj, "n", -1) != 0)
		return;
	e->nvoices++;
	if (json_object_get(obj, "voiced_at_ms") == NULL)
		return;
	row(e->nvoices, "voiced", e->name,
	    json_num(obj, "voiced_at_ms", 0) - from_ms);
	row(e->nvoices, "voice", e->name, now_ms - from_ms);
}

static void
take_line(
    struct watch *w, struct ear *e, const char *line, size_t len, double now_ms)
{
	char err[256];
	json_t *obj = json_line_parse(line, len, err, sizeof(err));
	const char *type;

	if (obj == NULL)
		die(EX_PROTOCOL, "%s: not a line: %s", e->name, err);
	type = json_line_type(obj);
	if (strcmp(e->name, "source") == 0) {
		if (strcmp(type, "transcript") == 0)
			take_transcript(w, obj, now_ms);
	} else if (strcmp(type, "translation") == 0) {
		take_translation(e, obj, now_ms);
	} else if (strcmp(type, "audio") == 0) {
		take_audio(e, obj, now_ms);
	}
	json_decref(obj);
}

/* The clock stops here, before any line of any listener is looked at. */
static void
ear_read(struct ear *e)
{
	long n = line_reader_read(&e->lines, e->fd);

	e->read_at_ms = clock_wall_ms();
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		die(EX_IOERR, "%s: %s", e->name, strerror(errno));
}

/* Most bytes are audio that comes later in an utterance; looking into that
 * would take the processor from what is measured. */
static bool
is_of_interest(const char *line, size_t len)
{
	const char *head = "{\"type\":\"audio\"", *n, *comma;

	if (strncmp(line, head, strlen(head)) != 0 || len < 1024)
		return true;
	n = strstr(line, "\"n\":");
	comma = strstr(line, "\"data\"");
	return n == NULL || comma == NULL || n > comma ||
	       strtol(n + 4, NULL, 10) == 0;
}

static void
ear_listen(struct watch *w, struct ear *e)
{
	char *line;
	size_t len;

	while (
	    e->read_at_ms != 0 && line_reader_next(&e->lines, &line, &len) == 1)
		if (is_of_interest(line, len))
			take_line(w, e, line, len, e->read_at_ms);
	e->read_at_ms = 0;
}

static void
ear_open(struct ear *e, char *arg)
{
	char *path = strchr(arg, '=');

	if (path == NULL)
		die(EX_USAGE, "'%s' is not NAME=FIFO", arg);
	*path++ = '\0';
	e->name = arg;
	line_reader_init(&e->lines, LINE_MAX_BYTES);
	/* Also for writing: it does not end before the first writer comes. */
	e->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (e->fd < 0)
		die(EX_NOINPUT, "cannot open '%s': %s", path, strerror(errno));
}

static void
turn(struct watch *w, struct loop *l)
{
	size_t i;

	loop_begin(l);
	stop_prepare(l);
	for (i = 0; i < w->nears; i++)
		w->ears[i].slot = loop_watch(l, w->ears[i].fd, POLLIN);
	loop_deadline(l, w->fire_at_ms);
	bare_prepare(w->bare, l, clock_mono_ms());
	if (loop_wait(l) < 0)
		die(EX_OSERR, "cannot wait: %s", strerror(errno));
	for (i = 0; i < w->nears; i++)
		if (loop_revents(l, w->ears[i].slot) != 0)
			ear_read(&w->ears[i]);
	for (i = 0; i < w->nears; i++)
		ear_listen(w, &w->ears[i]);
	bare_dispatch(w->bare, l, clock_mono_ms());
	if (clock_mono_ms() >= w->fire_at_ms) {
		w->fire_at_ms = LOOP_NEVER;
		bare_fire(w->bare, TEXT);
	}
}

int
main(int argc, char **argv)
{
	struct watch w;
	struct loop loop;
	char **tags;
	size_t n;

	memset(&w, 0, sizeof(w));
	log_open("watch");
	if (argc < 4 || argc - 3 > (int)(sizeof(w.ears) / sizeof(w.ears[0])))
		die(EX_USAGE, "usage: watch LANG,... GAP_MS NAME=FIFO...");
	tags = opt_list("LANG", argv[1], &n);
	w.gap_ms = opt_num("GAP_MS", argv[2], 1, 60000);
	w.fire_at_ms = LOOP_NEVER;
	for (size_t i = 0; i < n; i++)
		if (n > BARE_LANGS_MAX || bare_voice(tags[i]) == NULL)
			die(EX_USAGE, "no voice for %s", tags[i]);
	for (int i = 3; i < argc; i++)
		ear_open(&w.ears[w.nears++], argv[i]);
	w.bare = bare_new(tags, n, on_bare, &w);
	loop_init(&loop);
	if (stop_init() != 0)
		die(EX_OSERR, "no signals");
	while (stop_count() == 0)
		turn(&w, &loop);
	bare_free(w.bare);
	for (size_t i = 0; i < w.nears; i++)
		line_reader_release(&w.ears[i].lines);
	loop_release(&loop);
	opt_list_free(tags);
	return 0;
}
