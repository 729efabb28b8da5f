/* h2 in memory: flow control of what comes in. */
#include "support/aws_h2_peer.h"

START_TEST(windows_are_given_back_for_what_is_read)
{
	struct h2_config config = { .stream_window_bytes = 70000 };
	struct h2 *h2 = client(&config, &ours);
	static uint8_t body[3 << 20];

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	exchange(h2, &peer, WHOLE);
	peer_respond(&peer, 1, "200", "a", "b", body, sizeof body);
	exchange(h2, &peer, 50000);
	ck_assert_uint_eq(ours.ndata, sizeof body);
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_reader_that_does_not_consume_stops_the_peer)
{
	struct h2_config config = { .is_manual = true,
		.stream_window_bytes = 1000 };
	struct h2 *h2 = client(&config, &ours);
	static uint8_t body[5000];

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	exchange(h2, &peer, WHOLE);
	peer_respond(&peer, 1, "200", "a", "b", body, sizeof body);
	exchange(h2, &peer, WHOLE);
	ck_assert_uint_eq(ours.ndata, 1000);
	h2_consume(h2, 1, 600);
	exchange(h2, &peer, WHOLE);
	ck_assert_uint_eq(ours.ndata, 1600);
	h2_consume(h2, 1, 1000000); /* more than is owed: cut */
	while (ours.ndata < sizeof body) {
		size_t before = ours.ndata;

		exchange(h2, &peer, WHOLE);
		ck_assert_uint_gt(ours.ndata, before);
		ck_assert_uint_le(ours.ndata, before + 1000);
		h2_consume(h2, 1, ours.ndata - before);
	}
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(what_a_dead_stream_never_consumed_returns_to_the_connection)
{
	struct h2_config config = { .is_manual = true,
		.connection_window_bytes = 65535,
		.stream_window_bytes = 65535 };
	struct h2 *h2 = client(&config, &ours);
	static uint8_t body[60000];
	int i;

	peer_init(&peer, true, NULL, 0);
	for (i = 0; i < 8; i++) {
		int32_t id = ask(h2, false, &ours);

		exchange(h2, &peer, WHOLE);
		peer_respond(&peer, id, "200", "a", "b", body, sizeof body);
		exchange(h2, &peer, WHOLE);
		ck_assert_uint_eq(ours.ndata, sizeof body * (size_t)(i + 1));
		forget(&ours);
	}
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_detached_or_reset_stream_holds_no_window)
{
	struct h2_config config = { .is_manual = true,
		.connection_window_bytes = 65535,
		.stream_window_bytes = 40000 };
	struct h2 *h2 = client(&config, &ours);
	static uint8_t body[40000];
	int32_t id;
	int i;

	peer_init(&peer, true, NULL, 0);
	for (i = 0; i < 6; i++) {
		id = ask(h2, false, &ours);
		exchange(h2, &peer, WHOLE);
		peer_headers(&peer, id, "200");
		exchange(h2, &peer, WHOLE);
		if (i % 2 == 0)
			h2_detach(h2, id);
		peer.body = body;
		peer.body_len = sizeof body;
		{
			nghttp2_data_provider d = { .read_callback =
							peer_body };

			nghttp2_submit_data(
			    peer.ng, NGHTTP2_FLAG_END_STREAM, id, &d);
		}
		from_peer(h2, &peer, WHOLE);
		h2_reset(h2, id, H2_CANCEL);
		exchange(h2, &peer, WHOLE);
		ck_assert_uint_eq(peer.body_len, 0);
	}
	ck_assert_uint_eq(h2_nstreams(h2), 0);
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws_h2_windows");
	TCase *tc = tcase_create("windows");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, windows_are_given_back_for_what_is_read);
	tcase_add_test(tc, a_reader_that_does_not_consume_stops_the_peer);
	tcase_add_test(
	    tc, what_a_dead_stream_never_consumed_returns_to_the_connection);
	tcase_add_test(tc, a_detached_or_reset_stream_holds_no_window);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
