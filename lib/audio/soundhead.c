#include "audio/soundhead.h"

#include <stdbool.h>
#include <string.h>

/* Bytes with a cursor; `pos` never passes `len`. */
struct head {
	const uint8_t *p;
	size_t len;
	size_t pos;
	bool is_big_endian;
};

static bool
has_tag(const struct head *h, size_t at, const char *tag)
{
	return at + 4 <= h->len && memcmp(h->p + at, tag, 4) == 0;
}

/* An unsigned number of n bytes at `at`, or 0 past the end. */
static uint64_t
number(const struct head *h, size_t at, size_t n)
{
	uint64_t x = 0;

	if (at > h->len || h->len - at < n)
		return 0;
	for (size_t i = 0; i < n; i++)
		x = x << 8 | h->p[at + (h->is_big_endian ? i : n - 1 - i)];
	return x;
}

/*
 * Find the chunk `tag` from h->pos on and stand on its first byte; its size is
 * size_bytes wide.  Chunks of RIFF and AIFF start at even offsets.
 */
static bool
find_chunk(struct head *h, const char *tag, size_t size_bytes, uint64_t *size)
{
	size_t header = 4 + size_bytes;

	while (h->len - h->pos >= header) {
		*size = number(h, h->pos + 4, size_bytes);
		if (has_tag(h, h->pos, tag)) {
			h->pos += header;
			return true;
		}
		if (size_bytes == 4)
			*size += *size & 1;
		if (*size > h->len - h->pos - header)
			return false;
		h->pos += header + (size_t)*size;
	}
	return false;
}

/*
 * What programs write for "not known yet": nothing (a recorder that was
 * killed), the largest number (FFmpeg), about 2 GiB (SoX, arecord).
 */
static bool
is_open_length(uint64_t size)
{
	return size == 0 || size >= 0xfffff000 ||
	       (size >= 0x7ffff000 && size <= 0x80000000);
}

static int
promise_riff(struct head *h, uint64_t *size)
{
	uint64_t ds64, skipped;
	bool is_rf64 = has_tag(h, 0, "RF64");

	h->is_big_endian = has_tag(h, 0, "RIFX");
	h->pos = 12;
	if (is_rf64) {
		/* ds64 comes first: RIFF size, then the data's, 8 bytes each */
		if (!find_chunk(h, "ds64", 4, &skipped))
			return 0;
		ds64 = number(h, h->pos + 8, 8);
		h->pos = 12;
	}
	if (!find_chunk(h, "data", 4, size))
		return 0;
	if (is_rf64 && *size == 0xffffffff) {
		*size = ds64;
		return ds64 != 0 && ds64 <= INT64_MAX;
	}
	return !is_open_length(*size);
}

static int
promise_aiff(struct head *h, uint64_t *size)
{
	uint64_t gap;

	h->is_big_endian = true;
	h->pos = 12;
	if (!find_chunk(h, "SSND", 4, size) || is_open_length(*size))
		return 0;
	/* The chunk starts with an offset and a block size, 4 bytes each. */
	gap = 8 + number(h, h->pos, 4);
	if (*size < gap || h->len - h->pos < gap)
		return 0;
	h->pos += (size_t)gap;
	*size -= gap;
	return 1;
}

static int
promise_au(struct head *h, uint64_t *size)
{
	uint64_t offset;

	h->is_big_endian = true;
	offset = number(h, 4, 4);
	*size = number(h, 8, 4);
	if (offset < 24 || offset > h->len || is_open_length(*size))
		return 0;
	h->pos = (size_t)offset;
	return 1;
}

static int
promise_caf(struct head *h, uint64_t *size)
{
	h->is_big_endian = true;
	h->pos = 8;
	/* -1: open; the chunk starts with an edit count of 4 bytes. */
	if (!find_chunk(h, "data", 8, size) || *size > INT64_MAX || *size < 4 ||
	    h->len - h->pos < 4)
		return 0;
	h->pos += 4;
	*size -= 4;
	return *size > 0;
}

int
soundhead_promise(
    const uint8_t *p, size_t n, uint64_t *offset, uint64_t *len_bytes)
{
	struct head h = { .p = p, .len = n };
	int found = 0;

	if (n < 12)
		return 0;
	if ((has_tag(&h, 0, "RIFF") || has_tag(&h, 0, "RIFX") ||
		has_tag(&h, 0, "RF64")) &&
	    has_tag(&h, 8, "WAVE"))
		found = promise_riff(&h, len_bytes);
	else if (has_tag(&h, 0, "FORM") &&
		 (has_tag(&h, 8, "AIFF") || has_tag(&h, 8, "AIFC")))
		found = promise_aiff(&h, len_bytes);
	else if (has_tag(&h, 0, ".snd"))
		found = promise_au(&h, len_bytes);
	else if (has_tag(&h, 0, "caff"))
		found = promise_caf(&h, len_bytes);
	*offset = h.pos;
	return found;
}
