/* localaws-asr(1): PCM in, transcript lines out, by pocketsphinx. */
#include <errno.h>
#include <sphinxbase/err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/pcm.h"
#include "base/stop.h"
#include "hypothesis.h"
#include "pcm_in.h"
#include "recogniser.h"

#define LANGUAGE "en-US"
#define MODEL_DIR "/usr/share/pocketsphinx/model/en-us"
#define READ_BYTES 6400
#define OUT_HIGH_BYTES (256 * 1024)

/* After a signal, lines that the reader does not take are given up. */
#define STOP_DRAIN_MS 1000

static const char usage[] =
    "usage: localaws-asr [-l LANG] [--rate HZ] [--pause-ms N] "
    "[--max-utterance-ms N]\n"
    "                    [--model DIR]\n"
    "  -l, --language LANG       en-US, the only language Debian has a model "
    "for\n"
    "      --max-utterance-ms N  cut longer utterances at a gap (15000)\n"
    "      --model DIR           " MODEL_DIR "\n"
    "      --pause-ms N          silence that ends an utterance (400)\n"
    "      --rate HZ             of the PCM on standard input (16000)\n";

enum {
	OPT_RATE = 256,
	OPT_PAUSE,
	OPT_MAX_UTTERANCE,
	OPT_MODEL
};

static const struct option longs[] = {
	{ "language", required_argument, NULL, 'l' },
	{ "max-utterance-ms", required_argument, NULL, OPT_MAX_UTTERANCE },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "pause-ms", required_argument, NULL, OPT_PAUSE },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ NULL, 0, NULL, 0 },
};

static const struct opt_spec spec = { "localaws-asr", usage, "l:", longs,
	NULL };

struct asr {
	struct recogniser *recogniser;
	struct pcm_in in;
	struct out out;
	struct loop loop;
	bool is_at_end; /* of input, or told to stop */
	int out_error;  /* of a line sent from within the recogniser */
};

static void
on_hypothesis(void *arg, const struct hypothesis *h)
{
	struct asr *a = arg;
	size_t len;
	char *line = hyp_line(h, LANGUAGE, &len);
	int err;

	if (line == NULL)
		die(EX_OSERR, "out of memory");
	err = out_line(&a->out, line, len);
	free(line);
	if (err < 0 && a->out_error == 0)
		a->out_error = err;
}

static void
check_language(const char *tag)
{
	const struct lang *l = lang_find(tag);

	if (l == NULL || strcmp(l->tag, LANGUAGE) != 0)
		die(EX_UNAVAILABLE,
		    "no model for '%s': Debian packages one language for "
		    "pocketsphinx, US English (pocketsphinx-en-us); use "
		    "-l " LANGUAGE,
		    tag);
}

/* pocketsphinx's own complaint about a missing file is ten lines long. */
static void
check_model(const char *dir)
{
	static const char *const parts[] = { "en-us/mdef", "en-us.lm.bin",
		"cmudict-en-us.dict" };
	char path[512];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, parts[i]);
		if (access(path, R_OK) != 0)
			die(EX_UNAVAILABLE,
			    "cannot read model file '%s': %s; install package "
			    "pocketsphinx-en-us",
			    path, strerror(errno));
	}
}

static void
hear(struct asr *a, const int16_t *samples, long n)
{
	int err;

	if (n < 0)
		die(EX_SOFTWARE, "cannot resample the input");
	err = recogniser_feed(a->recogniser, samples, (size_t)n);
	if (err < 0)
		die(EX_SOFTWARE, "%s", recogniser_strerror(err));
}

static void
finish(struct asr *a)
{
	const int16_t *samples = NULL;
	int err;

	hear(a, samples, pcm_in_finish(&a->in, &samples));
	if ((err = recogniser_finish(a->recogniser)) < 0)
		die(EX_SOFTWARE, "%s", recogniser_strerror(err));
	a->is_at_end = true;
}

static void
read_input(struct asr *a)
{
	unsigned char buf[READ_BYTES];
	const int16_t *samples = NULL;
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));
	long nsamples;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0)
		die(EX_IOERR, "cannot read standard input: %s",
		    strerror(errno));
	if (n == 0) {
		finish(a);
		return;
	}
	nsamples = pcm_in_feed(&a->in, buf, (size_t)n, &samples);
	hear(a, samples, nsamples);
}

/* Until the input has ended and all lines are out.  0 or out's error. */
static int
run(struct asr *a)
{
	int slot, err = 0;

	while (err == 0 && !(a->is_at_end && out_pending(&a->out) == 0)) {
		loop_begin(&a->loop);
		stop_prepare(&a->loop);
		out_prepare(&a->out, &a->loop);
		slot = a->is_at_end || out_is_full(&a->out)
		           ? -1
		           : loop_watch(&a->loop, STDIN_FILENO, POLLIN);
		if (loop_wait(&a->loop) < 0)
			die(EX_OSERR, "poll: %s", strerror(errno));
		err = out_dispatch(&a->out, &a->loop);
		if (err == 0 && stop_count() > 0) {
			if (!a->is_at_end)
				finish(a);
			return out_drain(
			    &a->out, clock_mono_ms() + STOP_DRAIN_MS);
		}
		if (err == 0 && loop_revents(&a->loop, slot) != 0)
			read_input(a);
		if (err == 0)
			err = a->out_error;
	}
	return err;
}

static int
exit_status(const struct asr *a, int err)
{
	if (err == OUT_ERR_GONE)
		return EX_OK; /* nobody listens any more */
	if (stop_count() > 0)
		return 128 + stop_signal();
	if (err < 0)
		die(EX_IOERR, "cannot write standard output: %s",
		    strerror(out_errno(&a->out)));
	return EX_OK;
}

int
main(int argc, char **argv)
{
	struct recogniser_config config = { .model_dir = MODEL_DIR,
		.pause_ms = 400,
		.max_utterance_ms = 15000,
		.on_hypothesis = on_hypothesis };
	unsigned int rate_hz = PCM_RATE_HZ;
	const char *language = LANGUAGE;
	struct asr a = { 0 };
	int c, err;

	while ((c = opt_next(argc, argv, &spec)) != -1)
		switch (c) {
		case 'l':
			language = optarg;
			break;
		case OPT_MAX_UTTERANCE:
			config.max_utterance_ms = (unsigned int)opt_num(
			    "--max-utterance-ms", optarg, 4000, 60000);
			break;
		case OPT_MODEL:
			config.model_dir = optarg;
			break;
		case OPT_PAUSE:
			config.pause_ms = (unsigned int)opt_num(
			    "--pause-ms", optarg, 100, 5000);
			break;
		case OPT_RATE:
			rate_hz = (unsigned int)opt_num("--rate", optarg,
			    PCM_IN_RATE_MIN_HZ, PCM_IN_RATE_MAX_HZ);
			break;
		}
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
	check_language(language);
	check_model(config.model_dir);
	if (log_get_level() < LOG_TRACE)
		err_set_logfp(NULL);
	if (stop_init() < 0)
		die(EX_OSERR, "cannot catch signals: %s", strerror(errno));
	config.arg = &a;
	if ((err = recogniser_new(&a.recogniser, &config)) < 0)
		die(EX_UNAVAILABLE, "%s from '%s'", recogniser_strerror(err),
		    config.model_dir);
	if (pcm_in_init(&a.in, rate_hz, READ_BYTES) < 0)
		die(EX_OSERR, "cannot set up the resampler");
	if (out_init(&a.out, STDOUT_FILENO, OUT_HIGH_BYTES) < 0)
		die(EX_IOERR, "cannot use standard output: %s",
		    strerror(out_errno(&a.out)));
	loop_init(&a.loop);
	err = run(&a);
	loop_release(&a.loop);
	recogniser_free(a.recogniser);
	pcm_in_release(&a.in);
	c = exit_status(&a, err);
	out_release(&a.out);
	return c;
}
