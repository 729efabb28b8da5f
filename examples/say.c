/*
 * Say a line with Polly's bidirectional stream: PCM on standard output.
 *
 *	cc say.c $(pkg-config --cflags --libs libaws) -o say
 *	./say Matthew 'Good morning.' | aplay -q -f S16_LE -r 16000
 *
 * Region and credentials come from where AWS's own tools look for them.
 */
#include <aws/blocking.h>
#include <stdio.h>

static int
play(void *arg, const uint8_t *pcm, size_t len)
{
	FILE *out = arg;

	return fwrite(pcm, 1, len, out) == len && fflush(out) == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct blocking_voice voice = { .sample_rate = "16000" };
	struct service_error error;
	char text[1024];

	if (argc != 3) {
		fprintf(stderr, "usage: say VOICE TEXT\n");
		return 64;
	}
	voice.voice_id = argv[1];
	if (blocking_say(NULL, &voice, argv[2], play, stdout, &error) == 0)
		return 0;
	fprintf(stderr, "say: %s\n",
	    service_error_text(&error, text, sizeof(text)));
	return service_error_exit_status(error.class);
}
