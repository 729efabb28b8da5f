/* h2 in memory: ends of streams and connections. */
#include "support/aws_h2_peer.h"

/* --- ends ------------------------------------------------------------ */

START_TEST(refused_reset_and_cancelled_are_told_apart)
{
	static const struct {
		bool is_answered;
		uint32_t code;
		const char *want;
	} cases[] = {
		{ false, NGHTTP2_REFUSED_STREAM,
		    "close 1 refused by the peer before it was processed "
		    "REFUSED_STREAM;" },
		{ false, NGHTTP2_INTERNAL_ERROR,
		    "close 1 reset by the peer INTERNAL_ERROR;" },
		{ true, NGHTTP2_CANCEL,
		    "headers 1 200;close 1 reset by the peer CANCEL;" },
		{ true, NGHTTP2_REFUSED_STREAM,
		    "headers 1 200;close 1 reset by the peer "
		    "REFUSED_STREAM;" },
		{ true, NGHTTP2_NO_ERROR,
		    "headers 1 200;close 1 reset by the peer NO_ERROR;" },
	};
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, true, &ours);
	exchange(h2, &peer, WHOLE);
	if (cases[_i].is_answered) {
		peer_headers(&peer, 1, "200");
		exchange(h2, &peer, WHOLE);
	}
	nghttp2_submit_rst_stream(
	    peer.ng, NGHTTP2_FLAG_NONE, 1, cases[_i].code);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text, cases[_i].want);
	ck_assert_int_eq(h2_write(h2, 1, "x", 1), H2_ERR_STREAM);
	ck_assert(h2_can_open(h2));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(an_early_complete_answer_is_a_good_end)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, true, &ours);
	exchange(h2, &peer, WHOLE);
	peer_respond(&peer, 1, "403", "a", "b", "no", 2);
	from_peer(h2, &peer, WHOLE);
	nghttp2_submit_rst_stream(
	    peer.ng, NGHTTP2_FLAG_NONE, 1, NGHTTP2_NO_ERROR);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text,
	    "headers 1 403 a=b;data \"no\"end 1;close 1 ended NO_ERROR;");
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(our_reset_is_sent_and_silences_the_stream)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, true, &ours);
	exchange(h2, &peer, WHOLE);
	forget(&peer.story);
	peer_respond(&peer, 1, "200", "a", "b", "hello", 5);
	h2_write(h2, 1, "abc", 3);
	h2_reset(h2, 1, H2_CANCEL);
	h2_reset(h2, 1, H2_CANCEL);
	from_peer(h2, &peer, WHOLE);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(peer.story.text, "RST 1 CANCEL;CLOSE 1 CANCEL;");
	ck_assert_str_eq(ours.text, "close 1 cancelled CANCEL;");
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_request_reset_before_it_left_never_arrives)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, true, &ours);
	h2_write(h2, 1, "abc", 3);
	h2_reset(h2, 1, H2_CANCEL);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text, "close 1 cancelled CANCEL;");
	ck_assert_str_eq(peer.story.text, "");
	ck_assert_uint_eq(h2_nstreams(h2), 0);
	ck_assert_int_eq(ask(h2, false, &ours), 3);
	exchange(h2, &peer, WHOLE);
	ck_assert_ptr_nonnull(strstr(peer.story.text, "HEADERS 3;"));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(goaway_lets_the_old_finish_and_refuses_the_new)
{
	struct h2 *h2 = client(NULL, &ours);
	struct h2_request r = { "GET", "https", "h", "/", NULL, 0, false };

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	ask(h2, false, &ours);
	exchange(h2, &peer, WHOLE);
	nghttp2_submit_goaway(peer.ng, NGHTTP2_FLAG_NONE, 1,
	    NGHTTP2_ENHANCE_YOUR_CALM, (const uint8_t *)"slow", 4);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text,
	    "goaway 1 ENHANCE_YOUR_CALM slow;"
	    "close 3 refused by the peer before it was processed "
	    "REFUSED_STREAM;");
	ck_assert(h2_is_draining(h2));
	ck_assert(!h2_can_open(h2));
	ck_assert_int_eq(h2_request(h2, &r, NULL, NULL), H2_ERR_DRAINING);
	ck_assert(!h2_is_done(h2));
	forget(&ours);
	peer_respond(&peer, 1, "200", "a", "b", "hello", 5);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text,
	    "headers 1 200 a=b;data \"hello\"end 1;close 1 ended NO_ERROR;");
	ck_assert(h2_is_done(h2));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_request_still_queued_at_goaway_is_refused)
{
	nghttp2_settings_entry iv = { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
		1 };
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, &iv, 1);
	/* Both before SETTINGS came: the second stays in the queue. */
	ask(h2, false, &ours);
	ask(h2, false, &ours);
	from_peer(h2, &peer, WHOLE);
	exchange(h2, &peer, WHOLE);
	ck_assert_ptr_null(strstr(peer.story.text, "HEADERS 3"));
	nghttp2_submit_goaway(
	    peer.ng, NGHTTP2_FLAG_NONE, 1, NGHTTP2_NO_ERROR, NULL, 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text,
	    "goaway 1 NO_ERROR ;"
	    "close 3 refused by the peer before it was processed "
	    "REFUSED_STREAM;");
	ck_assert_uint_eq(h2_nstreams(h2), 1);
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(the_peers_limit_of_streams_is_kept)
{
	nghttp2_settings_entry iv = { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
		1 };
	struct h2 *h2 = client(NULL, &ours);
	struct h2_request r = { "GET", "https", "h", "/", NULL, 0, false };

	peer_init(&peer, true, &iv, 1);
	ck_assert(!h2_has_settings(h2));
	from_peer(h2, &peer, WHOLE);
	ck_assert(h2_has_settings(h2));
	ck_assert_uint_eq(h2_peer_max_streams(h2), 1);
	ask(h2, false, &ours);
	ck_assert(!h2_can_open(h2));
	ck_assert_int_eq(h2_request(h2, &r, NULL, NULL), H2_ERR_BUSY);
	exchange(h2, &peer, WHOLE);
	peer_respond(&peer, 1, "200", "a", "b", NULL, -1);
	exchange(h2, &peer, WHOLE);
	ck_assert(h2_can_open(h2));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_lost_connection_closes_every_stream_once)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	ask(h2, true, &ours);
	ask(h2, true, &ours);
	exchange(h2, &peer, WHOLE);
	h2_detach(h2, 3);
	h2_lost(h2);
	ck_assert_str_eq(ours.text,
	    "close 5 the connection was lost NO_ERROR;"
	    "close 1 the connection was lost NO_ERROR;");
	ck_assert(!h2_can_open(h2));
	ck_assert_int_eq(h2_ping(h2, 1), H2_ERR_ENDED);
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_muted_session_says_nothing_more)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	exchange(h2, &peer, WHOLE);
	peer_respond(&peer, 1, "200", "a", "b", "hello", 5);
	h2_mute(h2);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text, "");
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

/* --- the connection -------------------------------------------------- */

START_TEST(ping_is_answered_and_answers_are_told)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_int_eq(h2_ping(h2, 0x0123456789abcdefULL), 0);
	exchange(h2, &peer, 1);
	ck_assert_str_eq(ours.text, "pong 123456789abcdef;");
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(bytes_that_are_not_http2_end_the_connection)
{
	static const char *const bad[] = {
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		/* SETTINGS of 5 bytes: FRAME_SIZE_ERROR */
		"\0\0\5\4\0\0\0\0\0aaaaa",
		/* DATA on stream 0 */
		"\0\0\1\0\0\0\0\0\0x",
	};
	static const size_t len[] = { 28, 14, 10 };
	struct h2 *h2 = client(NULL, &ours);
	const uint8_t *b;
	size_t n;
	int rv;

	ask(h2, true, &ours);
	(void)h2_recv(h2, (const uint8_t *)bad[_i], len[_i]);
	while ((rv = h2_peek(h2, &b, &n)) == 0 && n > 0)
		h2_skip(h2, n);
	ck_assert_int_eq(rv, H2_ERR_PROTOCOL);
	ck_assert_str_ne(h2_error_text(h2), "");
	ck_assert_int_eq(h2_recv(h2, (const uint8_t *)"x", 1), rv);
	ck_assert(h2_is_done(h2));
	h2_lost(h2);
	ck_assert_str_eq(
	    ours.text, "close 1 the connection was lost NO_ERROR;");
	h2_free(h2);
}
END_TEST

START_TEST(a_flood_of_pings_ends_the_connection)
{
	static const uint8_t settings[9] = { 0, 0, 0, 4 };
	static const uint8_t ping[17] = { 0, 0, 8, 6 };
	struct h2_config config = { .max_acks = 20 };
	struct h2 *h2 = client(&config, &ours);
	int i, rv = 0;

	ck_assert_int_eq(h2_recv(h2, settings, sizeof settings), 0);
	for (i = 0; i < 30 && rv == 0; i++)
		rv = h2_recv(h2, ping, sizeof ping);
	ck_assert_int_eq(rv, H2_ERR_FLOOD);
	ck_assert_int_le(i, 21);
	h2_free(h2);
}
END_TEST

START_TEST(every_code_has_a_text)
{
	int code;

	for (code = 0; code > -12; code--) {
		ck_assert_ptr_nonnull(h2_strerror(code));
		ck_assert_str_ne(h2_strerror(code), "");
	}
	ck_assert_str_eq(h2_code_name(H2_REFUSED_STREAM), "REFUSED_STREAM");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws_h2_ends");
	TCase *tc = tcase_create("ends");
	TCase *connection = tcase_create("connection");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(
	    tc, refused_reset_and_cancelled_are_told_apart, 0, 5);
	tcase_add_test(tc, an_early_complete_answer_is_a_good_end);
	tcase_add_test(tc, our_reset_is_sent_and_silences_the_stream);
	tcase_add_test(tc, a_request_reset_before_it_left_never_arrives);
	tcase_add_test(tc, goaway_lets_the_old_finish_and_refuses_the_new);
	tcase_add_test(tc, a_request_still_queued_at_goaway_is_refused);
	tcase_add_test(tc, the_peers_limit_of_streams_is_kept);
	tcase_add_test(tc, a_lost_connection_closes_every_stream_once);
	tcase_add_test(tc, a_muted_session_says_nothing_more);
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(connection, set_up, NULL);
	tcase_add_test(connection, ping_is_answered_and_answers_are_told);
	tcase_add_loop_test(
	    connection, bytes_that_are_not_http2_end_the_connection, 0, 3);
	tcase_add_test(connection, a_flood_of_pings_ends_the_connection);
	tcase_add_test(connection, every_code_has_a_text);
	suite_add_tcase(s, connection);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
