#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line.h"
#include "room/ring.h"

/* FNV-1a, 64 bits. */
static uint64_t
hash(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(1099511628211);
	return h * UINT64_C(1099511628211); /* the end counts, too */
}

/* Whether it is there; else it is added, if `is_added`. */
static bool
find(struct seen *s, uint64_t h, bool is_added)
{
	size_t i, n = s->n < SEEN_MAX ? s->n : SEEN_MAX;

	for (i = 0; i < n; i++)
		if (s->hashes[i] == h)
			return true;
	if (is_added)
		s->hashes[s->n++ % SEEN_MAX] = h;
	return false;
}

static bool
is_seen(struct seen *s, uint32_t kind, const char *lang, const json_t *obj)
{
	const char *id = json_str(obj, "id");
	const char *encoding = json_str(obj, "encoding");
	uint64_t h = UINT64_C(14695981039346656037);

	if (id == NULL || lang == NULL)
		return false;
	h = hash(hash(h, lang), id);
	if (kind & RING_CAPTION)
		return find(s, h, true);
	if (!(kind & RING_AUDIO) || encoding == NULL)
		return false;
	/* Where two encodings are made, each comes to its own end. */
	return find(s, hash(h, encoding), json_is_set(obj, "last"));
}

bool
seen_line(struct seen *s, const struct route *r, const json_t *obj)
{
	return is_seen(s, r->kind, r->lang, obj);
}

struct load {
	struct seen *seen;
	const struct room *room;
	char *line; /* LINE_MAX_BYTES */
};

static int
load_channel(void *arg, const char *lang, enum room_format format)
{
	struct load *l = arg;
	char channel[ROOM_CHANNEL_MAX], path[ROOM_PATH_MAX], reason[64];
	struct ring_reader reader;
	struct ring_line line;
	uint32_t kind = format == ROOM_TEXT ? RING_CAPTION : RING_AUDIO;
	json_t *obj;

	if (room_channel(channel, lang, format) != 0 ||
	    room_ring_path(l->room, channel, path) != 0 ||
	    ring_reader_open(&reader, path) != 0)
		return 0;
	ring_seek_oldest(&reader);
	while (ring_read(&reader, l->line, LINE_MAX_BYTES, &line) == 1) {
		if (!(line.kind & kind))
			continue;
		obj = json_line_parse(
		    l->line, line.len - 1, reason, sizeof(reason));
		(void)is_seen(l->seen, kind, lang, obj);
		json_decref(obj);
	}
	ring_reader_release(&reader);
	return 0;
}

int
seen_load(struct seen *s, const struct room *room)
{
	struct load l = { s, room, malloc(LINE_MAX_BYTES) };
	int ret;

	s->n = 0;
	if (l.line == NULL)
		return ROOM_ERR_SYS;
	ret = room_each_channel(room, load_channel, &l);
	free(l.line);
	return ret;
}
