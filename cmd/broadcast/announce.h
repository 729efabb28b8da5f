/*
 * What a stage says of the talk before its first line: the `ready` status of
 * transcribe names the language that is spoken (`lang`), translate's those to
 * come (`languages`), synth's those that will have a voice (`voices`).  So a
 * picker shows them, and listeners find their channels, before anybody spoke.
 * With `on_demand` the languages only can come: they are shown, and have their
 * channels when a `wanted` status says that one does.
 */
#ifndef BROADCAST_ANNOUNCE_H
#define BROADCAST_ANNOUNCE_H

#include <jansson.h>

#include "about.h"
#include "channels.h"

/* Look at a status line.  0, or a code of channels.h: some ring could not be
 * made. */
int announce(struct channels *c, struct about *a, const json_t *status);

/* What is spoken is `tag`; whatever is no language tag is passed by. */
void announce_source(struct about *a, const char *tag);

#endif
