/* How many listen, by channel.  Counting costs the kernel some time (want.h),
 * which must not be taken from the captions. */
#ifndef ROOM_AUDIENCE_H
#define ROOM_AUDIENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/lang.h"
#include "room/room.h"

/* Our choice: with 128 languages, three formats each. */
#define AUDIENCE_CHANNELS_MAX 384

struct audience_channel {
	char name[ROOM_CHANNEL_MAX];
	char lang[LANG_TAG_MAX]; /* or ROOM_SOURCE */
	enum room_format format;
	unsigned int listeners;
};

struct audience {
	const struct room *room; /* borrowed; set by the caller, all else 0 */
	struct audience_channel channels[AUDIENCE_CHANNELS_MAX];
	size_t n; /* channels that have listeners */
	int64_t count_at_ms;
};

/* Count again if it is time: so often that it takes at most a hundredth of
 * ours, and at most once a second. */
void audience_count(struct audience *a, int64_t now_ms);

#endif
