#include "room/say.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char run[] = "/tmp/room_say.XXXXXX";
static struct room room;
static char path[ROOM_PATH_MAX];

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(run));
	ck_assert_int_eq(room_init(&room, run, "main"), 0);
	ck_assert_int_eq(room_create(&room), 0);
	ck_assert_int_eq(room_path(&room, "say", path), 0);
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", run);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_line_reaches_who_reads)
{
	char buf[64];
	int fd = say_open(&room);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(say_send(&room, "one", 3), 0);
	ck_assert_int_eq(say_send(&room, "two", 3), 0);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 8);
	ck_assert_int_eq(memcmp(buf, "one\ntwo\n", 8), 0);
	/* Nobody writes any more, and that is no end. */
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(fd);
}
END_TEST

START_TEST(without_a_reader_there_is_nobody)
{
	struct room nowhere;
	int fd;

	ck_assert_int_eq(say_send(&room, "x", 1), SAY_ERR_NOBODY);
	ck_assert_int_eq(access(path, F_OK), -1);
	fd = say_open(&room);
	ck_assert_int_ge(fd, 0);
	close(fd); /* as if killed: the FIFO stays */
	ck_assert_int_eq(say_send(&room, "x", 1), SAY_ERR_NOBODY);
	fd = say_open(&room);
	ck_assert_int_eq(say_send(&room, "x", 1), 0);
	say_remove(&room);
	ck_assert_int_eq(say_send(&room, "x", 1), SAY_ERR_NOBODY);
	close(fd);
	ck_assert_int_eq(room_init(&nowhere, run, "nowhere"), 0);
	ck_assert_int_eq(say_send(&nowhere, "x", 1), SAY_ERR_NOBODY);
	ck_assert_int_eq(say_open(&nowhere), SAY_ERR_SYS);
}
END_TEST

START_TEST(a_full_fifo_takes_no_part_of_a_line)
{
	static char line[SAY_LINE_MAX];
	char buf[SAY_LINE_MAX];
	int fd = say_open(&room), n = 0, i;

	memset(line, 'x', sizeof(line));
	ck_assert_int_eq(say_send(&room, line, SAY_LINE_MAX), SAY_ERR_LONG);
	while (say_send(&room, line, SAY_LINE_MAX - 1) == 0)
		ck_assert_int_lt(n++, 10000);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(say_send(&room, line, SAY_LINE_MAX - 1), SAY_ERR_FULL);
	/* Whole lines and nothing else. */
	for (i = 0; i < n; i++) {
		ck_assert_int_eq(
		    read(fd, buf, sizeof(buf)), (ssize_t)sizeof(buf));
		ck_assert_int_eq(buf[SAY_LINE_MAX - 1], '\n');
	}
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), -1);
	close(fd);
}
END_TEST

START_TEST(what_stands_there_is_a_fifo_for_the_owner_or_is_refused)
{
	struct stat st;
	int fd;

	ck_assert_int_eq(room_write_whole(path, "old\n", 4), 0);
	ck_assert_int_eq(say_send(&room, "x", 1), SAY_ERR_KIND);
	fd = say_open(&room); /* a shell made it: thrown away */
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	close(fd);
	ck_assert_int_eq(chmod(path, 0666), 0);
	fd = say_open(&room);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	close(fd);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(say_open(&room), SAY_ERR_KIND);
	ck_assert_int_eq(say_send(&room, "x", 1), SAY_ERR_KIND);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(say_open(&room), SAY_ERR_KIND);
	ck_assert_int_eq(say_send(&room, "x", 1), SAY_ERR_KIND);
}
END_TEST

START_TEST(every_error_has_a_text)
{
	int code;

	for (code = 0; code >= SAY_ERR_KIND; code--)
		ck_assert_str_ne(say_strerror(code), "unknown error");
	ck_assert_str_eq(say_strerror(-99), "unknown error");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("say");
	TCase *tc = tcase_create("say");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_line_reaches_who_reads);
	tcase_add_test(tc, without_a_reader_there_is_nobody);
	tcase_add_test(tc, a_full_fifo_takes_no_part_of_a_line);
	tcase_add_test(
	    tc, what_stands_there_is_a_fifo_for_the_owner_or_is_refused);
	tcase_add_test(tc, every_error_has_a_text);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
