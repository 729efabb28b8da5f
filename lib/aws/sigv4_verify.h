/*
 * The server's half of Signature Version 4: what a received request says about
 * its signature, and whether that is right.  No I/O, no clock; keys are the
 * caller's.
 *
 *	rc = sigv4_auth_parse(&auth, &req, &why);
 *	if (rc == 0)
 *		rc = sigv4_auth_check(&auth, &req, my_key(auth.access_key_id),
 *		    NULL, "polly", now_s, SIGV4_VERIFY_STREAM, &why);
 *	if (rc != 0)
 *		refuse(sigv4_verify_status(rc), sigv4_verify_name(rc),
 *		    why.text);
 *	else
 *		... sigv4_chain_init(&chain, cred, auth.region,
 *		    auth.service, auth.signature) ...
 *	sigv4_auth_release(&auth);
 *
 * Both forms are known, the Authorization header and the presigned query.  Over
 * HTTP/2 a client may have signed the authority as `host` or as `:authority`
 * (PROTOCOL 3.2): each is looked up in the other's place when it is missing.
 */
#ifndef AWS_SIGV4_VERIFY_H
#define AWS_SIGV4_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/sigv4.h"

/*
 * Code, name, HTTP status, AWS's error name in the JSON protocols and in the
 * query protocol (STS), and a text.  Statuses and names: PROTOCOL 7.4 and the
 * services' answers.
 */
#define SIGV4_VERIFY_MAP(X)                                                    \
	X(-20, MISSING, 403, "MissingAuthenticationTokenException",            \
	    "MissingAuthenticationToken", "request is not signed")             \
	X(-21, INCOMPLETE, 400, "IncompleteSignatureException",                \
	    "IncompleteSignature", "a part of the signature is missing")       \
	X(-22, MALFORMED, 400, "IncompleteSignatureException",                 \
	    "IncompleteSignature", "a part of the signature is malformed")     \
	X(-23, WRONG_SCOPE, 403, "InvalidSignatureException",                  \
	    "SignatureDoesNotMatch", "credential scope is not this service's") \
	X(-24, UNSIGNED, 403, "InvalidSignatureException",                     \
	    "SignatureDoesNotMatch", "a header that must be signed is not")    \
	X(-25, EXPIRED, 403, "InvalidSignatureException",                      \
	    "SignatureDoesNotMatch", "signature is too old")                   \
	X(-26, NOT_YET, 403, "InvalidSignatureException",                      \
	    "SignatureDoesNotMatch", "signature is from the future")           \
	X(-27, UNKNOWN_KEY, 403, "UnrecognizedClientException",                \
	    "InvalidClientTokenId", "access key id is not known")              \
	X(-28, TOKEN, 403, "UnrecognizedClientException",                      \
	    "InvalidClientTokenId", "session token is not the key's")          \
	X(-29, PAYLOAD, 403, "InvalidSignatureException",                      \
	    "SignatureDoesNotMatch", "payload hash is not the body's")         \
	X(-30, WRONG_SIGNATURE, 403, "InvalidSignatureException",              \
	    "SignatureDoesNotMatch", "signature does not match")               \
	X(-31, NO_MEMORY, 500, "InternalFailure", "InternalFailure",           \
	    "out of memory")                                                   \
	X(-32, TOO_LARGE, 400, "ValidationException", "ValidationError",       \
	    "request line and headers exceed the cap")

enum sigv4_verify_error {
#define SIGV4_VERIFY_ENUM(code, name, status, json, query, text)               \
	SIGV4_VERIFY_##name = code,
	SIGV4_VERIFY_MAP(SIGV4_VERIFY_ENUM)
#undef SIGV4_VERIFY_ENUM
};

/* Text for a code of this module; never NULL. */
const char *sigv4_verify_strerror(int code);

/* AWS's error name in the JSON protocols; never NULL. */
const char *sigv4_verify_name(int code);

/* The same in the query protocol (STS). */
const char *sigv4_verify_query_name(int code);

/* HTTP status to answer with: 400, 403 or 500. */
int sigv4_verify_status(int code);

/* The sentence that AWS sends as message, with the particulars. */
struct sigv4_why {
	char text[512]; /* NUL-ended; "" when all is well */
};

/* What a request says about its signature.  Strings are owned by this struct,
 * NULL only where said. */
struct sigv4_auth {
	bool is_presigned;
	const char *access_key_id;
	const char *day; /* scope, part by part */
	const char *region;
	const char *service;
	const char *signed_headers; /* "a;b;c" */
	const char *signature;      /* 64 lower-case hex digits */
	const char *amz_date;       /* "20260102T030405Z" */
	const char *token;          /* session token, or NULL */
	int64_t time_s;             /* of amz_date */
	int64_t expires_s;          /* presigned only */
	char *memory;               /* holds the above */
	size_t memory_len;
};

/*
 * Read the signature of a request: all its headers as received (of HTTP/2 with
 * :authority), query as on the wire.  0, or SIGV4_VERIFY_MISSING, _INCOMPLETE,
 * _MALFORMED, _NO_MEMORY, _TOO_LARGE.  `auth` needs no set-up; release it after
 * 0.  `why` may be NULL.
 */
int sigv4_auth_parse(struct sigv4_auth *auth, const struct sigv4_request *req,
    struct sigv4_why *why);

void sigv4_auth_release(struct sigv4_auth *auth);

/* AWS's tolerance. */
#define SIGV4_SKEW_S 300

enum {
	/* The body is a stream of signed events and not part of this request:
	 * a payload hash of SIGV4_EVENTS or of an empty body is right. */
	SIGV4_VERIFY_STREAM = 1,
	/* Do not look at the clock (replayed requests). */
	SIGV4_VERIFY_ANY_TIME = 2,
};

/*
 * Whether the signature is right.  `credentials` are those that belong to
 * auth->access_key_id, NULL when there are none.  `region` NULL: any.  now_s is
 * the server's Unix time.  Without SIGV4_VERIFY_STREAM, req->body must be the
 * whole body and x-amz-content-sha256, where sent, its hash.
 *
 * Checked in AWS's order of telling: scope, time, key, signed headers, payload,
 * signature.  host (or :authority) and every x-amz-* header sent must be
 * signed.  The comparison takes the same time wherever the signatures differ.
 *
 * 0 or a SIGV4_VERIFY_ code.
 */
int
sigv4_auth_check(const struct sigv4_auth *auth, const struct sigv4_request *req,
    const struct sigv4_credentials *credentials, const char *region,
    const char *service, int64_t now_s, unsigned int flags,
    struct sigv4_why *why);

#endif
