/* with: cmd/synth/spoken.c */
/*
 * Any text made fit to be spoken: valid UTF-8 without controls, and pieces that
 * are the whole of it again, none longer than was asked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/synth/spoken.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static size_t
count_chars(const char *p, size_t n)
{
	size_t chars = 0;

	for (size_t i = 0; i < n; i++)
		chars += ((uint8_t)p[i] & 0xc0) != 0x80;
	return chars;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t max_chars = n == 0 ? 1 : 1 + p[0] % 64, len;
	char *text = calloc(1, n + 1), *spoken;
	const char *at;

	if (text == NULL)
		return 0;
	if (n > 1)
		memcpy(text, p + 1, n - 1);
	if ((spoken = spoken_text(text)) == NULL)
		abort();
	if (!utf8_is_valid(spoken, strlen(spoken)) || spoken[0] == ' ' ||
	    strstr(spoken, "  ") != NULL)
		abort();
	for (at = spoken; *at != '\0'; at++)
		if ((uint8_t)*at < ' ' || *at == 0x7f)
			abort();
	for (at = spoken; *at != '\0'; at += len) {
		len = spoken_piece(at, max_chars);
		/* The space goes with the piece. */
		if (len == 0 || len > strlen(at) || !utf8_is_valid(at, len) ||
		    count_chars(at, len) > max_chars + 1)
			abort();
	}
	free(spoken);
	free(text);
	return 0;
}
