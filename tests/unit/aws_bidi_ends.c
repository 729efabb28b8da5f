/* bidi: streams that are refused, that fail and that are lost. */
#include "support/aws_bidi_stream.h"

static const struct refusal {
	int status;
	const char *errortype, *body;
	enum service_error_class class;
	const char *name, *message;
} refusals[] = {
	{ 403, "AccessDeniedException:http://internal.amazon.com/",
	    "{\"Message\":\"not for you\"}", SERVICE_ERROR_DENIED,
	    "AccessDeniedException", "not for you" },
	{ 503, NULL, "<html><h1>Service  Unavailable</h1></html>",
	    SERVICE_ERROR_TRANSIENT, "HTTP 503", "Service Unavailable" },
	{ 400, NULL, "", SERVICE_ERROR_INVALID, "HTTP 400", "" },
};

START_TEST(a_refusal_is_told_as_the_service_put_it)
{
	const struct refusal *r = &refusals[_i];

	open_stream();
	ck_assert_int_eq(send_text("one"), 0);
	answer(r->status, r->errortype);
	/* The answer may be completed only after our end has come. */
	turns_until("[END_STREAM]");
	ck_assert_uint_eq(nends, 0);
	ck_assert_int_eq(send_text("two"), BIDI_ERR_ENDED);
	answer_bytes(r->body, strlen(r->body));
	answer_end();
	turns_until("end ");
	check_over(r->class, r->name);
	ck_assert_str_eq(last_error.message, r->message);
	ck_assert_int_eq(last_error.http_status, r->status);
	ck_assert_str_eq(last_error.request_id, REQUEST_ID);
	ck_assert_str_eq(bidi_date(bidi), DATE);
	ck_assert_int_eq(
	    last_error.retry_after_ms, r->errortype == NULL ? -1 : 3000);
	ck_assert(!told("open;"));
}
END_TEST

START_TEST(a_refusal_that_does_not_end_is_one)
{
	open_stream();
	/* Of none there is nothing to say. */
	bidi_give_up(bidi);
	ck_assert_uint_eq(nends, 0);
	answer(403, "AccessDeniedException");
	answer_bytes("{\"Message\":\"not", 15);
	turns_until("[END_STREAM]");
	settle();
	ck_assert_uint_eq(nends, 0);
	bidi_give_up(bidi);
	check_over(SERVICE_ERROR_DENIED, "AccessDeniedException");
	ck_assert_int_eq(last_error.http_status, 403);
	bidi_give_up(bidi);
	ck_assert_uint_eq(nends, 1);
}
END_TEST

START_TEST(a_refusal_that_is_cut_or_too_long_keeps_its_name)
{
	char *body = calloc(1, BIDI_REFUSAL_BYTES_MAX * 2);

	ck_assert_ptr_nonnull(body);
	open_stream();
	answer(403, "AccessDeniedException");
	memset(body, ' ', BIDI_REFUSAL_BYTES_MAX * 2);
	answer_bytes(body, BIDI_REFUSAL_BYTES_MAX * 2);
	free(body);
	turns_until("[END_STREAM]");
	settle();
	h2_reset(conn_h2(server), stream, H2_INTERNAL_ERROR);
	turns_until("end ");
	check_over(SERVICE_ERROR_DENIED, "AccessDeniedException");
	ck_assert_int_eq(last_error.http_status, 403);
}
END_TEST

START_TEST(an_exception_ends_the_stream)
{
	open_stream();
	answer(200, NULL);
	answer_message("exception", ":exception-type", "BadRequestException",
	    "{\"Message\":\"no audio came\"}");
	answer_event("TranscriptEvent", "too late");
	turns_until("end BadRequestException;");
	check_over(SERVICE_ERROR_INVALID, "BadRequestException");
	ck_assert_str_eq(last_error.message, "no audio came");
	ck_assert_str_eq(last_error.request_id, REQUEST_ID);
	ck_assert_int_eq(last_error.http_status, 0);
	ck_assert(!told("TranscriptEvent"));
	ck_assert(told("[stream reset by the peer CANCEL]"));
}
END_TEST

START_TEST(an_error_message_ends_the_stream)
{
	const struct es_header headers[] = {
		es_string(":message-type", "error"),
		es_string(":error-code", "InternalFailure"),
		es_string(":error-message", "it broke"),
	};

	open_stream();
	answer(200, NULL);
	answer_encoded(headers, 3, "", 0, 0);
	turns_until("end ");
	check_over(SERVICE_ERROR_TRANSIENT, "InternalFailure");
	ck_assert_str_eq(last_error.message, "it broke");
}
END_TEST

START_TEST(a_damaged_or_cut_message_is_not_shown)
{
	const struct es_header type = es_string(":event-type", "A");
	bool is_cut = _i == 1;

	open_stream();
	answer(200, NULL);
	answer_event("TranscriptEvent", "good");
	answer_encoded(&type, 1, "bad", is_cut ? 0 : 1, is_cut ? 1 : 0);
	if (is_cut)
		answer_end();
	turns_until("end ");
	check_over(SERVICE_ERROR_TRANSIENT, "event-stream");
	ck_assert_ptr_nonnull(strstr(
	    last_error.message, is_cut ? "within a message" : "checksum"));
	ck_assert(told("TranscriptEvent good;end event-stream;"));
	ck_assert(told("[stream reset by the peer CANCEL]"));
}
END_TEST

START_TEST(a_reset_is_told_with_its_code)
{
	open_stream();
	answer(200, NULL);
	turns_until("open;");
	h2_reset(conn_h2(server), stream, H2_INTERNAL_ERROR);
	turns_until("end ");
	check_over(SERVICE_ERROR_TRANSIENT, "reset");
	ck_assert_ptr_nonnull(strstr(last_error.message, "INTERNAL_ERROR"));
}
END_TEST

START_TEST(goaway_lets_the_stream_finish)
{
	open_stream();
	answer(200, NULL);
	ck_assert_int_eq(
	    h2_goaway(conn_h2(server), H2_NO_ERROR, "maintenance"), 0);
	turns_until("draining;");
	ck_assert_uint_eq(nends, 0);
	ck_assert_int_eq(send_text("one"), 0);
	turns_until("[AudioEvent application/octet-stream one]");
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), 0);
	turns_until("[empty][END_STREAM]");
	answer_event("TranscriptEvent", "last");
	answer_end();
	turns_until("end in order;");
	ck_assert(told("TranscriptEvent last;"));
	check_over(SERVICE_ERROR_NONE, "");
}
END_TEST

START_TEST(goaway_below_the_stream_refuses_it)
{
	open_stream();
	ck_assert_int_eq(
	    h2_goaway_from(conn_h2(server), 0, H2_NO_ERROR, NULL), 0);
	turns_until("end lost;");
	check_over(SERVICE_ERROR_TRANSIENT, "lost");
	ck_assert_ptr_nonnull(strstr(last_error.message, "refused"));
	ck_assert(!told("open;"));
}
END_TEST

START_TEST(a_lost_connection_is_told)
{
	open_stream();
	answer(200, NULL);
	turns_until("open;");
	if (_i == 0)
		conn_abort(server);
	else
		conn_cut(server);
	turns_until("closed: ");
	check_over(SERVICE_ERROR_TRANSIENT, "lost");
	ck_assert_str_eq(last_error.message, conn_error_text(client));
	ck_assert_str_ne(last_error.message, "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/bidi ends");
	TCase *tc = tcase_create("ends");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up_connected, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, a_refusal_is_told_as_the_service_put_it, 0,
	    (int)(sizeof refusals / sizeof refusals[0]));
	tcase_add_test(tc, a_refusal_that_does_not_end_is_one);
	tcase_add_test(tc, a_refusal_that_is_cut_or_too_long_keeps_its_name);
	tcase_add_test(tc, an_exception_ends_the_stream);
	tcase_add_test(tc, an_error_message_ends_the_stream);
	tcase_add_loop_test(tc, a_damaged_or_cut_message_is_not_shown, 0, 2);
	tcase_add_test(tc, a_reset_is_told_with_its_code);
	tcase_add_test(tc, goaway_lets_the_stream_finish);
	tcase_add_test(tc, goaway_below_the_stream_refuses_it);
	tcase_add_loop_test(tc, a_lost_connection_is_told, 0, 2);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
