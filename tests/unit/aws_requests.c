/* with: tests/unit/support/vectors.c */
/*
 * Whole requests of the plain calls, signed by AWS's JavaScript signer: signed
 * again, compared line by line, and checked by the verifier.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"
#include "support/vectors.h"

#define NREQUESTS 7
#define HEADERS 16

static json_t *requests;

struct call {
	struct sigv4_credentials cred;
	struct sigv4_signer signer;
	struct sigv4_request req;
	struct sigv4_header headers[HEADERS];
	char query[1024];
	int64_t time_s;
};

static const json_t *
nth(int i)
{
	if (requests == NULL)
		requests = vectors_json("requests/service-requests.json");
	return json_array_get(json_object_get(requests, "requests"), (size_t)i);
}

/* As a client would write it on the wire: encoded, in no special order. */
static void
add_query(char *out, size_t size, const json_t *query)
{
	const char *name;
	json_t *value;
	size_t len = 0;

	json_object_foreach((json_t *)(uintptr_t)query, name, value)
	{
		len += (size_t)snprintf(
		    out + len, size - len, "%s%s=", len > 0 ? "&" : "", name);
		for (const char *p = json_string_value(value); *p != '\0'; p++)
			len += (size_t)snprintf(
			    out + len, size - len, "%%%02x", (unsigned char)*p);
	}
}

/* The request as the vector gives it; without what signing adds unless
 * with_added. */
static void
load(struct call *c, const json_t *v, bool with_added)
{
	const json_t *h;
	size_t i;

	memset(c, 0, sizeof(*c));
	c->cred.access_key_id = vectors_str(v, "access_key_id");
	c->cred.secret_access_key = vectors_str(v, "secret_access_key");
	c->cred.session_token =
	    json_string_value(json_object_get(v, "session_token"));
	c->signer.credentials = &c->cred;
	c->signer.region = vectors_str(v, "region");
	c->signer.service = vectors_str(v, "service");
	c->req.method = vectors_str(v, "method");
	c->req.path = vectors_str(v, "path");
	add_query(c->query, sizeof(c->query), json_object_get(v, "query"));
	c->req.query = c->query;
	c->req.headers = c->headers;
	c->req.body = vectors_str(v, "body");
	c->req.body_len = strlen(c->req.body);
	json_array_foreach(json_object_get(v, "headers"), i, h)
	{
		const char *name = vectors_str(h, "name");

		if (!with_added &&
		    (strcmp(name, "x-amz-date") == 0 ||
			strcmp(name, "x-amz-content-sha256") == 0 ||
			strcmp(name, "x-amz-security-token") == 0))
			continue;
		c->headers[c->req.nheaders].name = name;
		c->headers[c->req.nheaders++].value = vectors_str(h, "value");
	}
	ck_assert_int_eq(
	    sigv4_date_parse(&c->time_s, vectors_str(v, "amz_date")), 0);
}

static const char *
added(const struct sigv4_signed *s, const char *name)
{
	for (size_t i = 0; i < s->nadded; i++) {
		if (strcmp(s->added[i].name, name) == 0)
			return s->added[i].value;
	}
	return NULL;
}

START_TEST(is_signed_as_the_sdk_does)
{
	const json_t *v = nth(_i), *h;
	struct sigv4_signed s;
	struct call c;
	size_t i, nadded = 0;

	load(&c, v, false);
	ck_assert_int_eq(
	    sigv4_sign(&s, &c.req, &c.signer, c.time_s, SIGV4_ADD_PAYLOAD_HASH),
	    0);
	ck_assert_str_eq(
	    s.canonical_request, vectors_str(v, "canonical_request"));
	ck_assert_str_eq(s.string_to_sign, vectors_str(v, "string_to_sign"));
	ck_assert_str_eq(s.signature, vectors_str(v, "signature"));
	ck_assert_str_eq(s.authorization, vectors_str(v, "authorization"));
	/* What is sent besides is what the SDK sends besides. */
	json_array_foreach(json_object_get(v, "headers"), i, h)
	{
		const char *value = added(&s, vectors_str(h, "name"));

		if (value == NULL)
			continue;
		nadded++;
		ck_assert_str_eq(value, vectors_str(h, "value"));
	}
	ck_assert_uint_eq(nadded + 1, s.nadded);
	ck_assert_str_eq(added(&s, "authorization"), s.authorization);
	sigv4_signed_release(&s);
}
END_TEST

/* Check the request with its header `name` set to value. */
static int
check(struct call *c, const char *name, const char *value, int64_t now_s)
{
	struct sigv4_auth auth;
	struct sigv4_why why;
	int rc;

	for (size_t i = 0; i < c->req.nheaders; i++) {
		if (strcmp(c->headers[i].name, name) == 0)
			c->headers[i].value = value;
	}
	if ((rc = sigv4_auth_parse(&auth, &c->req, &why)) != 0)
		return rc;
	rc = sigv4_auth_check(&auth, &c->req, &c->cred, c->signer.region,
	    c->signer.service, now_s, 0, &why);
	ck_assert_int_eq(rc == 0, why.text[0] == '\0');
	sigv4_auth_release(&auth);
	return rc;
}

static void
load_signed(struct call *c, const json_t *v)
{
	load(c, v, true);
	c->headers[c->req.nheaders].name = "Authorization";
	c->headers[c->req.nheaders++].value = vectors_str(v, "authorization");
}

START_TEST(is_accepted_as_the_sdk_sends_it)
{
	struct call c;

	load_signed(&c, nth(_i));
	ck_assert_int_eq(check(&c, "", NULL, c.time_s), 0);
	ck_assert_int_eq(check(&c, "", NULL, c.time_s + 300), 0);
	ck_assert_int_eq(check(&c, "", NULL, c.time_s - 300), 0);
}
END_TEST

START_TEST(is_refused_when_anything_signed_changed)
{
	struct call c;

	load_signed(&c, nth(_i));
	ck_assert_int_eq(check(&c, "host", "other.example.com", c.time_s),
	    SIGV4_VERIFY_WRONG_SIGNATURE);
	load_signed(&c, nth(_i));
	c.req.method = "PUT";
	ck_assert_int_eq(
	    check(&c, "", NULL, c.time_s), SIGV4_VERIFY_WRONG_SIGNATURE);
	load_signed(&c, nth(_i));
	c.req.path = "/elsewhere";
	ck_assert_int_eq(
	    check(&c, "", NULL, c.time_s), SIGV4_VERIFY_WRONG_SIGNATURE);
	load_signed(&c, nth(_i));
	c.req.query = "a=b";
	ck_assert_int_eq(
	    check(&c, "", NULL, c.time_s), SIGV4_VERIFY_WRONG_SIGNATURE);
	load_signed(&c, nth(_i));
	c.req.body = "another body";
	c.req.body_len = 12;
	ck_assert_int_eq(check(&c, "", NULL, c.time_s), SIGV4_VERIFY_PAYLOAD);
	load_signed(&c, nth(_i));
	c.cred.secret_access_key = "not the secret";
	ck_assert_int_eq(
	    check(&c, "", NULL, c.time_s), SIGV4_VERIFY_WRONG_SIGNATURE);
	load_signed(&c, nth(_i));
	ck_assert_int_eq(
	    check(&c, "", NULL, c.time_s + 301), SIGV4_VERIFY_EXPIRED);
	ck_assert_int_eq(
	    check(&c, "", NULL, c.time_s - 301), SIGV4_VERIFY_NOT_YET);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/requests");
	TCase *tc = tcase_create("vectors");
	bool found = vectors_found();
	SRunner *r;
	int failed;

	if (found) {
		tcase_add_loop_test(
		    tc, is_signed_as_the_sdk_does, 0, NREQUESTS);
		tcase_add_loop_test(
		    tc, is_accepted_as_the_sdk_sends_it, 0, NREQUESTS);
		tcase_add_loop_test(
		    tc, is_refused_when_anything_signed_changed, 0, NREQUESTS);
	}
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return vectors_status(failed, found);
}
