/*
 * The event-stream decoder: the same messages in any split, and each of them
 * the same bytes when encoded again.
 *
 * The first byte says how to cut the rest; its highest bit asks for lengths and
 * checksums to be made right first, which no fuzzer would guess.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/event_signer.h"
#include "aws/eventstream.h"
#include "aws/eventstream_crc.h"
#include "aws/eventstream_event.h"
#include "aws/eventstream_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define CHECK(is_true)                                                         \
	do {                                                                   \
		if (!(is_true))                                                \
			abort();                                               \
	} while (0)

static int
on_message(const struct es_message *m, void *arg)
{
	static const struct sigv4_credentials cred = { "AKID", "secret", NULL };
	struct sigv4_chain chain;
	struct event_inner inner;
	struct es_event e;
	char text[64];

	CHECK(es_encode(arg, m->headers, m->nheaders, m->payload,
		  m->payload_len) == 0);
	if (es_event_read(&e, m) == 0)
		CHECK(strlen(es_event_text(&e, text, sizeof(text))) <
		      sizeof(text));
	CHECK(sigv4_chain_init(&chain, &cred, "r", "s", "") == 0);
	/* Nobody forges a signature by chance. */
	CHECK(event_signer_open(&chain, m, 0, -1, &inner) != 0);
	return 0;
}

static int
decode(struct bytes *out, const uint8_t *p, size_t n, size_t piece, bool *idle)
{
	struct es_decoder *d = es_decoder_new(1 << 20, on_message, out);
	int rc = 0;

	CHECK(d != NULL);
	for (size_t i = 0; i < n && rc == 0; i += piece)
		rc = es_decoder_feed(d, p + i, n - i < piece ? n - i : piece);
	*idle = es_decoder_is_idle(d);
	es_decoder_free(d);
	return rc;
}

/* A frame around the bytes, if there are enough: total, headers length as it
 * was but cut to fit, and both checksums. */
static void
mend(uint8_t *p, size_t n)
{
	size_t headers_len;

	if (n < ES_OVERHEAD_BYTES)
		return;
	headers_len = (size_t)es_get_be(p + 4, 4) & 0xffff;
	if (headers_len > n - ES_OVERHEAD_BYTES)
		headers_len = n - ES_OVERHEAD_BYTES;
	es_put_prelude(p, n, headers_len);
	es_put_be(p + n - 4, es_crc32(0, p, n - 4), 4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes whole, split;
	bool whole_idle, split_idle;
	uint8_t *p;
	int rc;

	if (n < 1)
		return 0;
	if ((p = malloc(n)) == NULL)
		return 0;
	memcpy(p, data + 1, n - 1);
	n--;
	if ((data[0] & 0x80) != 0)
		mend(p, n);
	bytes_init(&whole, 1 << 24);
	bytes_init(&split, 1 << 24);
	rc = decode(&whole, p, n, n, &whole_idle);
	CHECK(decode(&split, p, n, 1 + (data[0] & 0x7f), &split_idle) == rc);
	CHECK(whole_idle == split_idle);
	CHECK(bytes_len(&whole) == bytes_len(&split));
	CHECK(bytes_len(&whole) <= n);
	if (bytes_len(&whole) > 0) {
		CHECK(memcmp(whole.base, split.base, bytes_len(&whole)) == 0);
		CHECK(memcmp(whole.base, p, bytes_len(&whole)) == 0);
	}
	if (rc == 0 && whole_idle)
		CHECK(bytes_len(&whole) == n);
	bytes_release(&whole);
	bytes_release(&split);
	free(p);
	return 0;
}
