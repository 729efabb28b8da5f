/* Which proxy a connection takes, by libcurl's variables. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/proxy.h"

/* NAME=VALUE strings, NULL-ended. */
static const char *
fake_getenv(void *arg, const char *name)
{
	size_t n = strlen(name);

	for (const char *const *e = arg; *e != NULL; e++)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

static int
find(struct proxy *p, const char *a, const char *b, const char *host)
{
	const char *env[] = { a, b, NULL };

	return proxy_find(p, fake_getenv, env, host, 443, true);
}

START_TEST(none_without_a_variable)
{
	struct proxy p;

	ck_assert_int_eq(find(&p, NULL, NULL, "polly.amazonaws.com"), 0);
	ck_assert_str_eq(p.host, "");
	ck_assert_int_eq(find(&p, "https_proxy=", NULL, "a.b"), 0);
	ck_assert_str_eq(p.host, "");
	/* For https the http variable does not count. */
	ck_assert_int_eq(find(&p, "http_proxy=x:1", NULL, "a.b"), 0);
	ck_assert_str_eq(p.host, "");
}
END_TEST

START_TEST(urls_in_every_form)
{
	static const struct {
		const char *url, *host, *auth;
		uint16_t port;
	} good[] = {
		{ "http://proxy:3128", "proxy", "", 3128 },
		{ "proxy:3128", "proxy", "", 3128 },
		{ "HTTP://proxy", "proxy", "", 1080 },
		{ "http://proxy:3128/", "proxy", "", 3128 },
		{ "http://[::1]:8080", "::1", "", 8080 },
		{ "[fe80::1]", "fe80::1", "", 1080 },
		/* RFC 7617, section 2: Aladdin, open sesame. */
		{ "http://Aladdin:open%20sesame@10.0.0.1:8080", "10.0.0.1",
		    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 8080 },
		{ "http://a:b@c@proxy:1", "proxy", "Basic YTpiQGM=", 1 },
		/* As libcurl: "a:". */
		{ "http://a@proxy:1", "proxy", "Basic YTo=", 1 },
	};
	char var[256];
	struct proxy p;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(var, sizeof(var), "HTTPS_PROXY=%s", good[i].url);
		ck_assert_int_eq(find(&p, var, NULL, "a.b"), 0);
		ck_assert_str_eq(p.host, good[i].host);
		ck_assert_str_eq(p.auth, good[i].auth);
		ck_assert_uint_eq(p.port, good[i].port);
		ck_assert_str_eq(p.from, "HTTPS_PROXY");
	}
}
END_TEST

START_TEST(urls_that_make_no_sense)
{
	struct proxy p;

	ck_assert_int_eq(
	    find(&p, "https_proxy=socks5://a:1", NULL, "x"), PROXY_ERR_SCHEME);
	ck_assert_int_eq(
	    find(&p, "https_proxy=https://a:1", NULL, "x"), PROXY_ERR_SCHEME);
	ck_assert_int_eq(
	    find(&p, "https_proxy=http://:1", NULL, "x"), PROXY_ERR_URL);
	ck_assert_int_eq(find(&p, "https_proxy=a:0", NULL, "x"), PROXY_ERR_URL);
	ck_assert_int_eq(
	    find(&p, "https_proxy=a:1x", NULL, "x"), PROXY_ERR_URL);
	ck_assert_int_eq(
	    find(&p, "https_proxy=[::1", NULL, "x"), PROXY_ERR_URL);
	ck_assert_int_eq(
	    find(&p, "https_proxy=[::1]x", NULL, "x"), PROXY_ERR_URL);
	ck_assert_int_eq(
	    find(&p, "https_proxy=[::1/]", NULL, "x"), PROXY_ERR_URL);
	ck_assert_int_eq(
	    find(&p, "https_proxy=a%4@b:1", NULL, "x"), PROXY_ERR_URL);
	ck_assert_int_eq(
	    find(&p, "https_proxy=http://a proxy:1", NULL, "x"), PROXY_ERR_URL);
	ck_assert_int_eq(
	    find(&p, "https_proxy=http://proxy\r", NULL, "x"), PROXY_ERR_URL);
	ck_assert_str_eq(p.host, "");
	ck_assert_str_eq(p.from, "https_proxy");
}
END_TEST

START_TEST(lower_case_first_and_all_proxy_last)
{
	struct proxy p;

	find(&p, "HTTPS_PROXY=upper:1", "https_proxy=lower:1", "x");
	ck_assert_str_eq(p.host, "lower");
	find(&p, "all_proxy=all:1", "HTTPS_PROXY=upper:1", "x");
	ck_assert_str_eq(p.host, "upper");
	find(&p, "ALL_PROXY=all:1", NULL, "x");
	ck_assert_str_eq(p.host, "all");
}
END_TEST

START_TEST(exceptions_by_name_address_and_port)
{
	static const struct {
		const char *list, *host;
		bool is_excepted;
	} cases[] = {
		{ "*", "anything", true },
		{ "", "a.b", false },
		{ "amazonaws.com", "polly.amazonaws.com", true },
		{ ".amazonaws.com", "polly.amazonaws.com", true },
		{ ".amazonaws.com", "amazonaws.com", true },
		{ "AmazonAWS.com.", "polly.amazonaws.com", true },
		{ "zonaws.com", "polly.amazonaws.com", false },
		{ "localhost, 127.0.0.1", "127.0.0.1", true },
		{ "localhost 127.0.0.1", "127.0.0.1", true },
		{ "10.0.0.0/8", "10.9.8.7", true },
		{ "10.0.0.0/9", "10.200.8.7", false },
		{ "10.0.0.0/33", "10.0.0.0", false },
		{ "::1", "::1", true },
		{ "[::1]:443", "::1", true },
		{ "[::1]:80", "::1", false },
		{ "fd00::/8", "fd12::1", true },
		{ "a.b:443", "a.b", true },
		{ "a.b:80", "a.b", false },
		{ "127.0.0.1", "localhost", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(proxy_is_excepted(cases[i].list, cases[i].host,
				  443) == cases[i].is_excepted,
		    "'%s' for '%s'", cases[i].list, cases[i].host);
}
END_TEST

START_TEST(an_exception_beats_the_proxy)
{
	struct proxy p;

	ck_assert_int_eq(
	    find(&p, "https_proxy=p:1", "NO_PROXY=127.0.0.1", "127.0.0.1"), 0);
	ck_assert_str_eq(p.host, "");
	ck_assert_int_eq(
	    find(&p, "https_proxy=p:1", "NO_PROXY=127.0.0.1", "127.0.0.2"), 0);
	ck_assert_str_eq(p.host, "p");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/proxy");
	TCase *tc = tcase_create("proxy");
	SRunner *r;
	int failed;

	tcase_add_test(tc, none_without_a_variable);
	tcase_add_test(tc, urls_in_every_form);
	tcase_add_test(tc, urls_that_make_no_sense);
	tcase_add_test(tc, lower_case_first_and_all_proxy_last);
	tcase_add_test(tc, exceptions_by_name_address_and_port);
	tcase_add_test(tc, an_exception_beats_the_proxy);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
