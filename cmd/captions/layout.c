#include "layout.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* A caption holds at most so many units: each is at least one column wide. */
#define UNITS_MAX (LAYOUT_COLUMNS_MAX * LAYOUT_LINES_MAX)

/*
 * What an imperfection costs; only the proportions matter.  They were set by
 * looking at captions of several languages: an end behind a full stop is worth
 * about a third of a line of unevenness, and one more caption is worth less
 * than an end behind an article.
 */
#define COST_CAPTION 50.0
#define COST_UNEVEN 60.0
#define COST_TOO_SHORT 80.0
#define COST_TOO_LONG 300.0
#define COST_LINE_UNEVEN 220.0
#define COST_LINE_TOP_HEAVY 3.0
#define BONUS_PAUSE 30.0
/* A silence that is heard as one. */
#define PAUSE_MS 400.0

static const double end_costs[] = {
	[UNIT_SENTENCE] = 0,
	[UNIT_CLAUSE] = 15,
	[UNIT_WORD] = 60,
	[UNIT_LEANS] = 110,
	[UNIT_INSIDE] = 400,
};

/* Units from `first` that fit one line; at least one. */
static size_t
fill_line(
    const struct unit *units, size_t first, size_t n, unsigned int max_columns)
{
	unsigned int columns = units[first].columns;
	size_t i = first + 1;

	for (; i < n; i++) {
		columns += units[i - 1].space + units[i].columns;
		if (columns > max_columns)
			break;
	}
	return i;
}

/* Units from `first` that fit one caption; at least one. */
static size_t
fill_caption(const struct unit *units, size_t first, size_t n,
    const struct layout_rules *rules)
{
	size_t end = first;

	for (unsigned int l = 0; l < rules->max_lines && end < n; l++)
		end = fill_line(units, end, n, rules->max_columns);
	return end - first > UNITS_MAX ? first + UNITS_MAX : end;
}

struct shape {
	const struct unit *units;
	size_t n;
	const struct layout_rules *rules;
	double ideal_columns;
};

static double
caption_cost(const struct shape *s, size_t first, size_t end, double columns)
{
	const struct unit *last = &s->units[end - 1];
	double uneven = (columns - s->ideal_columns) / s->ideal_columns;
	double ms = last->end_ms - s->units[first].start_ms;
	double cost = COST_CAPTION + COST_UNEVEN * uneven * uneven;

	if (end < s->n) {
		cost += end_costs[last->ends];
		if (last[1].start_ms - last->end_ms >= PAUSE_MS)
			cost -= BONUS_PAUSE;
	}
	if (ms < s->rules->min_ms)
		cost += COST_TOO_SHORT * (1 - ms / s->rules->min_ms);
	if (ms > s->rules->max_ms)
		cost += COST_TOO_LONG * fmin(ms / s->rules->max_ms - 1, 4);
	return cost;
}

/* As many captions as the columns and the time ask for. */
static double
ideal_columns(
    const struct unit *units, size_t n, const struct layout_rules *rules)
{
	double columns = units_columns(units, 0, n);
	double ms = units[n - 1].end_ms - units[0].start_ms;
	double by_columns =
	    ceil(columns / (rules->max_columns * rules->max_lines));
	double by_ms = ceil(ms / rules->max_ms);
	double count = fmax(1, fmax(by_columns, fmin(by_ms, (double)n)));

	return columns / count;
}

long
layout_captions(const struct unit *units, size_t n,
    const struct layout_rules *rules, size_t *ends)
{
	struct shape s = { units, n, rules, ideal_columns(units, n, rules) };
	double *best = malloc((n + 1) * sizeof(*best)), cost, columns;
	size_t *from = malloc((n + 1) * sizeof(*from)), count = 0, last;
	long rc = -1;

	if (best == NULL || from == NULL)
		goto out;
	best[0] = 0;
	for (size_t i = 1; i <= n; i++)
		best[i] = INFINITY;
	for (size_t i = 0; i < n; i++) {
		last = fill_caption(units, i, n, rules);
		columns = 0;
		for (size_t j = i + 1; j <= last; j++) {
			columns += units[j - 1].columns;
			cost = best[i] + caption_cost(&s, i, j, columns);
			if (cost < best[j]) {
				best[j] = cost;
				from[j] = i;
			}
			columns += units[j - 1].space;
		}
	}
	for (size_t j = n; j > 0; j = from[j])
		count++;
	rc = (long)count;
	for (size_t j = n; j > 0; j = from[j])
		ends[--count] = j;
out:
	free(best);
	free(from);
	return rc;
}

/* Cost of lines that end at every unit of a caption, line by line. */
struct grid {
	double best[LAYOUT_LINES_MAX + 1][UNITS_MAX + 1];
	uint16_t from[LAYOUT_LINES_MAX + 1][UNITS_MAX + 1];
};

static void
fill_row(struct grid *g, size_t row, const struct unit *units, size_t n,
    size_t nlines, const struct layout_rules *rules)
{
	double each = units_columns(units, 0, n) / (double)nlines;
	double uneven, cost;
	unsigned int columns;

	for (size_t j = 0; j <= n; j++)
		g->best[row][j] = INFINITY;
	for (size_t i = 0; i < n; i++) {
		if (isinf(g->best[row - 1][i]))
			continue;
		columns = 0;
		for (size_t j = i + 1; j <= n; j++) {
			columns += units[j - 1].columns;
			if (columns > rules->max_columns && j > i + 1)
				break;
			uneven = (columns - each) / rules->max_columns;
			cost = g->best[row - 1][i] +
			       COST_LINE_UNEVEN * uneven * uneven;
			if (j < n)
				cost +=
				    end_costs[units[j - 1].ends] / 2 +
				    (columns > each ? COST_LINE_TOP_HEAVY : 0);
			if (cost < g->best[row][j]) {
				g->best[row][j] = cost;
				g->from[row][j] = (uint16_t)i;
			}
			columns += units[j - 1].space;
		}
	}
}

size_t
layout_lines(const struct unit *units, size_t first, size_t end,
    const struct layout_rules *rules, size_t ends[LAYOUT_LINES_MAX])
{
	struct grid g;
	size_t n = end - first, nlines = 0, j;

	for (j = first; j < end && nlines < rules->max_lines; nlines++)
		j = fill_line(units, j, end, rules->max_columns);
	for (j = 0; j <= n; j++)
		g.best[0][j] = j == 0 ? 0 : INFINITY;
	for (size_t row = 1; row <= nlines; row++)
		fill_row(&g, row, units + first, n, nlines, rules);
	j = n;
	for (size_t row = nlines; row > 0; row--) {
		ends[row - 1] = first + j;
		j = g.from[row][j];
	}
	return nlines;
}
