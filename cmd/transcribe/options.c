#include "options.h"

#include <stdio.h>
#include <string.h>

#include "aws/client.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/pcm.h"

/* A session's end, five minutes before the service ends it. */
#define MAX_SESSION_MS (TRANSCRIBE_SESSION_LIMIT_MS - 5 * 60 * 1000)
/* More are not advised (PROTOCOL 4.1). */
#define LANGUAGES_ADVISED 5

static const char usage[] =
    "usage: transcribe -l LANG | --identify LANG,LANG,... [options] [FILE]\n"
    "       transcribe --check [--json] -l LANG | --identify ... [options]\n"
    "Speech (PCM on standard input, or a sound FILE) to transcript lines.\n"
    "\n"
    "  -l, --language LANG         what is spoken: en-US, it-IT, ...\n"
    "      --identify LANG,LANG,.. let the service choose among these\n"
    "      --preferred LANG        the likeliest of them\n"
    "      --multiple              it may change in mid-talk\n"
    "      --stability LEVEL       low, medium or high: partials settle early\n"
    "      --no-partials           finals only\n"
    "      --vocabulary NAME       custom vocabulary of the account\n"
    "      --vocabulary-filter NAME\n"
    "                              words to mask, remove or tag\n"
    "      --vocabulary-filter-method HOW\n"
    "                              mask, remove or tag\n"
    "      --language-model NAME   custom language model of the account\n"
    "      --speakers              tell speakers apart\n"
    "      --channels N            2: stereo, each channel a transcript\n"
    "      --pii HOW               redact or identify personal data\n"
    "      --pii-types TYPE,...    these only: NAME,EMAIL,...\n"
    "      --pace PACE             realtime (default), or fast: for stand-ins\n"
    "      --max-session-s N       change over to a new session before N s\n"
    "  -r, --room ROOM             the room: its pause, and levels for it\n"
    "      --max-usd USD           pause when so much has been spent\n"
    "      --check                 say what would be used, try it, and exit\n"
    "      --json                  ... as JSON\n"
    "      --region REGION         AWS region (default: AWS_REGION, profile)\n"
    "      --endpoint-url URL      service to use in place of AWS's\n"
    "      --profile NAME          profile of the AWS configuration files\n"
    "  -h, --help    -V, --version    -v, --verbose    -q, --quiet\n"
    "\n"
    "transcribe(1) has the details, booth-lines(5) the format.\n";

enum {
	OPT_IDENTIFY = 256,
	OPT_PREFERRED,
	OPT_MULTIPLE,
	OPT_STABILITY,
	OPT_NO_PARTIALS,
	OPT_VOCABULARY,
	OPT_VOCABULARY_FILTER,
	OPT_VOCABULARY_FILTER_METHOD,
	OPT_LANGUAGE_MODEL,
	OPT_SPEAKERS,
	OPT_CHANNELS,
	OPT_PII,
	OPT_PII_TYPES,
	OPT_PACE,
	OPT_MAX_SESSION_S,
	OPT_MAX_USD,
	OPT_CHECK,
	OPT_JSON,
};

static const struct option longs[] = {
	{ "language", required_argument, NULL, 'l' },
	{ "identify", required_argument, NULL, OPT_IDENTIFY },
	{ "preferred", required_argument, NULL, OPT_PREFERRED },
	{ "multiple", no_argument, NULL, OPT_MULTIPLE },
	{ "stability", required_argument, NULL, OPT_STABILITY },
	{ "no-partials", no_argument, NULL, OPT_NO_PARTIALS },
	{ "vocabulary", required_argument, NULL, OPT_VOCABULARY },
	{ "vocabulary-filter", required_argument, NULL, OPT_VOCABULARY_FILTER },
	{ "vocabulary-filter-method", required_argument, NULL,
	    OPT_VOCABULARY_FILTER_METHOD },
	{ "language-model", required_argument, NULL, OPT_LANGUAGE_MODEL },
	{ "speakers", no_argument, NULL, OPT_SPEAKERS },
	{ "channels", required_argument, NULL, OPT_CHANNELS },
	{ "pii", required_argument, NULL, OPT_PII },
	{ "pii-types", required_argument, NULL, OPT_PII_TYPES },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "max-session-s", required_argument, NULL, OPT_MAX_SESSION_S },
	{ "room", required_argument, NULL, 'r' },
	{ "max-usd", required_argument, NULL, OPT_MAX_USD },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "json", no_argument, NULL, OPT_JSON },
	{ NULL, 0, NULL, 0 },
};

/* A tag as the lines carry it, and the service's code for it. */
static void
set_language(const char *option, const char *tag, char lang[LANG_TAG_MAX],
    char code[LANG_TAG_MAX])
{
	char buf[LANG_TAG_MAX];

	if (!lang_is_tag(tag))
		opt_fail("%s takes a language tag such as en-US, not '%s'",
		    option, tag);
	snprintf(lang, LANG_TAG_MAX, "%s", lang_canonical(tag, buf));
	snprintf(code, LANG_TAG_MAX, "%s", lang_for_transcribe(tag, buf));
}

static void
set_identify(struct options *o, const char *value)
{
	char **list, lang[LANG_TAG_MAX], code[LANG_TAG_MAX];
	size_t n, used = 0;

	list = opt_list("--identify", value, &n);
	if (n < 2)
		opt_fail(
		    "--identify takes two languages or more, not '%s'", value);
	for (size_t i = 0; i < n; i++) {
		if (!lang_is_tag(list[i]))
			opt_fail(
			    "--identify: '%s' is no language tag", list[i]);
		set_language("--identify", list[i], lang, code);
		if (i == 0)
			memcpy(o->lang, lang, sizeof(lang));
		used += (size_t)snprintf(o->identify + used,
		    sizeof(o->identify) - used, "%s%s", i == 0 ? "" : ",",
		    code);
		if (used >= sizeof(o->identify))
			opt_fail("--identify names too many languages");
	}
	o->nidentify = n;
	opt_list_free(list);
}

/* Options that are parameters of the service.  False: c is none of them. */
static bool
service_option(struct options *o, int c, const char *value)
{
	static const char *const levels[] = { "low", "medium", "high", NULL };
	static const char *const methods[] = { "mask", "remove", "tag", NULL };
	static const char *const piis[] = { "redact", "identify", NULL };
	struct transcribe_params *p = &o->params;

	switch (c) {
	case OPT_STABILITY:
		p->stability = levels[opt_choice("--stability", value, levels)];
		break;
	case OPT_VOCABULARY:
		p->vocabulary = value;
		break;
	case OPT_VOCABULARY_FILTER:
		p->vocabulary_filter = value;
		break;
	case OPT_VOCABULARY_FILTER_METHOD:
		p->vocabulary_filter_method = methods[opt_choice(
		    "--vocabulary-filter-method", value, methods)];
		break;
	case OPT_LANGUAGE_MODEL:
		p->language_model = value;
		break;
	case OPT_SPEAKERS:
		p->show_speakers = true;
		break;
	case OPT_CHANNELS:
		p->channels = (unsigned int)opt_num("--channels", value, 1, 2);
		break;
	case OPT_PII:
		p->pii_redact = p->pii_identify = NULL;
		if (opt_choice("--pii", value, piis) == 0)
			p->pii_redact = "PII";
		else
			p->pii_identify = "PII";
		break;
	case OPT_PII_TYPES:
		p->pii_entity_types = value;
		break;
	default:
		return false;
	}
	return true;
}

static void
set_room(struct options *o, const char *value)
{
	int rc = room_init(&o->room, NULL, value);

	if (rc != 0)
		opt_fail("-r '%s': %s", value, room_strerror(rc));
	o->has_room = true;
}

static void
read_option(struct options *o, int c, const char *value)
{
	static const char *const paces[] = { "realtime", "fast", NULL };
	char lang[LANG_TAG_MAX];

	switch (c) {
	case 'l':
		set_language("-l", value, o->lang, o->code);
		break;
	case OPT_IDENTIFY:
		set_identify(o, value);
		break;
	case OPT_PREFERRED:
		set_language("--preferred", value, lang, o->preferred);
		break;
	case OPT_MULTIPLE:
		o->params.identify_multiple = true;
		break;
	case OPT_NO_PARTIALS:
		o->no_partials = true;
		break;
	case OPT_PACE:
		o->is_fast = opt_choice("--pace", value, paces) == 1;
		break;
	case OPT_MAX_SESSION_S:
		o->max_session_ms =
		    1000 * opt_num("--max-session-s", value, 2,
			       TRANSCRIBE_SESSION_LIMIT_MS / 1000);
		break;
	case 'r':
		set_room(o, value);
		break;
	case OPT_MAX_USD:
		o->max_usd = opt_real("--max-usd", value, 1e-6, 1e6);
		break;
	case OPT_CHECK:
		o->is_check = true;
		break;
	case OPT_JSON:
		o->is_json = true;
		break;
	default:
		if (!service_option(o, c, value))
			client_option(&o->config, c, value);
		break;
	}
}

/* What the service would refuse costs nothing yet. */
static void
check_params(struct options *o)
{
	struct h2_header headers[BIDI_HEADERS_MAX];
	struct transcribe_scratch scratch;
	char why[128], buf[LANG_TAG_MAX];

	o->params.language_code = o->code;
	o->params.language_options = o->identify;
	o->params.preferred_language = o->preferred;
	o->params.sample_rate_hz = PCM_RATE_HZ;
	if (transcribe_headers(
		&o->params, &scratch, headers, why, sizeof(why)) < 0)
		opt_fail("%s", why);
	if (o->nidentify > LANGUAGES_ADVISED)
		log_msg(LOG_WARN, NULL,
		    "--identify with more than %d languages finds the wrong "
		    "one more often",
		    LANGUAGES_ADVISED);
	/* Until the service knows better. */
	if (o->preferred[0] != '\0')
		snprintf(o->lang, sizeof(o->lang), "%s",
		    lang_from_transcribe(o->preferred, buf));
}

void
options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = { "transcribe", usage,
		"l:r:", longs, client_options };
	int c;

	memset(o, 0, sizeof(*o));
	o->max_session_ms = MAX_SESSION_MS;
	while ((c = opt_next(argc, argv, &spec)) != -1)
		read_option(o, c, optarg);
	if ((o->code[0] == '\0') == (o->identify[0] == '\0'))
		opt_fail("give either -l LANG or --identify LANG,LANG,...");
	if (o->is_json && !o->is_check)
		opt_fail("--json is the form of what --check says");
	if (argc - optind > 1)
		opt_fail("one FILE at most, not '%s'", argv[optind + 1]);
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		o->file = argv[optind];
	if (o->is_check && o->file != NULL)
		opt_fail("--check takes no FILE");
	check_params(o);
}
