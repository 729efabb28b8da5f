/* with: cmd/captions/anchors.c cmd/captions/clean.c cmd/captions/cues.c */
/* with: cmd/captions/format.c cmd/captions/layout.c cmd/captions/leaning.c */
/* with: cmd/captions/render.c cmd/captions/talks.c cmd/captions/units.c */
/*
 * An archive of any lines as WebVTT: each caption has one line of times, in
 * order and without overlap, no empty line within it, and no '<' and no "-->"
 * in its text.  The first byte chooses the width.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/captions/render.h"
#include "../../cmd/captions/talks.h"
#include "base/json.h"

#define EXPECT(what)                                                           \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

/* A time of WebVTT in ms; -1: it is none. */
static long long
time_of(const char *p)
{
	long long h;
	int m, s, ms, n = 0;

	if (sscanf(p, "%lld:%2d:%2d.%3d%n", &h, &m, &s, &ms, &n) != 4 || n < 12)
		return -1;
	return ((h * 60 + m) * 60 + s) * 1000 + ms;
}

static void
check(const char *vtt)
{
	long long start, end, last = -1;
	const char *p = vtt;

	EXPECT(strncmp(p, "WEBVTT\n", 7) == 0);
	p += 7;
	while (*p != '\0') {
		EXPECT(*p == '\n');
		p++;
		start = time_of(p);
		p = strstr(p, " --> ");
		EXPECT(p != NULL);
		end = time_of(p + 5);
		EXPECT(start >= 0 && end > start && start >= last);
		last = end;
		p = strchr(p, '\n') + 1;
		EXPECT(*p != '\n' && *p != '\0');
		/* The text, to the empty line behind it. */
		for (; *p != '\n' && *p != '\0'; p = strchr(p, '\n') + 1)
			for (const char *q = p; *q != '\n'; q++)
				EXPECT(*q != '<' && *q != '>' &&
				       (uint8_t)*q >= ' ' && *q != 0x7f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct render r = { .lang = "source",
		.format = FORMAT_VTT,
		.with_source = true,
		.rules = { .max_lines = 2,
		    .columns_per_s = 17,
		    .min_ms = 1000,
		    .max_ms = 7000,
		    .gap_ms = 80 } };
	struct render_report report;
	struct talks t;
	const char *line, *end;
	char why[160], *text;
	json_t *obj;
	size_t len;

	if (n == 0)
		return 0;
	r.rules.max_columns = 10 + p[0] % 60;
	r.lang = p[0] % 2 == 0 ? "source" : "ja-JP";
	line = (const char *)p + 1;
	EXPECT(talks_init(&t) == 0);
	for (n--; n > 0; n -= len, line += len) {
		end = memchr(line, '\n', n);
		len = end == NULL ? n : (size_t)(end - line) + 1;
		obj = json_line_parse(line, len, why, sizeof(why));
		if (obj != NULL)
			EXPECT(talks_line(&t, obj) == 0);
		json_decref(obj);
	}
	talks_settle(&t, 17);
	r.last = t.ntalks - 1;
	text = render(&t, &r, &len, &report);
	EXPECT(text != NULL && strlen(text) == len);
	check(text);
	free(text);
	talks_release(&t);
	return 0;
}
