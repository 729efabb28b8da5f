/* What one listener wants, from options or from a page's query string; both
 * go through the same checks. */
#ifndef LISTEN_PARAMS_H
#define LISTEN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lang.h"
#include "room/room.h"

struct params {
	char room[ROOM_NAME_MAX + 1];
	char lang[LANG_TAG_MAX]; /* as the rings spell it, or ROOM_SOURCE */
	enum room_format format; /* of the channel: ROOM_TEXT: no audio */
	bool has_partials;
	bool has_since;
	uint64_t since; /* the last line the listener has */
};

/*
 * Set one parameter: room, lang, audio (none, pcm, opus), partials (1, true, 0,
 * false), since (a number; empty: as if not given).  0, or -1 with a sentence
 * in err that names the parameter; -2: there is no such parameter.
 */
int params_set(struct params *p, const char *key, const char *value, char *err,
    size_t errsize);

/*
 * Set all parameters of a query string (application/x-www-form-urlencoded);
 * those with unknown names are passed by.  As params_set().
 */
int
params_query(struct params *p, const char *query, char *err, size_t errsize);

/* Whether the parameters make sense together; picks the format.  As
 * params_set(). */
int params_check(struct params *p, char *err, size_t errsize);

#endif
