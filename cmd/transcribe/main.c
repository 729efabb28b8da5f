/*
 * transcribe: PCM or a sound file in, `transcript` lines out.  See
 * man/transcribe.1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "aws/client.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/pcm.h"
#include "base/stop.h"
#include "captions.h"
#include "check.h"
#include "input.h"
#include "meter.h"
#include "options.h"
#include "sessions.h"

/* How far ahead of real time a session may be: enough for what DESIGN 6 sends
 * again in front of the live audio, and little against the service's 5 min. */
#define LEAD_MS 6000
/* Lines are small; a reader that is so far behind has stalled. */
#define OUT_HIGH_BYTES (256 * 1024)
/* At the end: for a slow reader to take what is left. */
#define DRAIN_MS 10000
/* After a signal: for the service's last results. */
#define STOP_MS 10000
#define PROGRESS_MS 500

struct transcribe {
	struct options options;
	struct client client;
	struct backlog backlog;
	struct input input;
	struct out out;
	struct captions captions;
	struct sessions sessions;
	struct meter meter;
	bool shows_progress; /* a FILE is read, and somebody looks */
	int64_t progress_at_ms;
};

/* Everything that can be wrong before audio is read is said here. */
static void
set_up(struct transcribe *t)
{
	struct audio_error audio_err;
	char err[512];
	int rc;

	if (t->options.file == NULL) {
		if (isatty(STDIN_FILENO))
			opt_fail("standard input is a terminal; pipe PCM into "
				 "it, or name a FILE");
		input_init_pcm(&t->input, STDIN_FILENO);
	} else if ((rc = input_init_file(&t->input, t->options.file,
			!t->options.is_fast, t->options.params.channels,
			&audio_err)) != 0) {
		die(rc, "%s", audio_err.text);
	}
	t->shows_progress = t->input.file != NULL && isatty(STDERR_FILENO) &&
	                    log_get_level() >= LOG_INFO;
	if ((rc = meter_open(&t->meter, &t->options)) != 0)
		exit(rc);
	rc = client_open(&t->client, ENDPOINT_TRANSCRIBE_STREAMING,
	    &t->options.config, clock_wall_ms(), err, sizeof(err));
	if (rc != 0)
		die(client_exit_status(rc), "%s", err);
	for (size_t i = 0; client_warning(&t->client, i, err, sizeof(err)); i++)
		log_msg(LOG_WARN, NULL, "%s", err);
	log_msg(LOG_DEBUG, NULL, "credentials from %s, endpoint %s",
	    credentials_describe(t->client.provider),
	    t->client.endpoint.authority);
	if (stop_init() != 0 || stop_resume_init() != 0 ||
	    out_init(&t->out, STDOUT_FILENO, OUT_HIGH_BYTES) != 0)
		die(EX_OSERR, "cannot use standard output");
}

static void
start(struct transcribe *t)
{
	const struct sessions_config config = {
		.session = {
			.client = &t->client,
			.params = &t->options.params,
			.is_fast = t->options.is_fast,
			.lead_ms = LEAD_MS,
		},
		.provider = t->client.provider,
		.backlog = &t->backlog,
		.captions = &t->captions,
		.out = &t->out,
		.max_attempts = t->client.config.max_attempts,
		.max_session_ms = t->options.max_session_ms,
		.seed = (unsigned int)getpid() ^ (unsigned int)clock_mono_ms(),
		.lang = t->options.lang,
	};

	backlog_init(&t->backlog, t->options.params.channels == 2 ? 2 : 1);
	captions_init(&t->captions, &t->out, &t->backlog, t->options.lang,
	    !t->options.no_partials, (int64_t)clock_wall_ms());
	sessions_init(&t->sessions, &config);
	meter_attach(&t->meter, &t->backlog, &t->sessions);
}

/* On a terminal, while a FILE is read: how far it is. */
static void
show_progress(struct transcribe *t, int64_t now_ms, bool is_last)
{
	double done_s, all_s;

	if (!t->shows_progress ||
	    (!is_last && now_ms - t->progress_at_ms < PROGRESS_MS))
		return;
	t->progress_at_ms = now_ms;
	done_s = pcm_ms_of_bytes(sessions_covered(&t->sessions)) / 1000;
	all_s = (double)soundread_duration_ms(t->input.file) / 1000;
	if (all_s > 0)
		fprintf(stderr, "\r%.1f of %.1f s (%.0f %%)\033[K%s", done_s,
		    all_s, done_s > all_s ? 100 : 100 * done_s / all_s,
		    is_last ? "\n" : "");
	else
		fprintf(
		    stderr, "\r%.1f s\033[K%s", done_s, is_last ? "\n" : "");
}

/* Returns false when it is time to leave. */
static bool
turn(struct transcribe *t, struct loop *l, int64_t *stopped_at_ms, int *status)
{
	int64_t now_ms = clock_mono_ms();
	double wall_ms;

	loop_begin(l);
	stop_prepare(l);
	if (!out_is_full(&t->out))
		input_prepare(&t->input, &t->backlog, l);
	sessions_prepare(&t->sessions, l, now_ms);
	meter_prepare(&t->meter, l);
	out_prepare(&t->out, l);
	if (t->shows_progress)
		loop_deadline(l, t->progress_at_ms + PROGRESS_MS);
	if (*stopped_at_ms != 0)
		loop_deadline(l, *stopped_at_ms + STOP_MS);
	if (loop_wait(l) < 0)
		die(EX_OSERR, "cannot wait for events");
	now_ms = clock_mono_ms();
	wall_ms = clock_wall_ms();

	if (stop_count() > 0 && *stopped_at_ms == 0) {
		log_msg(LOG_INFO, NULL, "stopping: waiting for the last words");
		*stopped_at_ms = now_ms;
		input_stop(&t->input);
	}
	if (stop_count() > 1 ||
	    (*stopped_at_ms != 0 && now_ms - *stopped_at_ms >= STOP_MS)) {
		*status = 128 + stop_signal();
		sessions_leave(&t->sessions);
		return false;
	}
	if (!out_is_full(&t->out)) {
		*status =
		    input_dispatch(&t->input, &t->backlog, l, now_ms, wall_ms);
		if (*status != 0)
			return false;
	}
	if (t->input.has_ended)
		sessions_input_ended(&t->sessions, now_ms);
	meter_dispatch(&t->meter, now_ms, wall_ms);
	sessions_dispatch(&t->sessions, l, now_ms, wall_ms);
	backlog_discard(&t->backlog, sessions_covered(&t->sessions));
	if (out_dispatch(&t->out, l) != 0)
		return false;
	show_progress(t, now_ms, false);
	if (!sessions_is_done(&t->sessions))
		return true;
	*status = t->sessions.status;
	return false;
}

static void
say_ended(struct transcribe *t)
{
	json_t *obj = json_status("transcribe", "ended", NULL, clock_wall_ms());

	json_put(&obj, "finals", json_integer((json_int_t)t->captions.finals));
	sessions_write_status(&t->sessions, obj);
}

/* The exit status that the output's end asks for; 0: it took everything. */
static int
output_status(struct transcribe *t)
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

int
main(int argc, char **argv)
{
	struct transcribe t;
	struct loop loop;
	int64_t stopped_at_ms = 0;
	int status = 0, out_status;

	memset(&t, 0, sizeof(t));
	options_parse(&t.options, argc, argv);
	if (t.options.is_check)
		return check_run(&t.options);
	set_up(&t);
	start(&t);
	loop_init(&loop);
	while (turn(&t, &loop, &stopped_at_ms, &status))
		continue;
	show_progress(&t, 0, true);
	if (t.out.error == 0)
		say_ended(&t);
	if (status == 0 && t.captions.is_short)
		status = EX_OSERR;
	if (status == 0 && t.captions.is_full)
		status = EX_IOERR;
	out_status = output_status(&t);
	if (status == 0)
		status = t.input.status != 0 ? t.input.status : out_status;
	log_msg(LOG_DEBUG, NULL, "ended, finals=%lu sessions=%lu status=%d",
	    t.captions.finals, t.sessions.opened, status);

	loop_release(&loop);
	sessions_release(&t.sessions);
	backlog_release(&t.backlog);
	input_release(&t.input);
	out_release(&t.out);
	client_release(&t.client);
	return status;
}
