/* captions(1): the subtitles of a talk, from its archive. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/intake.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "list.h"
#include "render.h"
#include "save.h"
#include "talks.h"

static const char usage[] =
    "usage: captions [-qv] [-f format,...] [-l lang,... | source | all]\n"
    "                [-o dir] [--chars n] [--chars-per-s n]\n"
    "                [--fallback none | source] [--gap-ms n] [--lines n]\n"
    "                [--max-ms n] [--min-ms n] [--offset-ms n]\n"
    "                [--talk n[-n]] [file]\n"
    "       captions --list [file]\n"
    "\n"
    "Subtitles from a recorded talk: lines in (booth-lines(5)), WebVTT out.\n"
    "\n"
    "  -f, --format FORMAT    vtt (default), srt, text; several with -o\n"
    "  -l, --language LANG    source (default), a language, or all;\n"
    "                         several with -o\n"
    "  -o, --output DIR       write files: DIR/FILE.LANG.vtt\n"
    "      --list             print the talks of the archive\n"
    "      --talk N[-N]       which talk, from 1; several as one\n"
    "      --offset-ms N      move all times, to fit a video; may be < 0\n"
    "      --fallback WHAT    without a translation: none (default), source\n"
    "      --chars N          in a line (42)\n"
    "      --lines N          in a caption (2)\n"
    "      --chars-per-s N    that people read (17)\n"
    "      --min-ms N         that a caption stays (1000)\n"
    "      --max-ms N         that it stays, unless it is long (7000)\n"
    "      --gap-ms N         between two captions (80)\n"
    "  -v, -q, -h, -V         more messages, errors only, this, version\n";

enum {
	OPT_LIST = 256,
	OPT_TALK,
	OPT_OFFSET,
	OPT_FALLBACK,
	OPT_CHARS,
	OPT_LINES,
	OPT_SPEED,
	OPT_MIN,
	OPT_MAX,
	OPT_GAP,
};

static const struct option longs[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "language", required_argument, NULL, 'l' },
	{ "output", required_argument, NULL, 'o' },
	{ "list", no_argument, NULL, OPT_LIST },
	{ "talk", required_argument, NULL, OPT_TALK },
	{ "offset-ms", required_argument, NULL, OPT_OFFSET },
	{ "fallback", required_argument, NULL, OPT_FALLBACK },
	{ "chars", required_argument, NULL, OPT_CHARS },
	{ "lines", required_argument, NULL, OPT_LINES },
	{ "chars-per-s", required_argument, NULL, OPT_SPEED },
	{ "min-ms", required_argument, NULL, OPT_MIN },
	{ "max-ms", required_argument, NULL, OPT_MAX },
	{ "gap-ms", required_argument, NULL, OPT_GAP },
	{ NULL, 0, NULL, 0 },
};

static const struct opt_spec spec = { "captions", usage, "f:l:o:", longs,
	NULL };

/* Ten hours either way. */
#define OFFSET_MAX_MS 36000000

struct options {
	struct render render; /* what all files have in common */
	char **langs;         /* NULL: the source */
	size_t nlangs;
	bool is_all;     /* languages */
	bool formats[3]; /* by enum format */
	size_t nformats;
	const char *dir;  /* NULL: standard output */
	const char *file; /* NULL: standard input */
	bool is_listing;
	size_t first, last; /* talks, from 1; 0: not chosen */
};

static void
parse_talk(struct options *o, const char *value)
{
	const char *dash = strchr(value, '-');
	char first[32];

	snprintf(first, sizeof(first), "%.*s",
	    (int)(dash == NULL ? strlen(value) : (size_t)(dash - value)),
	    value);
	o->first = (size_t)opt_num("--talk", first, 1, 1000000);
	o->last = dash == NULL ? o->first
	                       : (size_t)opt_num("--talk", dash + 1,
				     (long long)o->first, 1000000);
}

static void
parse_formats(struct options *o, const char *value)
{
	static const char *const names[] = { "vtt", "srt", "text", NULL };
	char **list = opt_list("-f", value, &o->nformats);

	memset(o->formats, 0, sizeof(o->formats));
	for (size_t i = 0; i < o->nformats; i++)
		o->formats[opt_choice("-f", list[i], names)] = true;
	opt_list_free(list);
}

static void
parse_languages(struct options *o, const char *value)
{
	char buf[LANG_TAG_MAX];
	const char *canonical;

	opt_list_free(o->langs);
	o->langs = NULL;
	o->is_all = strcmp(value, "all") == 0;
	if (o->is_all)
		return;
	o->langs = opt_list("-l", value, &o->nlangs);
	for (size_t i = 0; i < o->nlangs; i++) {
		if (strcmp(o->langs[i], "source") == 0)
			continue;
		if (!lang_is_tag(o->langs[i]))
			opt_fail("-l takes languages such as es-ES, 'source' "
				 "or 'all', not '%s'",
			    o->langs[i]);
		canonical = lang_canonical(o->langs[i], buf);
		if (strcmp(canonical, o->langs[i]) != 0) {
			free(o->langs[i]);
			o->langs[i] = xstrdup(canonical);
		}
	}
}

static void
parse_rule(struct layout_rules *r, int c)
{
	switch (c) {
	case OPT_CHARS:
		r->max_columns = (unsigned int)opt_num(
		    "--chars", optarg, 10, LAYOUT_COLUMNS_MAX);
		break;
	case OPT_LINES:
		r->max_lines = (unsigned int)opt_num(
		    "--lines", optarg, 1, LAYOUT_LINES_MAX);
		break;
	case OPT_SPEED:
		r->columns_per_s = opt_real("--chars-per-s", optarg, 1, 1000);
		break;
	case OPT_MIN:
		r->min_ms = (double)opt_num("--min-ms", optarg, 100, 10000);
		break;
	case OPT_MAX:
		r->max_ms = (double)opt_num("--max-ms", optarg, 1000, 60000);
		break;
	case OPT_GAP:
		r->gap_ms = (double)opt_num("--gap-ms", optarg, 0, 1000);
		break;
	}
}

static void
parse(int argc, char **argv, struct options *o)
{
	static const char *const fallbacks[] = { "none", "source", NULL };
	int c;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case 'f':
			parse_formats(o, optarg);
			break;
		case 'l':
			parse_languages(o, optarg);
			break;
		case 'o':
			o->dir = optarg;
			break;
		case OPT_LIST:
			o->is_listing = true;
			break;
		case OPT_TALK:
			parse_talk(o, optarg);
			break;
		case OPT_OFFSET:
			o->render.offset_ms = (double)opt_num("--offset-ms",
			    optarg, -OFFSET_MAX_MS, OFFSET_MAX_MS);
			break;
		case OPT_FALLBACK:
			o->render.with_source =
			    opt_choice("--fallback", optarg, fallbacks) == 1;
			break;
		default:
			parse_rule(&o->render.rules, c);
		}
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		o->file = argv[optind];
	if (optind + 1 < argc)
		opt_fail(
		    "unexpected '%s': one archive at a time", argv[optind + 1]);
	if (o->render.rules.min_ms > o->render.rules.max_ms)
		opt_fail("--min-ms is more than --max-ms");
	if (o->dir == NULL && (o->is_all || o->nlangs > 1 || o->nformats > 1))
		opt_fail("several files need a folder: -o DIR");
	if (o->file == NULL && isatty(STDIN_FILENO))
		opt_fail("lines are read from a pipe or a file, not from a "
			 "terminal");
}

static void
check(int rc)
{
	if (rc != 0)
		die(EX_OSERR, "%s", talks_strerror(rc));
}

/* All lines.  Returns the status that bad ones ask for. */
static int
read_archive(const struct options *o, struct talks *t)
{
	struct intake in;
	struct loop l;
	json_t *obj;
	char *line;
	size_t len;
	int fd = STDIN_FILENO, status;

	if (o->file != NULL)
		fd = open(o->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		die(EX_NOINPUT, "cannot open '%s': %s", o->file,
		    strerror(errno));
	check(talks_init(t));
	intake_init(&in, fd);
	loop_init(&l);
	while (!in.has_ended) {
		loop_begin(&l);
		intake_prepare(&in, &l);
		if (loop_wait(&l) < 0)
			die(EX_OSERR, "poll: %s", strerror(errno));
		if (intake_dispatch(&in, &l) != 0)
			die(EX_OSERR, "out of memory");
		while (intake_next(&in, &line, &len, &obj) == 1) {
			check(talks_line(t, obj));
			json_decref(obj);
		}
	}
	status = intake_status(&in);
	intake_release(&in);
	loop_release(&l);
	if (o->file != NULL)
		close(fd);
	return status;
}

static const char *
name_of(const struct options *o)
{
	return o->file == NULL ? "standard input" : o->file;
}

/* What to say of a language that is not in the archive. */
static void
no_such_language(const struct options *o, const char *lang, json_t *langs)
{
	char all[1024] = "";
	const char *each;
	const json_t *value;

	json_object_foreach(langs, each, value)
	{
		(void)value;
		if (strlen(all) + LANG_TAG_MAX + 3 > sizeof(all))
			break;
		strcat(all, all[0] == '\0' ? "" : ", ");
		strcat(all, each);
	}
	die(EX_DATAERR, "there is no '%s' in '%s': it has %s", lang, name_of(o),
	    all);
}

static void
report(const struct options *o, const char *lang, size_t talk,
    const struct render_report *r)
{
	size_t all = r->written + r->fallback + r->missing;

	if (r->missing > 0)
		log_msg(LOG_WARN, lang,
		    "talk %zu: %zu of %zu utterances have no translation and "
		    "are left out; see --fallback",
		    talk + 1, r->missing, all);
	if (r->fallback > 0)
		log_msg(LOG_WARN, lang,
		    "talk %zu: %zu of %zu utterances are in the language "
		    "spoken, for want of a translation",
		    talk + 1, r->fallback, all);
	if (r->before > 0)
		log_msg(LOG_WARN, lang,
		    "talk %zu: %zu captions are before the beginning of the "
		    "video and are left out",
		    talk + 1, r->before);
	log_msg(LOG_DEBUG, lang,
	    "talk %zu: captions=%zu, faster than %g characters/s: %zu",
	    talk + 1, r->captions, o->render.rules.columns_per_s, r->fast);
}

/* One language, in every format asked for. */
static void
write_language(const struct options *o, const struct talks *t,
    const struct render *chosen, const char *lang, const char *file_lang)
{
	struct render r = *chosen;
	struct render_report what = { 0 };
	size_t talk = t->ntalks > 1 && r.first == r.last ? r.first + 1 : 0;
	size_t len;
	char *text;

	r.lang = lang;
	for (int f = FORMAT_VTT; f <= FORMAT_TEXT; f++) {
		if (!o->formats[f])
			continue;
		r.format = (enum format)f;
		if ((text = render(t, &r, &len, &what)) == NULL)
			die(EX_OSERR, "out of memory");
		if (o->dir == NULL)
			save_stdout(text, len);
		else
			save_file(o->dir, o->file, talk, file_lang,
			    format_suffix(r.format), text, len);
		free(text);
	}
	report(o, file_lang, r.first, &what);
}

/* The one language that was spoken, or "source" if there were several. */
static const char *
spoken(json_t *langs)
{
	const char *each, *found = NULL;
	const json_t *value;

	json_object_foreach(langs, each, value)
	{
		if (!json_is_true(value))
			continue;
		if (found != NULL)
			return "source";
		found = each;
	}
	return found == NULL ? "source" : found;
}

/* Talks first to last as one.  False: nothing was said in them. */
static bool
write_talks(
    const struct options *o, const struct talks *t, size_t first, size_t last)
{
	json_t *langs = list_languages(t, first, last);
	struct render r = o->render;
	const char *lang, *source;
	const json_t *value;
	bool is_empty;

	if (langs == NULL)
		die(EX_OSERR, "out of memory");
	r.first = first;
	r.last = last;
	source = spoken(langs);
	is_empty = json_object_size(langs) == 0;
	if (is_empty) {
		json_decref(langs);
		return false;
	}
	if (o->is_all) {
		write_language(o, t, &r, "source", source);
		json_object_foreach(
		    langs, lang, value) if (strcmp(lang, source) != 0)
		    write_language(o, t, &r, lang, lang);
	}
	for (size_t i = 0; i < o->nlangs && o->langs != NULL; i++) {
		lang = o->langs[i];
		if (strcmp(lang, "source") == 0)
			write_language(o, t, &r, lang, source);
		else if (json_object_get(langs, lang) == NULL &&
			 !lang_same(lang, source))
			no_such_language(o, lang, langs);
		else
			write_language(o, t, &r, lang, lang);
	}
	if (o->langs == NULL && !o->is_all)
		write_language(o, t, &r, "source", source);
	json_decref(langs);
	return true;
}

static bool
write_all(const struct options *o, const struct talks *t)
{
	bool is_written = false;

	if (o->last > t->ntalks)
		die(EX_DATAERR, "there is no talk %zu in '%s': it has %zu",
		    o->last, name_of(o), t->ntalks);
	if (o->first > 0)
		return write_talks(o, t, o->first - 1, o->last - 1);
	if (t->ntalks > 1 && o->dir == NULL)
		die(EX_USAGE,
		    "there are %zu talks in '%s': choose with --talk (see "
		    "--list), or write all with -o",
		    t->ntalks, name_of(o));
	for (size_t i = 0; i < t->ntalks; i++)
		is_written |= write_talks(o, t, i, i);
	return is_written;
}

int
main(int argc, char **argv)
{
	struct options o = {
		.render.rules = { .max_columns = 42,
		    .max_lines = 2,
		    .columns_per_s = 17,
		    .min_ms = 1000,
		    .max_ms = 7000,
		    .gap_ms = 80 },
		.formats = { [FORMAT_VTT] = true },
		.nformats = 1,
	};
	struct talks t;
	int status;

	parse(argc, argv, &o);
	status = read_archive(&o, &t);
	talks_settle(&t, o.render.rules.columns_per_s);
	if (t.nstrays > 0)
		log_msg(LOG_WARN, NULL,
		    "%lu translations of utterances that are not in '%s'",
		    t.nstrays, name_of(&o));
	if (o.is_listing) {
		if (list_talks(stdout, &t) != 0)
			die(EX_OSERR, "out of memory");
		save_flush();
	} else if (!write_all(&o, &t)) {
		log_msg(
		    LOG_ERROR, NULL, "nothing was said in '%s'", name_of(&o));
		status = EX_DATAERR;
	}
	talks_release(&t);
	opt_list_free(o.langs);
	return status;
}
