/* http: one request and its answer, good, bad, late, in pieces. */
#define _GNU_SOURCE
#include "aws/http.h"

#include "support/aws_http_client.h"

START_TEST(an_answer_has_status_headers_and_body)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 201 Made\r\nx-type: b\r\nTransfer-Encoding: chunked\r\n"
	    "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
	reach_peer();
	strcpy(endpoint.path_prefix, "/prefix");
	req = get_request("/v1/x");
	req.query = "a=1&b=%2F";
	ck_assert_ptr_nonnull(start(&req));
	ck_assert_uint_eq(http_active(http), 1);
	run_until(1);
	ck_assert_uint_eq(http_active(http), 0);
	ck_assert_int_eq(seen.status, 201);
	ck_assert_str_eq(seen.body, "abcde");
	ck_assert_str_eq(seen.type, "b");
	ck_assert_int_eq(strncmp(peer.requests[0],
			     "GET /prefix/v1/x?a=1&b=%2F HTTP/1.1", 34),
	    0);
	ck_assert_ptr_null(peer_header(&peer, 0, "authorization"));
	ck_assert_ptr_null(peer_header(&peer, 0, "expect"));
	peer_stop(&peer);
}
END_TEST

START_TEST(the_prefix_is_signed_and_the_body_type_is_not_made_up)
{
	struct http_request req;
	struct service_error error;
	char authorization[4096];

	peer.answers[peer.nanswers++] = OK_ANSWER;
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	req = get_request("/x");
	req.method = "POST";
	req.body = "ab";
	req.body_len = 2;
	ck_assert_ptr_nonnull(http_start(http, &req, &keys, NOW_MS, &error));
	run_until(1);
	snprintf(authorization, sizeof(authorization), "%s",
	    peer_header(&peer, 0, "authorization"));
	ck_assert_ptr_null(peer_header(&peer, 0, "content-type"));
	strcpy(endpoint.path_prefix, "/p");
	ck_assert_ptr_nonnull(http_start(http, &req, &keys, NOW_MS, &error));
	run_until(2);
	ck_assert_str_ne(authorization, peer_header(&peer, 1, "authorization"));
	ck_assert_uint_eq(peer.nconnections, 1);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_refusal_is_read_with_what_it_asks_for)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 400 Bad\r\nx-amzn-ErrorType: "
	    "ThrottlingException:http://x\r\nx-amzn-requestid: r-1\r\n"
	    "Retry-After: 3\r\nContent-Length: 20\r\n\r\n"
	    "{\"message\":\"too fast\"";
	reach_peer();
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.status, 400);
	ck_assert_str_eq(seen.error.name, "ThrottlingException");
	ck_assert_str_eq(seen.error.request_id, "r-1");
	ck_assert_int_eq(seen.error.retry_after_ms, 3000);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_THROTTLING);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_body_over_the_cap_is_an_error)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd";
	reach_peer();
	req = get_request("/");
	req.body_cap = 4;
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_PROTOCOL);
	ck_assert_ptr_nonnull(
	    strstr(seen.error.message, "longer than 4 bytes"));
	start(&req);
	run_until(2);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(seen.body, "abcd");
	ck_assert_uint_eq(seen.len, 4);
	peer_stop(&peer);
}
END_TEST

START_TEST(an_answer_cut_short_is_no_answer)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\n"
	    "abcd";
	reach_peer();
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_str_eq(seen.error.name, "reset");
	peer_stop(&peer);
}
END_TEST

/* As proxy.h says, whoever makes the connection. */
START_TEST(a_proxy_is_passed_by_for_a_port_and_one_that_refuses_is_told)
{
	struct http_request req;
	char text[320];

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 407 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	reach_peer();
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	snprintf(text, sizeof(text), "a.example,%s", endpoint.authority);
	setenv("no_proxy", text, 1);
	req = get_request("/x");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	unsetenv("http_proxy");
	unsetenv("no_proxy");
	snprintf(text, sizeof(text), "http://us%%20er:p@ss:x@%s",
	    endpoint.authority);
	setenv("https_proxy", text, 1);
	endpoint_parse(&endpoint, "https://a.example");
	start(&req);
	run_until(2);
	ck_assert_str_eq(seen.error.message,
	    "the proxy wants other credentials (407) for a.example");
	ck_assert_str_eq(peer_header(&peer, 1, "proxy-authorization"),
	    "Basic dXMgZXI6cEBzczp4");
	unsetenv("https_proxy");
	peer_stop(&peer);
}
END_TEST

START_TEST(no_server_is_named_with_the_reason)
{
	struct http_request req;

	reach_peer();
	peer_stop(&peer);
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_str_eq(seen.error.name, "connect");
	ck_assert_ptr_nonnull(strstr(seen.error.message, endpoint.authority));
	ck_assert_ptr_nonnull(strstr(seen.error.message, "Connection refused"));
}
END_TEST

START_TEST(a_server_that_says_nothing_runs_into_the_deadline)
{
	struct http_request req;

	/* A listener that never accepts: the connection is made, no more. */
	peer.nanswers = 0;
	reach_peer();
	req = get_request("/");
	req.timeout_ms = 50;
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(seen.error.message, "no answer from"));
	peer_stop(&peer);
}
END_TEST

START_TEST(what_is_not_http_is_a_protocol_error)
{
	struct http_request req;

	peer.answers[peer.nanswers++] = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
	reach_peer();
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_PROTOCOL);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_certificate_that_cannot_be_checked_ends_it)
{
	struct http_request req;
	char url[64];

	/* The peer speaks no TLS at all: refused, not tried again. */
	peer.answers[peer.nanswers++] = OK_ANSWER;
	peer_start(&peer);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", peer.port);
	ck_assert_int_eq(endpoint_parse(&endpoint, url), 0);
	http_free(http);
	http = http_new("/nonexistent/roots.pem");
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_CONFIG);
	ck_assert_ptr_nonnull(
	    strstr(seen.error.message, "/nonexistent/roots.pem"));
	peer_stop(&peer);
}
END_TEST

START_TEST(requests_that_could_not_be_sent_are_refused)
{
	struct service_error error;
	struct http_request req;

	memset(&endpoint, 0, sizeof(endpoint));
	ck_assert_int_eq(endpoint_parse(&endpoint, "http://127.0.0.1:1"), 0);
	req = get_request("no/slash");
	ck_assert_ptr_null(http_start(http, &req, NULL, NOW_MS, &error));
	ck_assert_int_eq(error.class, SERVICE_ERROR_INVALID);
	req = get_request("/");
	req.headers[req.nheaders].name = "x";
	req.headers[req.nheaders++].value = "a\r\nb: c";
	ck_assert_ptr_null(http_start(http, &req, NULL, NOW_MS, &error));
	/* No region to sign for. */
	req = get_request("/");
	ck_assert_ptr_null(http_start(http, &req, &keys, NOW_MS, &error));
	ck_assert_int_eq(error.class, SERVICE_ERROR_CONFIG);
	ck_assert_uint_eq(http_active(http), 0);
}
END_TEST

static int
on_body_abort(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	return -1;
}

START_TEST(a_body_can_be_taken_as_it_comes)
{
	struct http_request req;

	memset(&stream, 0, sizeof(stream));
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
	reach_peer();
	req = get_request("/");
	req.on_body = on_body;
	stream.transfer = start(&req);
	while (!stream.has_refused) {
		loop_begin(&loop);
		http_prepare(http, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		http_dispatch(http, &loop, clock_mono_ms());
	}
	ck_assert_int_eq(seen.n, 0);
	http_resume(stream.transfer);
	run_until(1);
	ck_assert_str_eq(stream.text, "abcde");
	ck_assert_uint_eq(seen.len, 0);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_refusal_is_not_taken_for_a_stream_and_a_stream_can_be_given_up)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 400 Bad\r\nContent-Length: 15\r\n\r\n{\"code\":\"Abc\"} ";
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
	reach_peer();
	req = get_request("/");
	req.on_body = on_body_abort;
	start(&req);
	run_until(1);
	ck_assert_str_eq(seen.error.name, "Abc");
	start(&req);
	run_until(2);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_LOCAL);
	ck_assert_str_eq(seen.error.name, "aborted");
	peer_stop(&peer);
}
END_TEST

START_TEST(a_page_in_place_of_audio_is_not_taken_for_it)
{
	struct http_request req;

	memset(&stream, 0, sizeof(stream));
	stream.has_refused = true;
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	    "Content-Length: 5\r\n\r\n<b>no";
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Type: Audio/pcm\r\n"
	    "Content-Length: 5\r\n\r\nabcde";
	reach_peer();
	req = get_request("/");
	req.on_body = on_body;
	req.body_type = "audio/";
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_str_eq(seen.error.name, "answer");
	ck_assert_str_eq(stream.text, "");
	start(&req);
	run_until(2);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(stream.text, "abcde");
	peer_stop(&peer);
}
END_TEST

START_TEST(a_cancelled_transfer_is_never_heard_of_again)
{
	struct http_request req;
	struct http_transfer *t;

	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	req = get_request("/");
	t = start(&req);
	start(&req);
	http_cancel(t);
	ck_assert_uint_eq(http_active(http), 1);
	run_until(1);
	ck_assert_uint_eq(http_active(http), 0);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_warm_connection_is_used_by_the_request_that_follows)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	ck_assert_int_eq(http_warm(http, &endpoint, 1, on_done, NULL), 0);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	req = get_request("/x");
	start(&req);
	run_until(2);
	ck_assert_uint_eq(peer.nconnections, 1);
	ck_assert_int_eq(strncmp(peer.requests[0], "GET /ping ", 10), 0);
	peer_stop(&peer);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws http");
	TCase *one = tcase_create("http");
	SRunner *runner;
	int failed;

	forget_proxies();
	tcase_add_checked_fixture(one, setup, teardown);
	tcase_set_timeout(one, 60);
	tcase_add_test(one, an_answer_has_status_headers_and_body);
	tcase_add_test(
	    one, the_prefix_is_signed_and_the_body_type_is_not_made_up);
	tcase_add_test(one, a_refusal_is_read_with_what_it_asks_for);
	tcase_add_test(one, a_body_over_the_cap_is_an_error);
	tcase_add_test(one, an_answer_cut_short_is_no_answer);
	tcase_add_test(
	    one, a_proxy_is_passed_by_for_a_port_and_one_that_refuses_is_told);
	tcase_add_test(one, no_server_is_named_with_the_reason);
	tcase_add_test(one, a_server_that_says_nothing_runs_into_the_deadline);
	tcase_add_test(one, what_is_not_http_is_a_protocol_error);
	tcase_add_test(one, a_certificate_that_cannot_be_checked_ends_it);
	tcase_add_test(one, requests_that_could_not_be_sent_are_refused);
	tcase_add_test(one, a_body_can_be_taken_as_it_comes);
	tcase_add_test(one,
	    a_refusal_is_not_taken_for_a_stream_and_a_stream_can_be_given_up);
	tcase_add_test(one, a_page_in_place_of_audio_is_not_taken_for_it);
	tcase_add_test(one, a_cancelled_transfer_is_never_heard_of_again);
	tcase_add_test(
	    one, a_warm_connection_is_used_by_the_request_that_follows);
	suite_add_tcase(s, one);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
