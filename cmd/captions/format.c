#include "format.h"

#include <stdint.h>
#include <string.h>

#include "clean.h"

/* U+200F, right-to-left mark, and U+2060, word joiner: both invisible. */
#define RLM "\xe2\x80\x8f"
#define JOINER "\xe2\x81\xa0"

const char *
format_suffix(enum format format)
{
	switch (format) {
	case FORMAT_SRT:
		return "srt";
	case FORMAT_TEXT:
		return "txt";
	default:
		return "vtt";
	}
}

static void
write_time(FILE *f, int64_t ms, char point)
{
	fprintf(f, "%02lld:%02d:%02d%c%03d", (long long)(ms / 3600000),
	    (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), point,
	    (int)(ms % 1000));
}

/* The three characters that WebVTT's cue text has names for. */
static void
write_vtt(FILE *f, const char *p, size_t n)
{
	for (; n > 0; p++, n--) {
		if (*p == '&')
			fputs("&amp;", f);
		else if (*p == '<')
			fputs("&lt;", f);
		else if (*p == '>')
			fputs("&gt;", f);
		else
			putc(*p, f);
	}
}

/*
 * SRT has no way to escape.  A word joiner behind the character keeps players
 * from seeing a tag (<b>), a command ({\an8}) or a time (-->), and nobody sees
 * the joiner.
 */
static void
write_srt(FILE *f, const char *p, size_t n)
{
	for (; n > 0; p++, n--) {
		putc(*p, f);
		if (*p == '<' || *p == '{' ||
		    (*p == '-' && n > 2 && p[1] == '-' && p[2] == '>'))
			fputs(JOINER, f);
	}
}

static void
write_lines(FILE *f, enum format format, const struct cue *cue)
{
	const char *p = cue->text;
	size_t n;

	for (;; p += n + 1) {
		n = strcspn(p, "\n");
		if (cue->is_rtl && clean_needs_rlm(p, n))
			fputs(RLM, f);
		if (format == FORMAT_VTT)
			write_vtt(f, p, n);
		else
			write_srt(f, p, n);
		putc('\n', f);
		if (p[n] == '\0')
			return;
	}
}

size_t
format_cues(
    FILE *f, enum format format, const struct cues *cues, double offset_ms)
{
	char point = format == FORMAT_VTT ? '.' : ',';
	size_t number = 0, left_out = 0;
	int64_t start, end;

	if (format == FORMAT_VTT)
		fputs("WEBVTT\n", f);
	for (size_t i = 0; i < cues->n; i++) {
		start = (int64_t)(cues->list[i].start_ms + offset_ms + 0.5);
		end = (int64_t)(cues->list[i].end_ms + offset_ms + 0.5);
		if (cues->list[i].end_ms + offset_ms < 1) {
			left_out++;
			continue;
		}
		if (cues->list[i].start_ms + offset_ms < 0)
			start = 0;
		number++;
		if (format == FORMAT_VTT)
			putc('\n', f);
		else
			fprintf(f, "%s%zu\n", number > 1 ? "\n" : "", number);
		write_time(f, start, point);
		fputs(" --> ", f);
		write_time(f, end, point);
		putc('\n', f);
		write_lines(f, format, &cues->list[i]);
	}
	return left_out;
}
