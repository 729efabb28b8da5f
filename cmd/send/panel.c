#include "panel.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define BAR 20
#define FLOOR_DB -60.0

/* The room hears it so much later: worth a word. */
#define LATE_MS 5000

#define DROPPED_EVERY_MS 10000

void
panel_init(struct panel *p)
{
	memset(p, 0, sizeof(*p));
	p->is_terminal = isatty(STDERR_FILENO) && log_get_level() >= LOG_INFO;
}

void
panel_clear(struct panel *p)
{
	if (p->is_shown)
		fputs("\r\033[K", stderr);
	p->is_shown = false;
}

static const char *
words_of(const char *room_state)
{
	if (strcmp(room_state, "on") == 0)
		return "on air";
	if (strcmp(room_state, "paused") == 0)
		return "PAUSED by the operator";
	if (strcmp(room_state, "off") == 0)
		return "the room is not on air";
	return room_state;
}

static void
draw(struct panel *p, const struct talk *t)
{
	char bar[BAR + 1];
	int i, lit;

	lit = (int)((t->level_db - FLOOR_DB) / -FLOOR_DB * BAR);
	for (i = 0; i < BAR; i++)
		bar[i] = i < lit ? '#' : ' ';
	bar[BAR] = '\0';
	fprintf(stderr, "\r\033[K[%s] %5.1f dB  lag %.1f s  kept %.1f s  %s",
	    bar, t->level_db, (double)t->lag_ms / 1000,
	    (double)keep_ms(t->keep) / 1000, words_of(t->room_state));
	if (strcmp(t->pipeline, "running") != 0)
		fprintf(stderr, "  (%s)", t->pipeline);
	fflush(stderr);
	p->is_shown = true;
}

static void
note_changes(struct panel *p, const struct talk *t)
{
	uint64_t lost = t->lost > t->server_lost ? t->lost : t->server_lost;
	bool is_late = t->lag_ms >= LATE_MS;

	if (lost > p->lost) {
		panel_clear(p);
		log_msg(LOG_WARN, NULL,
		    "%.1f s of sound never reached the room (%.1f s in all)",
		    (double)(lost - p->lost) * KEEP_MESSAGE_MS / 1000,
		    (double)lost * KEEP_MESSAGE_MS / 1000);
		p->lost = lost;
	}
	if (is_late != p->is_late) {
		panel_clear(p);
		log_msg(is_late ? LOG_WARN : LOG_INFO, NULL,
		    is_late ? "the room is slow: it is %.1f s behind"
			    : "the room has caught up: %.1f s behind",
		    (double)t->lag_ms / 1000);
		p->is_late = is_late;
	}
	if (strcmp(p->room_state, t->room_state) != 0 ||
	    strcmp(p->pipeline, t->pipeline) != 0) {
		strcpy(p->room_state, t->room_state);
		strcpy(p->pipeline, t->pipeline);
		if (!p->is_terminal)
			log_msg(LOG_INFO, NULL,
			    "%s, pipeline %s, level=%.1f dB, lag=%.1f s",
			    words_of(t->room_state), t->pipeline, t->level_db,
			    (double)t->lag_ms / 1000);
	}
}

void
panel_ack(struct panel *p, const struct talk *t)
{
	note_changes(p, t);
	if (p->is_terminal)
		draw(p, t);
}

void
panel_dropped(struct panel *p, const struct keep *k, int64_t now_ms)
{
	if (k->dropped == p->dropped ||
	    (p->dropped_ms != 0 && now_ms - p->dropped_ms < DROPPED_EVERY_MS))
		return;
	panel_clear(p);
	log_msg(LOG_WARN, NULL,
	    "memory is full: the oldest sound is given up, %.1f s so far",
	    (double)k->dropped * KEEP_MESSAGE_MS / 1000);
	p->dropped = k->dropped;
	p->dropped_ms = now_ms;
}
