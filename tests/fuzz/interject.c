/* with: cmd/interject/typed.c */
/*
 * What anybody may write into the FIFO `say`, line by line: refused with a
 * reason, or a line of the format that is safe to put on the air.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/interject/typed.h"
#include "base/json.h"
#include "base/line.h"
#include "base/utf8.h"
#include "room/say.h"

/* No control characters, valid UTF-8, not empty. */
static void
check_text(const char *s)
{
	size_t i;

	if (s == NULL || s[0] == '\0' || !utf8_is_valid(s, strlen(s)))
		abort();
	for (i = 0; s[i] != '\0'; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			abort();
}

static void
check_line(json_t *line)
{
	const char *type = json_line_type(line);
	size_t len;
	char *text = json_line_dump(line, &len);

	if (text == NULL || len + 1 > LINE_MAX_BYTES)
		abort();
	free(text);
	check_text(json_str(line, "id"));
	if (strlen(json_str(line, "id")) > TYPED_ID_MAX)
		abort();
	if (strcmp(type, "retraction") == 0)
		return;
	check_text(json_str(line, "text"));
	if (strcmp(type, "transcript") != 0 || !json_is_set(line, "final") ||
	    !lang_is_tag(json_str(line, "lang")) ||
	    strncmp(json_str(line, "id"), "say-", 4) != 0 ||
	    strcmp(json_str(line, "said_by"), "operator") != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct line_reader r;
	struct typed typed;
	json_t *line, *obj;
	char *text, why[256];
	size_t len;
	int ret;

	if (n > 60000)
		n = 60000;
	typed_init(&typed, n % 2 == 0 ? "it-IT" : NULL, 1000);
	line_reader_init(&r, SAY_LINE_MAX);
	if (line_reader_feed(&r, p, n) != 0)
		abort();
	while ((ret = line_reader_next(&r, &text, &len)) != 0) {
		if (ret != 1)
			continue;
		line = NULL;
		why[0] = '\0';
		ret = typed_take(
		    &typed, text, len, 2000, &line, why, sizeof(why));
		if ((ret == 1) != (line != NULL) ||
		    (ret == -1 && why[0] == '\0'))
			abort();
		if (ret == 1)
			check_line(line);
		json_decref(line);
		/* The same bytes as a line of the talk. */
		obj = json_line_parse(text, len, why, sizeof(why));
		if (obj != NULL)
			typed_learn(&typed, obj);
		if (typed.lang[0] != '\0' && !lang_is_tag(typed.lang))
			abort();
		json_decref(obj);
	}
	line_reader_release(&r);
	return 0;
}
