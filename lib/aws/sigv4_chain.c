#include "aws/sigv4_chain.h"

#include <stdio.h>
#include <string.h>

#include "aws/sigv4_key.h"

/* Where the date stands in lines 2 and 3 of the string to sign. */
#define DATE_AT (sizeof(SIGV4_ALGORITHM "-PAYLOAD\n") - 1)
#define SCOPE_AT (DATE_AT + 17)

int
sigv4_chain_init(struct sigv4_chain *c,
    const struct sigv4_credentials *credentials, const char *region,
    const char *service, const char *seed_signature)
{
	char scope[SIGV4_SCOPE_MAX];
	size_t n;
	int rc;

	memset(c, 0, sizeof(*c));
	if (credentials->secret_access_key == NULL ||
	    credentials->secret_access_key[0] == '\0')
		return SIGV4_ERR_KEY;
	if ((rc = sigv4_scope_format(scope, "........", region, service)) != 0)
		return rc;
	n = strspn(seed_signature, "0123456789abcdef");
	if (seed_signature[n] != '\0' || n > SIGV4_HEX_LEN)
		return SIGV4_ERR_INPUT;
	sigv4_secret_init(&c->secret, credentials->secret_access_key);
	c->head_len = (size_t)snprintf(c->text, sizeof(c->text),
	    SIGV4_ALGORITHM "-PAYLOAD\n................\n%s\n", scope);
	memcpy(c->prior, seed_signature, n);
	c->prior_len = n;
	c->time_s = c->date_ms = -1;
	return 0;
}

void
sigv4_chain_release(struct sigv4_chain *c)
{
	sigv4_wipe(c, sizeof(*c));
}

void
sigv4_chain_date_block(uint8_t block[SIGV4_DATE_BLOCK_BYTES], int64_t date_ms)
{
	uint64_t v = (uint64_t)date_ms;

	memcpy(block, "\x05:date\x08", 7);
	for (int i = 7; i < SIGV4_DATE_BLOCK_BYTES; i++)
		block[i] = (uint8_t)(v >> (8 * (14 - i)));
}

/* The date in lines 2 and 3, which changes once a second, and the key, which
 * does once a day. */
static int
set_time(struct sigv4_chain *c, int64_t time_s)
{
	char amz_date[17];
	int rc;

	if (time_s == c->time_s)
		return 0;
	if ((rc = sigv4_date_format(amz_date, time_s)) != 0)
		return rc;
	if (memcmp(c->text + SCOPE_AT, amz_date, 8) != 0) {
		memcpy(c->text + SCOPE_AT, amz_date, 8);
		c->text[c->head_len - 1] = '\0';
		sigv4_key_derive(&c->key, &c->secret, c->text + SCOPE_AT);
		c->text[c->head_len - 1] = '\n';
	}
	memcpy(c->text + DATE_AT, amz_date, 16);
	c->time_s = time_s;
	c->key_and_head = c->key;
	c->head_hashed = c->head_len - c->head_len % 64;
	sigv4_hmac_start(&c->key_and_head, c->text, c->head_hashed);
	return 0;
}

/* Line 5, which stays while the date does: events of whole seconds share it. */
static void
set_date_hash(struct sigv4_chain *c, int64_t date_ms)
{
	uint8_t block[SIGV4_DATE_BLOCK_BYTES], digest[SIGV4_HASH_BYTES];

	if (date_ms == c->date_ms)
		return;
	sigv4_chain_date_block(block, date_ms);
	sigv4_sha256(digest, block, sizeof(block));
	sigv4_hex(c->date_hash, digest);
	c->date_ms = date_ms;
}

/* The signature of the event whose time is set, without advancing. */
static void
sign(struct sigv4_chain *c, const char headers_hash[SIGV4_HEX_LEN],
    const uint8_t inner_sha256[SIGV4_HASH_BYTES],
    uint8_t signature[SIGV4_HASH_BYTES])
{
	/* The longest scope leaves room: 25 + 17 + 160 + 3 * 65 < 512. */
	char *p = c->text + c->head_len;

	memcpy(p, c->prior, c->prior_len);
	p += c->prior_len;
	*p++ = '\n';
	memcpy(p, headers_hash, SIGV4_HEX_LEN);
	p += SIGV4_HEX_LEN;
	*p++ = '\n';
	sigv4_hex(p, inner_sha256);
	p += SIGV4_HEX_LEN;
	*p = '\0';
	sigv4_hmac(&c->key_and_head, signature, c->text + c->head_hashed,
	    (size_t)(p - c->text) - c->head_hashed);
}

static void
advance(struct sigv4_chain *c, const uint8_t signature[SIGV4_HASH_BYTES])
{
	sigv4_hex(c->prior, signature);
	c->prior_len = SIGV4_HEX_LEN;
}

int
sigv4_chain_sign_digests(struct sigv4_chain *c, int64_t time_s,
    const uint8_t headers_sha256[SIGV4_HASH_BYTES],
    const uint8_t inner_sha256[SIGV4_HASH_BYTES],
    uint8_t signature[SIGV4_HASH_BYTES])
{
	char headers_hash[SIGV4_HEX_LEN];
	int rc;

	if ((rc = set_time(c, time_s)) != 0)
		return rc;
	sigv4_hex(headers_hash, headers_sha256);
	sign(c, headers_hash, inner_sha256, signature);
	advance(c, signature);
	return 0;
}

/* Prepare for an event of date_ms. */
static int
set_date(struct sigv4_chain *c, int64_t date_ms)
{
	int rc;

	if (date_ms < 0)
		return SIGV4_ERR_DATE;
	if ((rc = set_time(c, date_ms / 1000)) == 0)
		set_date_hash(c, date_ms);
	return rc;
}

int
sigv4_chain_sign_inner(struct sigv4_chain *c, int64_t date_ms,
    const uint8_t inner_sha256[SIGV4_HASH_BYTES],
    uint8_t signature[SIGV4_HASH_BYTES])
{
	int rc = set_date(c, date_ms);

	if (rc != 0)
		return rc;
	sign(c, c->date_hash, inner_sha256, signature);
	advance(c, signature);
	return 0;
}

int
sigv4_chain_sign(struct sigv4_chain *c, int64_t date_ms, const void *inner,
    size_t len, uint8_t signature[SIGV4_HASH_BYTES])
{
	uint8_t digest[SIGV4_HASH_BYTES];

	sigv4_sha256(digest, inner, len);
	return sigv4_chain_sign_inner(c, date_ms, digest, signature);
}

int
sigv4_chain_verify(struct sigv4_chain *c, int64_t date_ms, const void *inner,
    size_t len, const uint8_t signature[SIGV4_HASH_BYTES])
{
	uint8_t digest[SIGV4_HASH_BYTES], expected[SIGV4_HASH_BYTES];
	int rc;

	if ((rc = set_date(c, date_ms)) != 0)
		return rc;
	sigv4_sha256(digest, inner, len);
	sign(c, c->date_hash, digest, expected);
	if (!sigv4_equal(expected, signature, sizeof(expected)))
		rc = SIGV4_ERR_MISMATCH;
	else
		advance(c, expected);
	/* What the right signature is must not lie about for a forger. */
	sigv4_wipe(expected, sizeof(expected));
	return rc;
}

const char *
sigv4_chain_string_to_sign(const struct sigv4_chain *c)
{
	return c->text;
}
