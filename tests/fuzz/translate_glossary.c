/* with: cmd/translate/phrases.c */
/* with: cmd/translate/glossary.c */
/* with: cmd/translate/glossary_file.c */
/* with: cmd/translate/protect.c */
/*
 * A glossary of any bytes, then a text and a service's answer: what is refused
 * has a line, and whatever the answer, nothing of ours is left in what goes
 * out.  The three parts are cut at NUL bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/translate/protect.h"
#include "base/utf8.h"

/* The next part, to be freed; n is what is left. */
static char *
take_part(const uint8_t **p, size_t *n)
{
	const uint8_t *end = memchr(*p, '\0', *n);
	size_t len = end != NULL ? (size_t)(end - *p) : *n;
	char *s = malloc(len + 1);

	if (s == NULL)
		abort();
	memcpy(s, *p, len);
	s[len] = '\0';
	*p += len + (end != NULL);
	*n -= len + (end != NULL);
	return s;
}

static void
check(const struct lexicon *x, enum protect_way way, const char *text,
    const char *answer)
{
	struct protect p;
	char *out, *say = NULL;
	size_t nmissed;
	int rc = protect_init(&p, x, way, "en-US", text);

	if (rc != 0)
		return;
	if (!utf8_is_valid(p.text, strlen(p.text)))
		abort();
	/* What comes back untouched is good. */
	rc = protect_finish(&p, p.text, &out, &nmissed);
	if (rc != 0 || out == NULL || !utf8_is_valid(out, strlen(out)))
		abort();
	free(out);
	rc = protect_finish(&p, answer, &out, &nmissed);
	if ((rc == 0) != (out != NULL))
		abort();
	if (rc == 0 && lexicon_say(x, out, &say) < 0)
		abort();
	if (rc == 0 && (!utf8_is_valid(out, strlen(out)) ||
			   (say != NULL && strcmp(say, out) == 0)))
		abort();
	free(out);
	free(say);
	protect_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *file, *text, *answer, *same;
	struct glossary *g;
	struct lexicon *x;
	unsigned int line;
	int code, way;

	if (n > 20000)
		return 0;
	file = take_part(&p, &n);
	text = take_part(&p, &n);
	answer = take_part(&p, &n);
	g = glossary_parse(file, strlen(file), &code, &line);
	if ((g == NULL) != (code != 0))
		abort();
	if (g == NULL && line == 0)
		abort();
	if (g != NULL && utf8_is_valid(text, strlen(text)) &&
	    utf8_is_valid(answer, strlen(answer))) {
		x = lexicon_new(g, "es-ES");
		for (way = 0; way < PROTECT_NWAYS; way++)
			check(x, (enum protect_way)way, text, answer);
		if (protect_same(x, "en-US", text, &same) != 0)
			abort();
		free(same);
		lexicon_unref(x);
	}
	glossary_unref(g);
	free(file);
	free(text);
	free(answer);
	return 0;
}
