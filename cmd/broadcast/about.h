/*
 * room.json: what a picker shows of the room.
 *
 *	{"room":"main","title":"Great Hall","on":true,"source":"it-IT",
 *	 "targets":["de-DE","es-ES"],"voiced":{"es-ES":["pcm","opus"]},
 *	 "names":{"de-DE":"Deutsch (Deutschland)","es-ES":"español (España)",
 *	 "it-IT":"italiano (Italia)"},"paused":"break",
 *	 "since_ms":1763700000000,"updated_ms":1763700060000}
 *
 * source is absent until the first transcript, title without --title, paused
 * (why) while the room is not.  A broadcaster that was killed
 * cannot say that the talk is off the air: whoever reads the file also asks
 * room_is_locked().
 */
#ifndef BROADCAST_ABOUT_H
#define BROADCAST_ABOUT_H

#include <stdbool.h>

#include "base/lang.h"
#include "channels.h"

struct about {
	char source[LANG_TAG_MAX];
	const char *title;  /* borrowed; NULL: none */
	const char *paused; /* why, borrowed; NULL: it is not */
	double since_ms;
	bool is_on;
	bool is_dirty; /* the file does not say this yet */
};

/* A talk begins at now_ms.  `title` (NULL: none) is borrowed. */
void about_init(struct about *a, const char *title, double now_ms);

/*
 * If the last talk did not end but its broadcaster was killed, go on with it:
 * its start, its source, its languages (those that still have a ring).  Returns
 * whether there was such a talk.
 */
bool about_resume(struct about *a, struct channels *c);

/* Write the file if something changed.  0 or a code of room.h. */
int about_write(struct about *a, const struct channels *c, double now_ms);

#endif
