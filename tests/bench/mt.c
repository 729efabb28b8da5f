/*
 * A translator for localaws --mt that answers at once: the text itself.
 *
 *	mt FROM TO	NUL-ended texts in, NUL-ended texts out
 */
#include <unistd.h>

static int
write_all(const char *p, ssize_t n)
{
	ssize_t done;

	for (; n > 0; p += done, n -= done)
		if ((done = write(STDOUT_FILENO, p, (size_t)n)) < 0)
			return -1;
	return 0;
}

int
main(void)
{
	char buf[65536];
	ssize_t n;

	/* Texts and their ends come and go alike. */
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (write_all(buf, n) != 0)
			return 1;
	return n < 0;
}
