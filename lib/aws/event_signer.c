#include "aws/event_signer.h"

#include <string.h>

#include "aws/eventstream_crc.h"
#include "aws/eventstream_wire.h"

/* Envelope up to the inner message: prelude, then 15 and 52 bytes of headers.
 */
#define SIGNATURE_HEADER "\x10:chunk-signature\x06\x00\x20"
#define SIGNATURE_HEADER_BYTES 20
#define ENVELOPE_HEADERS_BYTES                                                 \
	(SIGV4_DATE_BLOCK_BYTES + SIGNATURE_HEADER_BYTES + SIGV4_HASH_BYTES)
#define HEAD_BYTES (ES_PRELUDE_BYTES + ENVELOPE_HEADERS_BYTES)

const char *
event_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define EVENT_TEXT(value, name, text)                                          \
	case value:                                                            \
		return text;
		EVENT_ERROR_MAP(EVENT_TEXT)
#undef EVENT_TEXT
	}
	return "unknown error";
}

int64_t
event_date_ms(int64_t now_ms)
{
	return now_ms - now_ms % 1000;
}

/* Room for the envelope of inner_len bytes.  0, or an error code. */
static int
reserve(struct bytes *out, size_t inner_len, uint8_t **p)
{
	size_t n = inner_len + EVENT_ENVELOPE_BYTES;

	if (inner_len > ES_PAYLOAD_BYTES_MAX)
		return EVENT_ERR_SIZE;
	if (out->cap - bytes_len(out) < n)
		return EVENT_ERR_FULL;
	*p = bytes_reserve(out, n);
	return *p == NULL ? EVENT_ERR_NOMEM : 0;
}

/* CRC of two pieces from the CRC of each; the second has len bytes.  Its
 * operator is kept: events tend to have one length. */
static uint32_t
join_crc(struct sigv4_chain *c, uint32_t first, uint32_t second, size_t len)
{
	if (c->crc_len != len || len == 0) {
		c->crc_op = es_crc32_join_op(len);
		c->crc_len = len;
	}
	return es_crc32_join(first, second, c->crc_op);
}

/*
 * Sign, and write the envelope around the inner message, which stands at
 * p + HEAD_BYTES already.
 */
static int
seal(struct sigv4_chain *c, int64_t date_ms, uint8_t *p, size_t len,
    const uint8_t inner_sha256[SIGV4_HASH_BYTES], uint32_t inner_crc)
{
	uint8_t *signature = p + HEAD_BYTES - SIGV4_HASH_BYTES;
	uint32_t crc;

	if (sigv4_chain_sign_inner(c, date_ms, inner_sha256, signature) != 0)
		return EVENT_ERR_DATE;
	es_put_prelude(p, len + EVENT_ENVELOPE_BYTES, ENVELOPE_HEADERS_BYTES);
	sigv4_chain_date_block(p + ES_PRELUDE_BYTES, date_ms);
	memcpy(p + ES_PRELUDE_BYTES + SIGV4_DATE_BLOCK_BYTES, SIGNATURE_HEADER,
	    SIGNATURE_HEADER_BYTES);
	crc = join_crc(c, es_crc32(0, p, HEAD_BYTES), inner_crc, len);
	es_put_be(p + HEAD_BYTES + len, crc, 4);
	return 0;
}

int
event_signer_append(struct sigv4_chain *c, int64_t date_ms,
    const struct es_header *headers, size_t n, const void *payload,
    size_t payload_len, struct bytes *out)
{
	long total = es_encoded_len(headers, n, payload_len);
	uint8_t *p, *inner, digest[SIGV4_HASH_BYTES];
	size_t head_len, len;
	uint32_t crc;
	int rc;

	if (total < 0)
		return total == ES_ERR_SIZE ? EVENT_ERR_SIZE : EVENT_ERR_HEADER;
	len = (size_t)total;
	if ((rc = reserve(out, len, &p)) != 0)
		return rc;
	inner = p + HEAD_BYTES;
	head_len = es_put_head(inner, len, headers, n);
	if (payload_len > 0)
		memcpy(inner + head_len, payload, payload_len);
	crc = es_crc32(0, inner, len - 4);
	es_put_be(inner + len - 4, crc, 4);
	crc = es_crc32(crc, inner + len - 4, 4);
	sigv4_sha256(digest, inner, len);
	if ((rc = seal(c, date_ms, p, len, digest, crc)) != 0)
		return rc;
	bytes_commit(out, len + EVENT_ENVELOPE_BYTES);
	return 0;
}

int
event_signer_append_encoded(struct sigv4_chain *c, int64_t date_ms,
    const void *inner, size_t len, struct bytes *out)
{
	uint8_t *p, digest[SIGV4_HASH_BYTES];
	int rc;

	if ((rc = reserve(out, len, &p)) != 0)
		return rc;
	if (len > 0)
		memcpy(p + HEAD_BYTES, inner, len);
	sigv4_sha256(digest, inner, len);
	if ((rc = seal(c, date_ms, p, len, digest, es_crc32(0, inner, len))) !=
	    0)
		return rc;
	bytes_commit(out, len + EVENT_ENVELOPE_BYTES);
	return 0;
}

int
event_signer_append_end(
    struct sigv4_chain *c, int64_t date_ms, struct bytes *out)
{
	return event_signer_append_encoded(c, date_ms, NULL, 0, out);
}

int
event_signer_open(struct sigv4_chain *c, const struct es_message *envelope,
    int64_t now_ms, int64_t skew_ms, struct event_inner *inner)
{
	const struct es_header *date = es_find(envelope, ":date");
	const struct es_header *signature =
	    es_find(envelope, ":chunk-signature");
	int64_t date_ms;

	if (date == NULL || date->type != ES_TIMESTAMP || signature == NULL ||
	    signature->type != ES_BYTES ||
	    signature->value.bytes.len != SIGV4_HASH_BYTES)
		return EVENT_ERR_UNSIGNED;
	date_ms = date->value.integer;
	/* 0..9999-12-31: nothing below can overflow, whatever was sent. */
	if (date_ms < 0 || date_ms > INT64_C(253402300799999))
		return EVENT_ERR_DATE;
	if (skew_ms >= 0 && date_ms < now_ms - skew_ms)
		return EVENT_ERR_EXPIRED;
	if (skew_ms >= 0 && date_ms > now_ms + skew_ms)
		return EVENT_ERR_NOT_YET;
	switch (sigv4_chain_verify(c, date_ms, envelope->payload,
	    envelope->payload_len, signature->value.bytes.p)) {
	case 0:
		break;
	case SIGV4_ERR_DATE:
		return EVENT_ERR_DATE;
	default:
		return EVENT_ERR_MISMATCH;
	}
	inner->date_ms = date_ms;
	inner->bytes = envelope->payload;
	inner->len = envelope->payload_len;
	return 0;
}
