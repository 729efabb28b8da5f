/* with: cmd/localaws/http1.c -lhttp_parser */
/* HTTP/1.1 of localaws: requests in any split, answers byte for byte, and what
 * is refused.  The expected bytes are RFC 9112's. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws/http1.h"

/* What the callbacks saw, as text. */
static char seen[65536];
static struct http1 *h;
/* What on_request and on_end do. */
static int answer_early;

static void
note(const char *s, size_t n)
{
	size_t len = strlen(seen);

	ck_assert_uint_lt(len + n, sizeof(seen));
	memcpy(seen + len, s, n);
	seen[len + n] = '\0';
}

static void
on_request(void *arg, const struct h2_request *r)
{
	static const struct h2_header length[] = { { "content-length", "2" } };

	(void)arg;
	note(r->method, strlen(r->method));
	note(" ", 1);
	note(r->path, strlen(r->path));
	note(r->has_body ? " body" : " bare", 5);
	for (size_t i = 0; i < r->nheaders; i++) {
		note("|", 1);
		note(r->headers[i].name, strlen(r->headers[i].name));
		note("=", 1);
		note(r->headers[i].value, strlen(r->headers[i].value));
	}
	note("\n", 1);
	if (answer_early) {
		ck_assert_int_eq(http1_respond(h, 413, length, 1, true), 0);
		ck_assert_int_eq(http1_write(h, "no", 2), 0);
		ck_assert_int_eq(http1_end(h), 0);
	}
}

static void
on_body(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	note((const char *)p, n);
}

static void
on_end(void *arg)
{
	(void)arg;
	note("\nend\n", 5);
}

static void
setup(void)
{
	static const struct http1_events events = { on_request, on_body,
		on_end };

	answer_early = 0;
	seen[0] = '\0';
	h = http1_new(&events, NULL);
	ck_assert_ptr_nonnull(h);
}

static void
teardown(void)
{
	http1_free(h);
}

static int
feed(const char *s)
{
	return http1_recv(h, (const uint8_t *)s, strlen(s));
}

static const char *
sent(void)
{
	static char text[8192];
	size_t n;
	const uint8_t *p = http1_peek(h, &n);

	ck_assert_uint_lt(n, sizeof(text));
	if (n > 0)
		memcpy(text, p, n);
	text[n] = '\0';
	http1_skip(h, n);
	return text;
}

static const char get[] = "GET /v1/voices?Engine=neural HTTP/1.1\r\n"
			  "Host: localhost:1\r\n"
			  "X-Blank:\r\n"
			  "X-Spaces:  a b \t\r\n"
			  "\r\n";
static const char get_seen[] =
    "GET /v1/voices?Engine=neural bare|Host=localhost:1|X-Blank=|"
    "X-Spaces=a b\n\nend\n";

static const char chunked[] = "POST / HTTP/1.1\r\n"
			      "Host: h\r\n"
			      "Transfer-Encoding: chunked\r\n"
			      "\r\n"
			      "5\r\nhello\r\n"
			      "6;ext=1\r\n world\r\n"
			      "0\r\n"
			      "Trailer: ignored\r\n"
			      "\r\n";
static const char chunked_seen[] =
    "POST / body|Host=h|Transfer-Encoding=chunked\nhello world\nend\n";

static void
any_split(const char *request, const char *want, size_t at)
{
	size_t n = strlen(request);

	ck_assert_int_eq(http1_recv(h, (const uint8_t *)request, at), 0);
	ck_assert_int_eq(
	    http1_recv(h, (const uint8_t *)request + at, n - at), 0);
	ck_assert_str_eq(seen, want);
	ck_assert(!http1_is_reading(h));
	ck_assert(http1_is_answering(h));
}

START_TEST(a_request_is_the_same_cut_anywhere)
{
	any_split(get, get_seen, (size_t)_i);
}
END_TEST

START_TEST(a_chunked_body_is_the_same_cut_anywhere)
{
	any_split(chunked, chunked_seen, (size_t)_i);
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
	for (const char *p = chunked; *p != '\0'; p++)
		ck_assert_int_eq(http1_recv(h, (const uint8_t *)p, 1), 0);
	ck_assert_str_eq(seen, chunked_seen);
}
END_TEST

START_TEST(an_answer_with_a_length_is_sent_as_it_is)
{
	static const struct h2_header headers[] = { { "content-length", "3" },
		{ "x-amzn-requestid", "r" } };

	ck_assert_int_eq(feed(get), 0);
	ck_assert_int_eq(http1_write(h, "x", 1), HTTP1_ERR_STATE);
	ck_assert_int_eq(http1_respond(h, 200, headers, 2, true), 0);
	ck_assert_int_eq(
	    http1_respond(h, 200, headers, 2, true), HTTP1_ERR_STATE);
	ck_assert_int_eq(http1_write(h, "abc", 3), 0);
	ck_assert_int_eq(http1_end(h), 0);
	ck_assert_str_eq(sent(), "HTTP/1.1 200 OK\r\n"
				 "content-length: 3\r\n"
				 "x-amzn-requestid: r\r\n"
				 "Connection: keep-alive\r\n"
				 "\r\n"
				 "abc");
	ck_assert(http1_is_answered(h));
	ck_assert(!http1_is_closing(h));
}
END_TEST

START_TEST(an_answer_without_a_length_goes_in_chunks)
{
	ck_assert_int_eq(feed(get), 0);
	ck_assert_int_eq(http1_respond(h, 200, NULL, 0, true), 0);
	ck_assert_int_eq(http1_write(h, "0123456789abcdef", 16), 0);
	ck_assert_int_eq(http1_write(h, "", 0), 0);
	ck_assert_int_eq(http1_write(h, "x", 1), 0);
	ck_assert_int_eq(http1_end(h), 0);
	ck_assert_str_eq(sent(), "HTTP/1.1 200 OK\r\n"
				 "Transfer-Encoding: chunked\r\n"
				 "Connection: keep-alive\r\n"
				 "\r\n"
				 "10\r\n0123456789abcdef\r\n"
				 "1\r\nx\r\n"
				 "0\r\n\r\n");
}
END_TEST

START_TEST(an_old_client_gets_its_body_until_the_end)
{
	ck_assert_int_eq(feed("GET / HTTP/1.0\r\n\r\n"), 0);
	ck_assert_int_eq(http1_respond(h, 200, NULL, 0, true), 0);
	ck_assert_int_eq(http1_write(h, "all", 3), 0);
	ck_assert_int_eq(http1_end(h), 0);
	ck_assert_str_eq(sent(), "HTTP/1.1 200 OK\r\n"
				 "Connection: close\r\n\r\nall");
	ck_assert(http1_is_closing(h));
}
END_TEST

START_TEST(head_gets_no_body)
{
	static const struct h2_header length[] = { { "content-length", "3" } };

	ck_assert_int_eq(feed("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	ck_assert_int_eq(http1_respond(h, 404, length, 1, true), 0);
	ck_assert_int_eq(http1_write(h, "abc", 3), 0);
	ck_assert_int_eq(http1_end(h), 0);
	ck_assert_str_eq(sent(), "HTTP/1.1 404 Not Found\r\n"
				 "content-length: 3\r\n"
				 "Connection: keep-alive\r\n\r\n");
}
END_TEST

START_TEST(requests_in_a_row_wait_for_each_other)
{
	static const struct h2_header none[] = { { "content-length", "0" } };

	ck_assert_int_eq(feed("GET /1 HTTP/1.1\r\n\r\n"
			      "GET /2 HTTP/1.1\r\n\r\nGET /"),
	    0);
	ck_assert_str_eq(seen, "GET /1 bare\n\nend\n");
	ck_assert_int_eq(http1_respond(h, 204, none, 1, false), 0);
	ck_assert_int_eq(http1_end(h), 0);
	ck_assert_int_eq(http1_next(h), 0);
	ck_assert_str_eq(seen, "GET /1 bare\n\nend\nGET /2 bare\n\nend\n");
	ck_assert_int_eq(http1_respond(h, 204, none, 1, false), 0);
	ck_assert_int_eq(http1_end(h), 0);
	ck_assert_int_eq(http1_next(h), 0);
	ck_assert(http1_is_reading(h));
	ck_assert_int_eq(feed("3 HTTP/1.1\r\n\r\n"), 0);
	ck_assert_ptr_nonnull(strstr(seen, "GET /3"));
}
END_TEST

START_TEST(a_client_that_expects_continue_gets_it)
{
	ck_assert_int_eq(feed("POST / HTTP/1.1\r\nExpect: 100-Continue\r\n"
			      "Content-Length: 2\r\n\r\n"),
	    0);
	ck_assert_str_eq(sent(), "HTTP/1.1 100 Continue\r\n\r\n");
	ck_assert_int_eq(feed("ok"), 0);
	ck_assert_str_eq(sent(), "");
	ck_assert_ptr_nonnull(strstr(seen, "ok\nend\n"));
}
END_TEST

START_TEST(a_client_that_is_refused_early_is_not_told_to_continue)
{
	answer_early = 1;
	ck_assert_int_eq(feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\n"
			      "Content-Length: 99\r\n\r\n"),
	    0);
	ck_assert_str_eq(sent(), "HTTP/1.1 413 Payload Too Large\r\n"
				 "content-length: 2\r\n"
				 "Connection: close\r\n\r\nno");
	ck_assert(http1_is_closing(h));
	ck_assert_int_eq(feed("more"), 0);
}
END_TEST

START_TEST(connection_close_is_heeded)
{
	static const struct h2_header none[] = { { "content-length", "0" } };

	ck_assert_int_eq(
	    feed("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), 0);
	ck_assert_int_eq(http1_respond(h, 200, none, 1, false), 0);
	ck_assert_int_eq(http1_end(h), 0);
	ck_assert_ptr_nonnull(strstr(sent(), "Connection: close"));
	ck_assert(http1_is_closing(h));
}
END_TEST

START_TEST(an_upgrade_is_not_taken)
{
	ck_assert_int_eq(feed("GET / HTTP/1.1\r\nConnection: Upgrade\r\n"
			      "Upgrade: h2c\r\n\r\n"),
	    0);
	ck_assert_ptr_nonnull(strstr(seen, "end\n"));
}
END_TEST

static const char *const garbage[] = {
	"\x16\x03\x01\x02\x00\x01",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"GET\r\n\r\n",
	"GET / HTTP/1.1\r\nbad header\r\n\r\n",
	"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
	("POST / HTTP/1.1\r\nContent-Length: 5\r\n"
	 "Transfer-Encoding: chunked\r\n\r\n"),
	"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
};

#define NGARBAGE (int)(sizeof(garbage) / sizeof(garbage[0]))

START_TEST(what_is_no_request_is_refused_and_the_connection_closed)
{
	ck_assert_int_eq(feed(garbage[_i]), HTTP1_ERR_SYNTAX);
	ck_assert(http1_is_closing(h));
	ck_assert_int_eq(
	    strncmp(sent(), "HTTP/1.1 400 Bad Request\r\n", 26), 0);
	ck_assert_int_eq(feed(get), HTTP1_ERR_SYNTAX);
}
END_TEST

START_TEST(headers_beyond_the_caps_are_refused)
{
	char line[300];
	int rc = feed("GET / HTTP/1.1\r\n");

	memset(line, 'a', sizeof(line));
	memcpy(line, "X: ", 3);
	strcpy(line + sizeof(line) - 3, "\r\n");
	for (int i = 0; rc == 0 && i < 10000; i++)
		rc = feed(line);
	ck_assert_int_eq(rc, HTTP1_ERR_LARGE);
	ck_assert_ptr_nonnull(strstr(sent(), "HTTP/1.1 431 "));
	ck_assert(http1_is_closing(h));
}
END_TEST

START_TEST(a_target_beyond_the_cap_is_refused)
{
	int rc = feed("GET /");

	for (int i = 0; rc == 0 && i < 100000; i++)
		rc = feed("aaaaaaaaaaaaaaaa");
	ck_assert_int_eq(rc, HTTP1_ERR_LARGE);
}
END_TEST

START_TEST(output_has_a_cap)
{
	static char block[65536];
	int rc = 0, n = 0;

	ck_assert_int_eq(feed(get), 0);
	ck_assert_int_eq(http1_respond(h, 200, NULL, 0, true), 0);
	while ((rc = http1_write(h, block, sizeof(block))) == 0)
		n++;
	ck_assert_int_eq(rc, HTTP1_ERR_FULL);
	ck_assert_int_eq(n, HTTP1_OUT_BYTES / (int)sizeof(block) - 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_http1");
	TCase *in = tcase_create("in"), *out = tcase_create("out");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(in, setup, teardown);
	tcase_add_loop_test(
	    in, a_request_is_the_same_cut_anywhere, 0, (int)strlen(get) + 1);
	tcase_add_loop_test(in, a_chunked_body_is_the_same_cut_anywhere, 0,
	    (int)strlen(chunked) + 1);
	tcase_add_test(in, bytes_may_come_one_by_one);
	tcase_add_test(in, requests_in_a_row_wait_for_each_other);
	tcase_add_test(in, a_client_that_expects_continue_gets_it);
	tcase_add_test(
	    in, a_client_that_is_refused_early_is_not_told_to_continue);
	tcase_add_test(in, an_upgrade_is_not_taken);
	tcase_add_loop_test(in,
	    what_is_no_request_is_refused_and_the_connection_closed, 0,
	    NGARBAGE);
	tcase_add_test(in, headers_beyond_the_caps_are_refused);
	tcase_add_test(in, a_target_beyond_the_cap_is_refused);
	suite_add_tcase(s, in);
	tcase_add_checked_fixture(out, setup, teardown);
	tcase_add_test(out, an_answer_with_a_length_is_sent_as_it_is);
	tcase_add_test(out, an_answer_without_a_length_goes_in_chunks);
	tcase_add_test(out, an_old_client_gets_its_body_until_the_end);
	tcase_add_test(out, head_gets_no_body);
	tcase_add_test(out, connection_close_is_heeded);
	tcase_add_test(out, output_has_a_cap);
	suite_add_tcase(s, out);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
