/*
 * The server's half of sigv4, from PROTOCOL 1 and the texts of AWS's services.
 * That it accepts what others sign is tested by the vectors: aws_sigv4.c,
 * aws_requests.c, aws_eventsigning.c.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4_verify.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define NOW 1440938160 /* 2015-08-30T12:36:00Z */

static const struct sigv4_credentials plain = { KEY_ID, SECRET, NULL };
static const struct sigv4_header host = { "host", "example.com" };

static struct sigv4_request
get(const char *path, const char *query)
{
	struct sigv4_request req = { .method = "GET",
		.path = path,
		.query = query,
		.headers = &host,
		.nheaders = 1 };

	return req;
}

#define SIG64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CREDENTIAL KEY_ID "/20150830/us-east-1/service/aws4_request"

static int
parse_header_value(
    const char *authorization, const char *date, struct sigv4_why *why)
{
	struct sigv4_header headers[] = { host,
		{ "Authorization", authorization }, { "X-Amz-Date", date } };
	struct sigv4_request req = get("/", NULL);
	struct sigv4_auth auth;
	int rc;

	req.headers = headers;
	req.nheaders = date == NULL ? 2 : 3;
	rc = sigv4_auth_parse(&auth, &req, why);
	if (rc == 0)
		sigv4_auth_release(&auth);
	return rc;
}

START_TEST(authorization_headers_are_read_whole_or_refused)
{
	static const struct {
		int rc;
		const char *authorization, *date, *text;
	} t[] = {
		{ 0,
		    "AWS4-HMAC-SHA256 Credential=" CREDENTIAL
		    ", SignedHeaders=host;x-amz-date, Signature=" SIG64,
		    "20150830T123600Z", "" },
		{ 0,
		    "AWS4-HMAC-SHA256\tSignature=" SIG64
		    ",SignedHeaders=host,Credential=" CREDENTIAL,
		    "20150830T123600Z", "" },
		{ SIGV4_VERIFY_INCOMPLETE, "AWS4-HMAC-SHA256 ",
		    "20150830T123600Z",
		    "Authorization header requires 'Credential' parameter. "
		    "Authorization header requires 'Signature' parameter. "
		    "Authorization header requires 'SignedHeaders' "
		    "parameter. " },
		{ SIGV4_VERIFY_INCOMPLETE,
		    "AWS4-HMAC-SHA256 Credential=" CREDENTIAL
		    ", SignedHeaders=host",
		    "20150830T123600Z",
		    "Authorization header requires 'Signature' parameter. " },
		{ SIGV4_VERIFY_INCOMPLETE,
		    "AWS4-HMAC-SHA256 Credential=" CREDENTIAL
		    ", SignedHeaders=host, Signature=" SIG64,
		    NULL,
		    "Authorization header requires existence of an "
		    "'X-Amz-Date' header." },
		{ SIGV4_VERIFY_MALFORMED, "", "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED, "Basic dXNlcjpwYXNz",
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED, "AWS4-HMAC-SHA256Credential=x",
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED,
		    "AWS4-HMAC-SHA256 Credential=" CREDENTIAL
		    ", Credential=" CREDENTIAL,
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED, "AWS4-HMAC-SHA256 Token=x",
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED, "AWS4-HMAC-SHA256 Signature",
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED,
		    "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/"
		    "service, SignedHeaders=host, Signature=" SIG64,
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED,
		    "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/"
		    "service/aws3_request, SignedHeaders=host, "
		    "Signature=" SIG64,
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED,
		    "AWS4-HMAC-SHA256 Credential=/20150830/us-east-1/"
		    "service/aws4_request, SignedHeaders=host, "
		    "Signature=" SIG64,
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED,
		    "AWS4-HMAC-SHA256 Credential=" CREDENTIAL
		    ", SignedHeaders=host, Signature=0123",
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED,
		    "AWS4-HMAC-SHA256 Credential=" CREDENTIAL
		    ", SignedHeaders=, Signature=" SIG64,
		    "20150830T123600Z", NULL },
		{ SIGV4_VERIFY_MALFORMED,
		    "AWS4-HMAC-SHA256 Credential=" CREDENTIAL
		    ", SignedHeaders=host, Signature=" SIG64,
		    "2015-08-30", NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sigv4_why why;
		int rc =
		    parse_header_value(t[i].authorization, t[i].date, &why);

		ck_assert_msg(rc == t[i].rc, "%s: %d", t[i].authorization, rc);
		if (t[i].text != NULL)
			ck_assert_str_eq(why.text, t[i].text);
		ck_assert_int_eq(rc == 0, why.text[0] == '\0');
	}
}
END_TEST

#define QUERY_HEAD                                                             \
	"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" KEY_ID            \
	"%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&"

START_TEST(presigned_queries_are_read_whole_or_refused)
{
	static const struct {
		int rc;
		const char *query;
	} t[] = {
		{ SIGV4_VERIFY_MISSING, "" },
		{ SIGV4_VERIFY_MISSING, "a=b&X-Amz-Signature=" SIG64 },
		{ SIGV4_VERIFY_INCOMPLETE, "X-Amz-Algorithm" },
		{ SIGV4_VERIFY_INCOMPLETE, "X-Amz-Algorithm=AWS4-HMAC-SHA256" },
		{ 0, QUERY_HEAD
		    "X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&"
		    "X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG64 },
		{ SIGV4_VERIFY_MALFORMED,
		    QUERY_HEAD "X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&"
			       "X-Amz-SignedHeaders=host&X-Amz-Date=x&"
			       "X-Amz-Signature=" SIG64 },
		{ SIGV4_VERIFY_MALFORMED, QUERY_HEAD
		    "X-Amz-Date=20150830T123600Z&X-Amz-Expires=0&"
		    "X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG64 },
		{ SIGV4_VERIFY_MALFORMED, QUERY_HEAD
		    "X-Amz-Date=20150830T123600Z&X-Amz-Expires=604801&"
		    "X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG64 },
		{ SIGV4_VERIFY_MALFORMED, QUERY_HEAD
		    "X-Amz-Date=20150830T123600Z&X-Amz-Expires=6s&"
		    "X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG64 },
		{ SIGV4_VERIFY_MALFORMED,
		    QUERY_HEAD "X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&"
			       "X-Amz-SignedHeaders=host%00x&"
			       "X-Amz-Signature=" SIG64 },
		{ SIGV4_VERIFY_MALFORMED,
		    "X-Amz-Algorithm=none&X-Amz-Credential=a&X-Amz-Date=a&"
		    "X-Amz-Expires=1&X-Amz-SignedHeaders=host&"
		    "X-Amz-Signature=" SIG64 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sigv4_request req = get("/", t[i].query);
		struct sigv4_auth auth;
		int rc = sigv4_auth_parse(&auth, &req, NULL);

		ck_assert_msg(rc == t[i].rc, "%s: %d", t[i].query, rc);
		if (rc != 0)
			continue;
		ck_assert(auth.is_presigned);
		ck_assert_str_eq(auth.access_key_id, KEY_ID);
		ck_assert_str_eq(auth.day, "20150830");
		ck_assert_str_eq(auth.region, "us-east-1");
		ck_assert_str_eq(auth.service, "service");
		ck_assert_str_eq(auth.signed_headers, "host");
		ck_assert_str_eq(auth.signature, SIG64);
		ck_assert_ptr_null(auth.token);
		ck_assert_int_eq(auth.time_s, NOW);
		ck_assert_int_eq(auth.expires_s, 60);
		sigv4_auth_release(&auth);
	}
}
END_TEST

/* A signed request as a server receives it. */
struct received {
	struct sigv4_signed s;
	struct sigv4_header headers[12];
	struct sigv4_request req;
	struct sigv4_credentials cred;
};

static void
receive(struct received *r, const struct sigv4_header *extra, size_t nextra,
    const char *token, unsigned int flags)
{
	struct sigv4_signer who = { &r->cred, "us-east-1", "service", NULL };

	memset(r, 0, sizeof(*r));
	r->cred = plain;
	r->cred.session_token = token;
	r->req = get("/", NULL);
	r->req.headers = r->headers;
	memcpy(r->headers, extra, nextra * sizeof(*extra));
	r->req.nheaders = nextra;
	ck_assert_int_eq(sigv4_sign(&r->s, &r->req, &who, NOW, flags), 0);
	for (size_t i = 0; i < r->s.nadded; i++)
		r->headers[r->req.nheaders++] = r->s.added[i];
}

static int
check_received(const struct received *r, const struct sigv4_credentials *cred,
    const char *region, const char *service, unsigned int flags,
    struct sigv4_why *why)
{
	struct sigv4_auth auth;
	int rc;

	ck_assert_int_eq(sigv4_auth_parse(&auth, &r->req, why), 0);
	rc = sigv4_auth_check(
	    &auth, &r->req, cred, region, service, NOW, flags, why);
	sigv4_auth_release(&auth);
	return rc;
}

START_TEST(scope_and_key_must_be_the_servers)
{
	struct sigv4_credentials other = plain;
	struct sigv4_why why;
	struct received r;

	receive(&r, &host, 1, "token", 0);
	ck_assert_int_eq(
	    check_received(&r, &r.cred, "us-east-1", "service", 0, &why), 0);
	ck_assert_int_eq(
	    check_received(&r, &r.cred, "eu-west-1", "service", 0, &why),
	    SIGV4_VERIFY_WRONG_SCOPE);
	ck_assert_str_eq(why.text,
	    "Credential should be scoped to a valid region, not 'us-east-1'.");
	ck_assert_int_eq(check_received(&r, &r.cred, NULL, "polly", 0, &why),
	    SIGV4_VERIFY_WRONG_SCOPE);
	ck_assert_str_eq(why.text,
	    "Credential should be scoped to correct service: 'polly'.");
	ck_assert_int_eq(check_received(&r, NULL, NULL, "service", 0, &why),
	    SIGV4_VERIFY_UNKNOWN_KEY);
	ck_assert_str_eq(
	    why.text, "The security token included in the request is invalid.");
	ck_assert_int_eq(check_received(&r, &other, NULL, "service", 0, &why),
	    SIGV4_VERIFY_TOKEN);
	other.session_token = "tokem";
	ck_assert_int_eq(check_received(&r, &other, NULL, "service", 0, &why),
	    SIGV4_VERIFY_TOKEN);
	sigv4_signed_release(&r.s);
	receive(&r, &host, 1, NULL, 0);
	ck_assert_int_eq(check_received(&r, &other, NULL, "service", 0, &why),
	    SIGV4_VERIFY_TOKEN);
	sigv4_signed_release(&r.s);
}
END_TEST

START_TEST(host_and_authority_stand_for_each_other)
{
	static const struct sigv4_header authority = { ":authority",
		"example.com" };
	struct sigv4_why why;
	struct received r;

	/* Signed as host, received as :authority: what we and others send. */
	receive(&r, &host, 1, NULL, 0);
	r.headers[0] = authority;
	ck_assert_int_eq(
	    check_received(&r, &r.cred, NULL, "service", 0, &why), 0);
	r.headers[0].value = "example.org";
	ck_assert_int_eq(check_received(&r, &r.cred, NULL, "service", 0, &why),
	    SIGV4_VERIFY_WRONG_SIGNATURE);
	sigv4_signed_release(&r.s);
	/* Signed as :authority, as JavaScript does. */
	receive(&r, &authority, 1, NULL, 0);
	ck_assert_ptr_nonnull(
	    strstr(r.s.authorization, "SignedHeaders=:authority;x-amz-date"));
	ck_assert_int_eq(
	    check_received(&r, &r.cred, NULL, "service", 0, &why), 0);
	r.headers[0] = host;
	ck_assert_int_eq(
	    check_received(&r, &r.cred, NULL, "service", 0, &why), 0);
	sigv4_signed_release(&r.s);
}
END_TEST

START_TEST(what_must_be_signed_is)
{
	static const struct sigv4_header two[] = { { "host", "example.com" },
		{ "x-amz-target", "T" } };
	struct sigv4_why why;
	struct received r;

	receive(&r, &host, 1, NULL, 0);
	/* Somebody added a header on the way. */
	r.headers[r.req.nheaders++] = two[1];
	ck_assert_int_eq(check_received(&r, &r.cred, NULL, "service", 0, &why),
	    SIGV4_VERIFY_UNSIGNED);
	ck_assert_str_eq(why.text,
	    "'x-amz-target' must be a 'SignedHeader' in the AWS "
	    "Authorization.");
	r.req.nheaders--;
	r.headers[r.req.nheaders++] =
	    (struct sigv4_header){ "accept-encoding", "gzip" };
	ck_assert_int_eq(
	    check_received(&r, &r.cred, NULL, "service", 0, &why), 0);
	sigv4_signed_release(&r.s);
	/* Or took one away. */
	receive(&r, two, 2, NULL, 0);
	r.headers[1].name = "x-other";
	ck_assert_int_eq(check_received(&r, &r.cred, NULL, "service", 0, &why),
	    SIGV4_VERIFY_WRONG_SIGNATURE);
	sigv4_signed_release(&r.s);
}
END_TEST

START_TEST(streams_may_sign_the_word_or_an_empty_body)
{
	static const struct sigv4_header events[] = { { "host", "example.com" },
		{ "x-amz-content-sha256", SIGV4_EVENTS } };
	static const struct sigv4_header unsign[] = { { "host", "example.com" },
		{ "x-amz-content-sha256", SIGV4_UNSIGNED_PAYLOAD } };
	struct sigv4_why why;
	struct received r;

	receive(&r, events, 2, NULL, 0);
	ck_assert_int_eq(check_received(&r, &r.cred, NULL, "service",
			     SIGV4_VERIFY_STREAM, &why),
	    0);
	ck_assert_int_eq(check_received(&r, &r.cred, NULL, "service", 0, &why),
	    SIGV4_VERIFY_PAYLOAD);
	sigv4_signed_release(&r.s);
	receive(&r, &host, 1, NULL, 0);
	ck_assert_int_eq(check_received(&r, &r.cred, NULL, "service",
			     SIGV4_VERIFY_STREAM, &why),
	    0);
	sigv4_signed_release(&r.s);
	receive(&r, unsign, 2, NULL, 0);
	ck_assert_int_eq(check_received(&r, &r.cred, NULL, "service",
			     SIGV4_VERIFY_STREAM, &why),
	    SIGV4_VERIFY_PAYLOAD);
	sigv4_signed_release(&r.s);
}
END_TEST

START_TEST(times_are_told_as_the_service_tells_them)
{
	struct sigv4_auth auth;
	struct sigv4_why why;
	struct received r;

	receive(&r, &host, 1, NULL, 0);
	ck_assert_int_eq(sigv4_auth_parse(&auth, &r.req, &why), 0);
	ck_assert_int_eq(sigv4_auth_check(&auth, &r.req, &r.cred, NULL,
			     "service", NOW + 360, 0, &why),
	    SIGV4_VERIFY_EXPIRED);
	ck_assert_str_eq(why.text,
	    "Signature expired: 20150830T123600Z is now earlier than "
	    "20150830T123700Z (20150830T124200Z - 5 min.)");
	ck_assert_int_eq(sigv4_auth_check(&auth, &r.req, &r.cred, NULL,
			     "service", NOW - 360, 0, &why),
	    SIGV4_VERIFY_NOT_YET);
	ck_assert_str_eq(why.text,
	    "Signature not yet current: 20150830T123600Z is still later than "
	    "20150830T123500Z (20150830T123000Z + 5 min.)");
	ck_assert_int_eq(
	    sigv4_auth_check(&auth, &r.req, &r.cred, NULL, "service",
		NOW + 999999, SIGV4_VERIFY_ANY_TIME, &why),
	    0);
	sigv4_auth_release(&auth);
	sigv4_signed_release(&r.s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/sigv4_verify");
	TCase *tc = tcase_create("verifier");
	SRunner *r;
	int failed;

	tcase_add_test(tc, authorization_headers_are_read_whole_or_refused);
	tcase_add_test(tc, presigned_queries_are_read_whole_or_refused);
	tcase_add_test(tc, scope_and_key_must_be_the_servers);
	tcase_add_test(tc, host_and_authority_stand_for_each_other);
	tcase_add_test(tc, what_must_be_signed_is);
	tcase_add_test(tc, streams_may_sign_the_word_or_an_empty_body);
	tcase_add_test(tc, times_are_told_as_the_service_tells_them);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
