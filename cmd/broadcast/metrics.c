#include "metrics.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "room/room.h"

void
metrics_init(struct metrics *m, const char *room)
{
	memset(m, 0, sizeof(*m));
	m->room = room;
	m->lines = xcalloc(METRICS_ROWS_MAX, sizeof(*m->lines));
	m->stages = xcalloc(METRICS_ROWS_MAX, sizeof(*m->stages));
}

void
metrics_release(struct metrics *m)
{
	free(m->lines);
	free(m->stages);
	memset(m, 0, sizeof(*m));
}

/* Words of the format's own alphabet only; all else is "other". */
static const char *
label(const char *s, size_t size)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (s == NULL)
		return "";
	return strlen(s) < size && strspn(s, letters) == strlen(s) ? s
	                                                           : "other";
}

static struct metrics_row *
row(struct metrics_row *rows, size_t *n, const char *name, const char *lang)
{
	struct metrics_row *r;
	size_t i;

	name = label(name, sizeof(r->name));
	lang = label(lang, sizeof(r->lang));
	for (i = 0; i < *n; i++)
		if (strcmp(rows[i].name, name) == 0 &&
		    strcmp(rows[i].lang, lang) == 0)
			return &rows[i];
	if (*n == METRICS_ROWS_MAX)
		return &rows[*n - 1];
	if (*n == METRICS_ROWS_MAX - 1)
		name = lang = "other";
	r = &rows[(*n)++];
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->lang, sizeof(r->lang), "%s", lang);
	return r;
}

/* The time between two stamps of one line, if it has both. */
static void
stage(struct metrics *m, const char *name, const char *lang, double from_ms,
    double to_ms, double now_ms)
{
	struct metrics_row *r;

	if (from_ms <= 0 || to_ms <= 0)
		return;
	r = row(m->stages, &m->nstages, name, lang);
	r->count++;
	r->sum += (to_ms - from_ms) / 1000;
	r->last_ms = now_ms;
}

void
metrics_line(struct metrics *m, const json_t *obj, const char *type, size_t len,
    double now_ms)
{
	const char *lang = json_str(obj, "lang");
	double captured_ms = json_num(obj, "captured_at_ms", 0);
	double final_ms = json_num(obj, "final_at_ms", 0);
	double translated_ms = json_num(obj, "translated_at_ms", 0);
	struct metrics_row *r;

	r = row(m->lines, &m->nlines, type[0] == '\0' ? "other" : type, lang);
	r->count++;
	r->sum += (double)len;
	r->last_ms = now_ms;
	if (strcmp(type, "transcript") == 0 && json_is_set(obj, "final")) {
		stage(m, "recognised", lang, captured_ms, final_ms, now_ms);
	} else if (strcmp(type, "translation") == 0) {
		if (json_str(obj, "error") != NULL)
			m->failed_translations++;
		stage(m, "translated", lang, final_ms, translated_ms, now_ms);
		stage(m, "captioned", lang, captured_ms, now_ms, now_ms);
	} else if (strcmp(type, "audio") == 0 && json_num(obj, "n", -1) == 0) {
		stage(m, "voiced", lang, translated_ms,
		    json_num(obj, "voiced_at_ms", 0), now_ms);
	}
}

static void
head(FILE *f, const char *name, const char *kind, const char *help)
{
	fprintf(f, "# HELP booth_%s %s\n# TYPE booth_%s %s\n", name, help, name,
	    kind);
}

static void
single(FILE *f, const struct metrics *m, const char *name, const char *kind,
    const char *help, double value)
{
	head(f, name, kind, help);
	fprintf(f, "booth_%s{room=\"%s\"} %.15g\n", name, m->room, value);
}

/* One family over the rows of a table. */
static void
family(FILE *f, const struct metrics *m, const char *name, bool is_stage,
    double (*value)(const struct metrics_row *, double), double now_ms)
{
	const struct metrics_row *rows = is_stage ? m->stages : m->lines;
	size_t i, n = is_stage ? m->nstages : m->nlines;

	for (i = 0; i < n; i++) {
		fprintf(f, "booth_%s{room=\"%s\",%s=\"%s\",lang=\"%s\"} ", name,
		    m->room, is_stage ? "stage" : "type", rows[i].name,
		    rows[i].lang);
		fprintf(f, "%.15g\n", value(&rows[i], now_ms));
	}
}

static double
value_count(const struct metrics_row *r, double now_ms)
{
	(void)now_ms;
	return (double)r->count;
}

static double
value_sum(const struct metrics_row *r, double now_ms)
{
	(void)now_ms;
	return r->sum;
}

static double
value_age(const struct metrics_row *r, double now_ms)
{
	return (now_ms - r->last_ms) / 1000;
}

static void
write_cost(FILE *f, const struct metrics *m)
{
	size_t i;

	head(f, "est_usd_total", "counter",
	    "US dollars spent in this talk, by stage, estimated.");
	for (i = 0; i < m->spend->nstages; i++)
		fprintf(f,
		    "booth_est_usd_total{room=\"%s\",stage=\"%s\"} %.15g\n",
		    m->room,
		    label(m->spend->stages[i].name,
			sizeof(m->spend->stages[i].name)),
		    spend_stage_usd(&m->spend->stages[i]));
}

static void
write_audience(FILE *f, const struct metrics *m)
{
	size_t i;

	head(f, "listeners", "gauge", "Listeners now, by channel.");
	for (i = 0; i < m->audience->n; i++)
		fprintf(f, "booth_listeners{room=\"%s\",channel=\"%s\"} %u\n",
		    m->room, m->audience->channels[i].name,
		    m->audience->channels[i].listeners);
}

int
metrics_write(
    const struct metrics *m, const char *path, bool is_on, double now_ms)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int ret = -1;

	f = open_memstream(&text, &len);
	if (f == NULL)
		return -1;
	single(f, m, "on", "gauge", "Whether a talk is on the air.", is_on);
	single(f, m, "paused", "gauge", "Whether paid work is paused.",
	    m->is_paused);
	write_cost(f, m);
	write_audience(f, m);
	head(f, "lines_total", "counter", "Lines taken, by type and language.");
	family(f, m, "lines_total", false, value_count, now_ms);
	head(f, "bytes_total", "counter", "Bytes of these lines.");
	family(f, m, "bytes_total", false, value_sum, now_ms);
	head(f, "last_line_age_seconds", "gauge",
	    "Time since the last of these lines.");
	family(f, m, "last_line_age_seconds", false, value_age, now_ms);
	head(f, "latency_seconds", "summary",
	    "Time from sound to final (recognised), final to translation "
	    "(translated), sound to the room (captioned), translation to first "
	    "audio (voiced).");
	family(f, m, "latency_seconds_sum", true, value_sum, now_ms);
	family(f, m, "latency_seconds_count", true, value_count, now_ms);
	single(f, m, "bad_lines_total", "counter",
	    "Lines that were no lines, or too long, and were dropped.",
	    (double)m->bad);
	single(f, m, "failed_translations_total", "counter",
	    "Translations that came with an error.",
	    (double)m->failed_translations);
	single(f, m, "ring_lost_lines_total", "counter",
	    "Lines that shared memory had no space for.", (double)m->ring_lost);
	single(f, m, "archive_missing_lines_total", "counter",
	    "Lines that are missing in the archive.",
	    (double)m->archive_missing);
	single(f, m, "written_timestamp_seconds", "gauge",
	    "Unix time at which this file was written.", now_ms / 1000);
	if (fclose(f) == 0 && room_write_whole(path, text, len) == 0)
		ret = 0;
	free(text);
	return ret;
}
