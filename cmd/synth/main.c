/*
 * synth: `translation` lines in, the same lines and `audio` lines out.  See
 * man/synth.1.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "aws/client.h"
#include "aws/http_call.h"
#include "aws/pool.h"
#include "base/clock.h"
#include "base/intake.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/out.h"
#include "base/stop.h"
#include "check.h"
#include "options.h"
#include "report.h"
#include "speech.h"
#include "synth.h"
#include "voices.h"

#define OUT_HIGH_BYTES (512 * 1024)
#define DRAIN_MS 10000
/* After the end of input, for voices that are not known yet. */
#define VOICES_WAIT_MS 15000
/* After a signal: for what was asked already. */
#define STOP_MS 5000
/* Between two lines that tell the cost; our choice, as translate's. */
#define TELL_MS 2000
/* For the first audio of a sentence, and between two pieces of it. */
#define SPEECH_TIMEOUT_MS 8000
struct stage {
	struct options options;
	struct client client;
	struct http_caller *caller;
	struct pool *pool;
	struct speech_service service;
	struct voices voices;
	struct audience audience;
	struct budget budget;
	double told_usd; /* by status lines; and when again */
	int64_t tell_at_ms;
	struct synth synth;
	struct intake intake;
	bool has_read; /* lines, this turn */
	struct out out;
	unsigned int seed;
	int64_t ended_at_ms; /* input; 0: not yet */
	int64_t stopped_at_ms;
};

/* 0 <= x < 1, for the pool's back-off. */
static double
random_fraction(void *arg)
{
	return (double)rand_r(arg) / ((double)RAND_MAX + 1);
}

static void
set_up_pool(struct stage *t)
{
	struct pool_config config;

	memset(&config, 0, sizeof(config));
	client_conn_config(&t->client, &config.conn);
	config.conn.ping_busy_ms = CONN_PING_BUSY_MS;
	config.conn.ping_timeout_ms = CONN_PING_BUSY_TIMEOUT_MS;
	config.warm = t->options.connections >= 0
	                  ? (size_t)t->options.connections
	              : t->options.room != NULL ? 0
	              : t->options.ntags > 0    ? t->options.ntags
	                                        : 2;
	if (config.warm > t->options.streams)
		config.warm = t->options.streams;
	config.max =
	    t->options.streams +
	    (t->options.room != NULL ? t->options.streams : config.warm);
	config.random = random_fraction;
	config.random_arg = &t->seed;
	if (pool_new(&t->pool, &config) != 0)
		die(EX_OSERR, "out of memory");
}

/* Everything that can be wrong before a line is read is said here. */
static void
set_up(struct stage *t)
{
	struct http *http;
	char err[512];
	int rc;

	rc = client_open(&t->client, ENDPOINT_POLLY, &t->options.config,
	    clock_wall_ms(), err, sizeof(err));
	if (rc != 0)
		die(client_exit_status(rc), "%s", err);
	for (size_t i = 0; client_warning(&t->client, i, err, sizeof(err)); i++)
		log_msg(LOG_WARN, NULL, "%s", err);
	t->seed = (unsigned int)getpid() ^ (unsigned int)clock_mono_ms();
	if ((http = http_new(t->client.config.ca_bundle)) != NULL)
		t->caller = http_caller_new(http, t->client.provider,
		    t->client.config.max_attempts, t->seed);
	if (t->caller == NULL) {
		http_free(http);
		die(EX_OSERR, "out of memory");
	}
	set_up_pool(t);
	if (stop_init() != 0 || stop_resume_init() != 0 ||
	    out_init(&t->out, STDOUT_FILENO, OUT_HIGH_BYTES) != 0)
		die(EX_OSERR, "cannot use standard output");
	if (taps_start(&t->options.taps, t->options.fills_silence,
		t->options.is_fast, clock_mono_ms(), err, sizeof(err)) != 0)
		die(EX_CANTCREAT, "--pcm: %s", err);
}

/* The room and its money. */
static void
set_up_room(struct stage *t)
{
	const char *prices = getenv("BOOTH_PRICES");
	unsigned int line;
	int rc;

	if (prices != NULL && prices[0] == '\0')
		prices = NULL;
	if (t->options.room != NULL &&
	    (rc = audience_init(&t->audience, t->options.room)) != 0)
		die(rc == ROOM_ERR_NAME ? EX_USAGE : EX_CONFIG, "-r %s: %s",
		    t->options.room, room_strerror(rc));
	rc = budget_init(&t->budget, "synth",
	    t->options.room == NULL ? NULL : &t->audience.room,
	    t->options.max_usd, prices, &line);
	if (rc == COST_ERR_SYS)
		die(EX_NOINPUT, "BOOTH_PRICES: cannot read '%s': %s", prices,
		    strerror(errno));
	if (rc != 0)
		die(EX_CONFIG, "BOOTH_PRICES: %s:%u: %s", prices, line,
		    cost_strerror(rc));
}

static void
start(struct stage *t)
{
	const struct synth_config config = {
		.service = &t->service,
		.voices = &t->voices,
		.out = &t->out,
		.taps = &t->options.taps,
		.budget = &t->budget,
		.audience = t->options.room == NULL ? NULL : &t->audience,
		.warms_wanted =
		    t->options.room != NULL && t->options.connections < 0,
		.tags = t->options.tags,
		.chosen = t->options.voices,
		.nchosen = t->options.nvoices,
		.engine = t->options.engine,
		.encodings = t->options.encodings,
		.max_streams = t->options.streams,
		.streams_per_s = t->options.streams_per_s,
		.nwarm = t->options.warm,
		.max_lag_ms = t->options.max_lag_ms,
		.is_fast = t->options.is_fast,
		.seed = t->seed,
	};

	t->service.endpoint = &t->client.endpoint;
	t->service.pool = t->pool;
	t->service.caller = t->caller;
	t->service.provider = t->client.provider;
	t->service.timeout_ms = SPEECH_TIMEOUT_MS;
	if (voices_init(&t->voices, &t->client.endpoint, t->caller) != 0)
		die(EX_OSERR, "out of memory");
	synth_init(&t->synth, &config);
	intake_init(&t->intake, STDIN_FILENO);
}

/* What is to be done before a line is passed on. */
static void
hear_first(struct stage *t, const json_t *obj, int64_t now_ms)
{
	const char *id = json_str(obj, "id");

	if (strcmp(json_line_type(obj), "retraction") == 0 && id != NULL)
		synth_retract(&t->synth, id, now_ms);
}

/* Languages that translate says will come. */
static void
hear_status(struct stage *t, const json_t *obj)
{
	const char *stage = json_str(obj, "stage"),
		   *state = json_str(obj, "state");

	if (stage != NULL && strcmp(stage, "translate") == 0 && state != NULL &&
	    strcmp(state, "ready") == 0)
		synth_offer(&t->synth, json_object_get(obj, "languages"));
}

/* What is to be said of a line. */
static void
hear(struct stage *t, const json_t *obj, int64_t now_ms)
{
	const char *lang = json_str(obj, "lang"), *text = json_str(obj, "text");
	const char *id = json_str(obj, "id"), *say = json_str(obj, "say");
	char buf[LANG_TAG_MAX];

	if (strcmp(json_line_type(obj), "status") == 0)
		hear_status(t, obj);
	if (strcmp(json_line_type(obj), "translation") != 0 || lang == NULL ||
	    text == NULL || id == NULL || !lang_is_tag(lang))
		return;
	/* Source text in place of a translation is not for this voice, and
	 * late captions belong to another moment. */
	if (json_str(obj, "error") != NULL || json_is_set(obj, "late"))
		return;
	/* How to say it, where that is not how it is written. */
	synth_say(&t->synth, lang_canonical(lang, buf), id,
	    say == NULL ? text : say, json_num(obj, "translated_at_ms", 0),
	    now_ms);
}

/* Captions first: a line leaves before anything is asked for it.  What is taken
 * back ends before the line that says so. */
static int
read_lines(struct stage *t, struct loop *l, int64_t now_ms)
{
	json_t *obj;
	char *line;
	size_t len;
	int rc = 0;

	if (intake_dispatch(&t->intake, l) != 0)
		die(EX_OSERR, "out of memory");
	while (rc == 0 && intake_next(&t->intake, &line, &len, &obj) == 1) {
		t->has_read = true;
		hear_first(t, obj, now_ms);
		rc = out_line(&t->out, line, len);
		if (rc == 0)
			hear(t, obj, now_ms);
		json_decref(obj);
	}
	return rc;
}

/* Whether all has been said that will be. */
static bool
is_finished(struct stage *t, int64_t now_ms)
{
	if (!t->intake.has_ended)
		return false;
	if (t->ended_at_ms == 0)
		t->ended_at_ms = now_ms;
	if (t->stopped_at_ms != 0 && now_ms - t->stopped_at_ms >= STOP_MS)
		return true;
	if (t->voices.state != VOICES_KNOWN &&
	    (!voices_may_come(&t->voices) ||
		now_ms - t->ended_at_ms >= VOICES_WAIT_MS))
		return true;
	return synth_is_idle(&t->synth) &&
	       taps_is_idle(&t->options.taps, now_ms);
}

static void
watch_budget(struct stage *t, int64_t now_ms, double wall_ms)
{
	if (!budget_dispatch(&t->budget, now_ms))
		return;
	t->synth.now_ms = now_ms;
	t->synth.wall_ms = wall_ms;
	synth_pause(&t->synth, t->budget.is_paused);
	log_msg(LOG_WARN, NULL, "%s%s",
	    t->budget.is_paused ? "paused: " : "resumed", t->budget.reason);
	report_status(&t->synth, t->budget.is_paused ? "paused" : "resumed",
	    t->budget.is_paused ? t->budget.reason : NULL, NULL, NULL);
}

/* What it costs is told to the room as it grows: the room's limit stands on it.
 */
static void
tell_cost(struct stage *t, int64_t now_ms, double wall_ms)
{
	double usd = budget_usd(&t->budget);

	if (t->options.room == NULL || usd <= t->told_usd ||
	    now_ms < t->tell_at_ms)
		return;
	t->told_usd = usd;
	t->tell_at_ms = now_ms + TELL_MS;
	t->synth.wall_ms = wall_ms;
	report_status(&t->synth, "level", NULL, NULL, NULL);
}

/* Returns false when it is time to leave. */
static bool
turn(struct stage *t, struct loop *l)
{
	int64_t now_ms = clock_mono_ms();
	double wall_ms;
	int rc;

	loop_begin(l);
	stop_prepare(l);
	if (!out_is_full(&t->out))
		intake_prepare(&t->intake, l);
	credentials_prepare(t->client.provider, l);
	http_caller_prepare(t->caller, l);
	pool_prepare(t->pool, l, now_ms);
	budget_prepare(&t->budget, l);
	if (t->options.room != NULL && budget_usd(&t->budget) > t->told_usd)
		loop_deadline(l, t->tell_at_ms);
	synth_prepare(&t->synth, l, now_ms);
	taps_prepare(&t->options.taps, l, now_ms);
	out_prepare(&t->out, l);
	if (t->stopped_at_ms != 0)
		loop_deadline(l, t->stopped_at_ms + STOP_MS);
	else if (t->ended_at_ms != 0 && t->voices.state != VOICES_KNOWN)
		loop_deadline(l, t->ended_at_ms + VOICES_WAIT_MS);
	if (loop_wait(l) < 0)
		die(EX_OSERR, "cannot wait for events");
	now_ms = clock_mono_ms();
	wall_ms = clock_wall_ms();

	if (stop_count() > 0 && t->stopped_at_ms == 0) {
		t->stopped_at_ms = now_ms;
		intake_stop(&t->intake);
		synth_hurry(&t->synth);
	}
	if (stop_count() > 1)
		return false;
	t->has_read = false;
	if (!out_is_full(&t->out) && (rc = read_lines(t, l, now_ms)) != 0) {
		if (rc == OUT_ERR_NOMEM)
			die(EX_OSERR, "out of memory");
		return false;
	}
	credentials_dispatch(t->client.provider, l, now_ms);
	http_caller_dispatch(t->caller, l, now_ms, wall_ms);
	pool_dispatch(t->pool, l, now_ms);
	watch_budget(t, now_ms, wall_ms);
	tell_cost(t, now_ms, wall_ms);
	synth_dispatch(&t->synth, t->has_read, now_ms, wall_ms);
	taps_dispatch(&t->options.taps, l, now_ms);
	pool_flush(t->pool);
	if (synth_out_error(&t->synth) == OUT_ERR_NOMEM)
		die(EX_OSERR, "out of memory");
	if (out_dispatch(&t->out, l) != 0 || synth_out_error(&t->synth) != 0)
		return false;
	return !is_finished(t, now_ms);
}

static int
finish(struct stage *t)
{
	int rc, status = intake_status(&t->intake);
	unsigned long said = 0;

	t->synth.wall_ms = clock_wall_ms();
	if (t->out.error == 0) {
		synth_abandon(&t->synth, clock_mono_ms(), t->synth.wall_ms);
		report_status(&t->synth, "ended", NULL, NULL, NULL);
	}
	rc = out_drain(&t->out, clock_mono_ms() + DRAIN_MS);
	if (rc == OUT_ERR_GONE)
		log_msg(LOG_DEBUG, NULL, "the reader of the lines left");
	else if (rc != 0)
		log_msg(LOG_ERROR, NULL, "cannot write lines: %s",
		    rc == OUT_ERR_FULL ? "the reader takes none"
				       : strerror(out_errno(&t->out)));
	if (stop_count() > 1)
		return 128 + stop_signal();
	for (size_t i = 0; i < t->synth.nlanes; i++)
		said += t->synth.lanes[i]->said;
	/* Nothing was ever said, and that was the service's doing. */
	if (status == 0 && said == 0 && t->synth.nlanes > 0) {
		status = t->synth.failure;
		if (status == 0 && t->voices.state != VOICES_KNOWN && rc == 0 &&
		    t->out.error == 0 && t->stopped_at_ms == 0)
			status = EX_TEMPFAIL;
	}
	if (status == 0 && t->synth.is_short)
		status = EX_OSERR;
	return status != 0 ? status : rc != 0 ? EX_IOERR : 0;
}

int
main(int argc, char **argv)
{
	struct stage t;
	struct loop loop;
	int status;

	memset(&t, 0, sizeof(t));
	options_parse(&t.options, argc, argv);
	if (t.options.is_check) {
		status = check_run(&t.options);
		options_release(&t.options);
		return status;
	}
	set_up_room(&t);
	set_up(&t);
	start(&t);
	loop_init(&loop);
	while (turn(&t, &loop))
		continue;
	status = finish(&t);

	loop_release(&loop);
	synth_release(&t.synth);
	voices_release(&t.voices);
	intake_release(&t.intake);
	pool_free(t.pool);
	http_caller_free(t.caller);
	client_release(&t.client);
	out_release(&t.out);
	options_release(&t.options);
	return status;
}
