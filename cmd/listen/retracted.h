/*
 * Utterances that were taken back (`retraction`): one who comes late, or comes
 * back, does not get their captions and audio any more.
 */
#ifndef LISTEN_RETRACTED_H
#define LISTEN_RETRACTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "room/ring.h"

/* Our choice; of more retractions in one ring the newest count. */
#define RETRACTED_MAX 64

struct retracted {
	uint64_t ids[RETRACTED_MAX]; /* hashes: 800 captions in a ring */
	size_t n;                    /* found in all */
	uint64_t last_seq;           /* of the newest retraction */
};

/* Find all retractions that `text` holds, from its oldest line on; `text` is
 * left there.  buf (size bytes) is for a line. */
void retracted_find(
    struct retracted *r, struct ring_reader *text, char *buf, size_t size);

/* Whether `line`, whose text (line->len bytes) is in `text`, is a caption or
 * audio of an utterance that was taken back after it. */
bool retracted_hides(
    const struct retracted *r, const struct ring_line *line, const char *text);

#endif
