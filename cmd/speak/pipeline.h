/*
 * The command that a talk's sound goes to: its process, what waits for it, what
 * it says on standard error.  It is started anew when it ends by itself, and
 * ended by the end of its input, then by SIGTERM, then by SIGKILL (its whole
 * process group).
 */
#ifndef SPEAK_PIPELINE_H
#define SPEAK_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/lang.h"
#include "base/line.h"
#include "base/loop.h"
#include "room/room.h"

/* Our choice: sound that may wait for a command that is slow, or not there. */
#define PIPELINE_QUEUE_MS 60000

/* Our choice: from the end of its input (or of our patience with a command that
 * does not read it) to SIGTERM, and from there to SIGKILL. */
#define PIPELINE_END_MS 15000
#define PIPELINE_KILL_MS 3000

struct pipeline {
	unsigned int id;
	const struct room *room; /* borrowed */
	char **command;          /* borrowed */
	char lang[LANG_TAG_MAX];
	struct bytes q; /* PCM that waits */
	pid_t pid;      /* -1: none runs */
	int in_fd;      /* owned: its standard input; -1 */
	int err_fd;     /* owned: its standard error; -1 */
	int in_slot, err_slot;
	struct line_reader err;
	bool is_ending;       /* no more sound comes */
	bool is_over;         /* it was ended, and is gone */
	bool is_hopeless;     /* ended in a way that will not get better */
	int status;           /* exit status, or 128 + signal, of the last */
	unsigned int nfailed; /* in a row */
	int64_t start_at_ms;  /* when to start it (again) */
	int64_t started_ms;
	int64_t end_ms; /* when to press it; LOOP_NEVER */
	int nkills;
	/* A line that it said (NUL-ended, borrowed for the call). */
	void (*on_line)(void *arg, const char *line, size_t len);
	void *arg;
};

/* Set up; it starts with the first pipeline_step().  `lang` is copied. */
void pipeline_init(struct pipeline *p, unsigned int id, const struct room *room,
    char **command, const char *lang);

/* Kill what runs and free all. */
void pipeline_release(struct pipeline *p);

/* Add whole frames.  0, or -1: there is no room for them. */
int pipeline_feed(struct pipeline *p, const void *pcm, size_t n);

/* Bytes that pipeline_feed() would take. */
size_t pipeline_room(const struct pipeline *p);

/* How far behind the command is: what waits here and in its pipe. */
int64_t pipeline_lag_ms(const struct pipeline *p);

/* Whether the command runs and has all that was fed. */
bool pipeline_is_caught_up(const struct pipeline *p);

/* No more sound comes: once all of it was handed over, end the command. */
void pipeline_end(struct pipeline *p, int64_t now_ms);

/* Whether all sound was handed over and the end told. */
bool pipeline_is_handed_over(const struct pipeline *p);

/* "starting", "running", "restarting", "ending". */
const char *pipeline_state(const struct pipeline *p);

void pipeline_prepare(struct pipeline *p, struct loop *l, int64_t now_ms);

void pipeline_dispatch(struct pipeline *p, struct loop *l, int64_t now_ms);

#endif
