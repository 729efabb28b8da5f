/* Rates an address: one process, several, and files that are not what they
 * should be. */
#include "room/limit.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW 1000000

static char run[] = "/tmp/room_limit.XXXXXX";
static char path[64];
static struct limit limit;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(run));
	snprintf(path, sizeof(path), "%s/limit", run);
	ck_assert_int_eq(limit_open(&limit, run), 0);
}

static void
teardown(void)
{
	char command[128];

	limit_release(&limit);
	snprintf(command, sizeof(command), "rm -rf '%s'", run);
	ck_assert_int_eq(system(command), 0);
}

static struct address
address(const char *text)
{
	struct address a;

	ck_assert_int_eq(address_parse(&a, text, strlen(text)), 0);
	return a;
}

/* How many attempts of at most `most` are let in at now_ms. */
static unsigned int
take(enum limit_kind kind, const char *from, int64_t now_ms, unsigned int most)
{
	struct address a = address(from);
	unsigned int n;
	int64_t retry_ms;

	for (n = 0; n < most; n++)
		if (limit_take(&limit, kind, &a, now_ms, &retry_ms) != 0)
			break;
	return n;
}

START_TEST(a_burst_is_let_in_then_one_at_a_time)
{
	struct limit_rate r = limit_rate_of((enum limit_kind)_i);
	struct address a = address("192.0.2.1");
	int64_t retry_ms;

	ck_assert_uint_eq(
	    take((enum limit_kind)_i, "192.0.2.1", NOW, 100000), r.burst);
	ck_assert_int_eq(
	    limit_look(&limit, (enum limit_kind)_i, &a, NOW + 1, &retry_ms),
	    LIMIT_ERR_RATE);
	ck_assert_int_eq(retry_ms, r.every_ms - 1);
	ck_assert_uint_eq(
	    take((enum limit_kind)_i, "192.0.2.1", NOW + r.every_ms, 9), 1);
	ck_assert_uint_eq(take((enum limit_kind)_i, "192.0.2.1",
			      NOW + 4 * (int64_t)r.every_ms, 9),
	    3);
}
END_TEST

START_TEST(looking_costs_nothing)
{
	struct limit_rate r = limit_rate_of(LIMIT_GUESS);
	struct address a = address("192.0.2.1");
	unsigned int i;
	int64_t retry_ms;

	for (i = 0; i < 10 * r.burst; i++)
		ck_assert_int_eq(
		    limit_look(&limit, LIMIT_GUESS, &a, NOW, &retry_ms), 0);
	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.1", NOW, 1), 1);
}
END_TEST

START_TEST(kinds_and_addresses_count_apart)
{
	unsigned int burst = limit_rate_of(LIMIT_GUESS).burst;

	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.1", NOW, 1000), burst);
	ck_assert_uint_eq(take(LIMIT_SPEAK, "192.0.2.1", NOW, 1), 1);
	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.2", NOW, 1000), burst);
	/* One subscriber of IPv6 has a /64. */
	ck_assert_uint_eq(take(LIMIT_GUESS, "2001:db8::1", NOW, 1000), burst);
	ck_assert_uint_eq(take(LIMIT_GUESS, "2001:db8::2:3:4:5", NOW, 1), 0);
	ck_assert_uint_eq(take(LIMIT_GUESS, "2001:db8:0:1::1", NOW, 1), 1);
}
END_TEST

START_TEST(a_refused_attempt_is_not_counted)
{
	struct limit_rate r = limit_rate_of(LIMIT_SPEAK);
	struct address a = address("192.0.2.1");
	int64_t retry_ms;
	int i;

	take(LIMIT_SPEAK, "192.0.2.1", NOW, r.burst);
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(
		    limit_take(&limit, LIMIT_SPEAK, &a, NOW, &retry_ms),
		    LIMIT_ERR_RATE);
	ck_assert_int_eq(retry_ms, r.every_ms);
}
END_TEST

START_TEST(the_file_does_not_grow_and_busy_addresses_stay)
{
	struct limit_rate r = limit_rate_of(LIMIT_GUESS);
	struct stat before, after;
	char from[32];
	unsigned int i;

	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_uint_eq(
	    take(LIMIT_GUESS, "198.51.100.1", NOW, 1000), r.burst);
	for (i = 0; i < 20000; i++) {
		snprintf(from, sizeof(from), "10.%u.%u.1", i / 250, i % 250);
		ck_assert_uint_eq(take(LIMIT_GUESS, from, NOW, 1), 1);
	}
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(after.st_size, before.st_size);
	/* What many with one attempt push out is one of them. */
	ck_assert_uint_eq(take(LIMIT_GUESS, "198.51.100.1", NOW, 1), 0);
}
END_TEST

START_TEST(another_process_counts_on_where_a_killed_one_stopped)
{
	unsigned int burst = limit_rate_of(LIMIT_SPEAK).burst;
	int status;
	pid_t pid;

	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		limit_release(&limit);
		if (limit_open(&limit, run) != 0)
			_exit(1);
		take(LIMIT_SPEAK, "192.0.2.1", NOW, burst - 3);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_uint_eq(take(LIMIT_SPEAK, "192.0.2.1", NOW, 1000), 3);
}
END_TEST

#define PROCESSES 8

START_TEST(processes_at_the_same_time_let_in_no_more_than_the_burst)
{
	unsigned int burst = limit_rate_of(LIMIT_LISTEN).burst, sum = 0, n;
	int pipes[2], i;

	ck_assert_int_eq(pipe(pipes), 0);
	for (i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		ck_assert_int_ne(pid, -1);
		if (pid != 0)
			continue;
		if (limit_open(&limit, run) != 0)
			_exit(1);
		n = take(LIMIT_LISTEN, "192.0.2.1", NOW, burst);
		if (write(pipes[1], &n, sizeof(n)) != sizeof(n))
			_exit(1);
		_exit(0);
	}
	for (i = 0; i < PROCESSES; i++) {
		ck_assert_int_eq(read(pipes[0], &n, sizeof(n)), sizeof(n));
		sum += n;
		ck_assert_int_gt(wait(NULL), 0);
	}
	close(pipes[0]);
	close(pipes[1]);
	ck_assert_uint_eq(sum, burst);
}
END_TEST

static void
overwrite(const void *p, size_t n, off_t at)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, p, n, at), (ssize_t)n);
	close(fd);
}

static void
open_again(void)
{
	limit_release(&limit);
	ck_assert_int_eq(limit_open(&limit, run), 0);
}

START_TEST(a_file_of_something_else_is_made_anew)
{
	struct stat st;
	off_t size;

	ck_assert_int_eq(stat(path, &st), 0);
	size = st.st_size;
	overwrite("garbage!", 8, 0);
	open_again();
	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.1", NOW, 1), 1);
	ck_assert_int_eq(truncate(path, 100), 0);
	open_again();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, size);
	ck_assert_int_eq(truncate(path, size + 1), 0);
	open_again();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, size);
	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.1", NOW, 1), 1);
}
END_TEST

START_TEST(entries_of_nonsense_are_free_ones)
{
	static uint8_t ones[LIMIT_SETS * LIMIT_WAYS * 32];
	unsigned int burst = limit_rate_of(LIMIT_GUESS).burst;

	memset(ones, 0x7f, sizeof(ones));
	overwrite(ones, sizeof(ones), 4096);
	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.1", NOW, 1000), burst);
	memset(ones, 0xff, sizeof(ones));
	overwrite(ones, sizeof(ones), 4096);
	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.1", NOW, 1000), burst);
}
END_TEST

START_TEST(a_file_cut_short_meanwhile_is_an_error_and_no_signal)
{
	struct address a = address("192.0.2.1");
	int64_t retry_ms;

	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(
	    limit_take(&limit, LIMIT_GUESS, &a, NOW, &retry_ms), LIMIT_ERR_SYS);
}
END_TEST

START_TEST(another_boot_counts_from_the_beginning)
{
	unsigned int burst = limit_rate_of(LIMIT_GUESS).burst;

	ck_assert_uint_eq(
	    take(LIMIT_GUESS, "192.0.2.1", 900000000, 1000), burst);
	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.1", 1000, 1000), burst);
}
END_TEST

START_TEST(a_stopped_process_does_not_stop_the_others)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int ready[2], status;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		int fd = open(path, O_RDWR);

		if (fd == -1 || fcntl(fd, F_SETLK, &all) == -1)
			_exit(1);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_uint_eq(take(LIMIT_GUESS, "192.0.2.1", NOW, 2), 2);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	close(ready[1]);
}
END_TEST

START_TEST(a_link_or_a_folder_in_its_place_is_refused)
{
	struct limit other;

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(limit_open(&other, run), LIMIT_ERR_SYS);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(limit_open(&other, run), LIMIT_ERR_SYS);
	ck_assert_int_eq(limit_open(&other, "/nonexistent"), LIMIT_ERR_SYS);
}
END_TEST

/* --- addresses --------------------------------------------------------- */

START_TEST(addresses_are_read_with_their_decoration)
{
	static const char *const same[] = { "192.0.2.7", " 192.0.2.7\t",
		"192.0.2.7:8080", "::ffff:192.0.2.7", "[::ffff:192.0.2.7]:80" };
	static const char *const bad[] = { "", " ", "unknown", "_hidden",
		"192.0.2", "192.0.2.256", "[::1", "[::1]x", "1:2",
		":::", "192.0.2.7,1.1.1.1" };
	struct address a, b = address("192.0.2.7");
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		ck_assert_msg(address_parse(&a, same[i], strlen(same[i])) == 0,
		    "%s", same[i]);
		ck_assert_mem_eq(&a, &b, sizeof(a));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(address_parse(&a, bad[i], strlen(bad[i])) == -1,
		    "%s", bad[i]);
	a = address("[fe80::1%eth0]:99");
	b = address("fe80::1");
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

START_TEST(lists_hold_addresses_and_blocks)
{
	static const char list[] = "10.0.0.0/8, ::1 192.0.2.128/25,"
				   "2001:db8::/33,nonsense,1.2.3.4/40";
	static const struct {
		const char *text;
		bool is_listed;
	} cases[] = { { "10.255.0.1", true }, { "11.0.0.1", false },
		{ "::1", true }, { "::2", false }, { "192.0.2.128", true },
		{ "192.0.2.127", false }, { "2001:db8:7fff::1", true },
		{ "2001:db8:8000::1", false }, { "1.2.3.4", false } };
	const char *bad;
	struct address a;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = address(cases[i].text);
		ck_assert_msg(address_is_listed(&a, list) == cases[i].is_listed,
		    "%s", cases[i].text);
	}
	a = address("255.1.2.3");
	ck_assert(address_is_listed(&a, "0.0.0.0/0"));
	ck_assert(!address_is_listed(&a, ""));
	ck_assert(!address_list_is_good(list, &bad));
	ck_assert_int_eq(strncmp(bad, "nonsense", 8), 0);
	ck_assert(address_list_is_good(" 10.0.0.0/8, ::/0", &bad));
	ck_assert(!address_list_is_good("1.2.3.4/", &bad));
	ck_assert(!address_list_is_good("1.2.3.4/33", &bad));
}
END_TEST

START_TEST(only_a_trusted_proxy_is_believed)
{
	static const char trusted[] = "127.0.0.1, 10.0.0.0/8";
	static const struct {
		const char *remote, *forwarded, *expected;
	} cases[] = {
		{ "192.0.2.1", NULL, "192.0.2.1" },
		/* a client that makes it up */
		{ "192.0.2.1", "198.51.100.1", "192.0.2.1" },
		{ "127.0.0.1", "198.51.100.1", "198.51.100.1" },
		{ "127.0.0.1", NULL, "127.0.0.1" },
		{ "127.0.0.1", "", "127.0.0.1" },
		/* what a client made up stands in front */
		{ "127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1" },
		/* two proxies of ours */
		{ "127.0.0.1", "1.1.1.1,198.51.100.1,10.1.2.3",
		    "198.51.100.1" },
		{ "127.0.0.1", "10.1.1.1, 10.1.2.3", "10.1.1.1" },
		{ "127.0.0.1", "1.1.1.1, unknown", "127.0.0.1" },
		{ "127.0.0.1", "1.1.1.1, unknown, 10.1.2.3", "10.1.2.3" },
		{ "127.0.0.1", "1.1.1.1,", "127.0.0.1" },
		{ "127.0.0.1", "[2001:db8::1]:443", "2001:db8::1" },
	};
	struct address a, b;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b = address(cases[i].expected);
		ck_assert_int_eq(address_of_client(&a, cases[i].remote,
				     cases[i].forwarded, trusted),
		    0);
		ck_assert_msg(memcmp(&a, &b, sizeof(a)) == 0, "%zu", i);
	}
	ck_assert_int_eq(
	    address_of_client(&a, "127.0.0.1", "1.1.1.1", NULL), 0);
	b = address("127.0.0.1");
	ck_assert_mem_eq(&a, &b, sizeof(a));
	ck_assert_int_eq(address_of_client(&a, NULL, "1.1.1.1", trusted), -1);
	ck_assert_int_eq(address_of_client(&a, "x", "1.1.1.1", trusted), -1);
}
END_TEST

START_TEST(a_variable_that_comes_twice_is_not_believed)
{
	extern char **environ;
	static char first_entry[] = "HTTP_X_FORWARDED_FOR=198.51.100.1";
	static char second_entry[] = "HTTP_X_FORWARDED_FOR=198.51.100.2";
	static char remote[] = "REMOTE_ADDR=10.0.0.1", other[] = "X=";
	static char trusted[] = "BOOTH_TRUSTED_PROXIES=10.0.0.1";
	char *twice[] = { first_entry, remote, second_entry, trusted, NULL };
	char **saved = environ;
	struct address a, first = address("198.51.100.1");
	struct address proxy = address("10.0.0.1");

	environ = twice;
	ck_assert_int_eq(address_of_environment(&a), 0);
	ck_assert_mem_eq(&a, &proxy, sizeof(a));
	twice[2] = other;
	ck_assert_int_eq(address_of_environment(&a), 0);
	ck_assert_mem_eq(&a, &first, sizeof(a));
	twice[1] = other;
	ck_assert_int_eq(address_of_environment(&a), -1);
	environ = saved;
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("room_limit");
	TCase *tc = tcase_create("rates");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
	    tc, a_burst_is_let_in_then_one_at_a_time, 0, LIMIT_KINDS);
	tcase_add_test(tc, looking_costs_nothing);
	tcase_add_test(tc, kinds_and_addresses_count_apart);
	tcase_add_test(tc, a_refused_attempt_is_not_counted);
	tcase_add_test(tc, the_file_does_not_grow_and_busy_addresses_stay);
	tcase_add_test(
	    tc, another_process_counts_on_where_a_killed_one_stopped);
	tcase_add_test(
	    tc, processes_at_the_same_time_let_in_no_more_than_the_burst);
	tcase_add_test(tc, a_file_of_something_else_is_made_anew);
	tcase_add_test(tc, entries_of_nonsense_are_free_ones);
	tcase_add_test(
	    tc, a_file_cut_short_meanwhile_is_an_error_and_no_signal);
	tcase_add_test(tc, another_boot_counts_from_the_beginning);
	tcase_add_test(tc, a_stopped_process_does_not_stop_the_others);
	tcase_add_test(tc, a_link_or_a_folder_in_its_place_is_refused);
	suite_add_tcase(s, tc);
	tc = tcase_create("addresses");
	tcase_add_test(tc, addresses_are_read_with_their_decoration);
	tcase_add_test(tc, lists_hold_addresses_and_blocks);
	tcase_add_test(tc, only_a_trusted_proxy_is_believed);
	tcase_add_test(tc, a_variable_that_comes_twice_is_not_believed);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
