/* h2 in memory: windows, ends of streams and connections, the server. */
#include "support/aws_h2_peer.h"

/* --- flow control of what comes in ----------------------------------- */

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

/* --- the server's side ----------------------------------------------- */

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

static void
add_windows(Suite *s)
{
	TCase *tc = tcase_create("windows");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, windows_are_given_back_for_what_is_read);
	tcase_add_test(tc, a_reader_that_does_not_consume_stops_the_peer);
	tcase_add_test(
	    tc, what_a_dead_stream_never_consumed_returns_to_the_connection);
	tcase_add_test(tc, a_detached_or_reset_stream_holds_no_window);
	suite_add_tcase(s, tc);
}

static void
add_ends(Suite *s)
{
	TCase *tc = tcase_create("ends");

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
}

static void
add_connection(Suite *s)
{
	TCase *tc = tcase_create("connection and server");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, ping_is_answered_and_answers_are_told);
	tcase_add_loop_test(
	    tc, bytes_that_are_not_http2_end_the_connection, 0, 3);
	tcase_add_test(tc, a_flood_of_pings_ends_the_connection);
	tcase_add_test(tc, a_server_is_given_the_whole_request_and_answers);
	tcase_add_loop_test(
	    tc, an_early_end_tells_the_client_to_stop_sending, 0, 2);
	tcase_add_test(tc, a_server_refuses_what_its_goaway_left_out);
	tcase_add_test(tc, a_server_that_nobody_serves_refuses);
	tcase_add_test(tc, a_client_that_hangs_up_is_told_to_the_server);
	tcase_add_test(tc, callbacks_may_write_end_and_open_streams);
	tcase_add_test(tc, every_code_has_a_text);
	suite_add_tcase(s, tc);
}

int
main(void)
{
	Suite *s = suite_create("aws_h2_ends");
	SRunner *r = srunner_create(s);
	int failed;

	add_windows(s);
	add_ends(s);
	add_connection(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
