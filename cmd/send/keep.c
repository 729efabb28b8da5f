#include "keep.h"

#include <stdlib.h>
#include <string.h>

int
keep_init(struct keep *k, size_t seconds)
{
	memset(k, 0, sizeof(*k));
	k->capacity = seconds * (1000 / KEEP_MESSAGE_MS) + 1;
	k->ring = calloc(k->capacity, KEEP_MESSAGE_BYTES);
	return k->ring != NULL ? 0 : -1;
}

void
keep_release(struct keep *k)
{
	free(k->ring);
	k->ring = NULL;
}

static uint8_t *
slot(const struct keep *k, uint64_t seq)
{
	return k->ring + seq % k->capacity * KEEP_MESSAGE_BYTES;
}

uint8_t *
keep_reserve(struct keep *k, size_t *n)
{
	*n = KEEP_MESSAGE_BYTES - k->partial;
	return slot(k, k->end) + k->partial;
}

static void
add_message(struct keep *k)
{
	k->end++;
	k->partial = 0;
	if (k->end - k->first == k->capacity) {
		k->first++;
		k->dropped++;
	}
}

void
keep_commit(struct keep *k, size_t n)
{
	k->partial += n;
	if (k->partial == KEEP_MESSAGE_BYTES)
		add_message(k);
}

void
keep_close(struct keep *k)
{
	if (k->is_closed)
		return;
	k->is_closed = true;
	k->last_len = KEEP_MESSAGE_BYTES;
	k->partial -= k->partial % 2;
	if (k->partial == 0)
		return;
	k->last_len = k->partial;
	add_message(k);
}

const uint8_t *
keep_get(const struct keep *k, uint64_t seq, size_t *len)
{
	if (seq < k->first || seq >= k->end)
		return NULL;
	*len = k->is_closed && seq == k->end - 1 ? k->last_len
	                                         : KEEP_MESSAGE_BYTES;
	return slot(k, seq);
}

void
keep_arrived(struct keep *k, uint64_t next)
{
	if (next > k->end)
		next = k->end;
	if (next > k->first)
		k->first = next;
}

int64_t
keep_ms(const struct keep *k)
{
	return (int64_t)(k->end - k->first) * KEEP_MESSAGE_MS;
}
