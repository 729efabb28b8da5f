/* How many listen, by channel: for the metrics.  Counting costs the kernel some
 * time (want.h), which must not be taken from the captions. */
#ifndef BROADCAST_AUDIENCE_H
#define BROADCAST_AUDIENCE_H

#include <stddef.h>
#include <stdint.h>

#include "room/room.h"

/* Our choice: with 128 languages, three formats each. */
#define AUDIENCE_CHANNELS_MAX 384

struct audience_channel {
	char name[ROOM_CHANNEL_MAX];
	unsigned int listeners;
};

struct audience {
	const struct room *room; /* borrowed */
	struct audience_channel channels[AUDIENCE_CHANNELS_MAX];
	size_t n;
	int64_t count_at_ms;
};

/* Count again if it is time: so often that it takes at most a hundredth of
 * ours, and at most once a second. */
void audience_count(struct audience *a, int64_t now_ms);

#endif
