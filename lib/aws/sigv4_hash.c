/* The low-level calls are marked deprecated; the header says why they are used.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "aws/sigv4_hash.h"

#include <string.h>

#include <openssl/crypto.h>

#define BLOCK_BYTES 64 /* of SHA-256 */

/* These calls return 1 whatever happens: all they do is arithmetic on ctx. */
void
sigv4_sha256_init(struct sigv4_sha256 *h)
{
	SHA256_Init(&h->ctx);
}

void
sigv4_sha256_update(struct sigv4_sha256 *h, const void *p, size_t n)
{
	if (n > 0)
		SHA256_Update(&h->ctx, p, n);
}

void
sigv4_sha256_final(struct sigv4_sha256 *h, uint8_t digest[SIGV4_HASH_BYTES])
{
	SHA256_Final(digest, &h->ctx);
}

void
sigv4_sha256(uint8_t digest[SIGV4_HASH_BYTES], const void *p, size_t n)
{
	struct sigv4_sha256 h;

	sigv4_sha256_init(&h);
	sigv4_sha256_update(&h, p, n);
	sigv4_sha256_final(&h, digest);
}

void
sigv4_hmac_init(struct sigv4_hmac *k, const void *key, size_t n)
{
	uint8_t block[BLOCK_BYTES] = { 0 };

	if (n > sizeof(block))
		sigv4_sha256(block, key, n);
	else if (n > 0)
		memcpy(block, key, n);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	SHA256_Init(&k->inner);
	SHA256_Update(&k->inner, block, sizeof(block));
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&k->outer);
	SHA256_Update(&k->outer, block, sizeof(block));
	sigv4_wipe(block, sizeof(block));
}

void
sigv4_hmac(const struct sigv4_hmac *k, uint8_t mac[SIGV4_HASH_BYTES],
    const void *p, size_t n)
{
	struct sigv4_sha256 h = { k->inner };

	sigv4_sha256_update(&h, p, n);
	sigv4_sha256_final(&h, mac);
	h.ctx = k->outer;
	sigv4_sha256_update(&h, mac, SIGV4_HASH_BYTES);
	sigv4_sha256_final(&h, mac);
}

void
sigv4_hmac_start(struct sigv4_hmac *k, const void *p, size_t n)
{
	if (n > 0)
		SHA256_Update(&k->inner, p, n);
}

void
sigv4_wipe(void *p, size_t n)
{
	if (n > 0)
		OPENSSL_cleanse(p, n);
}

int
sigv4_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

/* The digits of every byte: two at a time, because signing an event takes two
 * digests in hex. */
static const char hex_pairs[] = "000102030405060708090a0b0c0d0e0f"
				"101112131415161718191a1b1c1d1e1f"
				"202122232425262728292a2b2c2d2e2f"
				"303132333435363738393a3b3c3d3e3f"
				"404142434445464748494a4b4c4d4e4f"
				"505152535455565758595a5b5c5d5e5f"
				"606162636465666768696a6b6c6d6e6f"
				"707172737475767778797a7b7c7d7e7f"
				"808182838485868788898a8b8c8d8e8f"
				"909192939495969798999a9b9c9d9e9f"
				"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
				"b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
				"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
				"d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
				"e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
				"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

void
sigv4_hex(char hex[SIGV4_HEX_LEN], const uint8_t digest[SIGV4_HASH_BYTES])
{
	for (size_t i = 0; i < SIGV4_HASH_BYTES; i++)
		memcpy(hex + 2 * i, hex_pairs + 2 * digest[i], 2);
}
