/*
 * From recorded time to the time of the replay: ms since its beginning, slower,
 * faster, begun later, and with long silences cut.
 */
#ifndef REPLAY_TIMELINE_H
#define REPLAY_TIMELINE_H

#include <stdbool.h>

struct timeline {
	double speed;
	double from_ms;    /* of the recording, not to be played */
	double max_gap_ms; /* INFINITY: nothing is cut */
	double first_ms;   /* recorded time of the first line, NaN: none yet */
	double last_ms;    /* of the last one; never falls */
	double busy_ms;    /* until when a voice speaks */
	double cut_ms;     /* of silence so far, and of what was not played */
};

void timeline_init(
    struct timeline *t, double speed, double from_ms, double max_gap_ms);

/*
 * A line of recorded time at_ms (NaN: that of the line before) comes next.
 * Times that fall back are those of the line before.  True, and when it is due:
 * *due_ms, which never falls, and its own time *at_ms; or false: it is before
 * what is to be played.
 */
bool timeline_line(struct timeline *t, double *at_ms, double *due_ms);

/* A voice is heard until then, recorded time: that is no silence. */
void timeline_busy(struct timeline *t, double until_ms);

#endif
