/* with: tests/bench/lib/measure.c */
/*
 * Signed audio events as transcribe makes them and a server reads them, and
 * zlib's CRC of as many bytes: nanoseconds each, the best batch of many.
 *
 *	events [SECONDS]	prints "sign", "verify" and "crc" with a number
 *
 * Time goes on by 100 ms an event, so that what is worked out once a second
 * (event_date_ms()) is paid as often as in a live stream.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <zlib.h>

#include "aws/event_signer.h"
#include "base/log.h"
#include "lib/measure.h"

#define AUDIO_BYTES 3200
#define AUDIO_MS 100
/* A batch stays in the second-level cache, as one event does in life. */
#define BATCH 64
#define BATCH_BYTES (1 << 20)
#define START_MS INT64_C(1893456000000)
#define SEED "f7f4f5c3ac0c7dd0aea02ffcd0ca1f5d8f4b8e3c9e4c7d0a4b5a0c1d2e3f4a5b"

struct events {
	struct sigv4_chain start; /* before the batch */
	struct sigv4_chain chain;
	struct bytes out;
	struct es_decoder *decoder;
	uint8_t audio[AUDIO_BYTES];
	size_t nverified;
	uint32_t crc;
};

static void
sign_batch(struct events *e)
{
	const struct es_header headers[] = {
		es_string(":event-type", "AudioEvent"),
		es_string(":message-type", "event"),
		es_string(":content-type", "application/octet-stream"),
	};

	e->chain = e->start;
	bytes_reset(&e->out);
	for (int64_t i = 0; i < BATCH; i++)
		if (event_signer_append(&e->chain,
			event_date_ms(START_MS + i * AUDIO_MS), headers, 3,
			e->audio, sizeof(e->audio), &e->out) != 0)
			die(EX_SOFTWARE, "an event cannot be signed");
}

static int
on_message(const struct es_message *m, void *arg)
{
	struct es_header headers[ES_HEADERS_MAX];
	struct events *e = arg;
	struct event_inner inner;
	struct es_message event;

	if (event_signer_open(&e->chain, m, 0, -1, &inner) != 0 ||
	    es_decode(&event, headers, inner.bytes, inner.len) != 0 ||
	    event.payload_len != AUDIO_BYTES)
		return -1;
	e->nverified++;
	return 0;
}

/* What sign_batch() made, in the pieces in which HTTP/2 would bring it. */
static void
verify_batch(struct events *e)
{
	const uint8_t *p;
	size_t n, piece = 16384;

	e->chain = e->start;
	e->nverified = 0;
	for (p = bytes_peek(&e->out, &n); n > 0; p += piece, n -= piece) {
		if (piece > n)
			piece = n;
		if (es_decoder_feed(e->decoder, p, piece) != 0)
			break;
	}
	if (e->nverified != BATCH)
		die(EX_SOFTWARE, "an event cannot be verified");
}

static void
crc_batch(struct events *e)
{
	for (int i = 0; i < BATCH; i++)
		e->crc = (uint32_t)crc32_z(e->crc, e->audio, sizeof(e->audio));
}

/* The best batch within seconds, as nanoseconds an event. */
static void
measure(struct events *e, const char *what, void (*batch)(struct events *),
    double seconds)
{
	double best = 0, from, us, end = measure_us() + seconds * 1e6;

	do {
		from = measure_us();
		batch(e);
		us = measure_us() - from;
		if (best == 0 || us < best)
			best = us;
	} while (from + us < end);
	printf("%s %.1f\n", what, best * 1e3 / BATCH);
}

int
main(int argc, char **argv)
{
	static const struct sigv4_credentials keys = { "AKIDEXAMPLE",
		"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL };
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
	struct events *e = xcalloc(1, sizeof(*e));

	log_open("events");
	for (size_t i = 0; i < sizeof(e->audio); i++)
		e->audio[i] = (uint8_t)(i * 167 >> 3);
	bytes_init(&e->out, BATCH_BYTES);
	e->decoder = es_decoder_new(0, on_message, e);
	if (e->decoder == NULL || sigv4_chain_init(&e->start, &keys,
				      "eu-west-1", "transcribe", SEED) != 0)
		die(EX_SOFTWARE, "the chain of signatures cannot be started");
	measure(e, "sign", sign_batch, seconds);
	measure(e, "verify", verify_batch, seconds);
	measure(e, "crc", crc_batch, seconds);
	es_decoder_free(e->decoder);
	bytes_release(&e->out);
	/* So that the checksums are not left out for nobody's use. */
	if (e->crc == 1)
		puts("");
	free(e);
	return 0;
}
