/* What went through the room, in Prometheus' text format, for a node_exporter
 * textfile collector or an eye. */
#ifndef BROADCAST_METRICS_H
#define BROADCAST_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lang.h"
#include "room/audience.h"
#include "spend.h"

/* Our choice: rows of one table.  What comes beyond is counted in "other". */
#define METRICS_ROWS_MAX 512

struct metrics_row {
	char name[16]; /* line type, or stage of a latency */
	char lang[LANG_TAG_MAX];
	uint64_t count;
	double sum;     /* bytes, or seconds */
	double last_ms; /* wall clock of the last one */
};

struct metrics {
	const char *room;                /* borrowed */
	const struct spend *spend;       /* borrowed */
	const struct audience *audience; /* borrowed */
	bool is_paused;
	struct metrics_row *lines;  /* by type and language */
	struct metrics_row *stages; /* by stage and language */
	size_t nlines, nstages;
	uint64_t bad;       /* lines that were dropped from the room */
	uint64_t ring_lost; /* lines that a ring did not take */
	uint64_t archive_missing;
	uint64_t failed_translations;
};

void metrics_init(struct metrics *m, const char *room);

void metrics_release(struct metrics *m);

/* Count one line of `len` bytes that came at now_ms (wall clock). */
void metrics_line(struct metrics *m, const json_t *obj, const char *type,
    size_t len, double now_ms);

/* Write the file whole.  0, or -1 with errno set. */
int metrics_write(
    const struct metrics *m, const char *path, bool is_on, double now_ms);

#endif
