#include "options.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "aws/client.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/opt.h"

/* The service's default quotas (PROTOCOL 5.1). */
#define STREAMS_DEFAULT 8
#define STREAMS_PER_S_DEFAULT 8.0
#define MAX_LAG_MS_DEFAULT 5000

static const char usage[] =
    "usage: synth [-r ROOM] [-t LANG,...] [--engine ENGINE] [--voice "
    "LANG=ID]... "
    "[options]\n"
    "       synth --check [--json] [options]\n"
    "Translation lines on standard input; the same, with audio, on standard "
    "output.\n"
    "\n"
    "  -r, --room ROOM          voice only what somebody in the room hears\n"
    "  -t, --target LANG,...    voice these languages (default: all that "
    "come)\n"
    "      --check              say what would be used, try it, and exit\n"
    "      --json               ... as JSON\n"
    "      --engine ENGINE      generative (default), neural or standard to "
    "begin with\n"
    "      --voice LANG=ID      this voice for that language; repeats\n"
    "      --encoding LIST      pcm (default), opus, or pcm,opus\n"
    "      --pcm LANG=PATH      the voice as raw PCM, into a FIFO or file; "
    "repeats\n"
    "      --pcm-silence        silence between sentences there\n"
    "      --max-lag-ms N       speak faster when later than this, then leave "
    "out\n"
    "                           (default 5000; 0: never)\n"
    "      --max-usd USD        pause when so much was spent\n"
    "      --pace PACE          realtime (default), or fast: audio at once\n"
    "      --streams N          streams at once (default 8, Polly's quota)\n"
    "      --streams-per-s N    new streams a second (default 8, Polly's "
    "quota)\n"
    "      --connections N      kept ready (default: a language each)\n"
    "      --warm N             streams held open ahead (default 0)\n"
    "      --region REGION      AWS region (default: AWS_REGION, profile)\n"
    "      --endpoint-url URL   service to use in place of AWS's\n"
    "      --profile NAME       profile of the AWS configuration files\n"
    "  -h, --help    -V, --version    -v, --verbose    -q, --quiet\n"
    "\n"
    "synth(1) has the details, booth-lines(5) the format.\n";

enum {
	OPT_ENGINE = 256,
	OPT_VOICE,
	OPT_MAX_LAG,
	OPT_MAX_USD,
	OPT_PACE,
	OPT_STREAMS,
	OPT_STREAMS_PER_S,
	OPT_WARM,
	OPT_CHECK,
	OPT_JSON,
	OPT_CONNECTIONS,
	OPT_ENCODING,
	OPT_PCM,
	OPT_PCM_SILENCE,
};

static const struct option longs[] = {
	{ "room", required_argument, NULL, 'r' },
	{ "target", required_argument, NULL, 't' },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "voice", required_argument, NULL, OPT_VOICE },
	{ "max-lag-ms", required_argument, NULL, OPT_MAX_LAG },
	{ "max-usd", required_argument, NULL, OPT_MAX_USD },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "streams", required_argument, NULL, OPT_STREAMS },
	{ "streams-per-s", required_argument, NULL, OPT_STREAMS_PER_S },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "encoding", required_argument, NULL, OPT_ENCODING },
	{ "pcm", required_argument, NULL, OPT_PCM },
	{ "pcm-silence", no_argument, NULL, OPT_PCM_SILENCE },
	{ "warm", required_argument, NULL, OPT_WARM },
	{ NULL, 0, NULL, 0 },
};

static void
set_tags(struct options *o, const char *value)
{
	char buf[LANG_TAG_MAX];

	opt_list_free(o->tags);
	o->tags = opt_list("-t", value, &o->ntags);
	for (size_t i = 0; i < o->ntags; i++) {
		char *tag;

		if (!lang_is_tag(o->tags[i]))
			opt_fail("-t: '%s' is no language tag such as es-ES",
			    o->tags[i]);
		tag = xstrdup(lang_canonical(o->tags[i], buf));
		free(o->tags[i]);
		o->tags[i] = tag;
	}
}

static void
add_voice(struct options *o, char *value)
{
	char *equals = strchr(value, '='), buf[LANG_TAG_MAX];
	const char *tag;

	if (equals == NULL || equals == value || equals[1] == '\0')
		opt_fail("--voice takes LANG=ID such as es-ES=Lucia, not '%s'",
		    value);
	if (o->nvoices == OPTIONS_VOICES_MAX)
		opt_fail(
		    "--voice is given more than %d times", OPTIONS_VOICES_MAX);
	*equals = '\0';
	if (!lang_is_tag(value))
		opt_fail("--voice: '%s' is no language tag", value);
	tag = xstrdup(lang_canonical(value, buf));
	o->voices[o->nvoices++] = (struct synth_voice){ tag, equals + 1 };
}

/* --pcm LANG=PATH */
static void
add_tap(struct options *o, char *value)
{
	char *equals = strchr(value, '='), buf[LANG_TAG_MAX];

	if (equals == NULL || equals == value || equals[1] == '\0')
		opt_fail("--pcm takes LANG=PATH such as es-ES=es.fifo, not "
			 "'%s'",
		    value);
	*equals = '\0';
	if (!lang_is_tag(value))
		opt_fail("--pcm: '%s' is no language tag", value);
	if (strcmp(equals + 1, "-") == 0)
		opt_fail("--pcm: standard output is for lines; name a FIFO or "
			 "a file");
	if (taps_add(&o->taps, lang_canonical(value, buf), equals + 1) != 0)
		die(EX_OSERR, "out of memory");
}

/* What is asked for twice, or cannot be. */
static void
check_options(struct options *o)
{
	if (o->is_json && !o->is_check)
		opt_fail("--json is the form of what --check says");
	if (o->fills_silence && o->taps.n == 0)
		opt_fail("--pcm-silence goes with --pcm");
	if (o->fills_silence && o->is_fast)
		opt_fail("--pcm-silence is in real time, --pace fast is not");
	for (size_t i = 0; o->tags != NULL && i < o->taps.n; i++) {
		char **tag = o->tags;

		while (*tag != NULL && strcmp(*tag, o->taps.taps[i]->tag) != 0)
			tag++;
		if (*tag == NULL)
			opt_fail("--pcm: '%s' is not among the languages of -t",
			    o->taps.taps[i]->tag);
	}
}

static unsigned int
parse_encodings(const char *value)
{
	static const char *const names[] = { "pcm", "opus", NULL };
	static const unsigned int bits[] = { VOICE_PCM, VOICE_OPUS };
	char **list = opt_list("--encoding", value, NULL);
	unsigned int encodings = 0;

	for (char **each = list; *each != NULL; each++)
		encodings |= bits[opt_choice("--encoding", *each, names)];
	opt_list_free(list);
	return encodings;
}

void
options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = { "synth", usage, "r:t:", longs,
		client_options };
	static const char *const paces[] = { "realtime", "fast", NULL };
	static const char *const engines[] = { "generative", "neural",
		"standard", NULL };
	int c;

	memset(o, 0, sizeof(*o));
	o->engine = POLLY_GENERATIVE;
	o->max_lag_ms = MAX_LAG_MS_DEFAULT;
	o->streams = STREAMS_DEFAULT;
	o->streams_per_s = STREAMS_PER_S_DEFAULT;
	o->connections = -1;
	o->encodings = VOICE_PCM;
	taps_init(&o->taps);
	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case 'r':
			o->room = optarg;
			break;
		case 't':
			set_tags(o, optarg);
			break;
		case OPT_ENGINE:
			o->engine = polly_engine_parse(
			    engines[opt_choice("--engine", optarg, engines)]);
			break;
		case OPT_VOICE:
			add_voice(o, optarg);
			break;
		case OPT_MAX_LAG:
			o->max_lag_ms =
			    opt_num("--max-lag-ms", optarg, 0, 3600000);
			break;
		case OPT_MAX_USD:
			o->max_usd = opt_real("--max-usd", optarg, 0, 1e6);
			break;
		case OPT_WARM:
			o->warm = (size_t)opt_num("--warm", optarg, 0, 64);
			break;
		case OPT_PACE:
			o->is_fast = opt_choice("--pace", optarg, paces) == 1;
			break;
		case OPT_STREAMS:
			o->streams =
			    (unsigned int)opt_num("--streams", optarg, 1, 1000);
			break;
		case OPT_STREAMS_PER_S:
			o->streams_per_s = opt_real(
			    "--streams-per-s", optarg, 0.1, QUOTA_PER_S_MAX);
			break;
		case OPT_CHECK:
			o->is_check = true;
			break;
		case OPT_JSON:
			o->is_json = true;
			break;
		case OPT_CONNECTIONS:
			o->connections =
			    (long)opt_num("--connections", optarg, 0, 64);
			break;
		case OPT_ENCODING:
			o->encodings = parse_encodings(optarg);
			break;
		case OPT_PCM:
			add_tap(o, optarg);
			break;
		case OPT_PCM_SILENCE:
			o->fills_silence = true;
			break;
		default:
			client_option(&o->config, c, optarg);
			break;
		}
	}
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
	/* Recorded lines come all at once: nothing is late then. */
	if (o->is_fast)
		o->max_lag_ms = 0;
	check_options(o);
}

void
options_release(struct options *o)
{
	for (size_t i = 0; i < o->nvoices; i++)
		free((char *)o->voices[i].tag);
	opt_list_free(o->tags);
	taps_release(&o->taps);
}
