/* with: tests/fake/service/script.c */
/* with: tests/fake/service/stream.c */
/* with: tests/fake/service/call.c */
/*
 * A scripted Transcribe and Polly on loopback, for the tests of `transcribe`
 * and `synth`: cleartext HTTP/2 for the event streams, HTTP/1.1 for the calls
 * (an http:// endpoint).  It checks no signature.
 *
 *	service audio WORDS [PER_SENTENCE] [wav] [stereo]
 *	service serve --ready FILE [--script FILE] [--log FILE]
 *		[--window BYTES] [--max-data BYTES] [--speak-ms MS]
 *		[--idle-ms MS] [--close-idle-ms MS]
 *
 * audio writes what it recognises: word n is 100 ms of samples that all are
 * 1000 + n, between sentences (default: 8 words) there are 300 ms of zeros.  In
 * stereo the second channel says words from 501 on, half a second later.  A
 * session is answered with a partial result for each word and a final one at
 * each pause or end, "w0001 w0002 ...".  A text is spoken as 300 ms of samples
 * that all are the first number in it.
 *
 * --idle-ms is how long a stream of speech may be without text, and
 * --close-idle-ms how long a connection without a stream is kept.
 *
 * Each line of the script says what happens to one stream or call of its kind
 * (transcribe, speak, call, voices), in order of arrival; those beyond are
 * served in order.  A line is "KIND WHAT[@WHEN] [ARG]...", a comment begins
 * with '#':
 *
 *	ok
 *	refuse STATUS NAME    JSON error in place of an answer
 *	html STATUS           a proxy's page
 *	reset  cut  close     RST_STREAM, TCP end, END_STREAM
 *	outage MS             TCP reset of all, and of who comes within MS
 *	goaway                and go on
 *	exception NAME        error CODE
 *	crc  half             a damaged message, half a message and END_STREAM
 *	hang                  never answered; @later: nothing more is said
 *	block                 nothing more is read
 *	odd                   (speak) audio events of odd lengths
 *	linger                (speak) the stream does not end after
 *			      StreamClosedEvent
 *
 * WHEN is, for transcribe: `headers` (default: in their place), `open` (after
 * them), MS of audio, `final=N` (after the N-th final of the stream), `end` (of
 * the client's side, before the last final) or `last` (after it); for speak:
 * `headers`, or BYTES of audio.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pcm.h"
#include "service/service.h"

#define CLIENTS_MAX 256

static struct client clients[CLIENTS_MAX];
static struct conn_config config;
static int64_t outage_until_ms;

static const struct conn_events conn_events = {
	.on_request = on_request,
	.on_bytes = on_bytes,
};

void
outage(int64_t ms)
{
	outage_until_ms = clock_mono_ms() + ms;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (clients[i].conn != NULL)
			conn_abort(clients[i].conn);
}

static void
take(int listen_fd)
{
	const struct linger cut = { 1, 0 };
	struct client *c = clients;
	int fd = accept(listen_fd, NULL, NULL);

	if (fd < 0)
		return;
	while (c < clients + CLIENTS_MAX && c->conn != NULL)
		c++;
	if (clock_mono_ms() < outage_until_ms || c == clients + CLIENTS_MAX) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &cut, sizeof(cut));
		close(fd);
		return;
	}
	note("conn");
	bytes_init(&c->in, MESSAGE_MAX);
	if (conn_accept(
		&c->conn, fd, &config, &conn_events, c, clock_mono_ms()) != 0)
		abort();
}

static int
open_port(const char *ready)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char tmp[512];
	FILE *f;

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) != 0 ||
	    listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		usage("cannot listen");
	snprintf(tmp, sizeof(tmp), "%s.new", ready);
	if ((f = fopen(tmp, "w")) == NULL)
		usage("cannot write the ready file");
	fprintf(f, "%u\n", ntohs(sa.sin_port));
	fclose(f);
	if (rename(tmp, ready) != 0)
		usage("cannot write the ready file");
	return fd;
}

__attribute__((noreturn)) static void
serve(int listen_fd)
{
	struct loop l;
	int64_t now_ms;
	int slot;

	loop_init(&l);
	for (;;) {
		loop_begin(&l);
		slot = loop_watch(&l, listen_fd, POLLIN);
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			if (clients[i].conn != NULL)
				conn_prepare(clients[i].conn, &l);
		streams_prepare(&l);
		if (loop_wait(&l) < 0)
			abort();
		now_ms = clock_mono_ms();
		for (size_t i = 0; i < CLIENTS_MAX; i++) {
			struct client *c = &clients[i];

			if (c->conn == NULL ||
			    conn_dispatch(c->conn, &l, now_ms) != CONN_CLOSED)
				continue;
			conn_free(c->conn);
			c->conn = NULL;
			bytes_release(&c->in);
		}
		streams_dispatch(now_ms);
		if (loop_revents(&l, slot) != 0)
			take(listen_fd);
	}
}

/* --- main ---------------------------------------------------------------- */

struct sound {
	int16_t *samples;
	size_t n;
};

static void
put(struct sound *s, int value, size_t n)
{
	s->samples = realloc(s->samples, (s->n + n) * sizeof(*s->samples));
	if (s->samples == NULL)
		abort();
	while (n-- > 0)
		s->samples[s->n++] = (int16_t)value;
}

/* Words from first + 1 on, with a pause before and behind each sentence. */
static void
put_talk(struct sound *s, int first, int words, int each)
{
	put(s, 0, PAUSE_SAMPLES);
	for (int i = 1; i <= words; i++) {
		put(s, WORD_BASE + first + i, WORD_SAMPLES);
		if (i % each == 0 || i == words)
			put(s, 0, PAUSE_SAMPLES);
	}
}

static void
put_wav_head(size_t nframes, unsigned int channels)
{
	uint8_t h[44] = "RIFF    WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0"
			"\0\x7d\0\0\x02\0\x10\0data    ";
	size_t n = nframes * channels * 2;

	h[22] = (uint8_t)channels;
	h[29] = (uint8_t)(0x7d * channels);
	h[32] = (uint8_t)(2 * channels);
	for (int i = 0; i < 4; i++) {
		h[4 + i] = (uint8_t)((n + 36) >> (8 * i));
		h[40 + i] = (uint8_t)(n >> (8 * i));
	}
	fwrite(h, 1, sizeof(h), stdout);
}

static void
put_frames(const struct sound *sounds, unsigned int channels)
{
	for (size_t i = 0; i < sounds[0].n; i++)
		for (unsigned int c = 0; c < channels; c++) {
			int v = i < sounds[c].n ? sounds[c].samples[i] : 0;

			putchar(v & 0xff);
			putchar(v >> 8 & 0xff);
		}
}

static int
write_audio(int argc, char **argv)
{
	int words = argc > 2 ? atoi(argv[2]) : 8;
	int each = argc > 3 ? atoi(argv[3]) : 8;
	unsigned int channels = 1;
	struct sound sounds[2] = { { NULL, 0 }, { NULL, 0 } };
	bool is_wav = false;

	if (words < 1 || words > 9999 || each < 1)
		usage("audio takes 1 to 9999 words");
	for (int i = 4; i < argc; i++) {
		is_wav = is_wav || strcmp(argv[i], "wav") == 0;
		if (strcmp(argv[i], "stereo") == 0)
			channels = 2;
	}
	put_talk(&sounds[0], 0, words, each);
	/* The second speaks while the first pauses, too. */
	put(&sounds[1], 0, 5 * WORD_SAMPLES);
	put_talk(&sounds[1], 500, words, each);
	if (channels == 2)
		put(&sounds[0], 0, 5 * WORD_SAMPLES);
	if (is_wav)
		put_wav_head(sounds[0].n, channels);
	put_frames(sounds, channels);
	free(sounds[0].samples);
	free(sounds[1].samples);
	return fflush(stdout) == 0 ? 0 : 74;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "ready", required_argument, NULL, 'r' },
		{ "script", required_argument, NULL, 's' },
		{ "log", required_argument, NULL, 'l' },
		{ "window", required_argument, NULL, 'w' },
		{ "max-data", required_argument, NULL, 'm' },
		{ "speak-ms", required_argument, NULL, 'p' },
		{ "idle-ms", required_argument, NULL, 'i' },
		{ "close-idle-ms", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	const char *ready = NULL;
	int c;

	if (argc > 1 && strcmp(argv[1], "audio") == 0)
		return write_audio(argc, argv);
	config.h2.is_manual = true;
	config.h2.send_cap_bytes = 8 * MESSAGE_MAX;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'r')
			ready = optarg;
		else if (c == 's')
			read_script(optarg);
		else if (c == 'l')
			note_open(optarg);
		else if (c == 'w')
			config.h2.stream_window_bytes = (uint32_t)atoi(optarg);
		else if (c == 'm')
			config.h2.max_data_bytes = (size_t)atoi(optarg);
		else if (c == 'p')
			speak_ms = atoi(optarg);
		else if (c == 'i')
			idle_ms = atoi(optarg);
		else if (c == 'c')
			config.idle_timeout_ms = atoi(optarg);
		else
			return 64;
	}
	if (ready == NULL)
		usage("--ready FILE is missing");
	serve(open_port(ready));
}
