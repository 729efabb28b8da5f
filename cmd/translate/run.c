#include "run.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/stop.h"
#include "report.h"

/* Lines are small; a reader that is so far behind has stalled. */
#define OUT_HIGH_BYTES (256 * 1024)
/* At the end: for a slow reader to take what is left. */
#define DRAIN_MS 10000
/* After a signal: for the service's last answers. */
#define STOP_MS 5000
/* Connections opened ahead of the first sentence. */
#define MAX_WARM 8
/* Between two tries to reach a service that could not be reached. */
#define WARM_AGAIN_MS 5000
/* Between two `level` lines. */
#define LEVEL_MS 2000

static void
watch_glossary(struct run *r, int64_t now_ms)
{
	enum glossary_news news = glossary_watch_dispatch(&r->glossary, now_ms);

	if (news == GLOSSARY_SAME)
		return;
	report_glossary(&r->out, &r->glossary, news == GLOSSARY_BROKEN);
	if (news == GLOSSARY_NEW &&
	    targets_set_glossary(&r->targets, r->glossary.glossary) != 0)
		die(EX_OSERR, "out of memory");
}

static void
open_glossary(struct run *r)
{
	int rc = glossary_watch_init(&r->glossary, r->options.glossary);

	if (rc != 0)
		die(rc == GLOSSARY_ERR_SYS ? EX_NOINPUT : EX_CONFIG, "%s",
		    r->glossary.why);
}

static void
open_budget(struct run *r)
{
	const char *prices = getenv("BOOTH_PRICES");
	unsigned int line;
	int rc;

	if (prices != NULL && prices[0] == '\0')
		prices = NULL;
	rc = budget_init(&r->budget, "translate",
	    r->options.has_room ? &r->options.room : NULL, r->options.max_usd,
	    prices, &line);
	if (rc == COST_ERR_SYS)
		die(EX_NOINPUT, "cannot read price file '%s': %s", prices,
		    strerror(errno));
	if (rc != 0)
		die(EX_CONFIG, "price file '%s', line %u: %s", prices, line,
		    cost_strerror(rc));
}

static void
open_service(struct run *r)
{
	struct conn_config config;
	struct http *http;
	char err[512];
	size_t i;
	int rc;

	rc = client_open(&r->client, ENDPOINT_TRANSLATE, &r->options.config,
	    clock_wall_ms(), err, sizeof(err));
	if (rc != 0)
		die(client_exit_status(rc), "%s", err);
	for (i = 0; client_warning(&r->client, i, err, sizeof(err)); i++)
		log_msg(LOG_WARN, NULL, "%s", err);
	client_conn_config(&r->client, &config);
	if ((http = http_new(r->client.config.ca_bundle)) != NULL &&
	    http_keep_conn(http, &r->client.endpoint, &config) == 0)
		r->caller = http_caller_new(http, r->client.provider,
		    r->client.config.max_attempts,
		    (uint64_t)getpid() << 32 ^ (uint64_t)clock_mono_ms());
	if (r->caller == NULL) {
		http_free(http);
		die(EX_OSERR, "out of memory");
	}
}

static void
open_targets(struct run *r)
{
	struct options *o = &r->options;
	size_t i;
	int rc = 0;

	targets_init(&r->targets, &r->setup);
	if (r->glossary.glossary != NULL)
		rc = targets_set_glossary(&r->targets, r->glossary.glossary);
	for (i = 0; i < o->ntargets && rc == 0; i++)
		if (targets_add(&r->targets, o->targets[i]) == NULL)
			rc = -1;
	if (rc == 0 && o->is_on_demand)
		rc = audience_init(&r->audience, &o->room, &r->targets,
		    o->languages, o->nlanguages, o->linger_ms);
	if (rc != 0)
		die(EX_OSERR, "out of memory");
}

/* Without credentials there is nothing to begin with. */
static void
check_credentials(struct run *r)
{
	struct credentials *c;
	int state = credentials_get(r->client.provider, clock_wall_ms(), &c);

	if (state == CREDENTIALS_PENDING)
		return;
	if (state == CREDENTIALS_ERR_EXPIRED)
		die(EX_NOPERM, "%s", credentials_error(r->client.provider));
	if (state != CREDENTIALS_READY && state != CREDENTIALS_ERR_FETCH)
		die(EX_CONFIG, "%s", credentials_error(r->client.provider));
	credentials_unref(c);
	log_msg(LOG_DEBUG, NULL, "credentials: %s, endpoint: %s",
	    state == CREDENTIALS_READY
		? credentials_describe(r->client.provider)
		: credentials_error(r->client.provider),
	    r->client.endpoint.authority);
	r->has_credentials = true;
}

void
run_init(struct run *r)
{
	open_glossary(r);
	open_service(r);
	if (stop_init() != 0 || stop_resume_init() != 0 ||
	    out_init(&r->out, STDOUT_FILENO, OUT_HIGH_BYTES) != 0)
		die(EX_OSERR, "cannot use standard output");
	open_budget(r);
	r->setup.caller = r->caller;
	r->setup.endpoint = &r->client.endpoint;
	r->setup.options = r->options.translate;
	r->setup.max_bytes = TRANSLATE_TEXT_MAX_BYTES;
	r->setup.deadline_ms = r->options.deadline_ms;
	r->setup.out = &r->out;
	r->setup.budget = &r->budget;
	open_targets(r);
	stage_init(&r->stage, STDIN_FILENO, &r->setup, &r->targets,
	    r->options.is_on_demand ? &r->audience : NULL, r->options.source);
	check_credentials(r);
}

/* The tags that will be there, or can be. */
static json_t *
languages(const struct run *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->audience.noffered; i++)
		json_array_append_new(
		    list, json_string(r->audience.offered[i]));
	for (i = 0; i < r->targets.n && !r->options.is_on_demand; i++)
		json_array_append_new(
		    list, json_string(r->targets.list[i]->tag));
	return list;
}

static void
on_warm(void *arg, const struct http_answer *answer)
{
	struct run *r = arg;

	r->is_warming = false;
	if (answer->error.class == SERVICE_ERROR_NONE) {
		r->is_ready = true;
		report_ready(&r->out, languages(r), r->options.is_on_demand);
		return;
	}
	if (!r->was_unreachable)
		report_unreachable(&r->setup, &answer->error);
	r->was_unreachable = true;
	r->warm_at_ms = clock_mono_ms() + WARM_AGAIN_MS;
}

/* Open connections ahead of the first sentence, until that has worked; and one
 * ahead of the first sentence of each language that somebody comes for. */
static void
warm(struct run *r, int64_t now_ms)
{
	struct http *http = http_caller_http(r->caller);
	size_t n = r->targets.n;
	int rc = 0;

	if (n < 1 || r->options.is_on_demand)
		n = 1;
	if (!r->is_ready && !r->is_warming && now_ms >= r->warm_at_ms) {
		r->is_warming = true;
		rc = http_warm(http, &r->client.endpoint,
		    (unsigned int)(n < MAX_WARM ? n : MAX_WARM), on_warm, r);
	} else if (r->is_ready && r->ncame != r->audience.ncame) {
		rc = http_warm(http, &r->client.endpoint, 1, NULL, NULL);
	}
	r->ncame = r->audience.ncame;
	if (rc != 0)
		die(EX_OSERR, "out of memory");
}

/* A signal asks us to leave: false when it is time. */
static bool
heed_signals(struct run *r, int64_t now_ms)
{
	if (stop_count() == 0)
		return true;
	if (r->stopped_at_ms == 0) {
		log_msg(LOG_INFO, NULL, "stopping: waiting for what was sent");
		r->stopped_at_ms = now_ms;
		stage_stop(&r->stage);
	}
	if (r->has_credentials && stop_count() == 1 &&
	    now_ms - r->stopped_at_ms < STOP_MS)
		return true;
	r->status = 128 + stop_signal();
	return false;
}

/* What failed for all: false. */
static bool
is_sound(struct run *r)
{
	int rc = r->stage.failure;

	if (rc == 0)
		rc = targets_failure(&r->targets);
	if (rc == 0)
		rc = r->audience.failure;
	if (rc == OUT_ERR_NOMEM) {
		log_msg(LOG_ERROR, NULL, "out of memory");
		r->status = EX_OSERR;
	}
	return rc == 0;
}

/* What it costs: told to the operator as it grows, and heeded. */
static void
heed_budget(struct run *r, int64_t now_ms)
{
	uint64_t chars = targets_counters(&r->targets).chars;

	if (budget_dispatch(&r->budget, now_ms))
		report_budget(&r->setup, chars);
	if (!r->options.has_room || chars == r->chars_told ||
	    now_ms < r->level_at_ms)
		return;
	r->chars_told = chars;
	r->level_at_ms = now_ms + LEVEL_MS;
	report_level(&r->setup, chars);
}

static void
prepare(struct run *r, struct loop *l)
{
	loop_begin(l);
	stop_prepare(l);
	if (r->has_credentials)
		stage_prepare(&r->stage, l);
	targets_prepare(&r->targets, l);
	if (r->has_credentials && !r->is_ready && !r->is_warming)
		loop_deadline(l, r->warm_at_ms);
	credentials_prepare(r->client.provider, l);
	http_caller_prepare(r->caller, l);
	out_prepare(&r->out, l);
	glossary_watch_prepare(&r->glossary, l);
	budget_prepare(&r->budget, l);
	if (r->options.has_room &&
	    targets_counters(&r->targets).chars != r->chars_told)
		loop_deadline(l, r->level_at_ms);
	if (r->options.is_on_demand)
		audience_prepare(&r->audience, l);
	if (r->stopped_at_ms != 0)
		loop_deadline(l, r->stopped_at_ms + STOP_MS);
}

bool
run_turn(struct run *r, struct loop *l)
{
	int64_t now_ms;

	prepare(r, l);
	if (loop_wait(l) < 0)
		die(EX_OSERR, "cannot wait for events");
	now_ms = clock_mono_ms();

	if (!heed_signals(r, now_ms))
		return false;
	watch_glossary(r, now_ms);
	heed_budget(r, now_ms);
	credentials_dispatch(r->client.provider, l, now_ms);
	if (r->options.is_on_demand)
		audience_dispatch(&r->audience, now_ms);
	if (!r->has_credentials)
		check_credentials(r);
	else
		stage_dispatch(&r->stage, l, now_ms);
	targets_send(&r->targets, now_ms);
	if (r->has_credentials)
		warm(r, now_ms);
	http_caller_dispatch(r->caller, l, now_ms, clock_wall_ms());
	targets_write(&r->targets);
	if (out_dispatch(&r->out, l) != 0 || !is_sound(r))
		return false;
	if (!stage_is_done(&r->stage))
		return true;
	if (r->stopped_at_ms != 0)
		r->status = 128 + stop_signal();
	return false;
}

/* The exit status that the output's end asks for; 0: it took everything. */
static int
output_status(struct run *r)
{
	int rc = out_drain(&r->out, clock_mono_ms() + DRAIN_MS);

	if (rc == OUT_ERR_GONE)
		log_msg(LOG_DEBUG, NULL, "the reader of the lines left");
	else if (rc != 0)
		log_msg(LOG_ERROR, NULL, "cannot write lines: %s",
		    rc == OUT_ERR_FULL ? "the reader takes none"
				       : strerror(out_errno(&r->out)));
	return rc == 0 ? 0 : EX_IOERR;
}

/* The first reason not to be content. */
static int
final_status(struct run *r)
{
	int status = r->status;

	if (status == 0 && r->stage.input_errno != 0) {
		log_msg(LOG_ERROR, NULL, "cannot read standard input: %s",
		    strerror(r->stage.input_errno));
		status = EX_IOERR;
	}
	if (status == 0)
		status = targets_exit_status(&r->targets);
	if (status == 0 && r->stage.nbad > 0)
		status = EX_DATAERR;
	return status;
}

int
run_finish(struct run *r)
{
	int status = final_status(r), out_status;
	struct service_error error;

	if (r->out.error == 0) {
		/* Each utterance has its line. */
		service_error_set(&error, SERVICE_ERROR_LOCAL, "stopped",
		    "stopped before it came");
		targets_give_up(&r->targets, &error);
		report_ended(&r->setup, &r->targets);
	}
	out_status = output_status(r);
	return status != 0 ? status : out_status;
}

void
run_release(struct run *r)
{
	targets_release(&r->targets);
	audience_release(&r->audience);
	stage_release(&r->stage);
	http_caller_free(r->caller);
	out_release(&r->out);
	glossary_watch_release(&r->glossary);
	client_release(&r->client);
	opt_list_free(r->options.targets);
	opt_list_free(r->options.languages);
}
