/* transcribe_file LANG < talk.wav, or LANG RATE < talk.pcm (16 bits, mono):
 * what was said, as it becomes final.
 *	cc transcribe_file.c $(pkg-config --cflags --libs libaws) */
#include <aws/blocking.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long
hear(void *arg, uint8_t *buf, size_t size)
{
	size_t n = fread(buf, 1, size, stdin);

	(void)arg;
	return n == 0 && ferror(stdin) ? -1 : (long)n;
}

static int
tell(void *arg, const struct transcribe_result *r)
{
	(void)arg;
	return !r->is_partial && (puts(r->text) < 0 || fflush(stdout) != 0);
}

/* Skip to the samples of a WAV file: their rate, or 0 if we cannot use them. */
static unsigned int
wav_rate_hz(void)
{
	uint8_t h[12], fmt[16] = { 0 };

	if (fread(h, 1, 12, stdin) != 12 || memcmp(h + 8, "WAVE", 4) != 0)
		return 0;
	while (fread(h, 1, 8, stdin) == 8 && memcmp(h, "data", 4) != 0)
		for (size_t i = 0, n = h[4] | (h[5] << 8); i < n + n % 2; i++) {
			int c = getc(stdin);
			if (i < sizeof(fmt) && memcmp(h, "fmt ", 4) == 0)
				fmt[i] = (uint8_t)c;
		}
	return fmt[0] == 1 && fmt[2] == 1 && fmt[14] == 16
	           ? fmt[4] | fmt[5] << 8
	           : 0;
}

int
main(int argc, char **argv)
{
	struct blocking_recording talk = { .read = hear, .on_result = tell };
	struct transcribe_params params = { .language_code = argv[1] };
	struct service_error error;
	char text[1024];

	params.sample_rate_hz =
	    argc > 2 ? strtoul(argv[2], NULL, 10) : wav_rate_hz();
	if (blocking_transcribe(NULL, &params, &talk, &error) == 0)
		return 0;
	fprintf(stderr, "transcribe_file: %s\n",
	    service_error_text(&error, text, sizeof(text)));
	return service_error_exit_status(error.class);
}
