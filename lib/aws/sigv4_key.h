/*
 * Derivation of signing keys (PROTOCOL 1.3) and payload hashes, shared by the
 * files of this module.  Not for others.
 */
#ifndef AWS_SIGV4_KEY_H
#define AWS_SIGV4_KEY_H

#include "aws/sigv4.h"

/* The HMAC key "AWS4" + secret, from which every day's key comes. */
void
sigv4_secret_init(struct sigv4_hmac *secret, const char *secret_access_key);

/* The signing key of a scope, part by part. */
void sigv4_key_derive(
    struct sigv4_hmac *key, const struct sigv4_hmac *secret, const char *scope);

/* What stands for the payload in the canonical request: the request's own
 * words, or the hash of its body.  0 or SIGV4_ERR_INPUT. */
int sigv4_payload_hash(
    char out[SIGV4_HEX_LEN + 1], const struct sigv4_request *req);

#endif
