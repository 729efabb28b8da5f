/* h2 in memory: requests, responses and bodies. */
#include "support/aws_h2_peer.h"

/* --- requests and responses ------------------------------------------ */

START_TEST(a_request_arrives_whole_and_its_secret_is_never_indexed)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	exchange(h2, &peer, 1);
	ck_assert_str_eq(peer.story.text,
	    ":method=POST;:scheme=https;:authority=polly.test;"
	    ":path=/v1/synthesis;"
	    "content-type=application/vnd.amazon.eventstream;"
	    "authorization=AWS4-HMAC-SHA256 x(never indexed);"
	    "HEADERS 1;END 1;");
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

#define RESPONSE_STORY                                                         \
	"headers 1 200 x-amzn-requestid=7;data \"hello\"end 1;"                \
	"close 1 ended NO_ERROR;"

/* The bytes of an answer, as nghttp2 writes them. */
static size_t
record_answer(uint8_t *out, size_t size)
{
	struct h2 *h2 = client(NULL, &ours);
	const uint8_t *b;
	size_t len = 0;
	ssize_t n;

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	to_peer(h2, &peer, WHOLE);
	peer_respond(&peer, 1, "200", "x-amzn-requestid", "7", "hello", 5);
	while ((n = nghttp2_session_mem_send(peer.ng, &b)) > 0) {
		ck_assert_uint_le(len + (size_t)n, size);
		memcpy(out + len, b, (size_t)n);
		len += (size_t)n;
	}
	h2_free(h2);
	nghttp2_session_del(peer.ng);
	return len;
}

START_TEST(an_answer_cut_anywhere_tells_the_same)
{
	uint8_t answer[512];
	const uint8_t *b;
	size_t n, len = record_answer(answer, sizeof answer), cut;
	struct h2 *h2;

	ck_assert_uint_gt(len, 40);
	for (cut = 0; cut <= len; cut++) {
		forget(&ours);
		ours.ndata = 0;
		h2 = client(NULL, &ours);
		ask(h2, false, &ours);
		while (h2_peek(h2, &b, &n) == 0 && n > 0)
			h2_skip(h2, n);
		ck_assert_int_eq(h2_recv(h2, answer, cut), 0);
		ck_assert_int_eq(h2_recv(h2, answer + cut, len - cut), 0);
		ck_assert_str_eq(ours.text, RESPONSE_STORY);
		h2_free(h2);
	}
}
END_TEST

START_TEST(an_answer_byte_by_byte_tells_the_same)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	exchange(h2, &peer, 1);
	peer_respond(&peer, 1, "200", "x-amzn-requestid", "7", "hello", 5);
	exchange(h2, &peer, 1);
	ck_assert_str_eq(ours.text, RESPONSE_STORY);
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(informational_answers_and_trailers_are_dropped)
{
	struct h2 *h2 = client(NULL, &ours);
	nghttp2_nv hint = nv(":status", "103"), trailer = nv("x-sum", "1");

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	exchange(h2, &peer, WHOLE);
	nghttp2_submit_headers(peer.ng, 0, 1, NULL, &hint, 1, NULL);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text, "");
	peer_headers(&peer, 1, "200");
	exchange(h2, &peer, WHOLE);
	nghttp2_submit_headers(
	    peer.ng, NGHTTP2_FLAG_END_STREAM, 1, NULL, &trailer, 1, NULL);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(
	    ours.text, "headers 1 200;end 1;close 1 ended NO_ERROR;");
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(an_answer_that_contradicts_its_length_is_a_protocol_error)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	exchange(h2, &peer, WHOLE);
	peer_respond(&peer, 1, "200", "content-length", "9", "hello", 5);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text,
	    "headers 1 200 content-length=9;data \"hello\""
	    "close 1 the peer broke HTTP/2 on this stream PROTOCOL_ERROR;");
	ck_assert(h2_can_open(h2));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(headers_above_the_cap_end_the_stream_alone)
{
	struct h2_config config = { .header_cap_bytes = 400 };
	struct h2 *h2 = client(&config, &ours);
	char big[600];

	memset(big, 'a', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	peer_init(&peer, true, NULL, 0);
	ask(h2, false, &ours);
	exchange(h2, &peer, WHOLE);
	peer_respond(&peer, 1, "200", "x-big", big, NULL, -1);
	exchange(h2, &peer, WHOLE);
	ck_assert_ptr_nonnull(strstr(ours.text, "close 1 the peer broke"));
	ck_assert_ptr_null(strstr(ours.text, "headers"));
	ck_assert(h2_can_open(h2));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(bad_headers_are_refused_before_they_are_sent)
{
	static const struct h2_header bad[] = { { "X-Upper", "1" },
		{ "x-a", "1\r\nx-b: 2" }, { ":path", "/" }, { "", "1" },
		{ "x y", "1" } };
	struct h2 *h2 = client(NULL, &ours);
	struct h2_request r = { "GET", "https", "h", "/", &bad[_i], 1, false };

	ck_assert_int_eq(h2_request(h2, &r, &all_events, &ours), H2_ERR_HEADER);
	ck_assert_uint_eq(h2_nstreams(h2), 0);
	ck_assert_str_eq(ours.text, "");
	h2_free(h2);
}
END_TEST

/* --- bodies ---------------------------------------------------------- */

START_TEST(a_body_waits_for_its_bytes_and_its_end)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, true, &ours);
	exchange(h2, &peer, WHOLE);
	forget(&peer.story);
	ck_assert(!h2_wants_write(h2));

	ck_assert_int_eq(h2_write(h2, 1, "abc", 3), 0);
	ck_assert(h2_wants_write(h2));
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(peer.story.text, "DATA 1 3;");
	ck_assert_int_eq(h2_write(h2, 1, "de", 2), 0);
	ck_assert_int_eq(h2_write(h2, 1, "f", 1), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(peer.story.text, "DATA 1 3;DATA 1 3;");
	forget(&peer.story);
	ck_assert_int_eq(h2_end(h2, 1), 0);
	ck_assert_int_eq(h2_end(h2, 1), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(peer.story.text, "END 1;");
	ck_assert_int_eq(memcmp(peer.got, "abcdef", 6), 0);
	ck_assert_int_eq(h2_write(h2, 1, "x", 1), H2_ERR_STREAM);
	/* Half closed: the answer still comes. */
	peer_respond(&peer, 1, "200", "a", "b", "hello", 5);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text,
	    "headers 1 200 a=b;data \"hello\"end 1;close 1 ended NO_ERROR;");
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(bytes_written_before_the_headers_left_are_kept)
{
	struct h2 *h2 = client(NULL, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, true, &ours);
	ck_assert_int_eq(h2_write(h2, 1, "abc", 3), 0);
	ck_assert_int_eq(h2_end(h2, 1), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_int_eq(peer.ngot, 3);
	ck_assert_ptr_nonnull(strstr(peer.story.text, "DATA 1 3;END 1;"));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(the_queue_has_a_cap_and_tells_when_it_is_empty)
{
	struct h2_config config = { .send_cap_bytes = 10 };
	struct h2 *h2 = client(&config, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, true, &ours);
	ck_assert_int_eq(h2_attach(h2, 1, &drain_events, &ours), 0);
	ck_assert_int_eq(h2_write(h2, 1, "0123456", 7), 0);
	ck_assert_uint_eq(h2_queued_bytes(h2, 1), 7);
	ck_assert_uint_eq(h2_room_bytes(h2, 1), 3);
	ck_assert_int_eq(h2_write(h2, 1, "0123", 4), H2_ERR_FULL);
	ck_assert_uint_eq(h2_queued_bytes(h2, 1), 7);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(ours.text, "drained 1;");
	ck_assert_uint_eq(h2_room_bytes(h2, 1), 10);
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(one_byte_windows_opened_byte_by_byte_carry_everything)
{
	nghttp2_settings_entry iv = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 };
	struct h2 *h2 = client(NULL, &ours);
	int i;

	peer_init(&peer, true, &iv, 1);
	from_peer(h2, &peer, WHOLE);
	ask(h2, true, &ours);
	ck_assert_int_eq(h2_write(h2, 1, "abcdefghij", 10), 0);
	ck_assert_int_eq(h2_end(h2, 1), 0);
	for (i = 0; i < 10; i++) {
		exchange(h2, &peer, WHOLE);
		ck_assert_uint_eq(peer.ngot, (size_t)i + 1);
		ck_assert(!h2_wants_write(h2));
		ck_assert_int_eq(nghttp2_submit_window_update(
				     peer.ng, NGHTTP2_FLAG_NONE, 1, 1),
		    0);
	}
	exchange(h2, &peer, WHOLE);
	ck_assert_int_eq(memcmp(peer.got, "abcdefghij", 10), 0);
	ck_assert_ptr_nonnull(strstr(peer.story.text, "END 1;"));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_window_shrunk_below_zero_stops_and_resumes_the_body)
{
	nghttp2_settings_entry iv = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
		100 };
	struct h2 *h2 = client(NULL, &ours);
	uint8_t body[150];

	memset(body, 'x', sizeof body);
	peer_init(&peer, true, &iv, 1);
	from_peer(h2, &peer, WHOLE);
	ask(h2, true, &ours);
	ck_assert_int_eq(h2_write(h2, 1, body, sizeof body), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_uint_eq(peer.story.ndata, 100);
	iv.value = 50; /* now 50 below zero */
	nghttp2_submit_settings(peer.ng, NGHTTP2_FLAG_NONE, &iv, 1);
	exchange(h2, &peer, WHOLE);
	nghttp2_submit_window_update(peer.ng, NGHTTP2_FLAG_NONE, 1, 50);
	exchange(h2, &peer, WHOLE);
	ck_assert_uint_eq(peer.story.ndata, 100);
	nghttp2_submit_window_update(peer.ng, NGHTTP2_FLAG_NONE, 1, 7);
	exchange(h2, &peer, WHOLE);
	ck_assert_uint_eq(peer.story.ndata, 107);
	iv.value = 1000; /* opens it for streams that run */
	nghttp2_submit_settings(peer.ng, NGHTTP2_FLAG_NONE, &iv, 1);
	exchange(h2, &peer, WHOLE);
	ck_assert_uint_eq(peer.story.ndata, 150);
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(data_frames_of_one_byte_can_be_asked_for)
{
	struct h2_config config = { .max_data_bytes = 1 };
	struct h2 *h2 = client(&config, &ours);

	peer_init(&peer, true, NULL, 0);
	ask(h2, true, &ours);
	exchange(h2, &peer, WHOLE);
	forget(&peer.story);
	ck_assert_int_eq(h2_write(h2, 1, "abc", 3), 0);
	ck_assert_int_eq(h2_end(h2, 1), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(peer.story.text, "DATA 1 1;DATA 1 1;DATA 1 1;END 1;");
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

static void
add_requests(Suite *s)
{
	TCase *tc = tcase_create("requests and responses");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(
	    tc, a_request_arrives_whole_and_its_secret_is_never_indexed);
	tcase_add_test(tc, an_answer_cut_anywhere_tells_the_same);
	tcase_add_test(tc, an_answer_byte_by_byte_tells_the_same);
	tcase_add_test(tc, informational_answers_and_trailers_are_dropped);
	tcase_add_test(
	    tc, an_answer_that_contradicts_its_length_is_a_protocol_error);
	tcase_add_test(tc, headers_above_the_cap_end_the_stream_alone);
	tcase_add_loop_test(
	    tc, bad_headers_are_refused_before_they_are_sent, 0, 5);
	suite_add_tcase(s, tc);
}

static void
add_bodies(Suite *s)
{
	TCase *tc = tcase_create("bodies");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, a_body_waits_for_its_bytes_and_its_end);
	tcase_add_test(tc, bytes_written_before_the_headers_left_are_kept);
	tcase_add_test(tc, the_queue_has_a_cap_and_tells_when_it_is_empty);
	tcase_add_test(
	    tc, one_byte_windows_opened_byte_by_byte_carry_everything);
	tcase_add_test(
	    tc, a_window_shrunk_below_zero_stops_and_resumes_the_body);
	tcase_add_test(tc, data_frames_of_one_byte_can_be_asked_for);
	suite_add_tcase(s, tc);
}

int
main(void)
{
	Suite *s = suite_create("aws_h2");
	SRunner *r = srunner_create(s);
	int failed;

	add_requests(s);
	add_bodies(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
