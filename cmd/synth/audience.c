#include "audience.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "room/want.h"
#include "voiceline.h"

int
audience_init(struct audience *a, const char *room)
{
	memset(a, 0, sizeof(*a));
	return room_init(&a->room, NULL, room);
}

void
audience_prepare(const struct audience *a, struct loop *l)
{
	loop_deadline(l, a->look_at_ms);
}

static int
on_want(void *arg, const char *lang, enum room_format format)
{
	struct audience *a = arg;
	size_t i;

	if (format != ROOM_PCM && format != ROOM_OPUS)
		return 0;
	for (i = 0; i < a->n && strcasecmp(a->langs[i].tag, lang) != 0; i++)
		continue;
	if (i == AUDIENCE_LANGS_MAX)
		return 0;
	if (i == a->n) {
		memset(&a->langs[i], 0, sizeof(a->langs[i]));
		snprintf(a->langs[i].tag, sizeof(a->langs[i].tag), "%s", lang);
		a->n++;
	}
	a->langs[i].heard_ms[format == ROOM_OPUS] = a->now_ms;
	return 0;
}

bool
audience_dispatch(struct audience *a, int64_t now_ms)
{
	if (now_ms < a->look_at_ms)
		return false;
	a->now_ms = now_ms;
	a->look_at_ms = now_ms + AUDIENCE_LOOK_MS;
	/* Where there is no room there is nobody in it. */
	(void)want_each(&a->room, on_want, a);
	return true;
}

unsigned int
audience_formats(const struct audience *a, const char *tag)
{
	static const unsigned int bits[] = { VOICE_PCM, VOICE_OPUS };
	unsigned int formats = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (strcasecmp(a->langs[i].tag, tag) != 0)
			continue;
		for (size_t f = 0; f < 2; f++)
			if (a->langs[i].heard_ms[f] != 0 &&
			    a->now_ms - a->langs[i].heard_ms[f] <
				AUDIENCE_LINGER_MS)
				formats |= bits[f];
	}
	return formats;
}
