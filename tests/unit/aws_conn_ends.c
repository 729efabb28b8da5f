#define _GNU_SOURCE /* memmem */
/* How connections end: silence, GOAWAY, cuts, closing, and an owner that frees
 * the connection in a callback. */
#include "support/aws_net.h"

/* --- ends and faults ------------------------------------------------- */

static struct conn *
with_open_stream(void)
{
	struct conn *c = net_dial();
	int32_t id;

	net_until("ready;");
	id = ask(c, "/echo");
	ck_assert_int_eq(h2_write(conn_h2(c), id, "hello", 5), 0);
	net_until("data hello;");
	net_settle();
	forget();
	return c;
}

START_TEST(a_peer_that_goes_silent_is_found_by_ping)
{
	struct conn *c = with_open_stream();
	int64_t start = net.now_ms;

	net_prepare();
	ck_assert_int_eq(net.loop.deadline_ms, start + 15000);
	net.now_ms = start + 15000;
	net.is_frozen = true;
	net_settle(); /* PING goes out */
	ck_assert_int_eq(conn_state(c), CONN_READY);
	net_prepare();
	ck_assert_int_eq(net.loop.deadline_ms, start + 25000);
	net.now_ms = start + 25000;
	net_until("closed: ");
	ck_assert_str_eq(net.story, "stream the connection was lost NO_ERROR;"
				    "closed: the peer no longer answers;");
	ck_assert_int_eq(conn_error(c), CONN_ERR_DEAD);
}
END_TEST

/* Whoever waits for an answer wants to know sooner than who does not. */
START_TEST(a_peer_that_is_waited_for_is_pinged_sooner)
{
	struct conn_config config = net_config();
	struct conn *c;
	int64_t start;
	int32_t id;

	config.ping_busy_ms = 2000;
	config.ping_timeout_ms = 2500;
	c = net_dial_with(&config, &client_events, NULL);
	net_until("ready;");
	net_settle();
	net_prepare();
	ck_assert_int_eq(net.loop.deadline_ms, net.now_ms + 15000);
	/* Silence counts from the request, not from what was heard before. */
	net.now_ms += 10000;
	(void)conn_probe(c, net.now_ms);
	id = ask(c, "/silent");
	start = net.now_ms;
	net_settle();
	net_prepare();
	ck_assert_int_eq(net.loop.deadline_ms, start + 2000);
	net.now_ms = start + 2000;
	if (_i == 0) {
		/* It lives: asked again, and forgotten with the request. */
		net_settle();
		net_prepare();
		ck_assert_int_eq(net.loop.deadline_ms, start + 4000);
		h2_reset(conn_h2(c), id, H2_CANCEL);
		net_settle();
		net_prepare();
		ck_assert_int_eq(net.loop.deadline_ms, start + 17000);
		return;
	}
	net.is_frozen = true;
	net_settle();
	net_prepare();
	ck_assert_int_eq(net.loop.deadline_ms, start + 4500);
	net.now_ms = start + 4500;
	net_until("closed: the peer no longer answers;");
	ck_assert(told("stream the connection was lost"));
}
END_TEST

START_TEST(a_quiet_peer_that_answers_lives)
{
	struct conn *c = with_open_stream();
	int64_t heard;
	int i;

	for (i = 0; i < 5; i++) {
		heard = conn_heard_at_ms(c);
		net.now_ms += 15000;
		while (conn_heard_at_ms(c) == heard)
			net_turn();
		net_settle();
	}
	ck_assert_int_eq(conn_state(c), CONN_READY);
	ck_assert_str_eq(net.story, "");
}
END_TEST

START_TEST(goaway_drains_and_the_running_stream_finishes)
{
	struct conn *c = with_open_stream();

	ck_assert_int_eq(
	    h2_goaway(conn_h2(net.servers[0]), H2_NO_ERROR, "later"), 0);
	net_until("draining;");
	ck_assert(conn_is_draining(c));
	ck_assert(!conn_can_open(c));
	ck_assert_int_eq(conn_state(c), CONN_READY);
	ck_assert_int_eq(h2_write(conn_h2(c), 1, "more", 4), 0);
	net_until("data more;");
	ck_assert_int_eq(h2_end(conn_h2(c), 1), 0);
	net_until("closed: no error;");
	ck_assert(told("draining;data more;"));
	ck_assert(told("end;stream ended NO_ERROR;"));
}
END_TEST

START_TEST(goaway_with_an_error_is_the_reason_of_the_end)
{
	struct conn *c = with_open_stream();

	ck_assert_int_eq(h2_goaway(conn_h2(net.servers[0]),
			     H2_ENHANCE_YOUR_CALM, "too\nfast"),
	    0);
	net_until("draining;");
	net_settle();
	conn_cut(net.servers[0]);
	net_until("closed: the peer sent GOAWAY");
	ck_assert_ptr_nonnull(
	    strstr(conn_error_text(c), "GOAWAY ENHANCE_YOUR_CALM: too?fast"));
}
END_TEST

START_TEST(a_reset_of_the_socket_ends_the_stream)
{
	struct conn *c = with_open_stream();

	conn_abort(net.servers[0]);
	net_until("closed: the connection was cut;");
	ck_assert(told("stream the connection was lost NO_ERROR;closed"));
	ck_assert_int_eq(conn_error(c), CONN_ERR_RESET);
}
END_TEST

START_TEST(a_cut_without_goodbye_is_no_good_end)
{
	struct conn *c = with_open_stream();

	conn_cut(net.servers[0]);
	net_until("closed: ");
	ck_assert(told("stream the connection was lost NO_ERROR;closed"));
	if (net.client_tls != NULL) {
		ck_assert_int_eq(conn_error(c), CONN_ERR_RESET);
		ck_assert_ptr_nonnull(
		    strstr(conn_error_text(c), "close_notify"));
	} else {
		ck_assert_int_eq(conn_error(c), CONN_ERR_CLOSED);
		ck_assert_ptr_nonnull(
		    strstr(conn_error_text(c), "with 1 stream open"));
	}
}
END_TEST

START_TEST(an_idle_connection_that_is_closed_is_closed)
{
	struct conn *c = net_dial();

	net_until("ready;");
	net_settle();
	conn_cut(net.servers[0]);
	net_until("closed: the peer closed the connection;");
	ck_assert_int_eq(conn_error(c), CONN_ERR_CLOSED);
}
END_TEST

START_TEST(probe_sees_an_end_that_no_turn_has_seen)
{
	struct conn *c = net_dial();

	net_until("ready;");
	net_settle();
	ck_assert_int_eq(conn_probe(c, net.now_ms), CONN_READY);
	conn_cut(net.servers[0]);
	(void)conn_dispatch(net.servers[0], &net.loop, net.now_ms);
	ck_assert_int_eq(conn_probe(c, net.now_ms), CONN_CLOSED);
	ck_assert(told("closed: the peer closed the connection;"));
}
END_TEST

START_TEST(a_refused_stream_leaves_the_connection)
{
	struct conn *c = net_dial();

	net_until("ready;");
	ask(c, "/refuse");
	net_until("stream refused by the peer before it was processed");
	ck_assert(conn_can_open(c));
}
END_TEST

START_TEST(close_waits_for_running_streams_but_not_for_ever)
{
	struct conn *c = with_open_stream();

	conn_close(c, net.now_ms);
	net_settle();
	ck_assert_int_eq(conn_state(c), CONN_CLOSING);
	ck_assert_ptr_nonnull(conn_h2(c));
	net.now_ms += 2000;
	net_until("closed: no error;");
	ck_assert(told("stream the connection was lost NO_ERROR;closed"));
}
END_TEST

START_TEST(a_server_closes_what_is_idle)
{
	struct conn *c;

	net.server_config.idle_timeout_ms = 5000;
	c = net_dial();
	net_until("ready;");
	net_settle();
	net.now_ms += 5000;
	net_until("closed: no error;");
	ck_assert(told("draining;"));
	ck_assert_int_eq(conn_error(c), 0);
	net_until("[server: closed no error]");
}
END_TEST

START_TEST(bytes_that_are_not_http2_end_it_with_a_goaway)
{
	struct conn *c = net_dial();
	uint8_t buf[4096];
	ssize_t n, total = 0;
	int fd;

	net.is_frozen = true;
	while (conn_state(c) < CONN_READY)
		net_turn();
	fd = net_accept_bare();
	/* A SETTINGS frame, then DATA on stream 0: PROTOCOL_ERROR. */
	ck_assert_int_eq(write(fd, "\0\0\0\4\0\0\0\0\0", 9), 9);
	ck_assert_int_eq(write(fd, "\0\0\1\0\0\0\0\0\0x", 10), 10);
	net_until("closed: the peer broke HTTP/2;");
	ck_assert_ptr_nonnull(strstr(conn_error_text(c), "PROTOCOL_ERROR"));
	while ((n = read(fd, buf + total, sizeof buf - (size_t)total)) > 0)
		total += n;
	/* The last frame: type 7, GOAWAY; code 1. */
	ck_assert_int_eq(n, 0);
	ck_assert_ptr_nonnull(memmem(buf, (size_t)total, "\x07\0\0\0\0\0", 6));
	(void)close(fd);
}
END_TEST

/* --- freed in a callback --------------------------------------------- */

enum when {
	AT_READY,
	AT_HEADERS,
	AT_DATA,
	AT_END,
	AT_STREAM_CLOSE,
	AT_CLOSED,
	AT_DRAINING,
	NWHEN
};

static struct {
	enum when when;
	int calls_after;
	bool is_freed;
	struct conn *c;
} suicide;

static void
here(enum when when)
{
	if (suicide.is_freed)
		suicide.calls_after++;
	if (when != suicide.when || suicide.is_freed)
		return;
	suicide.is_freed = true;
	conn_free(suicide.c);
}

static void
s_ready(void *arg, struct conn *c)
{
	(void)arg;
	(void)c;
	here(AT_READY);
	tell("ready;");
}

static void
s_draining(void *arg, struct conn *c)
{
	(void)arg;
	(void)c;
	here(AT_DRAINING);
}

static void
s_closed(void *arg, struct conn *c, int error)
{
	(void)arg;
	(void)c;
	(void)error;
	here(AT_CLOSED);
}

static void
s_headers(void *arg, struct h2 *h2, int32_t id, int status,
    const struct h2_header *headers, size_t n, bool is_end)
{
	(void)arg;
	(void)h2;
	(void)id;
	(void)status;
	(void)headers;
	(void)n;
	(void)is_end;
	here(AT_HEADERS);
}

static void
s_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	here(AT_DATA);
	(void)h2_end(h2, id);
}

static void
s_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	(void)h2;
	(void)id;
	here(AT_END);
}

static void
s_stream_close(
    void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)arg;
	(void)h2;
	(void)id;
	(void)why;
	(void)code;
	here(AT_STREAM_CLOSE);
	if (!suicide.is_freed && suicide.when == AT_DRAINING)
		(void)h2_goaway(conn_h2(net.servers[0]), H2_NO_ERROR, NULL);
	else if (!suicide.is_freed)
		conn_cut(net.servers[0]);
}

START_TEST(a_connection_may_be_freed_in_any_callback)
{
	static const struct conn_events ev = { .on_ready = s_ready,
		.on_draining = s_draining,
		.on_closed = s_closed };
	static const struct h2_stream_events sev = { s_headers, s_data, s_end,
		NULL, s_stream_close };
	struct h2_request r = { "POST", "https", "h", "/echo", NULL, 0, true };
	struct conn_config config = net_config();
	int32_t id;

	memset(&suicide, 0, sizeof suicide);
	suicide.when = (enum when)_i;
	suicide.c = net_dial_with(&config, &ev, NULL);
	while (!told("ready;")) {
		net_turn();
		if (suicide.is_freed)
			net_drop(suicide.c);
	}
	if (!suicide.is_freed) {
		id = h2_request(conn_h2(suicide.c), &r, &sev, NULL);
		ck_assert_int_gt(id, 0);
		ck_assert_int_eq(
		    h2_write(conn_h2(suicide.c), id, "hello", 5), 0);
	}
	while (!suicide.is_freed)
		net_turn();
	net_drop(suicide.c);
	net_settle();
	ck_assert_int_eq(suicide.calls_after, 0);
}
END_TEST

static void
add_tls(Suite *s)
{
	TCase *tc = tcase_create("over TLS");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, net_init_tls, net_release);
	tcase_add_test(tc, a_peer_that_goes_silent_is_found_by_ping);
	tcase_add_loop_test(
	    tc, a_peer_that_is_waited_for_is_pinged_sooner, 0, 2);
	tcase_add_test(tc, a_quiet_peer_that_answers_lives);
	tcase_add_test(tc, goaway_drains_and_the_running_stream_finishes);
	tcase_add_test(tc, goaway_with_an_error_is_the_reason_of_the_end);
	tcase_add_test(tc, a_reset_of_the_socket_ends_the_stream);
	tcase_add_test(tc, a_cut_without_goodbye_is_no_good_end);
	tcase_add_test(tc, an_idle_connection_that_is_closed_is_closed);
	tcase_add_test(tc, probe_sees_an_end_that_no_turn_has_seen);
	tcase_add_test(tc, a_refused_stream_leaves_the_connection);
	tcase_add_test(tc, close_waits_for_running_streams_but_not_for_ever);
	tcase_add_test(tc, a_server_closes_what_is_idle);
	tcase_add_loop_test(
	    tc, a_connection_may_be_freed_in_any_callback, 0, NWHEN);
	suite_add_tcase(s, tc);
}

static void
add_cleartext(Suite *s)
{
	TCase *tc = tcase_create("in cleartext");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, net_init, net_release);
	tcase_add_test(tc, bytes_that_are_not_http2_end_it_with_a_goaway);
	tcase_add_test(tc, a_peer_that_goes_silent_is_found_by_ping);
	tcase_add_test(tc, a_quiet_peer_that_answers_lives);
	tcase_add_test(tc, goaway_drains_and_the_running_stream_finishes);
	tcase_add_test(tc, goaway_with_an_error_is_the_reason_of_the_end);
	tcase_add_test(tc, a_reset_of_the_socket_ends_the_stream);
	tcase_add_test(tc, a_cut_without_goodbye_is_no_good_end);
	tcase_add_test(tc, an_idle_connection_that_is_closed_is_closed);
	tcase_add_test(tc, probe_sees_an_end_that_no_turn_has_seen);
	tcase_add_test(tc, a_refused_stream_leaves_the_connection);
	tcase_add_test(tc, close_waits_for_running_streams_but_not_for_ever);
	tcase_add_test(tc, a_server_closes_what_is_idle);
	tcase_add_loop_test(
	    tc, a_connection_may_be_freed_in_any_callback, 0, NWHEN);
	suite_add_tcase(s, tc);
}

int
main(void)
{
	Suite *s = suite_create("aws_conn_ends");
	SRunner *r = srunner_create(s);
	int failed;

	add_tls(s);
	add_cleartext(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
