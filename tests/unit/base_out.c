/* Lines out: whole, in order, without blocking; and signals in the loop. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/out.h"
#include "base/stop.h"

static int fds[2];

static void
open_pipe(void)
{
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(fds), 0);
}

START_TEST(a_line_is_one_write)
{
	char buf[64];
	struct out o;

	ck_assert_int_eq(out_init(&o, fds[1], 4096), 0);
	ck_assert_int_eq(out_line(&o, "{\"a\":1}", 7), 0);
	ck_assert_uint_eq(out_pending(&o), 0);
	ck_assert_int_eq(read(fds[0], buf, sizeof(buf)), 8);
	ck_assert_mem_eq(buf, "{\"a\":1}\n", 8);
	out_release(&o);
}
END_TEST

START_TEST(the_caller_s_descriptor_stays_blocking)
{
	struct out o;

	ck_assert_int_eq(out_init(&o, fds[1], 4096), 0);
	ck_assert_int_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	out_release(&o);
	ck_assert_int_ge(fcntl(fds[1], F_GETFD), 0);
}
END_TEST

/* Fill the pipe, then the queue; then read all: nothing lost, in order. */
START_TEST(a_slow_reader_gets_everything)
{
	char line[1000], buf[65536];
	unsigned long sent = 0, got = 0, at = 0;
	struct loop loop;
	struct out o;
	long n;

	loop_init(&loop);
	ck_assert_int_eq(out_init(&o, fds[1], 50000), 0);
	while (!out_is_full(&o)) {
		memset(line, 'a' + (int)(sent % 26), sizeof(line));
		ck_assert_int_eq(out_line(&o, line, sizeof(line)), 0);
		sent++;
	}
	ck_assert_uint_gt(sent, 100);
	while (got < sent) {
		n = read(fds[0], buf, sizeof(buf));
		ck_assert_int_gt(n, 0);
		for (long i = 0; i < n; i++, at++) {
			char want = at % 1001 == 1000
			                ? '\n'
			                : (char)('a' + (int)(at / 1001 % 26));

			ck_assert_int_eq(buf[i], want);
		}
		got = at / 1001;
		loop_begin(&loop);
		out_prepare(&o, &loop);
		/* With nothing left to write there is nothing to wait for. */
		if (out_pending(&o) == 0)
			loop_deadline(&loop, 0);
		ck_assert_int_ge(loop_wait(&loop), 0);
		ck_assert_int_eq(out_dispatch(&o, &loop), 0);
	}
	ck_assert_uint_eq(out_pending(&o), 0);
	out_release(&o);
	loop_release(&loop);
}
END_TEST

START_TEST(a_reader_that_left_is_noticed_without_writing)
{
	struct loop loop;
	struct out o;

	loop_init(&loop);
	ck_assert_int_eq(out_init(&o, fds[1], 4096), 0);
	close(fds[0]);
	loop_begin(&loop);
	out_prepare(&o, &loop);
	ck_assert_int_eq(loop_wait(&loop), 1);
	ck_assert_int_eq(out_dispatch(&o, &loop), OUT_ERR_GONE);
	ck_assert_int_eq(out_line(&o, "x", 1), OUT_ERR_GONE);
	out_release(&o);
	loop_release(&loop);
}
END_TEST

START_TEST(more_than_the_cap_is_refused_whole)
{
	static char big[1024 * 1024];
	struct out o;

	ck_assert_int_eq(out_init(&o, fds[1], 10), 0);
	ck_assert_int_eq(out_bytes(&o, big, sizeof(big)), 0);
	ck_assert_int_eq(out_bytes(&o, big, sizeof(big)), OUT_ERR_FULL);
	ck_assert_int_eq(out_drain(&o, clock_mono_ms()), OUT_ERR_FULL);
	out_release(&o);
}
END_TEST

START_TEST(a_socket_is_written_without_blocking)
{
	static char block[65536];
	int pair[2];
	struct out o;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(out_init(&o, pair[0], 1000), 0);
	for (int i = 0; i < 100 && !out_is_full(&o); i++)
		ck_assert_int_eq(out_bytes(&o, block, sizeof(block)), 0);
	ck_assert(out_is_full(&o));
	out_release(&o);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(a_signal_wakes_the_loop_once)
{
	struct loop loop;

	ck_assert_int_eq(stop_init(), 0);
	loop_init(&loop);
	raise(SIGTERM);
	loop_begin(&loop);
	stop_prepare(&loop);
	ck_assert_int_eq(loop_timeout_ms(&loop, clock_mono_ms()), 0);
	ck_assert_int_ge(loop_wait(&loop), 0);
	ck_assert_int_eq(stop_count(), 1);
	ck_assert_int_eq(stop_signal(), SIGTERM);
	loop_begin(&loop);
	stop_prepare(&loop);
	ck_assert_int_eq(loop_timeout_ms(&loop, clock_mono_ms()), -1);
	raise(SIGINT);
	ck_assert_int_eq(stop_count(), 2);
	loop_release(&loop);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base/out");
	TCase *tc = tcase_create("out");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, open_pipe, NULL);
	tcase_add_test(tc, a_line_is_one_write);
	tcase_add_test(tc, the_caller_s_descriptor_stays_blocking);
	tcase_add_test(tc, a_slow_reader_gets_everything);
	tcase_add_test(tc, a_reader_that_left_is_noticed_without_writing);
	tcase_add_test(tc, more_than_the_cap_is_refused_whole);
	tcase_add_test(tc, a_socket_is_written_without_blocking);
	tcase_add_test(tc, a_signal_wakes_the_loop_once);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
