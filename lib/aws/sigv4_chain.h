/*
 * The chain of event signatures of a bidirectional stream (PROTOCOL 3.3): each
 * event's signature covers the one before, the first covers that of the
 * opening request.  No allocation and no I/O; one chain is one stream.
 *
 * Credentials are those of the opening request for the whole stream.  The
 * session token takes no part.  event_signer.h joins this to the envelope.
 */
#ifndef AWS_SIGV4_CHAIN_H
#define AWS_SIGV4_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "aws/sigv4.h"
#include "aws/sigv4_hash.h"

/* The encoded header `:date`, which is what "headers" of an event means to its
 * signature. */
#define SIGV4_DATE_BLOCK_BYTES 15

/* Longest string to sign, without NUL: six lines. */
#define SIGV4_EVENT_STRING_MAX 512

/* What changes rarely is kept worked out: once a day the key, once a second the
 * head of the string to sign and what of it can be hashed before the rest. */
struct sigv4_chain {
	struct sigv4_hmac secret;       /* HMAC key "AWS4" + secret */
	struct sigv4_hmac key;          /* of `day` */
	struct sigv4_hmac key_and_head; /* with head_hashed bytes of text */
	int64_t time_s;                 /* that the head is for; -1: none */
	int64_t date_ms;                /* that date_hash is for; -1: none */
	char prior[SIGV4_HEX_LEN];      /* prior signature */
	size_t prior_len;               /* 64, but for an odd seed */
	char date_hash[SIGV4_HEX_LEN];
	size_t head_len; /* of lines 1 to 3 in text */
	size_t head_hashed;
	char text[SIGV4_EVENT_STRING_MAX + 1]; /* last string to sign */
	/* For event_signer.c: es_crc32_join_op() of crc_len. */
	uint32_t crc_op;
	size_t crc_len;
};

/*
 * Start a chain.  seed_signature is the hex signature of the opening request
 * (sigv4_signed.signature, or X-Amz-Signature of a presigned URL); at most 64
 * hex digits.  Nothing is borrowed beyond the call.
 *
 * 0, or SIGV4_ERR_KEY, SIGV4_ERR_SCOPE, SIGV4_ERR_INPUT (seed).
 */
int sigv4_chain_init(struct sigv4_chain *c,
    const struct sigv4_credentials *credentials, const char *region,
    const char *service, const char *seed_signature);

/* Wipe. */
void sigv4_chain_release(struct sigv4_chain *c);

/* The header block {:date: timestamp date_ms}, as it is hashed and sent. */
void
sigv4_chain_date_block(uint8_t block[SIGV4_DATE_BLOCK_BYTES], int64_t date_ms);

/*
 * Sign the next event and advance: signature gets 32 bytes, for
 * `:chunk-signature`.  date_ms (Unix) is the value of `:date`; milliseconds are
 * covered by the hash, the text date is cut to the second.  inner is the
 * encoded event message; len 0 signs the end of the stream.
 *
 * 0 or SIGV4_ERR_DATE (nothing advanced).
 */
int sigv4_chain_sign(struct sigv4_chain *c, int64_t date_ms, const void *inner,
    size_t len, uint8_t signature[SIGV4_HASH_BYTES]);

/*
 * The same from digests: of the header block and of inner; time_s is the
 * second of the text date.
 */
int sigv4_chain_sign_digests(struct sigv4_chain *c, int64_t time_s,
    const uint8_t headers_sha256[SIGV4_HASH_BYTES],
    const uint8_t inner_sha256[SIGV4_HASH_BYTES],
    uint8_t signature[SIGV4_HASH_BYTES]);

/* As sigv4_chain_sign(), from the digest of inner. */
int sigv4_chain_sign_inner(struct sigv4_chain *c, int64_t date_ms,
    const uint8_t inner_sha256[SIGV4_HASH_BYTES],
    uint8_t signature[SIGV4_HASH_BYTES]);

/*
 * The receiver's half: compare in constant time, and advance when equal.  0,
 * SIGV4_ERR_MISMATCH or SIGV4_ERR_DATE; after an error the chain stands where
 * it was.
 */
int sigv4_chain_verify(struct sigv4_chain *c, int64_t date_ms,
    const void *inner, size_t len, const uint8_t signature[SIGV4_HASH_BYTES]);

/* The string to sign of the last event; valid until the next one.  Means
 * nothing before the first. */
const char *sigv4_chain_string_to_sign(const struct sigv4_chain *c);

#endif
