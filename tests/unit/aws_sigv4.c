/*
 * Rules of sigv4 that AWS's signing test suite (aws_sigv4_vectors.c) does not
 * cover, from PROTOCOL 1.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define NOW 1440938160 /* 2015-08-30T12:36:00Z */

/* --- dates ---------------------------------------------------------------- */

START_TEST(dates_are_those_of_gmtime)
{
	char text[17], want[32];
	int64_t back;

	/* A step of seven days and an odd time: every month of every year. */
	for (int64_t t = 0; t <= 253402300799; t += 7 * 86400 + 3671) {
		time_t tt = (time_t)t;
		struct tm tm;

		gmtime_r(&tt, &tm);
		strftime(want, sizeof(want), "%Y%m%dT%H%M%SZ", &tm);
		if (sigv4_date_format(text, t) != 0 ||
		    strcmp(text, want) != 0 ||
		    sigv4_date_parse(&back, text) != 0 || back != t)
			ck_abort_msg("%s is %s", want, text);
	}
}
END_TEST

START_TEST(dates_out_of_range_are_refused)
{
	char text[17];

	ck_assert_int_eq(sigv4_date_format(text, -1), SIGV4_ERR_DATE);
	ck_assert_int_eq(sigv4_date_format(text, INT64_MIN), SIGV4_ERR_DATE);
	ck_assert_int_eq(sigv4_date_format(text, INT64_MAX), SIGV4_ERR_DATE);
	ck_assert_int_eq(sigv4_date_format(text, 253402300800), SIGV4_ERR_DATE);
	ck_assert_int_eq(sigv4_date_format(text, 253402300799), 0);
	ck_assert_str_eq(text, "99991231T235959Z");
}
END_TEST

START_TEST(text_that_is_no_date_is_refused)
{
	static const char *const bad[] = { "", "20150830T123600",
		"20150830T123600Z ", "20150830 123600Z", "2015-08-30T12:36Z",
		"20151330T123600Z", "20150030T123600Z", "20150800T123600Z",
		"20150832T123600Z", "20150229T123600Z", "20150830T243600Z",
		"20150830T126000Z", "20150830T123660Z", "19691231T235959Z",
		"2015083\xd9T123600Z", "+0150830T123600Z" };
	int64_t t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(sigv4_date_parse(&t, bad[i]) == SIGV4_ERR_DATE,
		    "%s", bad[i]);
	ck_assert_int_eq(sigv4_date_parse(&t, "20160229T123600Z"), 0);
	ck_assert_int_eq(t, 1456749360);
}
END_TEST

/* --- the rules of signing ------------------------------------------------- */

static const struct sigv4_credentials plain = { KEY_ID, SECRET, NULL };
static const struct sigv4_signer signer = { &plain, "us-east-1", "service",
	NULL };
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

/* Line n (from 0) of the canonical request of req; static memory. */
static const char *
canonical_line(const struct sigv4_request *req, int n)
{
	static char line[4096];
	struct sigv4_signed s;
	const char *p;

	ck_assert_int_eq(sigv4_sign(&s, req, &signer, NOW, 0), 0);
	p = s.canonical_request;
	while (n-- > 0)
		p = strchr(p, '\n') + 1;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p);
	sigv4_signed_release(&s);
	return line;
}

START_TEST(paths_are_normalised_and_encoded_once_more)
{
	static const char *const paths[][2] = { { "", "/" }, { "/", "/" },
		{ "/a/b/..", "/a" }, { "/a/b/../", "/a/" },
		{ "/a/b/.", "/a/b" }, { "/..", "/" }, { "/../../a", "/a" },
		{ "//a///b//", "/a/b/" }, { "/a/./b/../c", "/a/c" },
		{ "/.../..a/b..", "/.../..a/b.." }, { "/a%20b", "/a%2520b" },
		{ "/v1/voices", "/v1/voices" }, { "/a/..//", "/" },
		{ "/\xc3\xa9*~", "/%C3%A9%2A~" } };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct sigv4_request req = get(paths[i][0], NULL);

		ck_assert_str_eq(canonical_line(&req, 1), paths[i][1]);
	}
}
END_TEST

START_TEST(paths_of_s3_are_left_alone)
{
	struct sigv4_request req = get("/a%20b/../c", NULL);

	req.path_rule = SIGV4_PATH_AS_IS;
	ck_assert_str_eq(canonical_line(&req, 1), "/a%20b/../c");
	req.path_rule = SIGV4_PATH_KEEP;
	ck_assert_str_eq(canonical_line(&req, 1), "/a%2520b/../c");
}
END_TEST

START_TEST(queries_are_decoded_sorted_and_encoded)
{
	static const char *const queries[][2] = { { "", "" }, { "a", "a=" },
		{ "a=", "a=" }, { "b=2&a=1", "a=1&b=2" },
		{ "a=2&a=10&a=1", "a=1&a=10&a=2" },
		{ "a=%2f%2F/", "a=%2F%2F%2F" }, { "a=x+y", "a=x%2By" },
		{ "a=%zz%4", "a=%25zz%254" }, { "a=%41", "a=A" },
		{ "&&a=1&&b=2&", "a=1&b=2" }, { "a=b=c", "a=b%3Dc" },
		{ "=x", "=x" }, { "=", "=" }, { "a-b=1&a=2", "a=2&a-b=1" },
		{ "a%3d=1", "a%3D=1" },
		{ "a=1&X-Amz-Signature=abc&b=2", "a=1&b=2" },
		{ "Zebra=1&apple=2", "Zebra=1&apple=2" } };

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct sigv4_request req = get("/", queries[i][0]);

		ck_assert_str_eq(canonical_line(&req, 2), queries[i][1]);
	}
}
END_TEST

START_TEST(headers_that_others_change_are_not_signed)
{
	static const struct sigv4_header headers[] = { { "Host",
							   "example.com" },
		{ "User-Agent", "x" }, { "connection", "x" }, { "Expect", "x" },
		{ "X-Amzn-Trace-Id", "x" }, { "transfer-encoding", "x" },
		{ "TE", "x" }, { "Trailer", "x" }, { "Upgrade", "x" },
		{ "Keep-Alive", "x" }, { "Cache-Control", "x" },
		{ "Pragma", "x" }, { "From", "x" }, { "Max-Forwards", "x" },
		{ "Referer", "x" }, { "Proxy-Anything", "x" },
		{ "Sec-Anything", "x" }, { "Date", "x" }, { ":method", "GET" },
		{ ":scheme", "https" }, { ":path", "/" },
		{ "Content-Type", "text/plain" }, { "X-Amz-Target", "y" } };
	struct sigv4_request req = get("/", NULL);

	req.headers = headers;
	req.nheaders = sizeof(headers) / sizeof(headers[0]);
	ck_assert_str_eq(canonical_line(&req, 8),
	    "content-type;host;x-amz-date;x-amz-target");
}
END_TEST

START_TEST(header_values_are_trimmed_and_joined)
{
	static const struct sigv4_header headers[] = {
		{ "x", " a \t b\r\n c " }, { "HOST", "h" }, { "X", "" },
		{ "x", "\t" }, { "X", "z" }, { "x-", "1" }
	};
	struct sigv4_request req = get("/", NULL);

	req.headers = headers;
	req.nheaders = 6;
	ck_assert_str_eq(canonical_line(&req, 3), "host:h");
	ck_assert_str_eq(canonical_line(&req, 4), "x:a b c,,,z");
	ck_assert_str_eq(canonical_line(&req, 5), "x-:1");
}
END_TEST

START_TEST(payload_is_hashed_unless_the_request_says_otherwise)
{
	struct sigv4_header headers[] = { { "host", "h" },
		{ "X-Amz-Content-Sha256", SIGV4_EVENTS } };
	struct sigv4_request req = get("/", NULL);

	ck_assert_str_eq(canonical_line(&req, 7), SIGV4_EMPTY_HASH);
	/* printf abc | sha256sum */
	req.body = "abc";
	req.body_len = 3;
	ck_assert_str_eq(canonical_line(&req, 7),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	req.payload_hash = SIGV4_UNSIGNED_PAYLOAD;
	ck_assert_str_eq(canonical_line(&req, 7), SIGV4_UNSIGNED_PAYLOAD);
	req.payload_hash = NULL;
	req.headers = headers;
	req.nheaders = 2;
	ck_assert_str_eq(canonical_line(&req, 8), SIGV4_EVENTS);
}
END_TEST

static int
sign_code(const struct sigv4_request *req, const struct sigv4_signer *who)
{
	struct sigv4_signed s;
	int rc = sigv4_sign(&s, req, who, NOW, SIGV4_ADD_PAYLOAD_HASH);

	if (rc == 0)
		sigv4_signed_release(&s);
	return rc;
}

START_TEST(requests_that_cannot_be_signed_are_refused)
{
	static const struct sigv4_header forbidden[] = {
		{ "Authorization", "x" }, { "X-Amz-Date", "x" },
		{ "x-amz-security-token", "x" }, { "", "x" }, { ":", "x" },
		{ "a;b", "x" }, { "a b", "x" }, { "a:", "x" }
	};
	struct sigv4_credentials temporary = { KEY_ID, SECRET, "token" };
	struct sigv4_signer who = { &temporary, "us-east-1", "service", NULL };
	struct sigv4_header headers[300];
	struct sigv4_request req = get("/", NULL);

	ck_assert_int_eq(sign_code(&req, &who), 0);
	headers[0] = host;
	req.headers = headers;
	req.nheaders = 2;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		headers[1] = forbidden[i];
		ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
	}
	for (size_t i = 1; i < 300; i++)
		headers[i] = (struct sigv4_header){ "x", "y" };
	req.nheaders = 253; /* and three that signing adds */
	ck_assert_int_eq(sign_code(&req, &who), 0);
	req.nheaders = 254;
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
	req.nheaders = 0;
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
	req = get("relative", NULL);
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
	req = get("/a\nb", NULL);
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
	req = get("/", "a=\r");
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
	req = get("/", NULL);
	req.method = "G\nET";
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
	req.method = "";
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
	req = get("/", NULL);
	req.payload_hash = "a word that is longer than any hash or word of "
			   "AWS's can possibly be";
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_INPUT);
}
END_TEST

START_TEST(keys_and_scopes_that_make_no_sense_are_refused)
{
	struct sigv4_credentials cred = plain;
	struct sigv4_signer who = { &cred, "us-east-1", "service", NULL };
	struct sigv4_request req = get("/", NULL);
	static const char *const names[] = { NULL, "", "us east", "a/b", "us\n",
		"\xc3\xa9",
		"a-name-of-more-than-sixty-three-characters-is-not-a-region-"
		"of-aws" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		who.region = names[i];
		ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_SCOPE);
		who.region = "us-east-1";
		who.service = names[i];
		ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_SCOPE);
		who.service = "service";
	}
	cred.access_key_id = "";
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_KEY);
	cred.access_key_id = "AK/ID";
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_KEY);
	cred.access_key_id = NULL;
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_KEY);
	cred = plain;
	cred.secret_access_key = "";
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_KEY);
	cred.secret_access_key = NULL;
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_KEY);
	cred = plain;
	cred.session_token = "a\r\nb";
	ck_assert_int_eq(sign_code(&req, &who), SIGV4_ERR_KEY);
}
END_TEST

START_TEST(nothing_grows_past_its_cap)
{
	struct sigv4_header headers[2] = { host, { "x", NULL } };
	struct sigv4_request req = get("/", NULL);
	char *big = malloc(SIGV4_CANONICAL_MAX + 1);

	memset(big, 'x', SIGV4_CANONICAL_MAX);
	big[SIGV4_CANONICAL_MAX] = '\0';
	headers[1].value = big;
	req.headers = headers;
	req.nheaders = 2;
	ck_assert_int_eq(sign_code(&req, &signer), SIGV4_ERR_SIZE);
	big[SIGV4_CANONICAL_MAX - 1000] = '\0';
	ck_assert_int_eq(sign_code(&req, &signer), 0);
	big[0] = '/';
	memset(big + 1, '%', SIGV4_CANONICAL_MAX / 2);
	req = get(big, NULL);
	ck_assert_int_eq(sign_code(&req, &signer), SIGV4_ERR_SIZE);
	req = get("/", big);
	ck_assert_int_eq(sign_code(&req, &signer), SIGV4_ERR_SIZE);
	for (size_t i = 0; i < SIGV4_PARAMS_MAX; i++)
		memcpy(big + 2 * i, "a&", 3);
	ck_assert_int_eq(sign_code(&req, &signer), 0);
	memcpy(big + 2 * SIGV4_PARAMS_MAX, "a", 2);
	ck_assert_int_eq(sign_code(&req, &signer), SIGV4_ERR_INPUT);
	free(big);
}
END_TEST

START_TEST(key_cache_follows_secret_day_region_and_service)
{
	static const struct {
		const char *secret, *region, *service;
		int64_t time_s;
	} turns[] = { { SECRET, "us-east-1", "a", NOW },
		{ SECRET, "us-east-1", "a", NOW },
		{ SECRET, "us-east-1", "a", NOW + 86400 },
		{ SECRET, "us-east-1", "a", NOW },
		{ SECRET, "us-east-2", "a", NOW },
		{ SECRET, "us-east-2", "b", NOW },
		{ "other", "us-east-2", "b", NOW },
		{ "a secret that is longer than the sixty-four bytes of a "
		  "block of SHA-256",
		    "us-east-2", "b", NOW } };
	struct sigv4_request req = get("/", NULL);
	struct sigv4_key key;

	sigv4_key_init(&key);
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		struct sigv4_credentials cred = { KEY_ID, turns[i].secret,
			NULL };
		struct sigv4_signer with = { &cred, turns[i].region,
			turns[i].service, &key };
		struct sigv4_signer without = { &cred, turns[i].region,
			turns[i].service, NULL };
		struct sigv4_signed a, b;

		ck_assert_int_eq(
		    sigv4_sign(&a, &req, &with, turns[i].time_s, 0), 0);
		ck_assert_int_eq(
		    sigv4_sign(&b, &req, &without, turns[i].time_s, 0), 0);
		ck_assert_str_eq(a.signature, b.signature);
		ck_assert_str_eq(key.scope, a.scope);
		sigv4_signed_release(&a);
		sigv4_signed_release(&b);
	}
	sigv4_key_release(&key);
	for (size_t i = 0; i < sizeof(key); i++)
		ck_assert_uint_eq(((unsigned char *)&key)[i], 0);
}
END_TEST

START_TEST(presigning_refuses_what_it_cannot_honour)
{
	struct sigv4_request req = get("/", "X-Amz-Signature=old&a=1");
	struct sigv4_signed s;

	ck_assert_int_eq(
	    sigv4_presign(&s, &req, &signer, NOW, 0, 0), SIGV4_ERR_INPUT);
	ck_assert_int_eq(
	    sigv4_presign(&s, &req, &signer, NOW, 604801, 0), SIGV4_ERR_INPUT);
	ck_assert_int_eq(sigv4_presign(&s, &req, &signer, NOW, 604800, 0), 0);
	ck_assert_ptr_null(strstr(s.query, "old"));
	ck_assert_ptr_eq(strstr(s.query, "a=1&X-Amz-Algorithm="), s.query);
	sigv4_signed_release(&s);
	req = get("/", "X-Amz-Date=20150830T123600Z");
	ck_assert_int_eq(
	    sigv4_presign(&s, &req, &signer, NOW, 60, 0), SIGV4_ERR_INPUT);
}
END_TEST

START_TEST(every_code_has_its_text)
{
	ck_assert_str_eq(sigv4_strerror(SIGV4_ERR_NOMEM), "out of memory");
	ck_assert_str_eq(sigv4_strerror(0), "no error");
	ck_assert_str_eq(sigv4_strerror(1), "unknown error");
	ck_assert_str_eq(sigv4_verify_strerror(SIGV4_VERIFY_EXPIRED),
	    "signature is too old");
	ck_assert_str_eq(sigv4_verify_strerror(7), "unknown error");
	ck_assert_str_eq(sigv4_verify_name(SIGV4_VERIFY_UNKNOWN_KEY),
	    "UnrecognizedClientException");
	ck_assert_str_eq(sigv4_verify_query_name(SIGV4_VERIFY_UNKNOWN_KEY),
	    "InvalidClientTokenId");
	ck_assert_str_eq(sigv4_verify_name(7), "InternalFailure");
	ck_assert_int_eq(sigv4_verify_status(SIGV4_VERIFY_INCOMPLETE), 400);
	ck_assert_int_eq(sigv4_verify_status(SIGV4_VERIFY_EXPIRED), 403);
	ck_assert_int_eq(sigv4_verify_status(7), 500);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/sigv4");
	TCase *tc = tcase_create("rules");
	SRunner *r;
	int failed;

	tcase_add_test(tc, dates_are_those_of_gmtime);
	tcase_add_test(tc, dates_out_of_range_are_refused);
	tcase_add_test(tc, text_that_is_no_date_is_refused);
	tcase_add_test(tc, paths_are_normalised_and_encoded_once_more);
	tcase_add_test(tc, paths_of_s3_are_left_alone);
	tcase_add_test(tc, queries_are_decoded_sorted_and_encoded);
	tcase_add_test(tc, headers_that_others_change_are_not_signed);
	tcase_add_test(tc, header_values_are_trimmed_and_joined);
	tcase_add_test(tc, payload_is_hashed_unless_the_request_says_otherwise);
	tcase_add_test(tc, requests_that_cannot_be_signed_are_refused);
	tcase_add_test(tc, keys_and_scopes_that_make_no_sense_are_refused);
	tcase_add_test(tc, nothing_grows_past_its_cap);
	tcase_add_test(tc, key_cache_follows_secret_day_region_and_service);
	tcase_add_test(tc, presigning_refuses_what_it_cannot_honour);
	tcase_add_test(tc, every_code_has_its_text);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
