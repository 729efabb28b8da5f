#include "retracted.h"

#include <string.h>

#include "base/json.h"

/* FNV-1a, 64 bits, of the line's id; 0: it has none. */
static uint64_t
hash_id(const char *line, size_t len)
{
	uint64_t hash = 0;
	char reason[64];
	json_t *obj = json_line_parse(line, len, reason, sizeof(reason));
	const char *id = json_str(obj, "id");

	if (id != NULL) {
		hash = UINT64_C(14695981039346656037);
		for (; *id != '\0'; id++)
			hash = (hash ^ (uint8_t)*id) * UINT64_C(1099511628211);
	}
	json_decref(obj);
	return hash;
}

void
retracted_find(
    struct retracted *r, struct ring_reader *text, char *buf, size_t size)
{
	struct ring_line line;

	r->n = 0;
	ring_seek_oldest(text);
	while (ring_peek(text, &line) == 1) {
		if (!(line.kind & RING_RETRACTION)) {
			ring_skip(text, &line);
			continue;
		}
		if (ring_read(text, buf, size, &line) != 1)
			break;
		r->ids[r->n++ % RETRACTED_MAX] = hash_id(buf, line.len - 1);
		r->last_seq = line.seq;
	}
	ring_seek_oldest(text);
}

bool
retracted_hides(
    const struct retracted *r, const struct ring_line *line, const char *text)
{
	size_t i, n = r->n < RETRACTED_MAX ? r->n : RETRACTED_MAX;
	uint64_t hash;

	if (n == 0 || line->seq > r->last_seq ||
	    !(line->kind & (RING_CAPTION | RING_AUDIO)) ||
	    (hash = hash_id(text, line->len - 1)) == 0)
		return false;
	for (i = 0; i < n; i++)
		if (r->ids[i] == hash)
			return true;
	return false;
}
