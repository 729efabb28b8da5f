#include "base/bytes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
bytes_init(struct bytes *q, size_t cap)
{
	memset(q, 0, sizeof(*q));
	q->cap = cap;
}

void
bytes_release(struct bytes *q)
{
	free(q->base);
	q->base = NULL;
	q->pos = q->end = q->alloc = 0;
}

void
bytes_wipe(struct bytes *q)
{
	/* volatile: the compiler must not drop writes to memory about to go */
	volatile uint8_t *p = q->base;

	for (size_t i = 0; i < q->alloc; i++)
		p[i] = 0;
	bytes_release(q);
}

void
bytes_reset(struct bytes *q)
{
	q->pos = q->end = 0;
}

size_t
bytes_len(const struct bytes *q)
{
	return q->end - q->pos;
}

const uint8_t *
bytes_peek(const struct bytes *q, size_t *len)
{
	*len = q->end - q->pos;
	return q->base == NULL ? NULL : q->base + q->pos;
}

void
bytes_skip(struct bytes *q, size_t n)
{
	assert(n <= bytes_len(q));
	q->pos += n;
	if (q->pos == q->end)
		q->pos = q->end = 0;
}

/* Make room for n bytes after end, moving what is queued to the front first. */
static int
bytes_grow(struct bytes *q, size_t n)
{
	size_t len = bytes_len(q), alloc;
	uint8_t *base;

	if (n > q->cap || len > q->cap - n)
		return BYTES_ERR_FULL;
	if (q->alloc - q->end >= n)
		return 0;
	/*
	 * Moving pays when most of the memory is free; otherwise a queue that
	 * is nearly full would move all it holds for each byte added.
	 */
	if (q->alloc >= len + n && len <= q->alloc / 2) {
		memmove(q->base, q->base + q->pos, len);
		q->pos = 0;
		q->end = len;
		return 0;
	}
	alloc = q->alloc < 256 ? 256 : q->alloc;
	alloc = alloc < q->cap ? alloc : q->cap;
	while (alloc < len + n || len > alloc / 2) {
		if (alloc >= q->cap / 2) {
			alloc = q->cap;
			break;
		}
		alloc *= 2;
	}
	if (alloc > q->alloc) {
		if ((base = malloc(alloc)) == NULL)
			return BYTES_ERR_NOMEM;
		if (len > 0)
			memcpy(base, q->base + q->pos, len);
		free(q->base);
		q->base = base;
		q->alloc = alloc;
	} else {
		memmove(q->base, q->base + q->pos, len);
	}
	q->pos = 0;
	q->end = len;
	return 0;
}

uint8_t *
bytes_reserve(struct bytes *q, size_t n)
{
	if (q->base == NULL && n == 0)
		n = 1;
	return bytes_grow(q, n) == 0 ? q->base + q->end : NULL;
}

void
bytes_commit(struct bytes *q, size_t n)
{
	assert(n <= q->alloc - q->end);
	q->end += n;
}

int
bytes_append(struct bytes *q, const void *p, size_t n)
{
	int rc;

	if (n == 0)
		return 0;
	if ((rc = bytes_grow(q, n)) != 0)
		return rc;
	memcpy(q->base + q->end, p, n);
	q->end += n;
	return 0;
}
