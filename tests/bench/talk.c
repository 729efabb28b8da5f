/* with: tests/bench/lib/measure.c */
/*
 * The lines of a talk in one language, as synth(1) writes them, on standard
 * output, until SIGTERM or until nobody reads them.
 *
 *	talk text|pcm|opus|quiet
 *
 * Every 4 s a final transcript and its translation, 0.3 s later its voice, 3.2
 * s of it, made four times as fast as it plays: first a line of 100 ms, the
 * later ones twice as long each, up to 800 ms.  Opus lines are 24 kbit/s.  A
 * line that the measured channel gets has `at_ms`, when it was written, as its
 * first member, then `line`, which counts them from 0; with "text" there is a
 * voice, too, which the text channel does not carry.  "quiet" writes one
 * caption.
 *
 * At the end a line on standard error: how long the longest write(2) took (ms),
 * and how late the latest line was written (ms).
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/clock.h"
#include "base/log.h"
#include "lib/measure.h"

#define PERIOD_MS 4000
#define VOICE_MS 3200
#define VOICE_AFTER_MS 300
#define SPEED 4 /* of the voice's making against its playing */

/* Opus of 24 kbit/s in packets of 20 ms, each with 2 bytes of length. */
#define OPUS_BYTES_PER_MS 3.1

enum format {
	TEXT,
	PCM,
	OPUS,
	QUIET
};

static const char *const names[] = { "text", "pcm", "opus", "quiet" };

struct talk {
	enum format format;
	unsigned long nlines;    /* of the channel */
	unsigned long utterance; /* from 0 */
	double blocked_ms;       /* the longest write */
	double late_ms;
};

static volatile sig_atomic_t is_over;

static void
on_term(int sig)
{
	(void)sig;
	is_over = 1;
}

static void
write_line(struct talk *t, const char *p, size_t len)
{
	double before_us = measure_us(), took_ms;

	if (write(STDOUT_FILENO, p, len) != (ssize_t)len)
		is_over = 1;
	took_ms = (measure_us() - before_us) / 1e3;
	if (took_ms > t->blocked_ms)
		t->blocked_ms = took_ms;
}

/* The members that are measured by, if the channel gets the line. */
static int
stamp(struct talk *t, char *buf, size_t size, bool is_of_channel)
{
	if (!is_of_channel)
		return snprintf(buf, size, "{");
	return snprintf(buf, size, "{\"at_ms\":%.3f,\"line\":%lu,",
	    clock_wall_ms(), t->nlines++);
}

static void
say(struct talk *t)
{
	static const char words[] = "The work goes on, and nobody in this room "
				    "knows yet how it will come to its end.";
	char buf[1024];
	int n;

	n = snprintf(buf, sizeof(buf),
	    "{\"type\":\"transcript\",\"id\":\"u%lu\",\"final\":true,"
	    "\"lang\":\"en-US\",\"text\":\"%s\"}\n",
	    t->utterance, words);
	write_line(t, buf, (size_t)n);
	n = stamp(t, buf, sizeof(buf), true);
	n += snprintf(buf + n, sizeof(buf) - (size_t)n,
	    "\"type\":\"translation\",\"id\":\"u%lu\",\"lang\":\"es-ES\","
	    "\"from\":\"en-US\",\"text\":\"%s\",\"source_text\":\"%s\","
	    "\"error\":null,\"captured_at_ms\":1,\"final_at_ms\":2,"
	    "\"translated_at_ms\":3}\n",
	    t->utterance, words, words);
	write_line(t, buf, (size_t)n);
}

static void
voice(struct talk *t, unsigned int number, int ms, bool is_last)
{
	static uint8_t sound[32 * 800];
	static char buf[65536];
	bool is_opus = t->format == OPUS;
	size_t len =
	    is_opus ? (size_t)(ms * OPUS_BYTES_PER_MS) : (size_t)ms * 32;
	size_t i;
	int n;

	for (i = 0; i < len; i++)
		sound[i] = (uint8_t)(i * 2654435761u >> 13);
	n = stamp(t, buf, sizeof(buf), t->format != TEXT);
	n += snprintf(buf + n, sizeof(buf) - (size_t)n,
	    "\"type\":\"audio\",\"id\":\"u%lu\",\"lang\":\"es-ES\","
	    "\"voice\":\"Lucia\",\"n\":%u,\"last\":%s,\"encoding\":\"%s\","
	    "\"rate_hz\":16000,\"speed\":1.0,\"data\":\"",
	    t->utterance, number, is_last ? "true" : "false",
	    is_opus ? "opus" : "pcm_s16le");
	n += (int)b64_encode(buf + n, sound, len);
	n += snprintf(buf + n, sizeof(buf) - (size_t)n, "\"}\n");
	write_line(t, buf, (size_t)n);
}

static void
wait_until(struct talk *t, double at_us)
{
	double left_us = at_us - measure_us();
	struct timespec ts;

	if (left_us < 0) {
		if (-left_us / 1e3 > t->late_ms)
			t->late_ms = -left_us / 1e3;
		return;
	}
	ts.tv_sec = (time_t)(left_us / 1e6);
	ts.tv_nsec = (long)(fmod(left_us, 1e6) * 1e3);
	nanosleep(&ts, NULL);
}

static void
utter(struct talk *t, double at_us)
{
	int sent_ms = 0, ms = 100;
	unsigned int number = 0;

	say(t);
	while (sent_ms < VOICE_MS && !is_over) {
		if (ms > VOICE_MS - sent_ms)
			ms = VOICE_MS - sent_ms;
		wait_until(t,
		    at_us + 1e3 * (VOICE_AFTER_MS + (double)sent_ms / SPEED));
		sent_ms += ms;
		voice(t, number++, ms, sent_ms == VOICE_MS);
		ms = ms < 400 ? 2 * ms : 800;
	}
	t->utterance++;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term };
	struct talk t = { .format = QUIET };
	double at_us;
	size_t i;

	for (i = 0; argc == 2 && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(argv[1], names[i]) == 0)
			break;
	if (argc != 2 || i == sizeof(names) / sizeof(names[0]))
		die(EX_USAGE, "usage: talk text|pcm|opus|quiet");
	t.format = (enum format)i;
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &sa, NULL);
	if (t.format == QUIET)
		say(&t);
	for (at_us = measure_us(); !is_over; at_us += 1e3 * PERIOD_MS) {
		wait_until(&t, at_us);
		if (t.format != QUIET)
			utter(&t, at_us);
	}
	fprintf(
	    stderr, "blocked_ms %.3f\nlate_ms %.3f\n", t.blocked_ms, t.late_ms);
	return 0;
}
