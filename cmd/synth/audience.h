/*
 * Who listens to which language, and how (room/want.h): with -r only what
 * somebody hears is voiced.  A phone that reloads its page comes back within
 * seconds: who left is believed to be there a little longer.
 */
#ifndef SYNTH_AUDIENCE_H
#define SYNTH_AUDIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lang.h"
#include "base/loop.h"
#include "room/room.h"

/* How often one looks: a newcomer hears the next sentence. */
#define AUDIENCE_LOOK_MS 500
/* How long who left still counts. */
#define AUDIENCE_LINGER_MS 5000
/* As many languages as a room has (cmd/broadcast/channels.h). */
#define AUDIENCE_LANGS_MAX 128

struct audience_lang {
	char tag[LANG_TAG_MAX];
	int64_t heard_ms[2]; /* PCM and Opus, the last time; 0: never */
};

struct audience {
	struct room room;
	struct audience_lang langs[AUDIENCE_LANGS_MAX];
	size_t n;
	int64_t look_at_ms;
	int64_t now_ms;
};

/* 0, ROOM_ERR_NAME or ROOM_ERR_PATH.  The room need not be there yet. */
int audience_init(struct audience *a, const char *room);

void audience_prepare(const struct audience *a, struct loop *l);

/* Look, when it is time.  Whether it was. */
bool audience_dispatch(struct audience *a, int64_t now_ms);

/* Encodings (VOICE_*) of a language that somebody hears, as of the last look.
 */
unsigned int audience_formats(const struct audience *a, const char *tag);

#endif
