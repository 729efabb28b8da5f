/*
 * translate: `transcript` lines in, the same and `translation` lines out.  See
 * man/translate.1.
 */
#include <string.h>

#include "base/lang.h"
#include "base/opt.h"
#include "check.h"
#include "room/room.h"
#include "run.h"

#define DEADLINE_MS 10000
/* Our choice: a phone that loads its page again is back by then. */
#define LINGER_MS 3000
/* Ours: each language is a call per sentence. */
#define MAX_TARGETS 64

static const char usage[] =
    "usage: translate -t LANG,LANG,... [options]\n"
    "       translate -t wanted -r ROOM [options]\n"
    "       translate --check [--json] -t LANG,... [options]\n"
    "Transcript lines to transcript and translation lines.\n"
    "\n"
    "  -t, --target LANG,...       languages to translate to: es-ES,fr-FR\n"
    "  -t, --target wanted         ... that somebody in the room listens to\n"
    "  -r, --room ROOM             the room: its listeners, its pause\n"
    "      --languages LANG,...    what can be wanted (default: all)\n"
    "      --linger-ms N           go on for N after the last listener (3000)\n"
    "      --max-usd USD           pause when so much has been spent\n"
    "  -s, --source LANG           what is spoken (default: each line's lang)\n"
    "      --terminology NAME      custom terminology of the account\n"
    "      --formality LEVEL       formal or informal, where supported\n"
    "      --profanity mask        mask profane words\n"
    "      --brevity on            shorter translations, where supported\n"
    "      --glossary FILE         terms and names, as booth-glossary(5) says\n"
    "      --deadline-ms N         wait for a translation (default: 10000)\n"
    "      --check                 say what would be used, try it, and exit\n"
    "      --json                  with --check: as one JSON object\n"
    "      --region REGION         AWS region (default: AWS_REGION, profile)\n"
    "      --endpoint-url URL      service to use in place of AWS's\n"
    "      --profile NAME          profile of the AWS configuration files\n"
    "  -h, --help    -V, --version    -v, --verbose    -q, --quiet\n"
    "\n"
    "translate(1) has the details, booth-lines(5) the format.\n";

enum {
	OPT_TERMINOLOGY = 256,
	OPT_FORMALITY,
	OPT_PROFANITY,
	OPT_BREVITY,
	OPT_DEADLINE_MS,
	OPT_CHECK,
	OPT_GLOSSARY,
	OPT_JSON,
	OPT_LANGUAGES,
	OPT_LINGER_MS,
	OPT_MAX_USD,
};

static const struct option longs[] = {
	{ "target", required_argument, NULL, 't' },
	{ "source", required_argument, NULL, 's' },
	{ "terminology", required_argument, NULL, OPT_TERMINOLOGY },
	{ "formality", required_argument, NULL, OPT_FORMALITY },
	{ "profanity", required_argument, NULL, OPT_PROFANITY },
	{ "brevity", required_argument, NULL, OPT_BREVITY },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "deadline-ms", required_argument, NULL, OPT_DEADLINE_MS },
	{ "glossary", required_argument, NULL, OPT_GLOSSARY },
	{ "languages", required_argument, NULL, OPT_LANGUAGES },
	{ "linger-ms", required_argument, NULL, OPT_LINGER_MS },
	{ "max-usd", required_argument, NULL, OPT_MAX_USD },
	{ "room", required_argument, NULL, 'r' },
	{ NULL, 0, NULL, 0 },
};

/* Known languages once each, whatever their spelling. */
static char **
take_languages(const char *option, const char *value, size_t max, size_t *n)
{
	char a[LANG_TAG_MAX], b[LANG_TAG_MAX], **list;
	size_t i, j;

	list = opt_list(option, value, n);
	if (*n > max)
		opt_fail(
		    "%s takes up to %zu languages, not %zu", option, max, *n);
	for (i = 0; i < *n; i++)
		if (!lang_is_tag(list[i]))
			opt_fail("%s takes language tags such as es-ES, not "
				 "'%s'",
			    option, list[i]);
	for (i = 0; i < *n; i++)
		for (j = 0; j < i; j++)
			if (strcmp(lang_canonical(list[i], a),
				lang_canonical(list[j], b)) == 0)
				opt_fail("%s: '%s' and '%s' are one language",
				    option, list[j], list[i]);
	return list;
}

static void
set_targets(struct options *o, const char *value)
{
	opt_list_free(o->targets);
	o->targets = NULL;
	o->ntargets = 0;
	o->is_on_demand = strcmp(value, "wanted") == 0;
	if (!o->is_on_demand)
		o->targets =
		    take_languages("-t", value, MAX_TARGETS, &o->ntargets);
}

static void
set_languages(struct options *o, const char *value)
{
	opt_list_free(o->languages);
	o->languages =
	    take_languages("--languages", value, TARGETS_MAX, &o->nlanguages);
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
set_source(struct options *o, const char *value)
{
	if (strcmp(value, UTTERANCE_AUTO) != 0 && !lang_is_tag(value))
		opt_fail("-s takes a language tag such as en-US, or auto, not "
			 "'%s'",
		    value);
	o->source = value;
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = { "translate", usage,
		"r:t:s:", longs, client_options };
	static const char *const formalities[] = { "formal", "informal", NULL };
	static const char *const masks[] = { "mask", NULL };
	static const char *const switches[] = { "on", "off", NULL };
	int c;

	memset(o, 0, sizeof(*o));
	o->deadline_ms = DEADLINE_MS;
	o->linger_ms = LINGER_MS;
	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case 't':
			set_targets(o, optarg);
			break;
		case 'r':
			set_room(o, optarg);
			break;
		case 's':
			set_source(o, optarg);
			break;
		case OPT_TERMINOLOGY:
			o->translate.terminology = optarg;
			break;
		case OPT_FORMALITY:
			o->translate.formality =
			    opt_choice("--formality", optarg, formalities) == 0
				? "FORMAL"
				: "INFORMAL";
			break;
		case OPT_PROFANITY:
			opt_choice("--profanity", optarg, masks);
			o->translate.profanity = "MASK";
			break;
		case OPT_BREVITY:
			o->translate.brevity =
			    opt_choice("--brevity", optarg, switches) == 0
				? "ON"
				: NULL;
			break;
		case OPT_DEADLINE_MS:
			o->deadline_ms =
			    opt_num("--deadline-ms", optarg, 100, 600000);
			break;
		case OPT_CHECK:
			o->is_check = true;
			break;
		case OPT_JSON:
			o->is_json = true;
			break;
		case OPT_LANGUAGES:
			set_languages(o, optarg);
			break;
		case OPT_LINGER_MS:
			o->linger_ms =
			    opt_num("--linger-ms", optarg, 0, 600000);
			break;
		case OPT_MAX_USD:
			o->max_usd = opt_real("--max-usd", optarg, 1e-6, 1e6);
			break;
		case OPT_GLOSSARY:
			o->glossary = optarg;
			break;
		default:
			client_option(&o->config, c, optarg);
			break;
		}
	}
	if (o->targets == NULL && !o->is_on_demand)
		opt_fail("-t LANG,LANG,... is missing: languages to translate "
			 "to");
	if (o->is_on_demand && !o->has_room)
		opt_fail("-t wanted needs -r ROOM: whose listeners?");
	if (o->languages != NULL && !o->is_on_demand)
		opt_fail("--languages is for -t wanted: -t names them");
	if (o->is_json && !o->is_check)
		opt_fail("--json is the form of what --check says");
	if (optind < argc)
		opt_fail("no operand is taken, not '%s': lines come on "
			 "standard input",
		    argv[optind]);
}

int
main(int argc, char **argv)
{
	static struct run r;
	struct loop loop;
	int status;

	parse_options(&r.options, argc, argv);
	if (r.options.is_check)
		return check_run(&r.options, r.options.is_json);
	run_init(&r);
	loop_init(&loop);
	while (run_turn(&r, &loop))
		continue;
	status = run_finish(&r);
	loop_release(&loop);
	run_release(&r);
	return status;
}
