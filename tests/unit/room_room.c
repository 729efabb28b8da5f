#include "room/room.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lang.h"
#include "room/ring.h"
#include "room/want.h"

static char run[] = "/tmp/room_room.XXXXXX";
static struct room room;

static void
setup(void)
{
	char deeper[64];

	ck_assert_ptr_nonnull(mkdtemp(run));
	snprintf(deeper, sizeof(deeper), "%s/a/b", run);
	ck_assert_int_eq(room_init(&room, deeper, "main"), 0);
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", run);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_name_is_lower_case_letters_digits_and_hyphens)
{
	static const char *const good[] = { "a", "main", "0", "room-2", "a-",
		"abcdefghijklmnopqrstuvwxyz012345" };
	static const char *const bad[] = { "", "-a", ".", "..", "a/b", "A",
		"a.b", "a b", "../x", "a\n", "\xc3\xa9",
		"abcdefghijklmnopqrstuvwxyz0123456" };
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(room_is_name(good[i]), "%s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(!room_is_name(bad[i]), "%s", bad[i]);
		ck_assert_int_eq(room_init(&room, run, bad[i]), ROOM_ERR_NAME);
	}
}
END_TEST

START_TEST(the_run_directory_comes_from_the_environment)
{
	char expected[64], *longest;
	struct room r;

	setenv("BOOTH_RUN", "/x/y", 1);
	ck_assert_int_eq(room_init(&r, NULL, "main"), 0);
	ck_assert_str_eq(r.dir, "/x/y/rooms/main");
	setenv("BOOTH_RUN", "", 1);
	setenv("XDG_RUNTIME_DIR", "/z", 1);
	ck_assert_int_eq(room_init(&r, NULL, "main"), 0);
	ck_assert_str_eq(r.dir, "/z/pipebooth/rooms/main");
	unsetenv("BOOTH_RUN");
	unsetenv("XDG_RUNTIME_DIR");
	ck_assert_int_eq(room_init(&r, NULL, "main"), 0);
	snprintf(expected, sizeof(expected), "/tmp/pipebooth-%lu/rooms/main",
	    (unsigned long)getuid());
	ck_assert_str_eq(r.dir, expected);

	longest = malloc(5000);
	ck_assert_ptr_nonnull(longest);
	memset(longest, 'x', 4999);
	longest[4999] = '\0';
	ck_assert_int_eq(room_init(&r, longest, "main"), ROOM_ERR_PATH);
	free(longest);
}
END_TEST

START_TEST(making_a_room_makes_its_directories_for_the_owner_only)
{
	struct stat st;

	ck_assert(!room_exists(&room));
	ck_assert_int_eq(room_create(&room), 0);
	ck_assert_int_eq(room_create(&room), 0);
	ck_assert(room_exists(&room));
	ck_assert_int_eq(stat(room.run, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(stat(room.dir, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(only_one_writer_gets_the_room)
{
	int first, second;

	ck_assert_int_eq(room_lock(&room, ROOM_WRITER), ROOM_ERR_ABSENT);
	ck_assert(!room_is_locked(&room, ROOM_WRITER));
	ck_assert_int_eq(room_create(&room), 0);
	ck_assert(!room_is_locked(&room, ROOM_WRITER));
	first = room_lock(&room, ROOM_WRITER);
	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(room_lock(&room, ROOM_WRITER), ROOM_ERR_BUSY);
	ck_assert(room_is_locked(&room, ROOM_WRITER));
	ck_assert(!room_is_locked(&room, ROOM_SPEAKER));
	close(first);
	ck_assert(!room_is_locked(&room, ROOM_WRITER));
	second = room_lock(&room, ROOM_WRITER);
	ck_assert_int_ge(second, 0);
	close(second);
}
END_TEST

START_TEST(a_channel_is_a_language_and_a_format_and_no_path)
{
	static const char *const bad[] = { "", ".", "..", "es-ES", ".text",
		"es-ES.wav", "es-ES.text.x", "../es.text", "e/s.text",
		"es-ES.partials", "es-ES.status", "source.pcm", "source.opus",
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz.text" };
	char buf[ROOM_CHANNEL_MAX], lang[LANG_TAG_MAX], path[ROOM_PATH_MAX];
	enum room_format format;
	size_t i;

	ck_assert_int_eq(room_channel(buf, "es-ES", ROOM_PCM), 0);
	ck_assert_str_eq(buf, "es-ES.pcm");
	ck_assert_int_eq(room_channel_parse(buf, lang, &format), 0);
	ck_assert_str_eq(lang, "es-ES");
	ck_assert_int_eq(format, ROOM_PCM);
	ck_assert_int_eq(room_channel(buf, ROOM_SOURCE, ROOM_PARTIALS), 0);
	ck_assert_int_eq(room_channel_parse(buf, lang, &format), 0);
	ck_assert_int_eq(room_channel(buf, ROOM_SOURCE, ROOM_STATUS), 0);
	ck_assert_str_eq(buf, "source.status");
	ck_assert_int_eq(room_channel_parse(buf, lang, &format), 0);
	ck_assert_int_eq(format, ROOM_STATUS);
	ck_assert_int_eq(
	    room_channel(buf, ROOM_SOURCE, ROOM_PCM), ROOM_ERR_CHANNEL);
	ck_assert_int_eq(
	    room_channel(buf, "../..", ROOM_TEXT), ROOM_ERR_CHANNEL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(room_channel_parse(bad[i], lang, &format) ==
				  ROOM_ERR_CHANNEL,
		    "%s", bad[i]);
		ck_assert_int_eq(
		    room_ring_path(&room, bad[i], path), ROOM_ERR_CHANNEL);
		ck_assert_int_eq(want_hold(&room, bad[i]), ROOM_ERR_CHANNEL);
	}
}
END_TEST

static int
count_formats(void *arg, const char *lang, enum room_format format)
{
	unsigned int *seen = arg;

	*seen += 1u << (4 * (unsigned int)format);
	return strcmp(lang, "es-ES") == 0 || strcmp(lang, ROOM_SOURCE) == 0
	           ? 0
	           : 42;
}

START_TEST(the_channels_of_a_room_are_found)
{
	static const char *const channels[] = { "es-ES.text", "es-ES.pcm",
		"source.text" };
	char path[ROOM_PATH_MAX];
	struct ring_writer w;
	unsigned int seen = 0;
	size_t i;

	ck_assert_int_eq(
	    room_each_channel(&room, count_formats, &seen), ROOM_ERR_ABSENT);
	ck_assert_int_eq(room_create(&room), 0);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(room_ring_path(&room, channels[i], path), 0);
		ck_assert_int_eq(
		    ring_writer_open(&w, path, RING_CAPACITY_MIN), 0);
		ring_writer_release(&w);
	}
	ck_assert_int_eq(room_path(&room, "passwd.ring", path), 0);
	ck_assert_int_eq(room_write_whole(path, "x", 1), 0);
	ck_assert_int_eq(room_each_channel(&room, count_formats, &seen), 0);
	ck_assert_uint_eq(seen, 2u << (4 * ROOM_TEXT) | 1u << (4 * ROOM_PCM));
	ck_assert_int_eq(room_path(&room, "fr-FR.text.ring", path), 0);
	ck_assert_int_eq(room_write_whole(path, "x", 1), 0);
	ck_assert_int_eq(room_each_channel(&room, count_formats, &seen), 42);
}
END_TEST

START_TEST(a_want_is_seen_while_somebody_holds_it)
{
	unsigned int seen = 0;
	int a, b;

	ck_assert_int_eq(want_hold(&room, "es-ES.pcm"), ROOM_ERR_ABSENT);
	ck_assert_int_eq(
	    want_each(&room, count_formats, &seen), ROOM_ERR_ABSENT);
	ck_assert_uint_eq(want_formats(&room, "es-ES"), 0);
	ck_assert_int_eq(room_create(&room), 0);
	ck_assert_uint_eq(want_formats(&room, "es-ES"), 0);
	a = want_hold(&room, "es-ES.pcm");
	b = want_hold(&room, "es-ES.pcm");
	ck_assert_int_ge(a, 0);
	ck_assert_int_ge(b, 0);
	ck_assert_uint_eq(want_formats(&room, "es-ES"), 1u << ROOM_PCM);
	ck_assert_uint_eq(want_formats(&room, "es"), 0);
	close(a);
	ck_assert_uint_eq(want_formats(&room, "es-ES"), 1u << ROOM_PCM);
	a = want_hold(&room, "es-ES.text");
	ck_assert_uint_eq(
	    want_formats(&room, "es-ES"), 1u << ROOM_PCM | 1u << ROOM_TEXT);
	ck_assert_int_eq(want_each(&room, count_formats, &seen), 0);
	ck_assert_uint_eq(seen, 1u << (4 * ROOM_TEXT) | 1u << (4 * ROOM_PCM));
	close(a);
	close(b);
	ck_assert_uint_eq(want_formats(&room, "es-ES"), 0);
}
END_TEST

START_TEST(a_want_goes_with_a_process_that_is_killed)
{
	int ready[2], status;
	pid_t pid;
	char c;

	ck_assert_int_eq(room_create(&room), 0);
	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (want_hold(&room, "es-ES.text") < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_uint_eq(want_formats(&room, "es-ES"), 1u << ROOM_TEXT);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_uint_eq(want_formats(&room, "es-ES"), 0);
}
END_TEST

START_TEST(those_who_want_are_counted_wherever_their_bytes_are)
{
	struct flock odd = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char path[ROOM_PATH_MAX];
	int fds[200], i, status;
	pid_t pids[20];
	int ready[2];
	char c;

	ck_assert_uint_eq(want_count(&room, "es-ES.opus"), 0);
	ck_assert_int_eq(room_create(&room), 0);
	ck_assert_uint_eq(want_count(&room, "es-ES.opus"), 0);
	ck_assert_uint_eq(want_count(&room, "../writer.lock"), 0);
	for (i = 0; i < 200; i++) {
		fds[i] = want_hold(&room, "es-ES.opus");
		ck_assert_int_ge(fds[i], 0);
		ck_assert_uint_eq(
		    want_count(&room, "es-ES.opus"), (unsigned int)i + 1);
	}
	ck_assert_uint_eq(want_count(&room, "es-ES.pcm"), 0);
	for (i = 0; i < 200; i += 2)
		close(fds[i]);
	ck_assert_uint_eq(want_count(&room, "es-ES.opus"), 100);
	ck_assert_int_eq(pipe(ready), 0);
	for (i = 0; i < 20; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			if (want_hold(&room, "es-ES.opus") < 0 ||
			    write(ready[1], "x", 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		ck_assert_int_eq(read(ready[0], &c, 1), 1);
	}
	/* The children have copies of our descriptors, which are the same
	 * locks. */
	ck_assert_uint_eq(want_count(&room, "es-ES.opus"), 120);
	for (i = 0; i < 20; i += 2) {
		kill(pids[i], SIGKILL);
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
	}
	ck_assert_uint_eq(want_count(&room, "es-ES.opus"), 110);
	for (i = 1; i < 20; i += 2) {
		kill(pids[i], SIGKILL);
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
	}
	for (i = 1; i < 200; i += 2)
		close(fds[i]);
	ck_assert_uint_eq(want_count(&room, "es-ES.opus"), 0);
	/* A lock to the end of the file, as flock(1) and others take it. */
	ck_assert_int_eq(room_path(&room, "want/es-ES.opus", path), 0);
	fds[0] = open(path, O_RDWR);
	ck_assert_int_eq(fcntl(fds[0], F_SETLK, &odd), 0);
	pids[0] = fork();
	if (pids[0] == 0)
		_exit(want_count(&room, "es-ES.opus") == 1 ? 0 : 1);
	ck_assert_int_eq(waitpid(pids[0], &status, 0), pids[0]);
	ck_assert_int_eq(status, 0);
	close(fds[0]);
}
END_TEST

START_TEST(a_file_is_replaced_whole_or_not_at_all)
{
	char path[ROOM_PATH_MAX], buf[16];
	int fd;

	ck_assert_int_eq(room_create(&room), 0);
	ck_assert_int_eq(room_path(&room, "room.json", path), 0);
	ck_assert_int_eq(room_write_whole(path, "first\n", 6), 0);
	ck_assert_int_eq(room_write_whole(path, "2\n", 2), 0);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 2);
	ck_assert_int_eq(memcmp(buf, "2\n", 2), 0);
	close(fd);
	ck_assert_int_eq(
	    room_write_whole("/nonexistent/x", "x", 1), ROOM_ERR_SYS);
}
END_TEST

START_TEST(every_error_has_a_text)
{
	int code;

	for (code = 0; code >= ROOM_ERR_CHANNEL; code--)
		ck_assert_str_ne(room_strerror(code), "unknown error");
	ck_assert_str_eq(room_strerror(-99), "unknown error");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("room");
	TCase *tc = tcase_create("room");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_name_is_lower_case_letters_digits_and_hyphens);
	tcase_add_test(tc, the_run_directory_comes_from_the_environment);
	tcase_add_test(
	    tc, making_a_room_makes_its_directories_for_the_owner_only);
	tcase_add_test(tc, only_one_writer_gets_the_room);
	tcase_add_test(tc, a_channel_is_a_language_and_a_format_and_no_path);
	tcase_add_test(tc, the_channels_of_a_room_are_found);
	tcase_add_test(tc, a_want_is_seen_while_somebody_holds_it);
	tcase_add_test(tc, a_want_goes_with_a_process_that_is_killed);
	tcase_add_test(tc, those_who_want_are_counted_wherever_their_bytes_are);
	tcase_add_test(tc, a_file_is_replaced_whole_or_not_at_all);
	tcase_add_test(tc, every_error_has_a_text);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
