/* capture(1): sound from a device or a file, as PCM on standard output. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "audio/device.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/pcm.h"
#include "base/stop.h"
#include "capture.h"

static const char usage[] =
    "usage: capture [-qv] [-c channel | mix] [-d device] [--meter]\n"
    "               [--seconds n]\n"
    "       capture [-qv] -f file ... [-c channel | mix] [--from s] [--loop]\n"
    "               [--meter] [--pace realtime | fast] [--seconds n]\n"
    "       capture -l\n"
    "\n"
    "Sound from a device or a file to standard output: 16-bit little-endian\n"
    "PCM, 16000 Hz, mono.\n"
    "\n"
    "  -l, --list             list the devices that can record\n"
    "  -d, --device DEVICE    number or (part of) name; default: the "
    "system's\n"
    "  -f, --file FILE        a sound file or film, - for standard input;\n"
    "                         repeats\n"
    "  -c, --channel N|mix    one channel, from 1, or the mean of all\n"
    "      --from S           leave out so many seconds at the beginning\n"
    "      --loop             play the files again and again\n"
    "      --pace PACE        realtime (default) or fast, for files\n"
    "      --seconds N        stop after N seconds of sound\n"
    "      --meter            show the level on the terminal\n"
    "  -v, -q, -h, -V         more messages, errors only, this, version\n";

enum {
	OPT_FROM = 256,
	OPT_LOOP,
	OPT_METER,
	OPT_PACE,
	OPT_SECONDS
};

static const struct option longs[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "device", required_argument, NULL, 'd' },
	{ "file", required_argument, NULL, 'f' },
	{ "channel", required_argument, NULL, 'c' },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "loop", no_argument, NULL, OPT_LOOP },
	{ "meter", no_argument, NULL, OPT_METER },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ NULL, 0, NULL, 0 },
};

static const struct opt_spec spec = { "capture", usage, "lc:d:f:", longs,
	NULL };

/* What is not for play_files() or record_device(). */
struct settings {
	bool is_listing;
	bool has_channel;
	bool has_pace;
	bool wants_meter;
	uint64_t max_frames;
};

static void
parse(
    int argc, char **argv, struct capture_options *o, struct settings *settings)
{
	static const char *const paces[] = { "realtime", "fast", NULL };
	int c;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case 'l':
			settings->is_listing = true;
			break;
		case 'd':
			o->device = optarg;
			break;
		case 'f':
			o->files[o->nfiles++] = optarg;
			break;
		case 'c':
			settings->has_channel = true;
			o->channel =
			    strcmp(optarg, "mix") == 0
				? MIXDOWN_MIX
				: (unsigned int)opt_num("-c", optarg, 1, 1024);
			break;
		case OPT_FROM:
			o->from_frames = (uint64_t)llround(
			    opt_real("--from", optarg, 0, 1e9) * PCM_RATE_HZ);
			break;
		case OPT_LOOP:
			o->is_looping = true;
			break;
		case OPT_METER:
			settings->wants_meter = true;
			break;
		case OPT_PACE:
			settings->has_pace = true;
			o->is_fast = opt_choice("--pace", optarg, paces) == 1;
			break;
		case OPT_SECONDS:
			settings->max_frames = (uint64_t)llround(
			    opt_real("--seconds", optarg, 0.001, 1e9) *
			    PCM_RATE_HZ);
			break;
		}
	}
	if (optind < argc)
		opt_fail(
		    "unexpected '%s'; a file is given with -f", argv[optind]);
}

/* Wrong calls that getopt cannot see. */
static void
check(const struct capture_options *o, const struct settings *settings)
{
	size_t stdins = 0;

	if (o->nfiles > 0 && o->device != NULL)
		opt_fail("-d and -f exclude each other");
	if (o->nfiles == 0 &&
	    (o->is_looping || settings->has_pace || o->from_frames > 0))
		opt_fail("--from, --loop and --pace are for files (-f)");
	for (size_t i = 0; i < o->nfiles; i++)
		stdins += strcmp(o->files[i], "-") == 0;
	if (stdins > 1 || (stdins > 0 && o->is_looping))
		opt_fail("standard input can be played only once");
	if (stdins > 0 && isatty(STDIN_FILENO))
		opt_fail("standard input is a terminal, not a sound");
	if (isatty(STDOUT_FILENO))
		opt_fail("PCM on a terminal; pipe it into transcribe or "
			 "redirect it");
}

static struct meter *
make_meter(struct meter *m, bool is_wanted)
{
	if (!is_wanted)
		return NULL;
	if (!isatty(STDERR_FILENO)) {
		log_msg(LOG_WARN, NULL,
		    "--meter needs a terminal on standard error; there is "
		    "none");
		return NULL;
	}
	meter_init(m, STDERR_FILENO);
	return m;
}

int
main(int argc, char **argv)
{
	struct capture_options o = { .channel = MIXDOWN_MIX };
	struct settings settings = { .max_frames = UINT64_MAX };
	struct meter meter_room, *meter;
	struct sink sink;
	struct loop l;
	int status;

	o.files = xcalloc((size_t)argc, sizeof(*o.files));
	parse(argc, argv, &o, &settings);
	if (settings.is_listing) {
		free(o.files);
		return list_devices();
	}
	check(&o, &settings);
	if (o.nfiles == 0 && !settings.has_channel)
		o.channel = DEVICE_FIRST_TWO;
	loop_init(&l);
	meter = make_meter(&meter_room, settings.wants_meter);
	/* Before anything else may get the number of a closed stdout. */
	if (sink_init(&sink, STDOUT_FILENO, settings.max_frames, meter) != 0)
		die(EX_IOERR, "cannot write to standard output: %s",
		    strerror(out_errno(&sink.out)));
	if (stop_init() != 0)
		die(EX_OSERR, "cannot watch for signals");
	status = o.nfiles > 0 ? play_files(&o, &sink, &l)
	                      : record_device(&o, &sink, &l);
	status = sink_finish(&sink, &l, status);
	meter_hide(meter);
	sink_release(&sink);
	loop_release(&l);
	free(o.files);
	return status;
}
