/* write_whole: short writes, interruptions, a reader that left. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/whole.h"

#define BYTES (1 << 20)

static volatile sig_atomic_t interruptions;

static void
on_alarm(int sig)
{
	(void)sig;
	interruptions++;
}

/* A child that takes a little now and then; ends with 0 where all of it came in
 * order. */
static pid_t
slow_reader(const int fd[2])
{
	const struct timespec a_while = { 0, 500000 };
	unsigned char got[4096];
	pid_t pid = fork();
	size_t at = 0;
	ssize_t n;

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	close(fd[1]);
	while ((n = read(fd[0], got, sizeof(got))) > 0) {
		for (ssize_t i = 0; i < n; i++, at++)
			if (got[i] != (unsigned char)(at % 251))
				_exit(1);
		nanosleep(&a_while, NULL);
	}
	_exit(n == 0 && at == BYTES ? 0 : 2);
}

START_TEST(all_comes_through_interruptions)
{
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	/* No SA_RESTART: a write that waits ends early, or with EINTR. */
	struct sigaction act = { .sa_handler = on_alarm };
	unsigned char *p = malloc(BYTES);
	int fd[2], status;
	pid_t reader;

	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < BYTES; i++)
		p[i] = (unsigned char)(i % 251);
	ck_assert_int_eq(pipe(fd), 0);
	reader = slow_reader(fd);
	close(fd[0]);
	ck_assert_int_eq(sigaction(SIGALRM, &act, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	ck_assert_int_eq(write_whole(fd[1], p, BYTES), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	close(fd[1]);
	ck_assert_int_eq(waitpid(reader, &status, 0), reader);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_gt(interruptions, 0);
	free(p);
}
END_TEST

START_TEST(a_reader_that_left_is_told)
{
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(fd), 0);
	close(fd[0]);
	ck_assert_int_eq(write_whole(fd[1], "", 0), 0);
	ck_assert_int_eq(write_whole(fd[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(fd[1]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("whole");
	TCase *tc = tcase_create("write");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, all_comes_through_interruptions);
	tcase_add_test(tc, a_reader_that_left_is_told);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
