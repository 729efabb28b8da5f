/* What the speaker sees on standard error: on a terminal one line that lives,
 * elsewhere a line for what changes. */
#ifndef SEND_PANEL_H
#define SEND_PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "talk.h"

struct panel {
	bool is_terminal;
	bool is_shown; /* the living line stands there */
	char room_state[16], pipeline[16];
	uint64_t lost, dropped;
	bool is_late;
	int64_t dropped_ms; /* when dropping was told last */
};

void panel_init(struct panel *p);

/* An acknowledgement came. */
void panel_ack(struct panel *p, const struct talk *t);

/* Called often: tell of sound that is given up. */
void panel_dropped(struct panel *p, const struct keep *k, int64_t now_ms);

/* Make room for a message of log_msg(). */
void panel_clear(struct panel *p);

#endif
