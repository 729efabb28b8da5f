/* h2 in memory: the server's side, and calls from callbacks. */
#include "support/aws_h2_peer.h"

static int32_t
peer_ask(bool has_body, const char *body)
{
	nghttp2_nv v[] = { nv(":method", "POST"), nv(":scheme", "https"),
		nv(":path", "/v1/speech?a=1"), nv(":authority", "h:1"),
		nv("x-amz-date", "20261121T000000Z"), nv("x-a", "1"),
		nv("x-a", "2") };
	nghttp2_data_provider d = { .read_callback = peer_body };

	peer.body = (const uint8_t *)body;
	peer.body_len = body != NULL ? strlen(body) : 0;
	return nghttp2_submit_request(
	    peer.ng, NULL, v, 7, has_body ? &d : NULL, NULL);
}

START_TEST(a_server_is_given_the_whole_request_and_answers)
{
	static const struct h2_header headers[] = { { "x-id", "7" } };
	struct h2 *h2 = server(NULL, &ours);

	peer_init(&peer, false, NULL, 0);
	ck_assert_int_eq(peer_ask(true, "say this"), 1);
	exchange(h2, &peer, 1);
	ck_assert_str_eq(ours.text,
	    "request 1 POST https h:1 /v1/speech?a=1 body "
	    "x-amz-date=20261121T000000Z x-a=1 x-a=2;"
	    "data \"say this\"end 1;");
	ck_assert_int_eq(h2_write(h2, 1, "x", 1), H2_ERR_STREAM);
	ck_assert_int_eq(h2_respond(h2, 1, 200, headers, 1, true), 0);
	ck_assert_int_eq(
	    h2_respond(h2, 1, 200, headers, 1, true), H2_ERR_STREAM);
	exchange(h2, &peer, 1);
	ck_assert_int_eq(h2_write(h2, 1, "voice", 5), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_int_eq(h2_end(h2, 1), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(peer.story.text,
	    ":status=200;x-id=7;HEADERS 1;DATA 1 5;END 1;CLOSE 1 NO_ERROR;");
	ck_assert_ptr_nonnull(strstr(ours.text, "close 1 ended NO_ERROR;"));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

static ssize_t
never(nghttp2_session *ng, int32_t id, uint8_t *buf, size_t len,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	(void)ng;
	(void)id;
	(void)buf;
	(void)len;
	(void)flags;
	(void)source;
	(void)arg;
	return NGHTTP2_ERR_DEFERRED;
}

START_TEST(an_early_end_tells_the_client_to_stop_sending)
{
	nghttp2_nv v[] = { nv(":method", "POST"), nv(":scheme", "https"),
		nv(":path", "/"), nv(":authority", "h") };
	nghttp2_data_provider d = { .read_callback = never };
	struct h2 *h2 = server(NULL, &ours);
	bool has_body = _i == 0;

	peer_init(&peer, false, NULL, 0);
	nghttp2_submit_request(peer.ng, NULL, v, 4, &d, NULL);
	exchange(h2, &peer, WHOLE);
	ck_assert_int_eq(h2_respond(h2, 1, 403, NULL, 0, has_body), 0);
	if (has_body)
		ck_assert_int_eq(h2_write(h2, 1, "no", 2), 0);
	ck_assert_int_eq(h2_end_early(h2, 1), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_str_eq(
	    peer.story.text, has_body ? ":status=403;HEADERS 1;DATA 1 2;END 1;"
					"RST 1 NO_ERROR;CLOSE 1 NO_ERROR;"
				      : ":status=403;HEADERS 1;END 1;"
					"RST 1 NO_ERROR;CLOSE 1 NO_ERROR;");
	ck_assert_ptr_nonnull(strstr(ours.text, "close 1 ended NO_ERROR;"));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_server_refuses_what_its_goaway_left_out)
{
	struct h2 *h2 = server(NULL, &ours);

	peer_init(&peer, false, NULL, 0);
	peer_ask(false, NULL);
	exchange(h2, &peer, WHOLE);
	ck_assert_int_eq(h2_goaway(h2, H2_NO_ERROR, "bye"), 0);
	peer_ask(false, NULL); /* crosses the GOAWAY */
	exchange(h2, &peer, WHOLE);
	ck_assert_ptr_nonnull(strstr(peer.story.text, "GOAWAY 1 NO_ERROR;"));
	ck_assert_ptr_nonnull(
	    strstr(peer.story.text, "CLOSE 3 REFUSED_STREAM;"));
	ck_assert_ptr_null(strstr(ours.text, "request 3"));
	ck_assert_int_eq(h2_respond(h2, 1, 200, NULL, 0, false), 0);
	exchange(h2, &peer, WHOLE);
	ck_assert_ptr_nonnull(strstr(peer.story.text, "CLOSE 1 NO_ERROR;"));
	ck_assert(h2_is_done(h2));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_server_that_nobody_serves_refuses)
{
	struct h2_config config = { .is_server = true };
	struct h2 *h2;

	ck_assert_int_eq(h2_new(&h2, &config, NULL, NULL), 0);
	peer_init(&peer, false, NULL, 0);
	peer_ask(false, NULL);
	exchange(h2, &peer, WHOLE);
	ck_assert_ptr_nonnull(strstr(peer.story.text, "RST 1 REFUSED_STREAM;"));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

START_TEST(a_client_that_hangs_up_is_told_to_the_server)
{
	struct h2 *h2 = server(NULL, &ours);

	peer_init(&peer, false, NULL, 0);
	peer_ask(false, NULL);
	exchange(h2, &peer, WHOLE);
	ck_assert_int_eq(h2_respond(h2, 1, 200, NULL, 0, true), 0);
	exchange(h2, &peer, WHOLE);
	nghttp2_submit_rst_stream(
	    peer.ng, NGHTTP2_FLAG_NONE, 1, NGHTTP2_CANCEL);
	exchange(h2, &peer, WHOLE);
	ck_assert_ptr_nonnull(
	    strstr(ours.text, "close 1 reset by the peer CANCEL;"));
	h2_free(h2);
	nghttp2_session_del(peer.ng);
}
END_TEST

/* --- calls from callbacks -------------------------------------------- */

static void
echo_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	ck_assert_int_eq(h2_write(h2, id, p, n), 0);
}

static void
echo_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	ck_assert_int_eq(h2_end(h2, id), 0);
}

static const struct h2_stream_events echo_events = { NULL, echo_data, echo_end,
	NULL, NULL };

static void
echo_request(void *arg, struct h2 *h2, int32_t id, const struct h2_request *r)
{
	(void)r;
	ck_assert_int_eq(h2_attach(h2, id, &echo_events, arg), 0);
	ck_assert_int_eq(h2_respond(h2, id, 200, NULL, 0, true), 0);
}

static void
ask_again(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	int *left = arg;
	static const struct h2_stream_events again = { NULL, NULL, NULL, NULL,
		ask_again };
	struct h2_request r = { "POST", "https", "h", "/", NULL, 0, true };
	int32_t next;

	(void)id;
	(void)code;
	ck_assert_int_eq(why, H2_WHY_DONE);
	if (--*left == 0)
		return;
	next = h2_request(h2, &r, &again, left);
	ck_assert_int_gt(next, id);
	ck_assert_int_eq(h2_write(h2, next, "again", 5), 0);
	ck_assert_int_eq(h2_end(h2, next), 0);
}

/* Ours against ours: carry both ways until nothing moves. */
static void
carry(struct h2 *a, struct h2 *b, size_t step)
{
	const uint8_t *p;
	size_t n;
	bool any;

	do {
		any = false;
		while (h2_peek(a, &p, &n) == 0 && n > 0) {
			n = n < step ? n : step;
			ck_assert_int_eq(h2_recv(b, p, n), 0);
			h2_skip(a, n);
			any = true;
		}
		while (h2_peek(b, &p, &n) == 0 && n > 0) {
			n = n < step ? n : step;
			ck_assert_int_eq(h2_recv(a, p, n), 0);
			h2_skip(b, n);
			any = true;
		}
	} while (any);
}

START_TEST(callbacks_may_write_end_and_open_streams)
{
	static const struct h2_events echo_server = { echo_request, NULL, NULL,
		NULL };
	struct h2_config config = { .is_server = true, .max_streams = 1 };
	struct h2 *s, *c = client(NULL, &ours);
	int left = 20;

	ck_assert_int_eq(h2_new(&s, &config, &echo_server, NULL), 0);
	carry(c, s, 3);
	left++;
	ask_again(&left, c, 0, H2_WHY_DONE, 0);
	carry(c, s, 3);
	ck_assert_int_eq(left, 0);
	ck_assert_uint_eq(h2_nstreams(c), 0);
	ck_assert_uint_eq(h2_nstreams(s), 0);
	h2_free(c);
	h2_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws_h2_server");
	TCase *tc = tcase_create("server");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, a_server_is_given_the_whole_request_and_answers);
	tcase_add_loop_test(
	    tc, an_early_end_tells_the_client_to_stop_sending, 0, 2);
	tcase_add_test(tc, a_server_refuses_what_its_goaway_left_out);
	tcase_add_test(tc, a_server_that_nobody_serves_refuses);
	tcase_add_test(tc, a_client_that_hangs_up_is_told_to_the_server);
	tcase_add_test(tc, callbacks_may_write_end_and_open_streams);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
