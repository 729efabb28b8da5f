#include "room/audience.h"

#include <string.h>

#include "base/clock.h"
#include "room/want.h"

static int
count(void *arg, const char *lang, enum room_format format)
{
	struct audience *a = arg;
	struct audience_channel *c = &a->channels[a->n];

	if (a->n == AUDIENCE_CHANNELS_MAX)
		return 1;
	if (room_channel(c->name, lang, format) != 0)
		return 0;
	memcpy(c->lang, lang, strlen(lang) + 1);
	c->format = format;
	c->listeners = want_count(a->room, c->name);
	/* One that left between the two questions. */
	if (c->listeners > 0)
		a->n++;
	return 0;
}

void
audience_count(struct audience *a, int64_t now_ms)
{
	int64_t taken_ms;

	if (now_ms < a->count_at_ms)
		return;
	a->n = 0;
	(void)want_each(a->room, count, a);
	taken_ms = clock_mono_ms() - now_ms;
	a->count_at_ms = now_ms + 1000 + taken_ms * 100;
}
