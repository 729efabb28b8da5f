/*
 * bidi: a stream that goes well, what waits when the service does not read, and
 * streams that are let go of.
 */
#include "aws/bidi.h"

#include "support/aws_bidi_stream.h"

/* --- a stream that goes well ------------------------------------------- */

START_TEST(the_request_and_the_chain_of_events_are_signed)
{
	open_stream();
	ck_assert(!bidi_is_open(bidi));
	ck_assert_str_eq(bidi_request_id(bidi), "");
	ck_assert_str_eq(bidi_date(bidi), "");
	ck_assert_uint_gt(credentials->refs, 1);
	/* The first goes before the service has answered. */
	ck_assert_int_eq(send_text("one"), 0);
	turns_until("[AudioEvent application/octet-stream one]");
	answer(200, NULL);
	turns_until("open;");
	ck_assert_int_eq(send_text("two"), 0);
	ck_assert_int_eq(bidi_send(bidi, "ConfigurationEvent",
			     "application/json", "{}", 2, WALL_MS + 2000),
	    0);
	turns_until("[ConfigurationEvent application/json {}]");
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), 0);
	turns_until("[empty][END_STREAM]");
	ck_assert_uint_eq(nreceived, 3);
	ck_assert_int_eq(send_text("late"), BIDI_ERR_ENDED);
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), BIDI_ERR_ENDED);
	/* Results still arrive. */
	answer_event("TranscriptEvent", "{}");
	answer_end();
	turns_until("[stream ended NO_ERROR]");
	check_over(SERVICE_ERROR_NONE, "");
	ck_assert(told("TranscriptEvent {};end in order;"));
	ck_assert_uint_eq(queued_at_end, 0);
}
END_TEST

START_TEST(events_are_passed_on_whatever_their_name)
{
	open_stream();
	answer(200, NULL);
	answer_event("initial-response", "{}");
	answer_message("event", ":event-type", "NewsOfTomorrow", "abc");
	/* Neither a kind that nobody knows nor one that is not said. */
	answer_message("gossip", ":event-type", "A", "b");
	answer_encoded(NULL, 0, "x", 0, 0);
	answer_event("TranscriptEvent", "");
	turns_until("TranscriptEvent ;");
	ck_assert(told("open;NewsOfTomorrow abc;TranscriptEvent ;"));
	ck_assert_uint_eq(nends, 0);
}
END_TEST

START_TEST(one_byte_a_frame_gives_the_same_events)
{
	h2_set_max_data(conn_h2(server), 1);
	open_stream();
	answer(200, NULL);
	answer_event("TranscriptEvent", "{\"a\":1}");
	answer_event("TranscriptEvent", "{\"a\":2}");
	answer_end();
	turns_until("end in order;");
	ck_assert(told("open;TranscriptEvent {\"a\":1};"
		       "TranscriptEvent {\"a\":2};end in order;"));
	check_over(SERVICE_ERROR_NONE, "");
}
END_TEST

START_TEST(an_event_may_be_large)
{
	const size_t n = 6 * 1024 * 1024;
	char *payload = malloc(n + 1);
	struct bytes out;
	const uint8_t *p;
	size_t len, part;
	const struct es_header headers[] = {
		es_string(":message-type", "event"),
		es_string(":event-type", "Long"),
	};

	ck_assert_ptr_nonnull(payload);
	memset(payload, 'x', n);
	payload[n] = '\0';
	open_stream();
	answer(200, NULL);
	bytes_init(&out, ES_MESSAGE_BYTES_MAX);
	ck_assert_int_eq(es_encode(&out, headers, 2, payload, n), 0);
	while ((len = bytes_len(&out)) > 0) {
		p = bytes_peek(&out, &len);
		part = h2_room_bytes(conn_h2(server), stream);
		if (part > len)
			part = len;
		answer_bytes(p, part);
		bytes_skip(&out, part);
		net_turn_for(0);
	}
	bytes_release(&out);
	turns_until("Long x");
	free(payload);
}
END_TEST

START_TEST(a_service_that_ends_first_has_ended_in_order)
{
	open_stream();
	answer(200, NULL);
	answer_event("StreamClosedEvent", "{}");
	answer_end();
	turns_until("end in order;");
	check_over(SERVICE_ERROR_NONE, "");
	/* Our side was open: it is let go of. */
	ck_assert(told("[stream reset by the peer CANCEL]"));
	ck_assert_int_eq(conn_state(client), CONN_READY);
}
END_TEST

/* --- back-pressure, and letting go ------------------------------------- */

/* A service that reads SMALL_BYTES and a queue that takes as much. */
static void
open_small(void)
{
	struct conn_config config = net_config();

	is_quiet = true;
	net.server_config.h2.stream_window_bytes = SMALL_BYTES;
	net.server_config.h2.is_manual = true;
	config.h2.send_cap_bytes = SMALL_BYTES;
	connect_with(&config);
	open_stream();
	answer(200, NULL);
	turns_until("open;");
}

/* Events until one is not taken; returns how many were. */
static unsigned int
fill(void)
{
	unsigned int n;
	int rc;

	for (n = 0; (rc = send_text("0123456789")) == 0; n++) {
		ck_assert_uint_lt(n, SMALL_BYTES);
		settle();
	}
	ck_assert_int_eq(rc, BIDI_ERR_FULL);
	return n;
}

START_TEST(an_event_that_is_not_taken_leaves_the_chain_alone)
{
	unsigned int nsent;

	open_small();
	nsent = fill();
	ck_assert_uint_gt(nsent, 0);
	ck_assert_int_eq(send_text("0123456789"), BIDI_ERR_FULL);
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), BIDI_ERR_FULL);
	ck_assert(!bidi_has_room(bidi, 10));
	ck_assert_uint_gt(bidi_queued_bytes(bidi), 0);
	ck_assert_uint_lt(nreceived, nsent);
	/* The window opens, and what follows is the next of the chain. */
	ck_assert_int_eq(h2_set_stream_window(conn_h2(server), 1 << 20), 0);
	settle();
	ck_assert_uint_eq(bidi_queued_bytes(bidi), 0);
	ck_assert_uint_eq(nreceived, nsent);
	ck_assert(bidi_has_room(bidi, 10));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(send_text("0123456789"), 0);
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), 0);
	turns_until("[empty][END_STREAM]");
	ck_assert_uint_eq(nreceived, nsent + 3);
	/* More than the queue takes at all is refused for good. */
	ck_assert(!bidi_has_room(bidi, SMALL_BYTES));
}
END_TEST

START_TEST(what_never_left_is_counted_at_the_end)
{
	size_t nqueued;

	open_small();
	(void)fill();
	nqueued = bidi_queued_bytes(bidi);
	ck_assert_uint_gt(nqueued, 0);
	if (_i == 0)
		answer_end();
	else if (_i == 1)
		h2_reset(conn_h2(server), stream, H2_INTERNAL_ERROR);
	else
		conn_abort(server);
	turns_until("end ");
	ck_assert_uint_eq(queued_at_end, nqueued);
	ck_assert_uint_eq(bidi_queued_bytes(bidi), nqueued);
}
END_TEST

START_TEST(it_may_be_freed_in_its_end)
{
	is_freed_in_end = true;
	open_stream();
	if (_i == 0) { /* a refusal */
		answer(403, "AccessDeniedException");
		answer_bytes("{}", 2);
		answer_end();
	} else {
		answer(200, NULL);
		turns_until("open;");
	}
	switch (_i) {
	case 1:
		answer_message("exception", ":exception-type", "X", "{}");
		answer_event("TranscriptEvent", "behind it");
		answer_end();
		break;
	case 2:
		answer_bytes("0123456789abcdefgh", 18); /* no message */
		break;
	case 3:
		answer_end();
		break;
	case 4:
		h2_reset(conn_h2(server), stream, H2_INTERNAL_ERROR);
		break;
	case 5:
		conn_abort(server);
		break;
	}
	turns_until("end ");
	settle();
	ck_assert_ptr_null(bidi);
	ck_assert_uint_eq(nends, 1);
	ck_assert(!told("behind it"));
	ck_assert_uint_eq(credentials->refs, 1);
}
END_TEST

START_TEST(a_live_stream_that_is_freed_is_reset)
{
	open_stream();
	answer(200, NULL);
	turns_until("open;");
	answer_event("TranscriptEvent", "nobody listens");
	bidi_free(bidi);
	bidi = NULL;
	turns_until("[stream reset by the peer CANCEL]");
	settle();
	ck_assert_uint_eq(nends, 0);
	ck_assert(!told("nobody listens"));
	/* The connection takes another one. */
	forget();
	open_stream();
	answer(200, NULL);
	turns_until("open;");
	ck_assert_int_eq(bidi_end(bidi, WALL_MS), 0);
	turns_until("[empty][END_STREAM]");
}
END_TEST

START_TEST(what_cannot_be_opened_is_refused)
{
	struct h2_header headers[BIDI_HEADERS_MAX + 1];
	char path[sizeof endpoint.path_prefix];

	for (size_t i = 0; i < BIDI_HEADERS_MAX + 1; i++)
		headers[i] = (struct h2_header){ "x-a", "b" };
	ck_assert_int_eq(
	    try_open(headers, BIDI_HEADERS_MAX + 1), BIDI_ERR_INPUT);
	headers[0].value = "a\nb";
	ck_assert_int_eq(try_open(headers, 1), BIDI_ERR_INPUT);
	headers[0] = (struct h2_header){ "Not-Lower", "b" };
	ck_assert_int_eq(try_open(headers, 1), BIDI_ERR_INPUT);
	memcpy(path, endpoint.region, sizeof endpoint.region);
	endpoint.region[0] = '\0';
	ck_assert_int_eq(try_open(NULL, 0), BIDI_ERR_INPUT);
	memcpy(endpoint.region, path, sizeof endpoint.region);
	conn_close(client, net.now_ms);
	ck_assert_int_eq(try_open(NULL, 0), BIDI_ERR_BUSY);
	turns_until("closed: ");
	ck_assert_int_eq(try_open(NULL, 0), BIDI_ERR_BUSY);
	ck_assert_ptr_null(bidi);
	ck_assert_uint_eq(credentials->refs, 1);
	bidi_free(NULL);
	for (int code = 0; code > -7; code--)
		ck_assert_str_ne(bidi_strerror(code), "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/bidi");
	TCase *tc = tcase_create("stream");
	TCase *small = tcase_create("full");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up_connected, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, the_request_and_the_chain_of_events_are_signed);
	tcase_add_test(tc, events_are_passed_on_whatever_their_name);
	tcase_add_test(tc, one_byte_a_frame_gives_the_same_events);
	tcase_add_test(tc, an_event_may_be_large);
	tcase_add_test(tc, a_service_that_ends_first_has_ended_in_order);
	tcase_add_loop_test(tc, it_may_be_freed_in_its_end, 0, 6);
	tcase_add_test(tc, a_live_stream_that_is_freed_is_reset);
	tcase_add_test(tc, what_cannot_be_opened_is_refused);
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(small, set_up, tear_down);
	tcase_set_timeout(small, 120);
	tcase_add_test(
	    small, an_event_that_is_not_taken_leaves_the_chain_alone);
	tcase_add_loop_test(small, what_never_left_is_counted_at_the_end, 0, 3);
	suite_add_tcase(s, small);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
