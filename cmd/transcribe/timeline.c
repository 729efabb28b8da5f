#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/pcm.h"

void
timeline_init(struct timeline *t)
{
	memset(t, 0, sizeof(*t));
}

void
timeline_release(struct timeline *t)
{
	free(t->spans);
	timeline_init(t);
}

/* Whether the newest span goes on with these bytes. */
static bool
continues(const struct timeline *t, uint64_t pos, bool is_silence)
{
	const struct timeline_span *last;

	if (t->n == 0)
		return false;
	last = &t->spans[t->n - 1];
	if (last->is_silence != is_silence)
		return false;
	return is_silence ? last->stream == pos
	                  : last->stream + (t->sent - last->session) == pos;
}

int
timeline_add(struct timeline *t, uint64_t pos, size_t n, bool is_silence)
{
	struct timeline_span *spans;
	size_t alloc;

	if (!continues(t, pos, is_silence)) {
		if (t->n == t->alloc) {
			alloc = t->alloc == 0 ? 8 : t->alloc * 2;
			spans = realloc(t->spans, alloc * sizeof(*spans));
			if (spans == NULL)
				return -1;
			t->spans = spans;
			t->alloc = alloc;
		}
		t->spans[t->n++] =
		    (struct timeline_span){ t->sent, pos, is_silence };
	}
	t->sent += n;
	return 0;
}

void
timeline_move(struct timeline *t, uint64_t pos)
{
	for (size_t i = 0; i < t->n; i++)
		t->spans[i].stream = pos;
}

uint64_t
timeline_stream_pos(const struct timeline *t, double session_ms)
{
	const struct timeline_span *s;
	uint64_t at;
	size_t i;

	if (t->n == 0)
		return 0;
	/* Compared before it is converted: a service's number may be any. */
	if (session_ms >= pcm_ms_of_bytes(t->sent))
		at = t->sent;
	else if (session_ms > 0)
		at = (uint64_t)(session_ms * PCM_BYTES_PER_MS + 0.5);
	else
		at = 0;
	at -= at % PCM_FRAME_BYTES;
	/*
	 * At a border the earlier span answers: an utterance ends with what
	 * was said, not with the silence sent behind it.
	 */
	for (i = t->n - 1; i > 0 && t->spans[i].session >= at; i--)
		continue;
	s = &t->spans[i];
	return s->is_silence ? s->stream : s->stream + (at - s->session);
}
