#include "aws/sigv4_verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/sigv4_canonical.h"
#include "aws/sigv4_key.h"
#include "aws/sigv4_refuse.h"

const char *
sigv4_verify_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define TEXT(value, name, status, json, query, text)                           \
	case value:                                                            \
		return text;
		SIGV4_VERIFY_MAP(TEXT)
#undef TEXT
	}
	return "unknown error";
}

const char *
sigv4_verify_name(int code)
{
	switch (code) {
#define JSON(value, name, status, json, query, text)                           \
	case value:                                                            \
		return json;
		SIGV4_VERIFY_MAP(JSON)
#undef JSON
	}
	return "InternalFailure";
}

const char *
sigv4_verify_query_name(int code)
{
	switch (code) {
#define QUERY(value, name, status, json, query, text)                          \
	case value:                                                            \
		return query;
		SIGV4_VERIFY_MAP(QUERY)
#undef QUERY
	}
	return "InternalFailure";
}

int
sigv4_verify_status(int code)
{
	switch (code) {
#define STATUS(value, name, status, json, query, text)                         \
	case value:                                                            \
		return status;
		SIGV4_VERIFY_MAP(STATUS)
#undef STATUS
	}
	return 500;
}

int
sigv4_refuse(struct sigv4_why *why, int code, const char *fmt, ...)
{
	va_list ap;

	if (why != NULL) {
		va_start(ap, fmt);
		vsnprintf(why->text, sizeof(why->text), fmt, ap);
		va_end(ap);
	}
	return code;
}

/* A code of sigv4_canonical.h as one of ours. */
static int
translate(int rc, struct sigv4_why *why)
{
	int code = SIGV4_VERIFY_MALFORMED;

	if (rc == SIGV4_ERR_NOMEM)
		code = SIGV4_VERIFY_NO_MEMORY;
	else if (rc == SIGV4_ERR_SIZE)
		code = SIGV4_VERIFY_TOO_LARGE;
	return sigv4_refuse(why, code, "%s", sigv4_verify_strerror(code));
}

static int
check_scope(const struct sigv4_auth *auth, const char *region,
    const char *service, struct sigv4_why *why)
{
	if (strncmp(auth->day, auth->amz_date, 8) != 0)
		return sigv4_refuse(why, SIGV4_VERIFY_WRONG_SCOPE,
		    "Date in Credential scope does not match YYYYMMDD from "
		    "ISO-8601 version of date from HTTP: '%s' != '%.8s', from "
		    "'%s'.",
		    auth->day, auth->amz_date, auth->amz_date);
	if (strcmp(auth->service, service) != 0)
		return sigv4_refuse(why, SIGV4_VERIFY_WRONG_SCOPE,
		    "Credential should be scoped to correct service: '%s'.",
		    service);
	if (region != NULL && strcmp(auth->region, region) != 0)
		return sigv4_refuse(why, SIGV4_VERIFY_WRONG_SCOPE,
		    "Credential should be scoped to a valid region, not "
		    "'%.63s'.",
		    auth->region);
	return 0;
}

static int
check_time(const struct sigv4_auth *auth, int64_t now_s, struct sigv4_why *why)
{
	int64_t life_s = auth->is_presigned ? auth->expires_s : SIGV4_SKEW_S;
	char now[17] = "", edge[17] = "";

	/* Out of range leaves them empty: only the text suffers. */
	sigv4_date_format(now, now_s);
	if (auth->time_s + life_s < now_s) {
		sigv4_date_format(edge, now_s - life_s);
		return sigv4_refuse(why, SIGV4_VERIFY_EXPIRED,
		    "Signature expired: %s is now earlier than %s (%s - %lld "
		    "min.)",
		    auth->amz_date, edge, now, (long long)life_s / 60);
	}
	if (auth->time_s > now_s + SIGV4_SKEW_S) {
		sigv4_date_format(edge, now_s + SIGV4_SKEW_S);
		return sigv4_refuse(why, SIGV4_VERIFY_NOT_YET,
		    "Signature not yet current: %s is still later than %s (%s "
		    "+ 5 min.)",
		    auth->amz_date, edge, now);
	}
	return 0;
}

static int
check_key(const struct sigv4_auth *auth,
    const struct sigv4_credentials *credentials, struct sigv4_why *why)
{
	static const char text[] =
	    "The security token included in the request is invalid.";
	const char *token;
	size_t n;

	if (credentials == NULL || credentials->secret_access_key == NULL)
		return sigv4_refuse(why, SIGV4_VERIFY_UNKNOWN_KEY, "%s", text);
	token = credentials->session_token;
	if (token == NULL && auth->token == NULL)
		return 0;
	if (token == NULL || auth->token == NULL)
		return sigv4_refuse(why, SIGV4_VERIFY_TOKEN, "%s", text);
	n = strlen(token);
	if (strlen(auth->token) != n || !sigv4_equal(token, auth->token, n))
		return sigv4_refuse(why, SIGV4_VERIFY_TOKEN, "%s", text);
	return 0;
}

static bool
is_name(const char *a, const char *b, size_t n)
{
	return strlen(a) == n && strncasecmp(a, b, n) == 0;
}

/* All headers of one signed name.  host and :authority stand in for each other;
 * a name that was not sent counts as sent empty. */
static int
add_signed_name(struct sigv4_fields *f, const struct sigv4_request *req,
    const char *name, size_t n)
{
	const char *other = NULL;
	size_t before = f->n;
	int rc;

	for (size_t i = 0; i < req->nheaders; i++) {
		if (is_name(req->headers[i].name, name, n) &&
		    (rc = sigv4_fields_add(
			 f, name, n, req->headers[i].value)) != 0)
			return rc;
	}
	if (f->n > before)
		return 0;
	if (is_name("host", name, n))
		other = sigv4_request_header(req, ":authority");
	else if (is_name(":authority", name, n))
		other = sigv4_request_header(req, "host");
	return sigv4_fields_add(f, name, n, other == NULL ? "" : other);
}

static bool
is_listed(const char *list, const char *name)
{
	size_t n;

	for (;;) {
		n = strcspn(list, ";");
		if (is_name(name, list, n))
			return true;
		if (list[n] == '\0')
			return false;
		list += n + 1;
	}
}

static int
check_signed_headers(const struct sigv4_auth *auth,
    const struct sigv4_request *req, struct sigv4_why *why)
{
	const char *list = auth->signed_headers, *name;

	if (!is_listed(list, "host") && !is_listed(list, ":authority"))
		return sigv4_refuse(why, SIGV4_VERIFY_UNSIGNED,
		    "'Host' or ':authority' must be a 'SignedHeader' in the "
		    "AWS Authorization.");
	for (size_t i = 0; i < req->nheaders; i++) {
		name = req->headers[i].name;
		if (strncasecmp(name, "x-amz-", 6) == 0 &&
		    !is_listed(list, name))
			return sigv4_refuse(why, SIGV4_VERIFY_UNSIGNED,
			    "'%.64s' must be a 'SignedHeader' in the AWS "
			    "Authorization.",
			    name);
	}
	return 0;
}

static int
gather_fields(struct sigv4_fields *f, const struct sigv4_auth *auth,
    const struct sigv4_request *req)
{
	const char *list = auth->signed_headers;
	size_t n;
	int rc;

	f->n = 0;
	for (;;) {
		n = strcspn(list, ";");
		if ((rc = add_signed_name(f, req, list, n)) != 0)
			return rc;
		if (list[n] == '\0')
			return 0;
		list += n + 1;
	}
}

static int
check_payload(char hash[SIGV4_HEX_LEN + 1], const struct sigv4_request *req,
    unsigned int flags, struct sigv4_why *why)
{
	struct sigv4_request bare = { .body = req->body,
		.body_len = req->body_len };
	const char *sent = sigv4_request_header(req, "x-amz-content-sha256");
	bool is_stream = (flags & SIGV4_VERIFY_STREAM) != 0;

	if (is_stream)
		bare.body_len = 0;
	sigv4_payload_hash(hash, &bare);
	if (sent == NULL || strcmp(sent, hash) == 0)
		return 0;
	if (!is_stream || strcmp(sent, SIGV4_EVENTS) != 0)
		return sigv4_refuse(why, SIGV4_VERIFY_PAYLOAD,
		    "The value passed in x-amz-content-sha256 does not match "
		    "the hash of the payload.");
	memcpy(hash, SIGV4_EVENTS, sizeof(SIGV4_EVENTS));
	return 0;
}

/* The signature that the request should have. */
static int
compute(char signature[SIGV4_HEX_LEN], const struct sigv4_auth *auth,
    const struct sigv4_request *req, const char *secret, const char *hash)
{
	char *canonical = NULL, *text = NULL, scope[SIGV4_SCOPE_MAX];
	struct sigv4_key key = { .is_set = false };
	uint8_t mac[SIGV4_HASH_BYTES];
	struct sigv4_fields f;
	int rc;

	if ((rc = gather_fields(&f, auth, req)) != 0 ||
	    (rc = sigv4_scope_format(
		 scope, auth->amz_date, auth->region, auth->service)) != 0 ||
	    (rc = sigv4_canonical_request(
		 &canonical, req, &f, NULL, 0, hash)) != 0 ||
	    (rc = sigv4_string_to_sign(
		 &text, auth->amz_date, scope, canonical)) != 0)
		goto out;
	sigv4_key_set(&key, secret, scope);
	sigv4_hmac(&key.key, mac, text, strlen(text));
	sigv4_hex(signature, mac);
	sigv4_wipe(mac, sizeof(mac));
out:
	if (canonical != NULL)
		sigv4_wipe(canonical, strlen(canonical));
	free(canonical);
	free(text);
	sigv4_key_release(&key);
	return rc;
}

int
sigv4_auth_check(const struct sigv4_auth *auth, const struct sigv4_request *req,
    const struct sigv4_credentials *credentials, const char *region,
    const char *service, int64_t now_s, unsigned int flags,
    struct sigv4_why *why)
{
	char expected[SIGV4_HEX_LEN], hash[SIGV4_HEX_LEN + 1];
	bool is_equal;
	int rc;

	if (why != NULL)
		why->text[0] = '\0';
	if ((rc = check_scope(auth, region, service, why)) != 0)
		return rc;
	if ((flags & SIGV4_VERIFY_ANY_TIME) == 0 &&
	    (rc = check_time(auth, now_s, why)) != 0)
		return rc;
	if ((rc = check_key(auth, credentials, why)) != 0 ||
	    (rc = check_signed_headers(auth, req, why)) != 0 ||
	    (rc = check_payload(hash, req, flags, why)) != 0)
		return rc;
	if ((rc = compute(expected, auth, req, credentials->secret_access_key,
		 hash)) != 0)
		return translate(rc, why);
	is_equal = sigv4_equal(expected, auth->signature, SIGV4_HEX_LEN);
	sigv4_wipe(expected, sizeof(expected));
	if (is_equal)
		return 0;
	return sigv4_refuse(why, SIGV4_VERIFY_WRONG_SIGNATURE,
	    "The request signature we calculated does not match the signature "
	    "you provided. Check your AWS Secret Access Key and signing "
	    "method. Consult the service documentation for details.");
}
