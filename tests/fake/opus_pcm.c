/*
 * A listener of Opus lines, written after booth-lines(5) alone: lines on
 * standard input (audio lines of encoding opus; others are passed by), PCM of
 * 16 kHz on standard output.  Whatever is not as the page says ends it with
 * status 1 and the reason.
 *
 *	opus_pcm [RATE_HZ]
 */
#include <jansson.h>
#include <opus.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"

#define LINE_BYTES 65536
/* What websocketd sends as one frame, less the `seq` of a room. */
#define FRAME_BYTES (4082 - 24)

static OpusDecoder *decoder;
static char id[256];
static long next_n;
static unsigned int rate_hz = 16000;
static long skip; /* samples still to be dropped */
static long kept, promised, decoded;

__attribute__((format(printf, 1, 2), noreturn)) static void
wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "opus_pcm: ");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static long
number(const json_t *line, const char *key)
{
	const json_t *n = json_object_get(line, key);

	if (!json_is_integer(n))
		wrong("%s is no integer", key);
	return (long)json_integer_value(n);
}

/* One packet: what is not to be skipped is kept, up to what was promised. */
static void
play(const uint8_t *packet, long len)
{
	opus_int16 samples[960];
	int n = opus_decode(decoder, packet, (opus_int32)len, samples, 960, 0);

	if (n != (int)rate_hz / 50)
		wrong("%d samples in a packet", n);
	decoded += n;
	for (int i = 0; i < n; i++) {
		if (skip > 0) {
			skip--;
		} else if (kept < promised) {
			putchar(samples[i] & 0xff);
			putchar(samples[i] >> 8 & 0xff);
			kept++;
		}
	}
}

static void
begin(const json_t *line, const char *line_id)
{
	int error;

	if (number(line, "n") != 0)
		wrong("%s begins in the middle", line_id);
	snprintf(id, sizeof(id), "%s", line_id);
	opus_decoder_destroy(decoder);
	if ((decoder = opus_decoder_create((opus_int32)rate_hz, 1, &error)) ==
	    NULL)
		wrong("no decoder");
	next_n = skip = kept = promised = decoded = 0;
}

static void
hear(const json_t *line, size_t len)
{
	const char *data = json_string_value(json_object_get(line, "data"));
	const char *line_id = json_string_value(json_object_get(line, "id"));
	long scale = (long)rate_hz / 16000, size, at, n, packets;
	static uint8_t bytes[LINE_BYTES];

	if (line_id == NULL || data == NULL)
		wrong("a line without id or data");
	if (strcmp(id, line_id) != 0)
		begin(line, line_id);
	if (number(line, "n") != next_n++)
		wrong("%s: lines are missing", id);
	if (len > FRAME_BYTES)
		wrong("a line of %zu bytes", len);
	if (json_object_get(line, "pre_skip") != NULL)
		skip = number(line, "pre_skip") * scale;
	packets = number(line, "packets");
	promised += number(line, "samples") * scale;
	if ((size = b64_decode(bytes, data, strlen(data))) < 0)
		wrong("not base64");
	for (at = 0; at < size; at += n, packets--) {
		n = bytes[at] << 8 | bytes[at + 1];
		at += 2;
		if (n == 0 || at + n > size)
			wrong("a packet of %ld bytes", n);
		play(bytes + at, n);
	}
	if (packets != 0)
		wrong("%ld packets more were promised", packets);
	if (json_is_true(json_object_get(line, "last"))) {
		if (kept != promised)
			wrong("%s: %ld of %ld samples", id, kept, promised);
		if (decoded - kept >= 2 * (long)rate_hz / 50)
			wrong("%s: padded by more than a packet", id);
		id[0] = '\0';
	}
}

int
main(int argc, char **argv)
{
	static char line[LINE_BYTES + 1];
	json_t *obj;

	if (argc > 1)
		rate_hz = (unsigned int)atoi(argv[1]);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		obj = json_loads(line, 0, NULL);
		if (obj == NULL)
			wrong("not JSON");
		if (json_is_string(json_object_get(obj, "encoding")) &&
		    strcmp(json_string_value(json_object_get(obj, "encoding")),
			"opus") == 0)
			hear(obj, strlen(line));
		json_decref(obj);
	}
	opus_decoder_destroy(decoder);
	if (id[0] != '\0')
		wrong("%s does not end", id);
	return fflush(stdout) == 0 ? 0 : 74;
}
