/* Reading the signature of a request; sigv4_verify.c checks it. */
#include "aws/sigv4_verify.h"

#include <stdlib.h>
#include <string.h>

#include "aws/sigv4_canonical.h"
#include "aws/sigv4_refuse.h"

/* Memory that the parts of a signature are copied into, one after another. */
struct pool {
	char *next;
};

static char *
pool_copy(struct pool *pool, const char *p, size_t n)
{
	char *s = pool->next;

	memcpy(s, p, n);
	s[n] = '\0';
	pool->next += n + 1;
	return s;
}

static bool
allocate(struct sigv4_auth *auth, size_t n)
{
	auth->memory = malloc(n);
	auth->memory_len = auth->memory == NULL ? 0 : n;
	return auth->memory != NULL;
}

/* Split "AKID/day/region/service/aws4_request" in place. */
static int
split_credential(
    struct sigv4_auth *auth, struct pool *pool, const char *p, size_t n)
{
	const char *part[5];
	char *s = pool_copy(pool, p, n), *slash;

	/* An access key id may hold a slash as far as we care; a scope not. */
	for (int i = 4; i > 0; i--) {
		if ((slash = strrchr(s, '/')) == NULL)
			return -1;
		*slash = '\0';
		part[i] = slash + 1;
	}
	part[0] = s;
	for (int i = 0; i < 5; i++) {
		if (part[i][0] == '\0')
			return -1;
	}
	if (strcmp(part[4], "aws4_request") != 0 || strlen(part[1]) != 8)
		return -1;
	auth->access_key_id = part[0];
	auth->day = part[1];
	auth->region = part[2];
	auth->service = part[3];
	return 0;
}

static bool
is_signature(const char *s)
{
	return strlen(s) == SIGV4_HEX_LEN &&
	       strspn(s, "0123456789abcdef") == SIGV4_HEX_LEN;
}

/* The parts are there: are they what they should be? */
static int
check_parts(struct sigv4_auth *auth, struct sigv4_why *why)
{
	if (sigv4_date_parse(&auth->time_s, auth->amz_date) != 0)
		return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
		    "Date must be in ISO-8601 'basic format'. Got '%.32s'.",
		    auth->amz_date);
	if (!is_signature(auth->signature))
		return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
		    "Signature must be 64 lower-case hexadecimal digits.");
	if (auth->signed_headers[0] == '\0')
		return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
		    "SignedHeaders must not be empty.");
	return 0;
}

static int
refuse_credential(struct sigv4_why *why, const char *p, size_t n)
{
	return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
	    "Credential must have exactly 5 slash-delimited elements, e.g. "
	    "keyid/date/region/service/aws4_request, got '%.*s'.",
	    n > 128 ? 128 : (int)n, p);
}

/* What the header says: "name=value", separated by commas and blanks. */
struct parts {
	const char *credential, *signed_headers, *signature;
	size_t credential_len, signed_headers_len, signature_len;
};

static bool
set_part(const char **part, size_t *part_len, const char *p, size_t n)
{
	if (*part != NULL)
		return false; /* twice */
	*part = p;
	*part_len = n;
	return true;
}

static int
read_parts(struct parts *parts, const char *p)
{
	const char *eq;
	size_t n, name_len;
	bool ok;

	memset(parts, 0, sizeof(*parts));
	for (;;) {
		p += strspn(p, ", \t");
		if (*p == '\0')
			return 0;
		n = strcspn(p, ", \t");
		if ((eq = memchr(p, '=', n)) == NULL)
			return -1;
		name_len = (size_t)(eq - p);
		n -= name_len + 1;
		if (name_len == 10 && memcmp(p, "Credential", 10) == 0)
			ok = set_part(&parts->credential,
			    &parts->credential_len, eq + 1, n);
		else if (name_len == 13 && memcmp(p, "SignedHeaders", 13) == 0)
			ok = set_part(&parts->signed_headers,
			    &parts->signed_headers_len, eq + 1, n);
		else if (name_len == 9 && memcmp(p, "Signature", 9) == 0)
			ok = set_part(&parts->signature, &parts->signature_len,
			    eq + 1, n);
		else
			ok = false;
		if (!ok)
			return -1;
		p = eq + 1 + n;
	}
}

static int
parse_header(struct sigv4_auth *auth, const struct sigv4_request *req,
    const char *header, struct sigv4_why *why)
{
	static const char algorithm[] = SIGV4_ALGORITHM;
	const char *date = sigv4_request_header(req, "x-amz-date");
	const char *token = sigv4_request_header(req, "x-amz-security-token");
	size_t n = sizeof(algorithm) - 1;
	struct parts parts;
	struct pool pool;

	if (strncmp(header, algorithm, n) != 0 ||
	    (header[n] != ' ' && header[n] != '\t'))
		return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
		    "Unsupported AWS 'algorithm': '%.*s', only "
		    "'" SIGV4_ALGORITHM "' is served.",
		    (int)strcspn(header, " \t"), header);
	if (read_parts(&parts, header + n) != 0)
		return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
		    "Authorization header has a part that is not "
		    "Credential, SignedHeaders or Signature, or has one "
		    "twice.");
	if (parts.credential == NULL || parts.signed_headers == NULL ||
	    parts.signature == NULL || date == NULL)
		return sigv4_refuse(why, SIGV4_VERIFY_INCOMPLETE, "%s%s%s%s",
		    parts.credential != NULL ? ""
					     : "Authorization header requires "
					       "'Credential' parameter. ",
		    parts.signature != NULL ? ""
					    : "Authorization header requires "
					      "'Signature' parameter. ",
		    parts.signed_headers != NULL
			? ""
			: "Authorization header requires 'SignedHeaders' "
			  "parameter. ",
		    date != NULL
			? ""
			: "Authorization header requires existence of an "
			  "'X-Amz-Date' header.");
	n = strlen(header) + strlen(date) + 8;
	if (token != NULL)
		n += strlen(token) + 1;
	if (!allocate(auth, n))
		return sigv4_refuse(
		    why, SIGV4_VERIFY_NO_MEMORY, "out of memory");
	pool.next = auth->memory;
	if (split_credential(
		auth, &pool, parts.credential, parts.credential_len) != 0)
		return refuse_credential(
		    why, parts.credential, parts.credential_len);
	auth->signed_headers =
	    pool_copy(&pool, parts.signed_headers, parts.signed_headers_len);
	auth->signature =
	    pool_copy(&pool, parts.signature, parts.signature_len);
	auth->amz_date = pool_copy(&pool, date, strlen(date));
	if (token != NULL)
		auth->token = pool_copy(&pool, token, strlen(token));
	return check_parts(auth, why);
}

/* The parameters of a presigned URL, in this order. */
enum {
	ALGORITHM,
	CREDENTIAL,
	DATE,
	EXPIRES,
	SIGNED_HEADERS,
	TOKEN,
	SIGNATURE,
	NPARAMS
};

static const char *const param_names[NPARAMS] = { "X-Amz-Algorithm",
	"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
	"X-Amz-SignedHeaders", "X-Amz-Security-Token", "X-Amz-Signature" };

/* Which of them a name (as on the wire) is, or -1. */
static int
param_index(const char *name, size_t n)
{
	for (int i = 0; i < NPARAMS; i++) {
		if (n == strlen(param_names[i]) &&
		    memcmp(name, param_names[i], n) == 0)
			return i;
	}
	return -1;
}

/* 1 to 604800, whole. */
static bool
parse_expires(int64_t *expires_s, const char *s)
{
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 6 || s[n] != '\0')
		return false;
	*expires_s = strtol(s, NULL, 10);
	return *expires_s >= 1 && *expires_s <= SIGV4_EXPIRES_MAX_S;
}

static bool
has_query_signature(const char *query)
{
	const char *name, *value;
	size_t name_len, value_len;

	while (query != NULL &&
	       sigv4_query_next(&query, &name, &name_len, &value, &value_len)) {
		if (param_index(name, name_len) == ALGORITHM)
			return true;
	}
	return false;
}

/* Copy the decoded values into auth->memory. */
static int
read_params(const char *v[NPARAMS], size_t len[NPARAMS],
    struct sigv4_auth *auth, const char *query, struct sigv4_why *why)
{
	const char *name, *value;
	size_t name_len, value_len;
	char *next;
	int i;

	/* The credential is copied a second time to be split. */
	if (!allocate(auth, 2 * strlen(query) + NPARAMS + 2))
		return sigv4_refuse(
		    why, SIGV4_VERIFY_NO_MEMORY, "out of memory");
	next = auth->memory;
	while (sigv4_query_next(&query, &name, &name_len, &value, &value_len)) {
		if ((i = param_index(name, name_len)) < 0 || value == NULL)
			continue;
		if (v[i] != NULL)
			return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
			    "AWS query-string parameter '%s' was given "
			    "twice.",
			    param_names[i]);
		len[i] = sigv4_percent_decode(next, value, value_len);
		next[len[i]] = '\0';
		v[i] = next;
		next += len[i] + 1;
	}
	for (i = 0; i < NPARAMS; i++) {
		if (v[i] == NULL && i != TOKEN)
			return sigv4_refuse(why, SIGV4_VERIFY_INCOMPLETE,
			    "AWS query-string parameters must include '%s'.",
			    param_names[i]);
	}
	return 0;
}

static int
parse_query(struct sigv4_auth *auth, const char *query, struct sigv4_why *why)
{
	const char *v[NPARAMS] = { NULL };
	size_t len[NPARAMS];
	struct pool pool;
	int rc;

	auth->is_presigned = true;
	if ((rc = read_params(v, len, auth, query, why)) != 0)
		return rc;
	for (int i = 0; i < NPARAMS; i++) {
		/* A NUL would hide the rest of a value. */
		if (v[i] != NULL && strlen(v[i]) != len[i])
			return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
			    "'%s' holds a NUL.", param_names[i]);
	}
	if (strcmp(v[ALGORITHM], SIGV4_ALGORITHM) != 0)
		return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
		    "Unsupported AWS 'algorithm': '%.64s', only "
		    "'" SIGV4_ALGORITHM "' is served.",
		    v[ALGORITHM]);
	if (!parse_expires(&auth->expires_s, v[EXPIRES]))
		return sigv4_refuse(why, SIGV4_VERIFY_MALFORMED,
		    "X-Amz-Expires must be between 1 and 604800 seconds.");
	pool.next = auth->memory + strlen(query) + NPARAMS;
	if (split_credential(auth, &pool, v[CREDENTIAL], len[CREDENTIAL]) != 0)
		return refuse_credential(why, v[CREDENTIAL], len[CREDENTIAL]);
	auth->amz_date = v[DATE];
	auth->signed_headers = v[SIGNED_HEADERS];
	auth->signature = v[SIGNATURE];
	auth->token = v[TOKEN];
	return check_parts(auth, why);
}

int
sigv4_auth_parse(struct sigv4_auth *auth, const struct sigv4_request *req,
    struct sigv4_why *why)
{
	const char *header = sigv4_request_header(req, "authorization");
	int rc;

	memset(auth, 0, sizeof(*auth));
	if (why != NULL)
		why->text[0] = '\0';
	if (header != NULL)
		rc = parse_header(auth, req, header, why);
	else if (has_query_signature(req->query))
		rc = parse_query(auth, req->query, why);
	else
		rc = sigv4_refuse(
		    why, SIGV4_VERIFY_MISSING, "Missing Authentication Token");
	if (rc != 0)
		sigv4_auth_release(auth);
	return rc;
}

void
sigv4_auth_release(struct sigv4_auth *auth)
{
	/* Token and signature: what opens things is not left lying about. */
	sigv4_wipe(auth->memory, auth->memory_len);
	free(auth->memory);
	memset(auth, 0, sizeof(*auth));
}
