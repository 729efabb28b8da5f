/* http_call: tries, credentials, clock. */
#define _GNU_SOURCE
#include "aws/http_call.h"

#include "support/aws_env.h"
#include "support/aws_http_client.h"

static struct env env;
static struct config config;
static struct credentials_provider *provider;
static struct http_caller *caller;
static double wall_ms = NOW_MS;

static void
setup_caller(void)
{
	char err[256];

	setup();
	env_init(&env);
	env_set(&env, "AWS_REGION", "us-east-1");
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[default]\naws_access_key_id = A\naws_secret_access_key = s\n"
	    "aws_session_token = one\n");
	ck_assert_int_eq(
	    config_load(&config, NULL, env_get, &env, err, sizeof(err)), 0);
	provider = credentials_provider_new(&config);
	caller = http_caller_new(http, provider, 3, 1);
	ck_assert_ptr_nonnull(caller);
}

static void
teardown_caller(void)
{
	http_caller_free(caller);
	http = NULL;
	credentials_provider_free(provider);
	config_release(&config);
	env_release(&env);
	loop_release(&loop);
}

static void
run_calls(int n)
{
	while (seen.n < n) {
		loop_begin(&loop);
		credentials_prepare(provider, &loop);
		http_caller_prepare(caller, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		credentials_dispatch(provider, &loop, clock_mono_ms());
		http_caller_dispatch(caller, &loop, clock_mono_ms(), wall_ms);
	}
}

static bool waits_for_server;

static void
start_call(int64_t give_up_in_ms)
{
	char path[] = "/";
	struct http_request req = get_request(path);

	req.protocol = SERVICE_JSON_1_1;
	req.waits_for_server = waits_for_server;
	call = http_call_start(caller, &req,
	    give_up_in_ms > 0 ? clock_mono_ms() + give_up_in_ms : LOOP_NEVER);
	ck_assert_ptr_nonnull(call);
	path[0] = 'x'; /* the request was copied */
}

#define FAILURE                                                                \
	"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

START_TEST(what_fails_in_passing_is_tried_again)
{
	peer.answers[peer.nanswers++] = FAILURE;
	peer.answers[peer.nanswers++] = "";
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_int_eq(seen.attempts, 3);
	ck_assert_str_eq(peer_header(&peer, 2, "x-amz-security-token"), "one");
	peer_stop(&peer);
}
END_TEST

START_TEST(tries_have_an_end)
{
	int i;

	for (i = 0; i < 3; i++)
		peer.answers[peer.nanswers++] = FAILURE;
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_str_eq(seen.error.name, "HTTP 500");
	ck_assert_int_eq(seen.attempts, 3);
	peer_stop(&peer);
}
END_TEST

START_TEST(no_try_begins_past_the_callers_deadline)
{
	/* Retry-After is longer than the call may last. */
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 503 No\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";
	reach_peer();
	start_call(2000);
	run_calls(1);
	ck_assert_str_eq(seen.error.name, "HTTP 503");
	ck_assert_int_eq(seen.attempts, 1);
	peer_stop(&peer);
}
END_TEST

/* More tries than an answered call has, and all of those are left when the
 * server is there. */
START_TEST(a_server_that_is_away_may_be_waited_for)
{
	int i;

	for (i = 0; i < 2; i++)
		peer.answers[peer.nanswers++] = FAILURE;
	peer.answers[peer.nanswers++] = OK_ANSWER;
	peer_bind(&peer);
	address_peer();
	waits_for_server = true;
	start_call(60000);
	while (http_call_attempts(call) < 5) {
		loop_begin(&loop);
		http_caller_prepare(caller, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		http_caller_dispatch(caller, &loop, clock_mono_ms(), wall_ms);
		ck_assert_int_eq(seen.n, 0);
	}
	peer_listen(&peer);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_int_ge(seen.attempts, 7);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_server_that_stays_away_is_told)
{
	peer_bind(&peer);
	address_peer();
	waits_for_server = true;
	start_call(500);
	run_calls(1);
	ck_assert_str_eq(seen.error.name, "connect");
	close(peer.fd);
}
END_TEST

START_TEST(an_answer_that_stalls_leaves_time_for_another_try)
{
	peer.answers[peer.nanswers++] = "HTTP/1.1 200 OK\r\nContent-";
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(6500);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_int_eq(seen.attempts, 2);
	peer_stop(&peer);
}
END_TEST

START_TEST(expired_credentials_are_replaced_once)
{
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 400 No\r\nContent-Length: 34\r\n\r\n"
	    "{\"__type\":\"ExpiredTokenException\"} ";
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	/* The first try is on its way with the old ones. */
	loop_begin(&loop);
	http_caller_prepare(caller, &loop);
	loop_wait(&loop);
	http_caller_dispatch(caller, &loop, clock_mono_ms(), wall_ms);
	env_file(&env, NULL, "credentials",
	    "[default]\naws_access_key_id = B\naws_secret_access_key = s\n"
	    "aws_session_token = two\n");
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(peer_header(&peer, 0, "x-amz-security-token"), "one");
	ck_assert_str_eq(peer_header(&peer, 1, "x-amz-security-token"), "two");
	peer_stop(&peer);
}
END_TEST

START_TEST(expired_credentials_that_nobody_renewed_end_the_call)
{
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 400 No\r\nContent-Length: 34\r\n\r\n"
	    "{\"__type\":\"ExpiredTokenException\"} ";
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_EXPIRED);
	ck_assert_ptr_nonnull(strstr(seen.error.message, "renew"));
	peer_stop(&peer);
}
END_TEST

/* An hour after NOW_MS. */
#define SKEWED(type)                                                           \
	"HTTP/1.1 403 No\r\nDate: Fri, 02 Jan 2026 04:04:05 GMT\r\n"           \
	"x-amzn-errortype: " type "\r\nContent-Length: 0\r\n\r\n"

#define SKEWED_CLOSE(type)                                                     \
	"HTTP/1.1 403 No\r\nDate: Fri, 02 Jan 2026 04:04:05 GMT\r\n"           \
	"x-amzn-errortype: " type "\r\nContent-Length: 0\r\n"                  \
	"Connection: close\r\n\r\n"
#define OK_ANSWER_CLOSE                                                        \
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

START_TEST(a_wrong_clock_is_corrected_once_and_stays_so)
{
	peer.answers[peer.nanswers++] = SKEWED("InvalidSignatureException");
	peer.answers[peer.nanswers++] = OK_ANSWER;
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(
	    peer_header(&peer, 0, "x-amz-date"), "20260102T030405Z");
	ck_assert_str_eq(
	    peer_header(&peer, 1, "x-amz-date"), "20260102T040405Z");
	ck_assert_int_eq(http_caller_clock_offset_ms(caller), 3600000);
	start_call(0);
	run_calls(2);
	ck_assert_str_eq(
	    peer_header(&peer, 2, "x-amz-date"), "20260102T040405Z");
	peer_stop(&peer);
}
END_TEST

/* As two languages are: both went out with the wrong time, the second answer
 * comes when the first has corrected the clock. */
START_TEST(calls_under_way_together_share_the_corrected_clock)
{
	static const char *const refusals[] = {
		SKEWED_CLOSE("InvalidSignatureException"),
		SKEWED_CLOSE("AccessDeniedException")
	};
	int i;

	for (i = 0; i < 2; i++)
		peer.answers[peer.nanswers++] = refusals[_i];
	for (i = 0; i < 2; i++)
		peer.answers[peer.nanswers++] = OK_ANSWER_CLOSE;
	reach_peer();
	start_call(0);
	start_call(0);
	call = NULL; /* either may end first */
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	run_calls(2);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	for (i = 0; i < 4; i++)
		ck_assert_str_eq(peer_header(&peer, (size_t)i, "x-amz-date"),
		    i < 2 ? "20260102T030405Z" : "20260102T040405Z");
	ck_assert_int_eq(http_caller_clock_offset_ms(caller), 3600000);
	peer_stop(&peer);
}
END_TEST

START_TEST(denied_by_a_server_with_another_time_is_tried_with_its_time)
{
	peer.answers[peer.nanswers++] = SKEWED("AccessDeniedException");
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_wrong_secret_is_refused_without_more_ado)
{
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 403 No\r\nDate: Fri, 02 Jan 2026 03:04:06 GMT\r\n"
	    "x-amzn-errortype: InvalidSignatureException\r\n"
	    "Content-Length: 0\r\n\r\n";
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_SKEW);
	ck_assert_int_eq(seen.attempts, 1);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_stream_that_has_begun_is_not_begun_again)
{
	struct http_request req;

	memset(&stream, 0, sizeof(stream));
	stream.has_refused = true;
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
	    "abc";
	reach_peer();
	req = get_request("/");
	req.on_body = on_body;
	call = http_call_start(caller, &req, LOOP_NEVER);
	run_calls(1);
	ck_assert_str_eq(stream.text, "abc");
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_int_eq(seen.attempts, 1);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_cancelled_call_is_never_heard_of_again)
{
	struct http_call *first;

	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	first = call;
	start_call(0);
	http_call_cancel(first);
	run_calls(1);
	ck_assert_int_eq(seen.attempts, 1);
	peer_stop(&peer);
	/* One that is left is given up with the caller. */
	start_call(0);
}
END_TEST

START_TEST(without_credentials_nothing_is_sent)
{
	env_file(&env, NULL, "credentials", "[default]\n");
	config_release(&config);
	credentials_provider_free(provider);
	http_caller_free(caller);
	http = http_new(NULL);
	{
		char err[256];

		ck_assert_int_eq(
		    config_load(&config, NULL, env_get, &env, err, sizeof(err)),
		    0);
	}
	provider = credentials_provider_new(&config);
	caller = http_caller_new(http, provider, 3, 1);
	ck_assert_int_eq(endpoint_parse(&endpoint, "http://127.0.0.1:1"), 0);
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_CONFIG);
	ck_assert_int_eq(seen.attempts, 0);
	ck_assert_int_eq(seen.status, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws http_call");
	TCase *calls = tcase_create("http_call");
	SRunner *runner;
	int failed;

	forget_proxies();
	tcase_add_checked_fixture(calls, setup_caller, teardown_caller);
	tcase_set_timeout(calls, 60);
	tcase_add_test(calls, what_fails_in_passing_is_tried_again);
	tcase_add_test(calls, tries_have_an_end);
	tcase_add_test(calls, no_try_begins_past_the_callers_deadline);
	tcase_add_test(calls, a_server_that_is_away_may_be_waited_for);
	tcase_add_test(calls, a_server_that_stays_away_is_told);
	tcase_add_test(
	    calls, an_answer_that_stalls_leaves_time_for_another_try);
	tcase_add_test(calls, expired_credentials_are_replaced_once);
	tcase_add_test(
	    calls, expired_credentials_that_nobody_renewed_end_the_call);
	tcase_add_test(calls, a_wrong_clock_is_corrected_once_and_stays_so);
	tcase_add_loop_test(
	    calls, calls_under_way_together_share_the_corrected_clock, 0, 2);
	tcase_add_test(
	    calls, denied_by_a_server_with_another_time_is_tried_with_its_time);
	tcase_add_test(calls, a_wrong_secret_is_refused_without_more_ado);
	tcase_add_test(calls, a_stream_that_has_begun_is_not_begun_again);
	tcase_add_test(calls, a_cancelled_call_is_never_heard_of_again);
	tcase_add_test(calls, without_credentials_nothing_is_sent);
	suite_add_tcase(s, calls);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
