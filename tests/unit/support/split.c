#include "split.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

int
split_on_message(const struct es_message *m, void *arg)
{
	struct split_seen *seen = arg;

	ck_assert_int_eq(es_encode(&seen->q, m->headers, m->nheaders,
			     m->payload, m->payload_len),
	    0);
	seen->n++;
	return seen->n == seen->stop_at;
}

void
split_seen_init(struct split_seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	bytes_init(&seen->q, 1 << 28);
}

/* Feed copies of exact size, so that a sanitizer sees one byte too many. */
static int
feed_copy(struct es_decoder *d, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	int rc;

	if (n > 0)
		memcpy(copy, p, n);
	rc = es_decoder_feed(d, copy, n);
	free(copy);
	return rc;
}

int
split_decode(struct split_seen *seen, const uint8_t *p, size_t n, size_t first,
    size_t piece, bool *is_idle)
{
	struct es_decoder *d = es_decoder_new(0, split_on_message, seen);
	size_t len = first;
	int rc = 0;

	ck_assert_ptr_nonnull(d);
	while (rc == 0) {
		if (len > n)
			len = n;
		rc = feed_copy(d, p, len);
		p += len;
		n -= len;
		len = piece;
		if (n == 0)
			break;
	}
	*is_idle = es_decoder_is_idle(d);
	es_decoder_free(d);
	return rc;
}

void
split_assert_any(const uint8_t *p, size_t n, int rc, size_t want, bool idle)
{
	struct split_seen whole, cut;
	bool is_idle;

	split_seen_init(&whole);
	ck_assert_int_eq(split_decode(&whole, p, n, n, n, &is_idle), rc);
	ck_assert_uint_eq(whole.n, want);
	ck_assert_int_eq(is_idle, idle);
	for (size_t at = 0; at <= n; at++) {
		split_seen_init(&cut);
		/* at == 0: byte by byte */
		ck_assert_int_eq(split_decode(&cut, p, n, at == 0 ? 1 : at,
				     at == 0 ? 1 : n, &is_idle),
		    rc);
		ck_assert_uint_eq(cut.n, want);
		ck_assert_int_eq(is_idle, idle);
		ck_assert_bytes_eq(cut.q.base, bytes_len(&cut.q), whole.q.base,
		    bytes_len(&whole.q));
		bytes_release(&cut.q);
	}
	bytes_release(&whole.q);
}
