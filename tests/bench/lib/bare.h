/*
 * The rival: one process that does no more than ask.  It has its connections
 * open, its requests signed before the clock starts, and stops it at the first
 * byte that helps, so that what it measures is the services' own time and the
 * way there and back.
 *
 *	bare_fire()   all languages at once are translated, and each is spoken
 *	              when its translation has come: as in a room
 *	bare_speak()  all languages are spoken at once
 *
 * Services, keys and trusted roots come from AWS's own variables.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

#define BARE_LANGS_MAX 16

struct bare;

enum bare_kind {
	BARE_TRANSLATED, /* request sent to answer complete */
	BARE_VOICED,     /* request sent to the first audio event */
};

typedef void
bare_row(void *arg, enum bare_kind kind, const char *tag, double us);

/* tags are borrowed; at most BARE_LANGS_MAX, each one of bare_voice()'s.  Dies
 * when the services cannot be used. */
struct bare *bare_new(char *const *tags, size_t n, bare_row *on_row, void *arg);

void bare_free(struct bare *b);

/* Polly's voice for a tag, or NULL: not one of the benchmark's languages. */
const char *bare_voice(const char *tag);

/* False: it is still busy, or its connections are not all there. */
bool bare_fire(struct bare *b, const char *text);

bool bare_speak(struct bare *b, const char *text);

bool bare_is_idle(const struct bare *b);

void bare_prepare(struct bare *b, struct loop *l, int64_t now_ms);

void bare_dispatch(struct bare *b, struct loop *l, int64_t now_ms);

#endif
