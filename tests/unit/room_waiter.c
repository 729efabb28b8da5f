#define _GNU_SOURCE
#include "room/waiter.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* So long that a wait which ends by its timeout fails the test by Check's. */
#define NEVER_MS 3600000

static _Atomic uint32_t *word;

static void
setup(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne((void *)word, MAP_FAILED);
}

static bool
is_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

START_TEST(does_not_sleep_on_a_word_that_moved_on)
{
	ck_assert_int_eq(waiter_wait(word, 7, NEVER_MS), 0);
	ck_assert_int_eq(waiter_wait(word, 0, 1), 0);
	ck_assert_int_eq(waiter_wait(word, 0, 0), 0);
}
END_TEST

/*
 * A writer that sends one byte just when the reader goes to sleep, who takes a
 * few nanoseconds more or less for it each time: a wake that falls between its
 * last look and its system call must not be lost.
 */
START_TEST(input_ends_the_sleep_however_close_it_comes)
{
	enum {
		NROUNDS = 30000,
		SPIN_MAX = 9973
	};
	_Atomic uint32_t *round = word + 1;
	int to[2], i, status;
	volatile int spin;
	pid_t pid;
	char c = 0;

	if (_i == 0)
		ck_assert_int_eq(pipe(to), 0);
	else
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, to), 0);
	pid = fork();
	if (pid == 0) {
		close(to[0]);
		for (i = 1; i <= NROUNDS; i++) {
			while (atomic_load(round) != (uint32_t)i)
				;
			if (write(to[1], &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(to[1]);
	ck_assert_int_eq(waiter_watch(to[0]), 0);
	waiter_take_input();
	for (i = 1; i <= NROUNDS; i++) {
		atomic_store(round, (uint32_t)i);
		for (spin = i * 7 % SPIN_MAX; spin > 0; spin--)
			;
		while (!waiter_take_input())
			ck_assert_int_eq(waiter_wait(word, 0, NEVER_MS), 0);
		ck_assert_int_eq(read(to[0], &c, 1), 1);
	}
	/* And the writer's leaving is input, too. */
	while (!is_readable(to[0])) {
		ck_assert_int_eq(waiter_wait(word, 0, NEVER_MS), 0);
		waiter_take_input();
	}
	ck_assert_int_eq(read(to[0], &c, 1), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(what_came_before_it_was_watched_is_told)
{
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	ck_assert_int_eq(waiter_watch(p[0]), 0);
	ck_assert(waiter_take_input());
	ck_assert(!waiter_take_input());
}
END_TEST

START_TEST(other_holders_of_the_pipe_keep_their_flags)
{
	int p[2], other;

	ck_assert_int_eq(pipe(p), 0);
	other = dup(p[0]);
	ck_assert_int_eq(waiter_watch(p[0]), 0);
	ck_assert_int_ne(fcntl(p[0], F_GETFL) & O_ASYNC, 0);
	ck_assert_int_eq(fcntl(other, F_GETFL) & (O_ASYNC | O_NONBLOCK), 0);
}
END_TEST

static volatile sig_atomic_t nbegun, nended;

/* A handler that is itself interrupted by input. */
static void
on_usr1(int sig)
{
	(void)sig;
	nbegun++;
	raise(SIGIO);
	nended++;
}

START_TEST(another_handler_is_not_cut_short)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	struct timespec often = { .tv_nsec = 1000000 };
	pid_t pid, parent = getpid();
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(waiter_watch(p[0]), 0);
	ck_assert_int_eq(sigaction(SIGUSR1, &sa, NULL), 0);
	pid = fork();
	if (pid == 0) {
		while (getppid() == parent && kill(parent, SIGUSR1) == 0)
			nanosleep(&often, NULL);
		_exit(0);
	}
	while (nended < 100) {
		waiter_take_input();
		ck_assert_int_eq(waiter_wait(word, 0, NEVER_MS), 0);
		ck_assert_int_eq(nbegun, nended);
	}
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(a_bad_descriptor_is_an_error)
{
	ck_assert_int_eq(waiter_watch(-1), -EBADF);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("waiter");
	TCase *tc = tcase_create("waiter");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, does_not_sleep_on_a_word_that_moved_on);
	tcase_add_loop_test(
	    tc, input_ends_the_sleep_however_close_it_comes, 0, 2);
	tcase_add_test(tc, what_came_before_it_was_watched_is_told);
	tcase_add_test(tc, other_holders_of_the_pipe_keep_their_flags);
	tcase_add_test(tc, another_handler_is_not_cut_short);
	tcase_add_test(tc, a_bad_descriptor_is_an_error);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
