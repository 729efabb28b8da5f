/*
 * translate: `transcript` lines in, the same and `translation` lines out.  See
 * man/translate.1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/http_call.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/stop.h"
#include "report.h"
#include "stage.h"

/* Lines are small; a reader that is so far behind has stalled. */
#define OUT_HIGH_BYTES (256 * 1024)
/* At the end: for a slow reader to take what is left. */
#define DRAIN_MS 10000
/* After a signal: for the service's last answers. */
#define STOP_MS 5000
#define DEADLINE_MS 10000
/* Connections opened ahead of the first sentence. */
#define MAX_WARM 8
/* Ours: each language is a call per sentence. */
#define MAX_TARGETS 64

static const char usage[] =
    "usage: translate -t LANG,LANG,... [options]\n"
    "Transcript lines to transcript and translation lines.\n"
    "\n"
    "  -t, --target LANG,...       languages to translate to: es-ES,fr-FR\n"
    "  -s, --source LANG           what is spoken (default: each line's lang)\n"
    "      --terminology NAME      custom terminology of the account\n"
    "      --formality LEVEL       formal or informal, where supported\n"
    "      --profanity mask        mask profane words\n"
    "      --brevity on            shorter translations, where supported\n"
    "      --glossary FILE         terms and names, as booth-glossary(5) says\n"
    "      --deadline-ms N         wait for a translation (default: 10000)\n"
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
	OPT_GLOSSARY,
};

static const struct option longs[] = {
	{ "target", required_argument, NULL, 't' },
	{ "source", required_argument, NULL, 's' },
	{ "terminology", required_argument, NULL, OPT_TERMINOLOGY },
	{ "formality", required_argument, NULL, OPT_FORMALITY },
	{ "profanity", required_argument, NULL, OPT_PROFANITY },
	{ "brevity", required_argument, NULL, OPT_BREVITY },
	{ "deadline-ms", required_argument, NULL, OPT_DEADLINE_MS },
	{ "glossary", required_argument, NULL, OPT_GLOSSARY },
	{ NULL, 0, NULL, 0 },
};

struct options {
	char **targets; /* NULL-ended */
	size_t ntargets;
	const char *source;   /* tag, "auto", or NULL */
	const char *glossary; /* path, or NULL */
	int64_t deadline_ms;
	struct translate_options translate;
	struct config_options config;
};

struct translate {
	struct options options;
	struct client client;
	struct http_caller *caller;
	struct target_setup setup;
	struct target *targets;
	struct stage stage;
	struct out out;
	struct glossary_watch glossary;
	bool has_credentials; /* asked once, before anything is read */
	int64_t stopped_at_ms;
	int status;
};

/* Known languages once each, whatever their spelling. */
static void
set_targets(struct options *o, const char *value)
{
	char a[LANG_TAG_MAX], b[LANG_TAG_MAX];
	size_t i, j;

	opt_list_free(o->targets);
	o->targets = opt_list("-t", value, &o->ntargets);
	if (o->ntargets > MAX_TARGETS)
		opt_fail("-t takes up to %d languages, not %zu", MAX_TARGETS,
		    o->ntargets);
	for (i = 0; i < o->ntargets; i++)
		if (!lang_is_tag(o->targets[i]))
			opt_fail("-t takes language tags such as es-ES, not "
				 "'%s'",
			    o->targets[i]);
	for (i = 0; i < o->ntargets; i++)
		for (j = 0; j < i; j++)
			if (strcmp(lang_canonical(o->targets[i], a),
				lang_canonical(o->targets[j], b)) == 0)
				opt_fail("-t: '%s' and '%s' are one language",
				    o->targets[j], o->targets[i]);
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
	static const struct opt_spec spec = { "translate", usage, "t:s:", longs,
		client_options };
	static const char *const formalities[] = { "formal", "informal", NULL };
	static const char *const masks[] = { "mask", NULL };
	static const char *const switches[] = { "on", "off", NULL };
	int c;

	memset(o, 0, sizeof(*o));
	o->deadline_ms = DEADLINE_MS;
	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case 't':
			set_targets(o, optarg);
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
		case OPT_GLOSSARY:
			o->glossary = optarg;
			break;
		default:
			client_option(&o->config, c, optarg);
			break;
		}
	}
	if (o->targets == NULL)
		opt_fail("-t LANG,LANG,... is missing: languages to translate "
			 "to");
	if (optind < argc)
		opt_fail("no operand is taken, not '%s': lines come on "
			 "standard input",
		    argv[optind]);
}

/* All languages take the glossary that is in use now. */
static void
give_glossary(struct translate *t)
{
	size_t i;

	for (i = 0; i < t->options.ntargets; i++)
		if (target_set_glossary(&t->targets[i], t->glossary.glossary) !=
		    0)
			die(EX_OSERR, "out of memory");
}

static void
watch_glossary(struct translate *t, int64_t now_ms)
{
	enum glossary_news news = glossary_watch_dispatch(&t->glossary, now_ms);

	if (news == GLOSSARY_SAME)
		return;
	report_glossary(&t->out, &t->glossary, news == GLOSSARY_BROKEN);
	if (news == GLOSSARY_NEW)
		give_glossary(t);
}

/* Everything that can be wrong before a line is read is said here. */
static void
set_up(struct translate *t)
{
	char err[512];
	struct http *http;
	size_t i;
	int rc;

	rc = glossary_watch_init(&t->glossary, t->options.glossary);
	if (rc != 0)
		die(rc == GLOSSARY_ERR_SYS ? EX_NOINPUT : EX_CONFIG, "%s",
		    t->glossary.why);
	rc = client_open(&t->client, ENDPOINT_TRANSLATE, &t->options.config,
	    clock_wall_ms(), err, sizeof(err));
	if (rc != 0)
		die(client_exit_status(rc), "%s", err);
	for (i = 0; client_warning(&t->client, i, err, sizeof(err)); i++)
		log_msg(LOG_WARN, NULL, "%s", err);
	if ((http = http_new(t->client.config.ca_bundle)) == NULL)
		die(EX_OSERR, "out of memory");
	t->caller = http_caller_new(http, t->client.provider,
	    t->client.config.max_attempts,
	    (uint64_t)getpid() << 32 ^ (uint64_t)clock_mono_ms());
	if (t->caller == NULL)
		die(EX_OSERR, "out of memory");
	if (stop_init() != 0 ||
	    out_init(&t->out, STDOUT_FILENO, OUT_HIGH_BYTES) != 0)
		die(EX_OSERR, "cannot use standard output");
	t->setup.caller = t->caller;
	t->setup.endpoint = &t->client.endpoint;
	t->setup.options = t->options.translate;
	t->setup.deadline_ms = t->options.deadline_ms;
	t->setup.out = &t->out;
	t->targets = xcalloc(t->options.ntargets, sizeof(*t->targets));
	for (i = 0; i < t->options.ntargets; i++)
		target_init(&t->targets[i], &t->setup, t->options.targets[i]);
	if (t->glossary.glossary != NULL)
		give_glossary(t);
	stage_init(&t->stage, STDIN_FILENO, &t->setup, t->targets,
	    t->options.ntargets, t->options.source);
}

static void
on_warm(void *arg, const struct http_answer *answer)
{
	struct translate *t = arg;

	if (answer->error.class != SERVICE_ERROR_NONE) {
		report_unreachable(&t->setup, &answer->error);
		return;
	}
	report_ready(&t->out, t->targets, t->options.ntargets);
}

/* Without credentials there is nothing to begin with; with them, connections
 * are opened ahead of the first sentence. */
static void
check_credentials(struct translate *t)
{
	struct credentials *c;
	int state = credentials_get(t->client.provider, clock_wall_ms(), &c);
	size_t n = t->options.ntargets;

	if (state == CREDENTIALS_PENDING)
		return;
	if (state == CREDENTIALS_ERR_EXPIRED)
		die(EX_NOPERM, "%s", credentials_error(t->client.provider));
	if (state != CREDENTIALS_READY && state != CREDENTIALS_ERR_FETCH)
		die(EX_CONFIG, "%s", credentials_error(t->client.provider));
	credentials_unref(c);
	log_msg(LOG_DEBUG, NULL, "credentials: %s, endpoint: %s",
	    state == CREDENTIALS_READY
		? credentials_describe(t->client.provider)
		: credentials_error(t->client.provider),
	    t->client.endpoint.authority);
	t->has_credentials = true;
	if (http_warm(http_caller_http(t->caller), &t->client.endpoint,
		(unsigned int)(n < MAX_WARM ? n : MAX_WARM), on_warm, t) != 0)
		die(EX_OSERR, "out of memory");
}

/* A signal asks us to leave: false when it is time. */
static bool
heed_signals(struct translate *t, int64_t now_ms)
{
	if (stop_count() == 0)
		return true;
	if (t->stopped_at_ms == 0) {
		log_msg(LOG_INFO, NULL, "stopping: waiting for what was sent");
		t->stopped_at_ms = now_ms;
		stage_stop(&t->stage);
	}
	if (t->has_credentials && stop_count() == 1 &&
	    now_ms - t->stopped_at_ms < STOP_MS)
		return true;
	t->status = 128 + stop_signal();
	return false;
}

/* What failed for all: false. */
static bool
is_sound(struct translate *t)
{
	int rc = t->stage.failure;
	size_t i;

	for (i = 0; i < t->options.ntargets && rc == 0; i++)
		rc = t->targets[i].failure;
	if (rc == OUT_ERR_NOMEM) {
		log_msg(LOG_ERROR, NULL, "out of memory");
		t->status = EX_OSERR;
	}
	return rc == 0;
}

/* Returns false when it is time to leave. */
static bool
turn(struct translate *t, struct loop *l)
{
	size_t i, n = t->options.ntargets;
	int64_t now_ms;

	loop_begin(l);
	stop_prepare(l);
	if (t->has_credentials)
		stage_prepare(&t->stage, l);
	credentials_prepare(t->client.provider, l);
	http_caller_prepare(t->caller, l);
	out_prepare(&t->out, l);
	glossary_watch_prepare(&t->glossary, l);
	if (t->stopped_at_ms != 0)
		loop_deadline(l, t->stopped_at_ms + STOP_MS);
	if (loop_wait(l) < 0)
		die(EX_OSERR, "cannot wait for events");
	now_ms = clock_mono_ms();

	if (!heed_signals(t, now_ms))
		return false;
	watch_glossary(t, now_ms);
	credentials_dispatch(t->client.provider, l, now_ms);
	if (!t->has_credentials)
		check_credentials(t);
	else
		stage_dispatch(&t->stage, l, now_ms);
	for (i = 0; i < n; i++)
		target_send(&t->targets[i], now_ms);
	http_caller_dispatch(t->caller, l, now_ms, clock_wall_ms());
	for (i = 0; i < n; i++)
		target_write(&t->targets[i]);
	if (out_dispatch(&t->out, l) != 0 || !is_sound(t))
		return false;
	if (!stage_is_done(&t->stage))
		return true;
	if (t->stopped_at_ms != 0)
		t->status = 128 + stop_signal();
	return false;
}

/* The exit status that the output's end asks for; 0: it took everything. */
static int
output_status(struct translate *t)
{
	int rc = out_drain(&t->out, clock_mono_ms() + DRAIN_MS);

	if (rc == OUT_ERR_GONE)
		log_msg(LOG_DEBUG, NULL, "the reader of the lines left");
	else if (rc != 0)
		log_msg(LOG_ERROR, NULL, "cannot write lines: %s",
		    rc == OUT_ERR_FULL ? "the reader takes none"
				       : strerror(out_errno(&t->out)));
	return rc == 0 ? 0 : EX_IOERR;
}

/* What is left is given up, so that each utterance has its line. */
static void
give_up(struct translate *t)
{
	struct service_error error;
	size_t i;

	service_error_set(
	    &error, SERVICE_ERROR_LOCAL, "stopped", "stopped before it came");
	for (i = 0; i < t->options.ntargets; i++) {
		target_give_up(&t->targets[i], &error);
		target_write(&t->targets[i]);
	}
}

/* The first reason not to be content. */
static int
final_status(struct translate *t)
{
	int status = t->status;
	size_t i;

	if (status == 0 && t->stage.input_errno != 0) {
		log_msg(LOG_ERROR, NULL, "cannot read standard input: %s",
		    strerror(t->stage.input_errno));
		status = EX_IOERR;
	}
	for (i = 0; i < t->options.ntargets && status == 0; i++)
		status = target_exit_status(&t->targets[i]);
	if (status == 0 && t->stage.nbad > 0)
		status = EX_DATAERR;
	return status;
}

int
main(int argc, char **argv)
{
	struct translate t;
	struct loop loop;
	int status, out_status;
	size_t i;

	memset(&t, 0, sizeof(t));
	parse_options(&t.options, argc, argv);
	set_up(&t);
	loop_init(&loop);
	check_credentials(&t);
	while (turn(&t, &loop))
		continue;
	status = final_status(&t);
	if (t.out.error == 0) {
		give_up(&t);
		report_ended(&t.out, t.targets, t.options.ntargets);
	}
	out_status = output_status(&t);
	if (status == 0)
		status = out_status;

	loop_release(&loop);
	for (i = 0; i < t.options.ntargets; i++)
		target_release(&t.targets[i]);
	stage_release(&t.stage);
	http_caller_free(t.caller);
	out_release(&t.out);
	free(t.targets);
	glossary_watch_release(&t.glossary);
	opt_list_free(t.options.targets);
	client_release(&t.client);
	return status;
}
