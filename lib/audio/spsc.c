#include "audio/spsc.h"

#include <stdlib.h>
#include <string.h>

#include "audio/error.h"

#define CAPACITY_MAX ((size_t)1 << 30)

int
spsc_init(struct spsc *s, size_t nframes, size_t frame_bytes)
{
	memset(s, 0, sizeof(*s));
	if (nframes > CAPACITY_MAX)
		return AUDIO_ERR_NOMEM;
	s->capacity = 1;
	while (s->capacity < nframes)
		s->capacity *= 2;
	s->frame_bytes = frame_bytes;
	s->base = calloc(s->capacity, frame_bytes);
	return s->base == NULL ? AUDIO_ERR_NOMEM : 0;
}

void
spsc_release(struct spsc *s)
{
	free(s->base);
	s->base = NULL;
	s->capacity = 0;
}

size_t
spsc_write(struct spsc *s, const void *frames, size_t nframes)
{
	uint64_t head = atomic_load_explicit(&s->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&s->tail, memory_order_acquire);
	size_t room = s->capacity - (size_t)(head - tail);
	size_t n = nframes < room ? nframes : room;
	size_t at = (size_t)head & (s->capacity - 1);
	size_t first = s->capacity - at < n ? s->capacity - at : n;

	memcpy(s->base + at * s->frame_bytes, frames, first * s->frame_bytes);
	memcpy(s->base, (const uint8_t *)frames + first * s->frame_bytes,
	    (n - first) * s->frame_bytes);
	atomic_store_explicit(&s->head, head + n, memory_order_release);
	if (n < nframes)
		atomic_fetch_add_explicit(
		    &s->dropped, nframes - n, memory_order_relaxed);
	return n;
}

size_t
spsc_read(struct spsc *s, void *frames, size_t nframes)
{
	uint64_t tail = atomic_load_explicit(&s->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&s->head, memory_order_acquire);
	size_t held = (size_t)(head - tail);
	size_t n = nframes < held ? nframes : held;
	size_t at = (size_t)tail & (s->capacity - 1);
	size_t first = s->capacity - at < n ? s->capacity - at : n;

	memcpy(frames, s->base + at * s->frame_bytes, first * s->frame_bytes);
	memcpy((uint8_t *)frames + first * s->frame_bytes, s->base,
	    (n - first) * s->frame_bytes);
	atomic_store_explicit(&s->tail, tail + n, memory_order_release);
	return n;
}

size_t
spsc_len(const struct spsc *s)
{
	/* tail first: read later, head can only have grown. */
	uint64_t tail = atomic_load_explicit(&s->tail, memory_order_acquire);
	uint64_t head = atomic_load_explicit(&s->head, memory_order_acquire);

	return (size_t)(head - tail);
}

uint64_t
spsc_dropped(const struct spsc *s)
{
	return atomic_load_explicit(&s->dropped, memory_order_relaxed);
}
