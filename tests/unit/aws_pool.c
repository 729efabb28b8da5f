#define _GNU_SOURCE /* SOCK_NONBLOCK */
/* pool on loopback sockets, with the clock in the test's hands. */
#include <stdlib.h>

#include "support/aws_net.h"

static double
half(void *arg)
{
	int *calls = arg;

	(*calls)++;
	return 0.5;
}

static int random_calls;

static struct pool_config
pool_config(size_t warm, size_t max)
{
	struct pool_config config;

	memset(&config, 0, sizeof config);
	config.conn = net_config();
	config.warm = warm;
	config.max = max;
	config.random = half;
	config.random_arg = &random_calls;
	return config;
}

static void
start(size_t warm, size_t max)
{
	struct pool_config config = pool_config(warm, max);

	random_calls = 0;
	ck_assert_int_eq(pool_new(&net.pool, &config), 0);
}

static void
until_ready(size_t n)
{
	while (pool_nready(net.pool) < n)
		net_turn();
	net_settle();
	ck_assert_uint_eq(pool_nready(net.pool), n);
}

static struct conn *
lease(void)
{
	return pool_lease(net.pool, net.now_ms);
}

static void
give_back(struct conn *c)
{
	pool_return(net.pool, c, net.now_ms);
}

/* Which server connection the client's one ends at. */
static struct conn *
other_end(struct conn *c)
{
	size_t i;
	int32_t id;

	/* Ask, and see who has a stream. */
	id = ask(c, "/echo");
	conn_flush(c);
	for (;;) {
		net_turn();
		for (i = 0; i < net.nservers; i++)
			if (net.servers[i] != NULL &&
			    conn_h2(net.servers[i]) != NULL &&
			    h2_nstreams(conn_h2(net.servers[i])) == 1)
				goto found;
	}
found:
	ck_assert_int_eq(h2_end(conn_h2(c), id), 0);
	net_until("stream ended NO_ERROR;");
	net_settle();
	forget();
	return net.servers[i];
}

/* --- leases ---------------------------------------------------------- */

START_TEST(warm_connections_wait_and_are_refilled)
{
	struct conn *a, *b;

	start(2, 8);
	ck_assert_ptr_null(lease());
	until_ready(3); /* two warm and the one asked for in vain */
	a = lease();
	ck_assert_ptr_nonnull(a);
	b = lease();
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_ne(a, b);
	ck_assert(conn_can_open(a));
	ck_assert_uint_eq(pool_nleased(net.pool), 2);
	until_ready(2);
	ck_assert_uint_eq(net.nservers, 4);
}
END_TEST

START_TEST(how_many_are_warm_may_change)
{
	struct pool_config config = pool_config(0, 4);

	config.conn.ping_interval_ms = -1;
	config.max_idle_ms = 50000;
	ck_assert_int_eq(pool_new(&net.pool, &config), 0);
	net_settle();
	ck_assert_uint_eq(pool_nready(net.pool), 0);
	pool_set_warm(net.pool, 2);
	until_ready(2);
	/* Never more than there may be. */
	pool_set_warm(net.pool, 100);
	until_ready(4);
	net_settle();
	ck_assert_uint_eq(net.nservers, 4);
	/* Too many are not replaced when they have been idle for long. */
	pool_set_warm(net.pool, 0);
	net.now_ms += 50000;
	while (pool_nready(net.pool) > 0)
		net_turn();
	net_settle();
	ck_assert_uint_eq(net.nservers, 4);
}
END_TEST

START_TEST(a_clean_lease_is_used_again)
{
	struct conn *a;
	int i;

	start(0, 1);
	ck_assert_ptr_null(lease());
	until_ready(1);
	for (i = 0; i < 5; i++) {
		a = lease();
		ck_assert_ptr_nonnull(a);
		(void)other_end(a);
		give_back(a);
	}
	ck_assert_uint_eq(net.nservers, 1);
	/* What is not leased is not given back twice. */
	give_back(a);
	ck_assert_uint_eq(pool_nready(net.pool), 1);
}
END_TEST

struct waiting {
	struct pool_waiter w;
	char name;
	struct conn *c;
	int error;
};

static void
on_lease(void *arg, struct conn *c, int error)
{
	struct waiting *x = arg;

	tell("%c %s;", x->name, c != NULL ? "leased" : "failed");
	x->c = c;
	x->error = error;
}

static void
wait_for(struct waiting *x, char name)
{
	memset(x, 0, sizeof *x);
	x->name = name;
	x->w.on_lease = on_lease;
	x->w.arg = x;
	pool_wait(net.pool, &x->w);
}

START_TEST(those_who_wait_are_served_in_turn_and_the_cap_is_kept)
{
	struct waiting a, b, c, d;

	start(0, 2);
	wait_for(&a, 'a');
	wait_for(&b, 'b');
	wait_for(&c, 'c');
	wait_for(&d, 'd');
	net_until("b leased;");
	net_settle();
	ck_assert_str_eq(net.story, "a leased;b leased;");
	ck_assert_uint_eq(net.nservers, 2);
	ck_assert_uint_eq(pool_nleased(net.pool), 2);
	/* Nobody overtakes those in line. */
	give_back(b.c);
	ck_assert_ptr_null(lease());
	pool_cancel(net.pool, &c.w);
	pool_cancel(net.pool, &c.w);
	net_until("d leased;");
	ck_assert(!told("c leased;"));
	ck_assert_ptr_eq(d.c, b.c);
	wait_for(&c, 'c');
	give_back(a.c);
	net_until("c leased;");
	ck_assert_uint_eq(net.nservers, 2);
	give_back(c.c);
	give_back(d.c);
}
END_TEST

/* --- what is not to be leased ---------------------------------------- */

START_TEST(a_connection_that_ended_unnoticed_is_not_leased)
{
	struct conn *a, *dead;

	start(0, 4);
	ck_assert_ptr_null(lease());
	until_ready(1);
	a = lease();
	dead = other_end(a);
	give_back(a);
	/* It ends between two turns: only a look at the socket tells. */
	conn_cut(dead);
	(void)conn_dispatch(dead, &net.loop, net.now_ms);
	ck_assert_uint_eq(pool_nready(net.pool), 1);
	ck_assert_ptr_null(lease());
	until_ready(1);
	ck_assert_uint_eq(net.nservers, 2);
	ck_assert_ptr_nonnull(lease());
}
END_TEST

START_TEST(goaway_before_the_lease_or_during_it_retires_the_connection)
{
	struct conn *a, *b, *end;

	start(0, 4);
	ck_assert_ptr_null(lease());
	until_ready(1);
	a = lease();
	end = other_end(a);
	ck_assert_int_eq(h2_goaway(conn_h2(end), H2_NO_ERROR, NULL), 0);
	while (!conn_is_draining(a))
		net_turn();
	give_back(a);
	ck_assert_ptr_null(lease());
	until_ready(1);
	b = lease();
	end = other_end(b);
	give_back(b);
	ck_assert_int_eq(h2_goaway(conn_h2(end), H2_NO_ERROR, NULL), 0);
	while (pool_nready(net.pool) > 0)
		net_turn();
	ck_assert_ptr_null(lease());
	until_ready(1);
	ck_assert_uint_eq(net.nservers, 3);
}
END_TEST

START_TEST(a_lease_given_back_in_mid_stream_is_closed_in_silence)
{
	struct conn *a;

	start(1, 4);
	until_ready(1);
	a = lease();
	ask(a, "/echo");
	conn_flush(a);
	net_until("[server: POST /echo]");
	net_settle();
	forget();
	give_back(a);
	net_until("[server: stream reset by the peer CANCEL]");
	net_until("[server: closed no error]");
	ck_assert(!told("stream cancelled"));
	ck_assert(!told("stream the connection"));
	until_ready(1);
	ck_assert_uint_eq(pool_nleased(net.pool), 0);
}
END_TEST

START_TEST(a_leased_connection_that_dies_tells_its_stream)
{
	struct conn *a;
	size_t i;

	start(1, 4);
	until_ready(1);
	a = lease();
	ask(a, "/echo");
	net_until("status 200;");
	until_ready(1); /* the next one, which dies too */
	net.now_ms += 1000;
	for (i = 0; i < net.nservers; i++)
		conn_abort(net.servers[i]);
	net_until("]stream the connection was lost");
	ck_assert_int_eq(conn_state(a), CONN_CLOSED);
	ck_assert_int_eq(conn_error(a), CONN_ERR_RESET);
	ck_assert_uint_eq(pool_nleased(net.pool), 1);
	give_back(a);
	until_ready(1);
	ck_assert_uint_eq(pool_nleased(net.pool), 0);
	ck_assert_ptr_nonnull(lease());
}
END_TEST

START_TEST(a_peer_that_went_silent_is_found_while_it_waits)
{
	start(1, 2);
	until_ready(1);
	net.is_frozen = true;
	net.now_ms += 15000;
	net_settle(); /* PING */
	ck_assert_uint_eq(pool_nready(net.pool), 1);
	net.now_ms += 10000;
	while (pool_nready(net.pool) > 0)
		net_turn();
	ck_assert_uint_eq(pool_ndialing(net.pool), 1);
}
END_TEST

static size_t
count_told(const char *what)
{
	const char *at = net.story;
	size_t n = 0;

	for (; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* The network forgot all connections: one lease pays for that, not each. */
START_TEST(those_as_old_as_a_dead_one_are_not_leased)
{
	struct pool_config config = pool_config(2, 4);
	struct conn *a, *b;
	size_t n;

	config.conn.ping_busy_ms = 2000;
	config.conn.ping_timeout_ms = 2500;
	ck_assert_int_eq(pool_new(&net.pool, &config), 0);
	until_ready(2);
	net.now_ms += 1000;
	a = lease();
	ask(a, "/silent");
	conn_flush(a);
	net_until("[server: POST /silent]");
	until_ready(2);
	net_settle();
	n = net.nservers;
	/* As a network would: nobody is told. */
	net.is_frozen = true;
	net.now_ms += 2000;
	net_settle();
	net.now_ms += 2500;
	net_until("stream the connection was lost");
	give_back(a);
	net.is_frozen = false;
	while (count_told("[server: closed") < n)
		net_turn();
	until_ready(2);
	b = lease();
	ask(b, "/echo");
	net_until("status 200;");
	ck_assert_uint_eq(count_told("[server: closed"), n);
}
END_TEST

START_TEST(idle_and_old_connections_are_replaced)
{
	struct pool_config config = pool_config(1, 4);
	bool by_age = _i == 1;

	config.conn.ping_interval_ms = -1;
	config.max_idle_ms = by_age ? 100000 : 50000;
	config.max_age_ms = by_age ? 50000 : 100000;
	ck_assert_int_eq(pool_new(&net.pool, &config), 0);
	until_ready(1);
	net.now_ms += 49999;
	net_settle();
	ck_assert_uint_eq(net.nservers, 1);
	net.now_ms += 1;
	while (net.nservers < 2)
		net_turn();
	until_ready(1);
	net_until("[server: closed no error]");
}
END_TEST

/* --- failures -------------------------------------------------------- */

/* Nobody listens at the port any more, until reopen(). */
static void
hang_up(void)
{
	(void)close(net.listen_fd);
	net.listen_fd = -1;
}

static void
reopen(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(net.port) };
	int on = 1;

	net.listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(
	    net.listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	ck_assert_int_eq(
	    bind(net.listen_fd, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(net.listen_fd, 16), 0);
	ck_assert_int_eq(fcntl(net.listen_fd, F_SETFL, O_NONBLOCK), 0);
}

START_TEST(failing_dials_back_off_and_recover)
{
	/* 0.5 * min(100 * 2^i, 20000) */
	static const int64_t waits[] = { 50, 100, 200, 400, 800, 1600, 3200,
		6400, 10000, 10000 };
	size_t i;

	hang_up();
	start(2, 4);
	for (i = 0; i < sizeof waits / sizeof *waits; i++) {
		/* The first round dials both; they fail one after the other. */
		while (random_calls < (int)i + 2)
			net_turn();
		net_settle();
		ck_assert_uint_eq(pool_ndialing(net.pool), 0);
		ck_assert_int_eq(pool_error(net.pool), CONN_ERR_CONNECT);
		ck_assert_ptr_nonnull(
		    strstr(pool_error_text(net.pool), "refused"));
		net_prepare();
		ck_assert_int_eq(net.loop.deadline_ms,
		    net.now_ms + waits[i + 1 < 10 ? i + 1 : 9]);
		net.now_ms = net.loop.deadline_ms;
	}
	while (random_calls < 12)
		net_turn();
	net_settle();
	reopen();
	net_settle();
	ck_assert_uint_eq(pool_ndialing(net.pool), 0);
	pool_retry_now(net.pool);
	until_ready(2);
	ck_assert_int_eq(pool_error(net.pool), 0);
	ck_assert_str_eq(pool_error_text(net.pool), "");
}
END_TEST

/* Shakes hands, and leaves: however often. */
START_TEST(a_server_that_closes_what_it_accepts_is_not_dialed_in_a_circle)
{
	static const int64_t waits[] = { 50, 100, 200, 400 };
	size_t i, n;

	start(1, 4);
	for (i = 0; i < sizeof waits / sizeof *waits; i++) {
		until_ready(1);
		n = net.nservers;
		ck_assert_uint_eq(n, i + 1);
		if (_i == 0)
			conn_cut(net.servers[n - 1]);
		else
			conn_close(net.servers[n - 1], net.now_ms);
		while (random_calls < (int)i + 1)
			net_turn();
		net_settle();
		ck_assert_uint_eq(net.nservers, n);
		ck_assert_uint_eq(pool_nready(net.pool), 0);
		ck_assert_int_eq(pool_error(net.pool), CONN_ERR_CLOSED);
		net_prepare();
		ck_assert_int_eq(net.loop.deadline_ms, net.now_ms + waits[i]);
		net.now_ms = net.loop.deadline_ms;
	}
	/* One that stays is as good as any: the next is dialed at once. */
	until_ready(1);
	net.now_ms += 1000;
	net_settle();
	conn_cut(net.servers[net.nservers - 1]);
	until_ready(1);
	ck_assert_int_eq(random_calls, 4);
}
END_TEST

/* Nor because the next one shakes hands while another leaves. */
START_TEST(several_that_are_closed_at_once_are_not_dialed_in_a_circle)
{
	struct conn *slow;

	start(2, 8);
	while (net.nservers < 2)
		net_turn();
	slow = net.servers[1];
	net.servers[1] = NULL;
	until_ready(1);
	conn_cut(net.servers[0]);
	while (random_calls < 1)
		net_turn();
	net.servers[1] = slow;
	until_ready(1);
	ck_assert_uint_eq(net.nservers, 2);
	net_prepare();
	ck_assert_int_eq(net.loop.deadline_ms, net.now_ms + 50);
}
END_TEST

START_TEST(what_no_retry_can_mend_is_told_to_those_who_wait)
{
	struct pool_config config = pool_config(0, 4);
	struct tls_ctx *strict;
	struct waiting a, b;

	ck_assert_int_eq(tls_client_ctx_new(&strict, NULL, "h2", NULL), 0);
	config.conn.tls = strict;
	ck_assert_int_eq(pool_new(&net.pool, &config), 0);
	tls_ctx_free(strict);
	wait_for(&a, 'a');
	wait_for(&b, 'b');
	net_until("b failed;");
	ck_assert_int_eq(a.error, CONN_ERR_CERT);
	ck_assert_int_eq(b.error, CONN_ERR_CERT);
	ck_assert_ptr_nonnull(
	    strstr(pool_error_text(net.pool), "AWS_CA_BUNDLE"));
	net_settle();
	/* Asked again, it answers again. */
	forget();
	wait_for(&a, 'a');
	net_until("a failed;");
}
END_TEST

START_TEST(what_may_mend_keeps_those_who_wait)
{
	struct waiting a;

	hang_up();
	start(0, 4);
	wait_for(&a, 'a');
	while (random_calls < 3) {
		net_settle();
		net_prepare();
		if (net.loop.deadline_ms > net.now_ms)
			net.now_ms = net.loop.deadline_ms;
	}
	ck_assert_str_eq(net.story, "");
	reopen();
	pool_retry_now(net.pool);
	net_until("a leased;");
	give_back(a.c);
}
END_TEST

/* --- calls from callbacks -------------------------------------------- */

static struct {
	struct conn *c;
	int left;
} relay;

static void relay_close(
    void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code);

static const struct h2_stream_events relay_events = { NULL, NULL, NULL, NULL,
	relay_close };

static void
relay_ask(void)
{
	struct h2_request r = { "POST", "https", "h", "/echo", NULL, 0, true };
	int32_t id;

	id = h2_request(conn_h2(relay.c), &r, &relay_events, NULL);
	ck_assert_int_gt(id, 0);
	ck_assert_int_eq(h2_write(conn_h2(relay.c), id, "x", 1), 0);
	ck_assert_int_eq(h2_end(conn_h2(relay.c), id), 0);
}

static void
relay_close(
    void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)arg;
	(void)h2;
	(void)id;
	(void)code;
	ck_assert_int_eq(why, H2_WHY_DONE);
	/* Give back and take again, in the middle of the pool's turn. */
	give_back(relay.c);
	if (--relay.left == 0) {
		tell("done;");
		return;
	}
	relay.c = lease();
	ck_assert_ptr_nonnull(relay.c);
	relay_ask();
}

START_TEST(a_lease_may_pass_on_inside_a_callback)
{
	start(1, 2);
	until_ready(1);
	relay.left = 10;
	relay.c = lease();
	relay_ask();
	net_until("done;");
	net_settle();
	ck_assert_uint_eq(pool_nleased(net.pool), 0);
	ck_assert_uint_le(net.nservers, 2);
}
END_TEST

START_TEST(flush_sends_for_every_lease)
{
	struct conn *a;
	int32_t id;

	start(1, 2);
	until_ready(1);
	a = lease();
	id = ask(a, "/echo");
	ck_assert_int_eq(h2_write(conn_h2(a), id, "now", 3), 0);
	pool_flush(net.pool);
	ck_assert(!h2_wants_write(conn_h2(a)));
	net_until("data now;");
}
END_TEST

static void
add_all(Suite *s, const char *name, void (*init)(void), bool has_tls)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, init, net_release);
	tcase_add_test(tc, warm_connections_wait_and_are_refilled);
	tcase_add_test(tc, how_many_are_warm_may_change);
	tcase_add_test(tc, a_clean_lease_is_used_again);
	tcase_add_test(
	    tc, those_who_wait_are_served_in_turn_and_the_cap_is_kept);
	tcase_add_test(tc, a_connection_that_ended_unnoticed_is_not_leased);
	tcase_add_test(
	    tc, goaway_before_the_lease_or_during_it_retires_the_connection);
	tcase_add_test(
	    tc, a_lease_given_back_in_mid_stream_is_closed_in_silence);
	tcase_add_test(tc, a_leased_connection_that_dies_tells_its_stream);
	tcase_add_test(tc, a_peer_that_went_silent_is_found_while_it_waits);
	tcase_add_test(tc, those_as_old_as_a_dead_one_are_not_leased);
	tcase_add_loop_test(tc, idle_and_old_connections_are_replaced, 0, 2);
	tcase_add_test(tc, failing_dials_back_off_and_recover);
	tcase_add_loop_test(tc,
	    a_server_that_closes_what_it_accepts_is_not_dialed_in_a_circle, 0,
	    2);
	if (has_tls)
		tcase_add_test(tc,
		    several_that_are_closed_at_once_are_not_dialed_in_a_circle);
	if (has_tls)
		tcase_add_test(
		    tc, what_no_retry_can_mend_is_told_to_those_who_wait);
	tcase_add_test(tc, what_may_mend_keeps_those_who_wait);
	tcase_add_test(tc, a_lease_may_pass_on_inside_a_callback);
	tcase_add_test(tc, flush_sends_for_every_lease);
	suite_add_tcase(s, tc);
}

int
main(void)
{
	Suite *s = suite_create("aws_pool");
	SRunner *r = srunner_create(s);
	int failed;

	add_all(s, "over TLS", net_init_tls, true);
	add_all(s, "in cleartext", net_init, false);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
