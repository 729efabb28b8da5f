/*
 * AWS Signature Version 4 for HTTP requests: the Authorization header and
 * presigned URLs.  No I/O, no clock, no environment: time and credentials are
 * arguments, so that a test states the date and the expected signature.
 *
 * Source: PROTOCOL 1; AWS "Signature Version 4 signing process".  The other
 * half, for a server, is sigv4_verify.h; signed events are sigv4_chain.h.
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/sigv4_hash.h"

/* Code, name and text of every error. */
#define SIGV4_ERROR_MAP(X)                                                     \
	X(-1, NOMEM, "out of memory")                                          \
	X(-2, INPUT, "a part of the request is missing or malformed")          \
	X(-3, DATE, "time of signing is not between 1970 and 9999")            \
	X(-4, SCOPE, "region or service name is malformed")                    \
	X(-5, KEY, "access key id or secret is missing or malformed")          \
	X(-6, SIZE, "request line and headers exceed the cap")                 \
	X(-7, MISMATCH, "signature does not match")

enum sigv4_error {
#define SIGV4_ENUM(code, name, text) SIGV4_ERR_##name = code,
	SIGV4_ERROR_MAP(SIGV4_ENUM)
#undef SIGV4_ENUM
};

/* Text for a code of this module; never NULL. */
const char *sigv4_strerror(int code);

/* Words that stand in place of a payload hash (AWS's). */
#define SIGV4_EVENTS "STREAMING-AWS4-HMAC-SHA256-EVENTS"
#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
/* SHA-256 of nothing, in hex. */
#define SIGV4_EMPTY_HASH                                                       \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"

/* Our caps.  AWS's regions and signing names have fewer than 32 characters. */
#define SIGV4_NAME_MAX 64             /* region or service, with NUL */
#define SIGV4_SCOPE_MAX 160           /* credential scope, with NUL */
#define SIGV4_CANONICAL_MAX (1 << 20) /* canonical request, bytes */
#define SIGV4_HEADERS_MAX 256         /* headers signed */
#define SIGV4_PARAMS_MAX 512          /* query parameters */

/* All strings here are NUL-ended and borrowed for the call. */
struct sigv4_credentials {
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token; /* NULL: long-term credentials */
};

/* One header: name in any case, value as sent.  An HTTP/2 pseudo header keeps
 * its colon (":authority"). */
struct sigv4_header {
	const char *name;
	const char *value;
};

/* How the path enters the canonical request (PROTOCOL 1.2.1). */
enum sigv4_path_rule {
	SIGV4_PATH_NORMALIZE, /* all services but S3: dot and empty segments
	                         resolved, then encoded once more */
	SIGV4_PATH_KEEP,      /* encoded once more, not normalised */
	SIGV4_PATH_AS_IS,     /* S3: neither */
};

/*
 * What is signed.  Set to zero first, then fill in.
 *
 * Signed are all headers given here, but for those that intermediaries change
 * and the SDKs leave out: authorization, cache-control, connection, expect,
 * from, keep-alive, max-forwards, pragma, referer, te, trailer,
 * transfer-encoding, upgrade, user-agent, x-amzn-trace-id, proxy-*, sec-*, and
 * pseudo headers other than :authority.  `date` is not signed either: leave it
 * out of the request, x-amz-date stands for it.
 *
 * One of host and :authority must be there, with the port only where it is not
 * the scheme's default.  Over HTTP/2 we send :authority alone and give it here
 * under the name host (PROTOCOL 3.2).
 */
struct sigv4_request {
	const char *method; /* "GET", upper case */
	const char *path;   /* as on the wire: percent-encoded, from '/' on, no
	                       query; NULL or "": "/" */
	const char *query;  /* as on the wire, without '?'; NULL: none */
	const struct sigv4_header *headers;
	size_t nheaders;
	/*
	 * The payload's hash in hex, or a word such as SIGV4_EVENTS.  NULL: the
	 * value of the header x-amz-content-sha256 if there is one, else the
	 * SHA-256 of `body`.
	 */
	const char *payload_hash;
	const void *body; /* NULL: empty */
	size_t body_len;
	enum sigv4_path_rule path_rule;
};

/*
 * The signing key of one secret, day, region and service, derived when one of
 * them changes and kept until then.  Zeroed memory is an empty cache; it holds
 * no plain secret, but what it holds can sign: release it.
 */
struct sigv4_key {
	struct sigv4_hmac secret;    /* HMAC key "AWS4" + secret */
	struct sigv4_hmac key;       /* signing key of `scope` */
	char scope[SIGV4_SCOPE_MAX]; /* "20260102/us-west-2/transcribe/
	                                aws4_request" */
	bool is_set;
};

void sigv4_key_init(struct sigv4_key *k);

/* Wipe. */
void sigv4_key_release(struct sigv4_key *k);

/*
 * Make k the key for a secret and a scope ("day/region/service/aws4_request",
 * as sigv4_scope_format() writes it).  Does nothing when it is that already.
 */
void sigv4_key_set(struct sigv4_key *k, const char *secret, const char *scope);

/* Who signs, and for which service: what does not change between requests. */
struct sigv4_signer {
	const struct sigv4_credentials *credentials;
	const char *region;    /* "us-west-2" */
	const char *service;   /* signing name: "transcribe", "polly", ... */
	struct sigv4_key *key; /* cache; NULL: derive the key anew */
};

enum {
	/* Add and sign x-amz-content-sha256. */
	SIGV4_ADD_PAYLOAD_HASH = 1,
	/* Add the session token without signing it: some services of others
	 * want that, none of ours. */
	SIGV4_TOKEN_UNSIGNED = 2,
};

#define SIGV4_ADDED_MAX 4

/* What signing gave.  All strings are owned by this struct. */
struct sigv4_signed {
	/*
	 * Headers to send beside the request's own, names in lower case:
	 * x-amz-date, x-amz-content-sha256 (if asked for),
	 * x-amz-security-token (with temporary credentials), authorization.
	 * After sigv4_presign(): none.
	 */
	struct sigv4_header added[SIGV4_ADDED_MAX];
	size_t nadded;
	char *query;       /* sigv4_presign(): the whole query, without '?' */
	char amz_date[17]; /* "20260102T030405Z" */
	char scope[SIGV4_SCOPE_MAX];          /* credential scope */
	char payload_hash[SIGV4_HEX_LEN + 1]; /* hash or word */
	char signature[SIGV4_HEX_LEN + 1]; /* hex; seeds sigv4_chain_init() */
	char *canonical_request;           /* for people and tests */
	char *string_to_sign;
	char *authorization; /* value of the header; NULL after presign */
	char *token;         /* copy of the session token, or NULL */
};

/* Free (and wipe) what `s` owns. */
void sigv4_signed_release(struct sigv4_signed *s);

/*
 * Sign a request by headers, at time_s (Unix seconds, UTC).  Send the request's
 * headers and those of out->added, body unchanged.
 *
 * A request that brings authorization, x-amz-date, or (with temporary
 * credentials) x-amz-security-token itself is refused: it would carry two.
 *
 * Returns 0, or SIGV4_ERR_NOMEM, _INPUT (no method, no host, a header named
 * above or whose name is none, a control character in method, path or query,
 * too many headers or parameters), _DATE,
 * _SCOPE, _KEY, _SIZE.  `out` needs no set-up; after 0 it is to be released,
 * after an error there is nothing to release.
 */
int sigv4_sign(struct sigv4_signed *out, const struct sigv4_request *req,
    const struct sigv4_signer *signer, int64_t time_s, unsigned int flags);

/* AWS's upper bound of X-Amz-Expires; Transcribe's WebSocket takes 300. */
#define SIGV4_EXPIRES_MAX_S 604800

/*
 * Sign a request by its query: out->query is what follows '?' in the URL, and
 * the request's own headers must be sent as given (normally host alone).  The
 * payload hash is that of an empty body unless the request says otherwise.
 * Valid from time_s for expires_s seconds (1..604800).
 *
 * Errors as sigv4_sign(); _INPUT also for a query that has X-Amz-* parameters
 * of signing already (X-Amz-Signature alone is dropped) and for expires_s.
 */
int sigv4_presign(struct sigv4_signed *out, const struct sigv4_request *req,
    const struct sigv4_signer *signer, int64_t time_s, unsigned int expires_s,
    unsigned int flags);

/* "YYYYMMDDTHHMMSSZ" of Unix seconds.  0 or SIGV4_ERR_DATE. */
int sigv4_date_format(char out[17], int64_t time_s);

/* The reverse: 0, or SIGV4_ERR_DATE when text is not such a date (exactly 16
 * characters, NUL-ended). */
int sigv4_date_parse(int64_t *time_s, const char *text);

/*
 * "day/region/service/aws4_request" for an amz date.  0 or SIGV4_ERR_SCOPE
 * (region or service empty, too long, or with characters other than letters,
 * digits, '-', '_' and '.').
 */
int sigv4_scope_format(char out[SIGV4_SCOPE_MAX], const char *amz_date,
    const char *region, const char *service);

#endif
