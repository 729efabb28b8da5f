/* with: cmd/localaws/script.c cmd/localaws/words.c */
/* with: cmd/localaws/speech_text.c */
/*
 * Texts that localaws takes apart: a timed script, and what is to be spoken.
 * The first byte chooses, for speech whether it is SSML.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws/script.h"
#include "../../cmd/localaws/speech_text.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
read_script(const char *p, size_t n)
{
	char why[SCRIPT_TEXT_BYTES] = "";
	struct script *s = NULL;

	if (script_parse(&s, p, n, why) != 0) {
		if (s != NULL || why[0] == '\0')
			abort();
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (json_str(s->entries[i].line, "text") == NULL ||
		    !(s->entries[i].at_ms >= 0) ||
		    (i > 0 && s->entries[i].at_ms < s->entries[i - 1].at_ms))
			abort();
	script_free(s);
}

static void
speak(const char *p, size_t n, bool is_ssml)
{
	const char *why = NULL;
	size_t chars = speech_chars(p, n), end = speech_sentences(p, n);

	if (chars > n || speech_billed(p, n, is_ssml) > chars || end > n)
		abort();
	if (!speech_ssml_is_ok(p, n, &why) && why == NULL)
		abort();
	(void)speech_is_blank(p, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	if (p[0] % 3 == 0)
		read_script((const char *)p + 1, n - 1);
	else
		speak((const char *)p + 1, n - 1, p[0] % 3 == 1);
	return 0;
}
