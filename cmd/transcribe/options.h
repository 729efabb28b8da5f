/* The command line of transcribe: all of it read and checked before anything
 * else is done. */
#ifndef TRANSCRIBE_OPTIONS_H
#define TRANSCRIBE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/config.h"
#include "aws/transcribe.h"
#include "base/lang.h"
#include "room/room.h"

struct options {
	char lang[LANG_TAG_MAX]; /* tag of lines that name none, and of `ready`:
	                            what is spoken, or first or preferred of
	                            those to choose from */
	char code[LANG_TAG_MAX]; /* the service's; "": to be identified */
	char identify[512];      /* the service's codes, or "" */
	size_t nidentify;        /* how many */
	char preferred[LANG_TAG_MAX];
	bool no_partials;
	bool is_fast;
	bool is_check; /* --check: find out, do not transcribe */
	bool is_json;
	int64_t max_session_ms;
	struct room room;
	bool has_room;
	double max_usd;                  /* 0: no limit */
	const char *file;                /* NULL: standard input */
	struct transcribe_params params; /* borrows from the rest */
	struct config_options config;
};

/* Exits 64, with a line, where the call makes no sense. */
void options_parse(struct options *o, int argc, char **argv);

#endif
