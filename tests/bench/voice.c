/*
 * A voice for localaws --tts that answers at once: so much silence.
 *
 *	voice MS VOICE LANG RATE FORM	text in, PCM of MS milliseconds out
 *
 * No text, no sound: then it is only asked whether it could.
 */
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	static const char silence[4096];
	size_t left, piece;
	ssize_t n;
	char c;

	if (argc < 5)
		return 64;
	if (read(STDIN_FILENO, &c, 1) <= 0)
		return 0;
	left = strtoul(argv[1], NULL, 10) * strtoul(argv[4], NULL, 10) / 1000;
	for (left *= 2; left > 0; left -= (size_t)n) {
		piece = left < sizeof(silence) ? left : sizeof(silence);
		if ((n = write(STDOUT_FILENO, silence, piece)) < 0)
			return 1;
	}
	return 0;
}
