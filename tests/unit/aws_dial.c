#define _GNU_SOURCE /* SOCK_NONBLOCK */
/* Names to addresses, and addresses to a socket. */
#include "aws/dial.h"
#include "aws/resolve.h"
#include "support/aws_net.h"

static int
resolve_all(struct resolve *r)
{
	struct loop l;
	int rv;

	loop_init(&l);
	do {
		loop_begin(&l);
		resolve_prepare(r, &l);
		ck_assert_int_ge(
		    poll(l.fds, l.n, l.deadline_ms == 0 ? 0 : 60000), 0);
		rv = resolve_dispatch(r, &l);
	} while (rv == 0);
	loop_release(&l);
	return rv;
}

START_TEST(addresses_are_taken_as_they_stand)
{
	static const struct {
		const char *host;
		int family;
	} cases[] = { { "127.0.0.1", AF_INET }, { "::1", AF_INET6 },
		{ "[::1]", AF_INET6 } };
	const struct resolve_address *a;
	struct resolve *r;
	struct loop l;
	size_t n;

	loop_init(&l);
	loop_begin(&l);
	ck_assert_int_eq(resolve_start(&r, cases[_i].host, 443), 0);
	ck_assert_int_eq(resolve_dispatch(r, &l), 1);
	a = resolve_addresses(r, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(a->addr.ss_family, cases[_i].family);
	resolve_free(r);
	loop_release(&l);
}
END_TEST

START_TEST(localhost_is_found_by_the_thread)
{
	const struct resolve_address *a;
	struct resolve *r;
	size_t n;

	ck_assert_int_eq(resolve_start(&r, "localhost", 8443), 0);
	ck_assert_int_eq(resolve_all(r), 1);
	a = resolve_addresses(r, &n);
	ck_assert_uint_ge(n, 1);
	ck_assert(
	    a->addr.ss_family == AF_INET || a->addr.ss_family == AF_INET6);
	resolve_free(r);
}
END_TEST

START_TEST(a_name_that_cannot_be_is_an_error)
{
	/* A label of 70 letters: no server is asked for it. */
	static const char name[] =
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaa.invalid";
	struct resolve *r;

	ck_assert_int_eq(resolve_start(&r, name, 1), 0);
	ck_assert_int_lt(resolve_all(r), 0);
	resolve_free(r);
}
END_TEST

START_TEST(a_lookup_may_be_given_up_while_it_runs)
{
	struct resolve *r;
	int i;

	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(resolve_start(&r, "localhost", 1), 0);
		resolve_free(r);
	}
	/* One that is waited for: its thread starts after the others. */
	ck_assert_int_eq(resolve_start(&r, "localhost", 1), 0);
	ck_assert_int_eq(resolve_all(r), 1);
	resolve_free(r);
}
END_TEST

static int
dial_all(struct dial *d, int64_t now_ms)
{
	struct loop l;
	int rv;

	loop_init(&l);
	do {
		loop_begin(&l);
		dial_prepare(d, &l);
		ck_assert_int_ge(
		    poll(l.fds, l.n, l.deadline_ms <= now_ms ? 0 : STUCK_MS),
		    0);
		rv = dial_dispatch(d, &l, now_ms);
	} while (rv == 0);
	loop_release(&l);
	return rv;
}

START_TEST(a_dead_first_address_does_not_hide_the_second)
{
	struct resolve_address to[2];
	struct sockaddr_in peer;
	socklen_t len = sizeof peer;
	struct dial d;
	int fd;

	set_address(&to[0], "127.0.0.2", net.port); /* refused at once */
	set_address(&to[1], "127.0.0.1", net.port);
	dial_init(&d, to, 2, 0);
	ck_assert_int_eq(dial_all(&d, 0), 1); /* no clock needed */
	fd = dial_take(&d);
	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
	ck_assert_int_eq(ntohl(peer.sin_addr.s_addr), 0x7f000001);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	(void)close(fd);
	dial_release(&d);
}
END_TEST

START_TEST(when_all_addresses_fail_the_reason_is_kept)
{
	struct resolve_address to[2];
	struct dial d;

	set_address(&to[0], "127.0.0.2", net.port);
	set_address(&to[1], "127.0.0.3", net.port);
	dial_init(&d, to, 2, 0);
	ck_assert_int_eq(dial_all(&d, 0), DIAL_ERR_FAILED);
	ck_assert_int_eq(dial_errno(&d), ECONNREFUSED);
	dial_release(&d);
}
END_TEST

START_TEST(a_hanging_address_is_overtaken_after_the_stagger)
{
	struct resolve_address to[2];
	struct sockaddr_in peer;
	socklen_t len = sizeof peer;
	struct dial d;
	struct loop l;
	uint16_t port;
	int fill[4], hung = hanging_listener(&port, fill), fd, i;

	loop_init(&l);
	set_address(&to[0], "127.0.0.1", port);
	set_address(&to[1], "127.0.0.1", net.port);
	dial_init(&d, to, 2, 1000);
	loop_begin(&l);
	dial_prepare(&d, &l);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_int_eq(l.deadline_ms, 1000 + DIAL_STAGGER_MS);
	ck_assert_int_eq(dial_dispatch(&d, &l, 1000 + DIAL_STAGGER_MS - 1), 0);
	ck_assert_uint_eq(d.next, 1);
	ck_assert_int_eq(dial_all(&d, 1000 + DIAL_STAGGER_MS), 1);
	fd = dial_take(&d);
	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
	ck_assert_int_eq(ntohs(peer.sin_port), net.port);
	(void)close(fd);
	dial_release(&d);
	for (i = 0; i < 4; i++)
		(void)close(fill[i]);
	(void)close(hung);
	loop_release(&l);
}
END_TEST

START_TEST(every_code_has_a_text)
{
	int i;

	for (i = 0; i > -6; i--)
		ck_assert_str_ne(resolve_strerror(i), "");
	resolve_free(NULL);
}
END_TEST

static void
add_addresses(Suite *s)
{
	TCase *tc = tcase_create("addresses");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, net_init, net_release);
	tcase_add_loop_test(tc, addresses_are_taken_as_they_stand, 0, 3);
	tcase_add_test(tc, localhost_is_found_by_the_thread);
	tcase_add_test(tc, a_name_that_cannot_be_is_an_error);
	tcase_add_test(tc, a_lookup_may_be_given_up_while_it_runs);
	tcase_add_test(tc, a_dead_first_address_does_not_hide_the_second);
	tcase_add_test(tc, when_all_addresses_fail_the_reason_is_kept);
	tcase_add_test(tc, a_hanging_address_is_overtaken_after_the_stagger);
	tcase_add_test(tc, every_code_has_a_text);
	suite_add_tcase(s, tc);
}

int
main(void)
{
	Suite *s = suite_create("aws_dial");
	SRunner *r = srunner_create(s);
	int failed;

	add_addresses(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
