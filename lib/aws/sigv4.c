#include "aws/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/sigv4_canonical.h"
#include "aws/sigv4_key.h"

const char *
sigv4_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define SIGV4_TEXT(value, name, text)                                          \
	case value:                                                            \
		return text;
		SIGV4_ERROR_MAP(SIGV4_TEXT)
#undef SIGV4_TEXT
	}
	return "unknown error";
}

static void
free_secret(char *s)
{
	if (s != NULL)
		sigv4_wipe(s, strlen(s));
	free(s);
}

void
sigv4_signed_release(struct sigv4_signed *s)
{
	/* Canonical request and query hold the session token. */
	free_secret(s->query);
	free_secret(s->canonical_request);
	free_secret(s->token);
	free(s->string_to_sign);
	free(s->authorization);
	memset(s, 0, sizeof(*s));
}

static char *
copy_string(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = malloc(n);

	return copy == NULL ? NULL : memcpy(copy, s, n);
}

/* Printable, without what separates the parts of a credential. */
static bool
is_key_id(const char *s)
{
	if (s == NULL || *s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s <= ' ' || *s > '~' || *s == '/' || *s == ',')
			return false;
	}
	return true;
}

static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s < ' ' || *s > '~')
			return false;
	}
	return true;
}

/* Date, scope and token: what does not depend on the request. */
static int
start(
    struct sigv4_signed *out, const struct sigv4_signer *signer, int64_t time_s)
{
	const struct sigv4_credentials *cred = signer->credentials;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!is_key_id(cred->access_key_id) ||
	    cred->secret_access_key == NULL ||
	    cred->secret_access_key[0] == '\0')
		return SIGV4_ERR_KEY;
	if (cred->session_token != NULL &&
	    (cred->session_token[0] == '\0' ||
		!is_printable(cred->session_token)))
		return SIGV4_ERR_KEY;
	if ((rc = sigv4_date_format(out->amz_date, time_s)) != 0 ||
	    (rc = sigv4_scope_format(out->scope, out->amz_date, signer->region,
		 signer->service)) != 0)
		return rc;
	if (cred->session_token != NULL &&
	    (out->token = copy_string(cred->session_token)) == NULL)
		return SIGV4_ERR_NOMEM;
	return 0;
}

int
sigv4_payload_hash(char out[SIGV4_HEX_LEN + 1], const struct sigv4_request *req)
{
	const char *given = req->payload_hash;
	uint8_t digest[SIGV4_HASH_BYTES];
	size_t n;

	if (given == NULL)
		given = sigv4_request_header(req, "x-amz-content-sha256");
	if (given != NULL) {
		n = strlen(given);
		if (n == 0 || n > SIGV4_HEX_LEN || !is_printable(given))
			return SIGV4_ERR_INPUT;
		memcpy(out, given, n + 1);
		return 0;
	}
	sigv4_sha256(digest, req->body, req->body == NULL ? 0 : req->body_len);
	sigv4_hex(out, digest);
	out[SIGV4_HEX_LEN] = '\0';
	return 0;
}

/* A field name of RFC 9110 (token), or a pseudo header. */
static bool
is_field_name(const char *s)
{
	size_t n = strspn(s + (s[0] == ':'),
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789!#$%&'*+-.^_`|~");

	return n > 0 && s[n + (s[0] == ':')] == '\0';
}

/* The request's own headers, but for those that are never signed. */
static int
gather_fields(struct sigv4_fields *f, const struct sigv4_request *req)
{
	bool has_host = false;
	int rc;

	f->n = 0;
	for (size_t i = 0; i < req->nheaders; i++) {
		const struct sigv4_header *h = &req->headers[i];

		if (h->name == NULL || h->value == NULL ||
		    !is_field_name(h->name) ||
		    strcasecmp(h->name, "authorization") == 0)
			return SIGV4_ERR_INPUT;
		if (sigv4_is_never_signed(h->name))
			continue;
		if (strcasecmp(h->name, "host") == 0 || h->name[0] == ':')
			has_host = true;
		if ((rc = sigv4_fields_add(
			 f, h->name, strlen(h->name), h->value)) != 0)
			return rc;
	}
	return has_host ? 0 : SIGV4_ERR_INPUT;
}

/* Signature of out->canonical_request. */
static int
sign_canonical(struct sigv4_signed *out, const struct sigv4_signer *signer)
{
	struct sigv4_key own = { .is_set = false };
	struct sigv4_key *key = signer->key == NULL ? &own : signer->key;
	uint8_t mac[SIGV4_HASH_BYTES];
	int rc;

	if ((rc = sigv4_string_to_sign(&out->string_to_sign, out->amz_date,
		 out->scope, out->canonical_request)) != 0)
		return rc;
	sigv4_key_set(key, signer->credentials->secret_access_key, out->scope);
	sigv4_hmac(
	    &key->key, mac, out->string_to_sign, strlen(out->string_to_sign));
	sigv4_hex(out->signature, mac);
	out->signature[SIGV4_HEX_LEN] = '\0';
	sigv4_key_release(&own);
	return 0;
}

static void
add_header(struct sigv4_signed *out, const char *name, const char *value)
{
	out->added[out->nadded].name = name;
	out->added[out->nadded].value = value;
	out->nadded++;
}

/* Add a header to what is sent, and to what is signed unless f is NULL. */
static int
add_signed(struct sigv4_signed *out, struct sigv4_fields *f,
    const struct sigv4_request *req, const char *name, const char *value)
{
	if (sigv4_request_header(req, name) != NULL)
		return SIGV4_ERR_INPUT;
	add_header(out, name, value);
	return f == NULL ? 0 : sigv4_fields_add(f, name, strlen(name), value);
}

static int
make_authorization(struct sigv4_signed *out, const struct sigv4_fields *f,
    const char *access_key_id)
{
	struct sigv4_text t;

	sigv4_text_init(&t, 1024);
	sigv4_text_str(&t, SIGV4_ALGORITHM " Credential=");
	sigv4_text_str(&t, access_key_id);
	sigv4_text_str(&t, "/");
	sigv4_text_str(&t, out->scope);
	sigv4_text_str(&t, ", SignedHeaders=");
	sigv4_text_names(&t, f);
	sigv4_text_str(&t, ", Signature=");
	sigv4_text_str(&t, out->signature);
	return sigv4_text_take(&t, &out->authorization);
}

static int
sign_headers(struct sigv4_signed *out, const struct sigv4_request *req,
    const struct sigv4_signer *signer, unsigned int flags)
{
	struct sigv4_fields f;
	int rc;

	if ((rc = gather_fields(&f, req)) != 0 ||
	    (rc = sigv4_payload_hash(out->payload_hash, req)) != 0 ||
	    (rc = add_signed(out, &f, req, "x-amz-date", out->amz_date)) != 0)
		return rc;
	/* Given already is fine: then it is signed with the others. */
	if ((flags & SIGV4_ADD_PAYLOAD_HASH) != 0 &&
	    sigv4_request_header(req, "x-amz-content-sha256") == NULL &&
	    (rc = add_signed(
		 out, &f, req, "x-amz-content-sha256", out->payload_hash)) != 0)
		return rc;
	if (out->token != NULL &&
	    (rc = add_signed(out,
		 (flags & SIGV4_TOKEN_UNSIGNED) != 0 ? NULL : &f, req,
		 "x-amz-security-token", out->token)) != 0)
		return rc;
	if ((rc = sigv4_canonical_request(&out->canonical_request, req, &f,
		 NULL, 0, out->payload_hash)) != 0 ||
	    (rc = sign_canonical(out, signer)) != 0 ||
	    (rc = make_authorization(
		 out, &f, signer->credentials->access_key_id)) != 0)
		return rc;
	add_header(out, "authorization", out->authorization);
	return 0;
}

int
sigv4_sign(struct sigv4_signed *out, const struct sigv4_request *req,
    const struct sigv4_signer *signer, int64_t time_s, unsigned int flags)
{
	int rc = start(out, signer, time_s);

	if (rc == 0)
		rc = sign_headers(out, req, signer, flags);
	if (rc != 0)
		sigv4_signed_release(out);
	return rc;
}

/* Whether a query has parameters of signing; X-Amz-Signature does not count. */
static bool
has_signing_params(const char *query)
{
	static const char *const names[] = { "X-Amz-Algorithm",
		"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
		"X-Amz-SignedHeaders", "X-Amz-Security-Token" };
	const char *name, *value;
	size_t name_len, value_len;

	while (query != NULL &&
	       sigv4_query_next(&query, &name, &name_len, &value, &value_len)) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (name_len == strlen(names[i]) &&
			    memcmp(name, names[i], name_len) == 0)
				return true;
		}
	}
	return false;
}

/* The query as it came, without X-Amz-Signature. */
static void
add_own_query(struct sigv4_text *t, const char *query)
{
	const char *name, *value;
	size_t name_len, value_len;

	while (query != NULL &&
	       sigv4_query_next(&query, &name, &name_len, &value, &value_len)) {
		if (name_len == 15 && memcmp(name, "X-Amz-Signature", 15) == 0)
			continue;
		sigv4_text_add(t, name, (size_t)(query - name));
		sigv4_text_str(t, "&");
	}
}

#define PRESIGN_PARAMS_MAX 6

static int
make_query(struct sigv4_signed *out, const char *query,
    const struct sigv4_param *params, size_t nparams)
{
	struct sigv4_text t;
	size_t estimate = 1024;

	if (query != NULL)
		estimate += strlen(query);
	if (out->token != NULL)
		estimate += 3 * strlen(out->token);
	sigv4_text_init(&t, estimate);
	add_own_query(&t, query);
	for (size_t i = 0; i < nparams; i++) {
		sigv4_text_str(&t, params[i].name);
		sigv4_text_str(&t, "=");
		sigv4_text_encode(
		    &t, params[i].value, strlen(params[i].value), false);
		sigv4_text_str(&t, "&");
	}
	sigv4_text_str(&t, "X-Amz-Signature=");
	sigv4_text_str(&t, out->signature);
	return sigv4_text_take(&t, &out->query);
}

static int
sign_query(struct sigv4_signed *out, const struct sigv4_request *req,
    const struct sigv4_signer *signer, const char *expires, unsigned int flags,
    const char *credential, const struct sigv4_fields *f, const char *names)
{
	struct sigv4_param params[PRESIGN_PARAMS_MAX] = {
		{ "X-Amz-Algorithm", SIGV4_ALGORITHM },
		{ "X-Amz-Credential", credential },
		{ "X-Amz-Date", out->amz_date },
		{ "X-Amz-SignedHeaders", names },
		{ "X-Amz-Expires", expires },
		{ "X-Amz-Security-Token", out->token },
	};
	size_t nparams = out->token == NULL ? 5 : 6;
	size_t nsigned = (flags & SIGV4_TOKEN_UNSIGNED) != 0 ? 5 : nparams;
	int rc;

	if ((rc = sigv4_canonical_request(&out->canonical_request, req, f,
		 params, nsigned, out->payload_hash)) != 0 ||
	    (rc = sign_canonical(out, signer)) != 0)
		return rc;
	return make_query(out, req->query, params, nparams);
}

static int
presign(struct sigv4_signed *out, const struct sigv4_request *req,
    const struct sigv4_signer *signer, unsigned int expires_s,
    unsigned int flags)
{
	struct sigv4_fields f;
	struct sigv4_text t;
	char expires[16], *credential = NULL, *names = NULL;
	int rc;

	if (expires_s < 1 || expires_s > SIGV4_EXPIRES_MAX_S ||
	    has_signing_params(req->query))
		return SIGV4_ERR_INPUT;
	snprintf(expires, sizeof(expires), "%u", expires_s);
	if ((rc = gather_fields(&f, req)) != 0 ||
	    (rc = sigv4_payload_hash(out->payload_hash, req)) != 0)
		return rc;
	sigv4_text_init(&t, 256);
	sigv4_text_str(&t, signer->credentials->access_key_id);
	sigv4_text_str(&t, "/");
	sigv4_text_str(&t, out->scope);
	if ((rc = sigv4_text_take(&t, &credential)) != 0)
		goto out;
	sigv4_text_init(&t, 256);
	sigv4_text_names(&t, &f);
	if ((rc = sigv4_text_take(&t, &names)) != 0)
		goto out;
	rc =
	    sign_query(out, req, signer, expires, flags, credential, &f, names);
out:
	free(names);
	free(credential);
	return rc;
}

int
sigv4_presign(struct sigv4_signed *out, const struct sigv4_request *req,
    const struct sigv4_signer *signer, int64_t time_s, unsigned int expires_s,
    unsigned int flags)
{
	int rc = start(out, signer, time_s);

	if (rc == 0)
		rc = presign(out, req, signer, expires_s, flags);
	if (rc != 0)
		sigv4_signed_release(out);
	return rc;
}
