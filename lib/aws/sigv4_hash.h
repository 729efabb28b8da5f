/*
 * SHA-256 and HMAC-SHA-256 as request signing needs them: no allocation, no
 * failure, and keys whose two padding blocks are hashed once.
 *
 * This is OpenSSL's own SHA-256 through its low-level calls.  OpenSSL 3 would
 * rather see EVP, whose contexts allocate, can fail and cost about 35 ns a
 * digest and 120 ns an HMAC more: 8 % of signing a 3200-byte event, which
 * DESIGN section 10 does not leave.  Nothing outside sigv4_hash.c calls them.
 */
#ifndef AWS_SIGV4_HASH_H
#define AWS_SIGV4_HASH_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/sha.h>

#define SIGV4_HASH_BYTES 32
#define SIGV4_HEX_LEN 64 /* hex digits of a digest, without NUL */

/*
 * A digest under way.  Aligned, because the processor is slow to hand on a
 * state that lies across two cache lines: 30 ns for each piece of data.
 */
struct sigv4_sha256 {
	_Alignas(16) SHA256_CTX ctx;
};

void sigv4_sha256_init(struct sigv4_sha256 *h);

void sigv4_sha256_update(struct sigv4_sha256 *h, const void *p, size_t n);

/* The digest; h must be initialised again before further use. */
void
sigv4_sha256_final(struct sigv4_sha256 *h, uint8_t digest[SIGV4_HASH_BYTES]);

/* All three for n bytes; p may be NULL when n is 0. */
void sigv4_sha256(uint8_t digest[SIGV4_HASH_BYTES], const void *p, size_t n);

/* A key of HMAC-SHA-256 (RFC 2104).  Holds a secret: wipe it. */
struct sigv4_hmac {
	SHA256_CTX inner;
	SHA256_CTX outer;
};

void sigv4_hmac_init(struct sigv4_hmac *k, const void *key, size_t n);

/* HMAC of n bytes under k; k can be used again. */
void sigv4_hmac(const struct sigv4_hmac *k, uint8_t mac[SIGV4_HASH_BYTES],
    const void *p, size_t n);

/*
 * Make k the key with the first n bytes of every message hashed already: n is
 * a multiple of 64, so that nothing is left over.  sigv4_hmac() then takes the
 * rest.
 */
void sigv4_hmac_start(struct sigv4_hmac *k, const void *p, size_t n);

/* Overwrite n bytes of secrets, in a way that no compiler leaves out. */
void sigv4_wipe(void *p, size_t n);

/* 1 when n bytes are equal, else 0, in a time that does not tell where they
 * differ. */
int sigv4_equal(const void *a, const void *b, size_t n);

/* Lower-case hex of a digest: 64 digits, no NUL. */
void sigv4_hex(char hex[SIGV4_HEX_LEN], const uint8_t digest[SIGV4_HASH_BYTES]);

#endif
