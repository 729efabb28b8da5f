/*
 * A run of translate: all its parts, set up from the options, turn by turn of
 * its loop, to the exit status.
 */
#ifndef TRANSLATE_RUN_H
#define TRANSLATE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "audience.h"
#include "aws/client.h"
#include "aws/http_call.h"
#include "base/loop.h"
#include "base/out.h"
#include "glossary_watch.h"
#include "room/budget.h"
#include "room/room.h"
#include "stage.h"
#include "targets.h"

/* What was asked for. */
struct options {
	char **targets; /* NULL-ended; NULL: those that are wanted */
	size_t ntargets;
	char **languages; /* what can be wanted, NULL-ended; NULL: all */
	size_t nlanguages;
	const char *source;   /* tag, "auto", or NULL */
	const char *glossary; /* path, or NULL */
	bool is_check;        /* --check */
	bool is_json;         /* what it says */
	bool has_room;
	bool is_on_demand; /* -t wanted */
	struct room room;
	double max_usd;
	int64_t linger_ms;
	int64_t deadline_ms;
	struct translate_options translate;
	struct config_options config;
};

struct run {
	struct options options;
	struct client client;
	struct http_caller *caller;
	struct budget budget;
	struct target_setup setup;
	struct targets targets;
	struct audience audience;
	struct stage stage;
	struct out out;
	struct glossary_watch glossary;
	bool has_credentials; /* asked once, before anything is read */
	bool is_ready;        /* the service was reached, which was said */
	bool is_warming;      /* it is being tried */
	bool was_unreachable; /* which was said */
	int64_t warm_at_ms;   /* when it is tried next */
	uint64_t ncame;       /* the audience's, when it was looked at last */
	uint64_t chars_told;  /* in the last `level` line */
	int64_t level_at_ms;  /* not before: the next one */
	int64_t stopped_at_ms;
	int status;
};

/* Everything that can be wrong before a line is read is said here, and ends the
 * process. */
void run_init(struct run *r);

/* One turn.  False: it is time to leave. */
bool run_turn(struct run *r, struct loop *l);

/* Give up what is left, write what can be.  The exit status. */
int run_finish(struct run *r);

void run_release(struct run *r);

#endif
