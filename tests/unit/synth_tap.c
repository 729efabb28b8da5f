/* with: cmd/synth/tap.c */
/*
 * The voice as raw PCM in FIFOs and files: readers that come, go and return,
 * and one that does not read.  Time is an argument.
 */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cmd/synth/tap.h"
#include "base/pcm.h"

#define LEAD_MS 200

static char dir[] = "/tmp/synth_tap.XXXXXX", path[64];
static struct taps taps;
static struct loop loop;
static int64_t now;
static uint8_t sound[PCM_BYTES_PER_S], heard[1 << 16];
static size_t nvoiced; /* bytes of `sound` that were heard */

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/es", dir);
	signal(SIGPIPE, SIG_IGN);
	taps_init(&taps);
	loop_init(&loop);
	memset(sound, 7, sizeof(sound));
	now = 100000;
	nvoiced = 0;
}

static void
tear_down(void)
{
	taps_release(&taps);
	loop_release(&loop);
	unlink(path);
	rmdir(dir);
}

static void
start(bool fills_silence, bool is_fast)
{
	char err[200];

	ck_assert_int_eq(taps_add(&taps, "es-ES", path), 0);
	ck_assert_int_eq(
	    taps_start(&taps, fills_silence, is_fast, now, err, sizeof(err)),
	    0);
}

/* A turn of the loop at now; poll(2) without its wait. */
static void
turn(void)
{
	loop_begin(&loop);
	taps_prepare(&taps, &loop, now);
	(void)poll(loop.fds, loop.n, 0);
	taps_dispatch(&taps, &loop, now);
}

static void
turns(int64_t ms)
{
	for (int64_t end = now + ms; now < end; now += 20)
		turn();
	turn();
}

/* The same with a reader that takes what there is.  How much that was. */
static size_t take(int fd);

static size_t
read_for(int fd, int64_t ms)
{
	size_t n = 0;

	for (int64_t end = now + ms; now < end; now += 20) {
		turn();
		n += take(fd);
	}
	turn();
	return n + take(fd);
}

static int
reader(void)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Whatever is there. */
static size_t
take(int fd)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, heard, sizeof(heard))) > 0) {
		n += (size_t)got;
		for (ssize_t i = 0; i < got; i++)
			nvoiced += heard[i] == 7;
	}
	return n;
}

static void
feed(const char *id, int64_t ms, int64_t plays_at_ms)
{
	taps_feed(&taps, "es-ES", id, sound, pcm_bytes_of_ms(ms), plays_at_ms);
}

START_TEST(a_fifo_is_made_and_nobody_is_waited_for)
{
	struct stat st;

	start(false, false);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert(!taps_has_reader(&taps, "es-ES"));
	/* What nobody hears is gone. */
	feed("a", 500, now);
	turns(1000);
	ck_assert(taps_is_idle(&taps, now));
}
END_TEST

START_TEST(sound_comes_in_real_time)
{
	int fd;

	start(false, false);
	fd = reader();
	turns(300);
	ck_assert(taps_has_reader(&taps, "ES-es"));
	ck_assert(!taps_has_reader(&taps, "it-IT"));
	feed("a", 1000, now);
	taps_feed(&taps, "it-IT", "a", sound, 320, now);
	turn();
	ck_assert_uint_eq(take(fd), pcm_bytes_of_ms(LEAD_MS));
	turns(400);
	ck_assert_uint_eq(take(fd), pcm_bytes_of_ms(400));
	ck_assert(!taps_is_idle(&taps, now));
	turns(600);
	ck_assert_uint_eq(take(fd), pcm_bytes_of_ms(400));
	ck_assert(taps_is_idle(&taps, now));
	/* And no silence that was not asked for. */
	turns(1000);
	ck_assert_uint_eq(take(fd), 0);
	close(fd);
}
END_TEST

START_TEST(silence_fills_the_gaps)
{
	int64_t since;
	size_t n;
	int fd;

	start(true, false);
	fd = reader();
	n = read_for(fd, 260);
	since = taps.taps[0]->began_ms;
	n += read_for(fd, 740);
	feed("a", 500, now + 100);
	n += read_for(fd, 1000);
	/* All the time since it came, the lead too, and the voice in it. */
	ck_assert_uint_eq(n, pcm_bytes_of_ms(now - since + LEAD_MS));
	ck_assert_uint_eq(nvoiced, pcm_bytes_of_ms(500));
	close(fd);
}
END_TEST

START_TEST(a_reader_goes_and_returns)
{
	int fd;

	start(false, false);
	fd = reader();
	turns(300);
	feed("a", 1000, now);
	turns(100);
	ck_assert_uint_gt(take(fd), 0);
	close(fd);
	/* Seen although nothing is written just then. */
	turn();
	ck_assert(!taps_has_reader(&taps, "es-ES"));
	ck_assert(taps_is_idle(&taps, now));
	feed("a", 1000, now);
	turns(500);
	fd = reader();
	turns(300);
	ck_assert(taps_has_reader(&taps, "es-ES"));
	/* Nothing old is waiting for it. */
	ck_assert_uint_eq(take(fd), 0);
	feed("b", 100, now);
	turns(200);
	ck_assert_uint_eq(take(fd), pcm_bytes_of_ms(100));
	close(fd);
	/* While something is being written. */
	feed("c", 1000, now);
	turns(300);
	ck_assert(!taps_has_reader(&taps, "es-ES"));
}
END_TEST

START_TEST(one_that_does_not_read_loses_the_oldest)
{
	size_t n;
	int fd;

	start(false, false);
	fd = reader();
	turns(300);
	for (int i = 0; i < 20; i++) {
		feed("a", 1000, now);
		turns(1000);
	}
	ck_assert_uint_le(bytes_len(&taps.taps[0]->q), 3 * PCM_BYTES_PER_S);
	ck_assert_uint_gt(taps.taps[0]->dropped, 15 * PCM_BYTES_PER_S);
	/* It reads again: what is in the pipe, then what is fresh. */
	n = take(fd);
	ck_assert_uint_ge(n, PIPE_BUF);
	n += read_for(fd, 2000);
	ck_assert_uint_eq(n % 2, 0);
	ck_assert_uint_le(n, 4 * PCM_BYTES_PER_S);
	ck_assert(taps_is_idle(&taps, now));
	close(fd);
}
END_TEST

START_TEST(a_reader_that_stands_still_is_not_waited_for)
{
	int fd;

	start(false, true);
	fd = reader();
	turns(300);
	for (int i = 0; i < 60; i++)
		feed("a", 1000, now + 1000 * i);
	turns(4000);
	ck_assert(!taps_is_idle(&taps, now));
	turns(2000);
	ck_assert(taps_is_idle(&taps, now));
	close(fd);
}
END_TEST

START_TEST(fast_is_as_it_comes_and_whole)
{
	size_t n = 0;
	int fd;

	start(false, true);
	fd = reader();
	turns(300);
	for (int i = 0; i < 60; i++)
		feed("a", 1000, now + 1000 * i);
	for (int i = 0; i < 200 && !taps_is_idle(&taps, now); i++) {
		turn();
		n += take(fd);
	}
	ck_assert_uint_eq(n + take(fd), 60 * PCM_BYTES_PER_S);
	close(fd);
}
END_TEST

START_TEST(what_is_taken_back_is_not_heard)
{
	size_t n;
	int fd;

	start(false, false);
	fd = reader();
	turns(300);
	feed("a", 500, now);
	memset(sound, 9, sizeof(sound));
	feed("b", 500, now + 500);
	memset(sound, 7, sizeof(sound));
	feed("c", 500, now + 1000);
	taps_retract(&taps, "b");
	taps_retract(&taps, "nobody");
	n = read_for(fd, 2000);
	ck_assert_uint_eq(n, pcm_bytes_of_ms(1000));
	ck_assert_uint_eq(nvoiced, n);
	close(fd);
}
END_TEST

START_TEST(a_plain_file_is_appended_to)
{
	FILE *f = fopen(path, "w");
	struct stat st;

	ck_assert_ptr_nonnull(f);
	fputs("1234", f);
	fclose(f);
	start(false, false);
	ck_assert(taps_has_reader(&taps, "es-ES"));
	feed("a", 100, now);
	turns(200);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq((size_t)st.st_size, 4 + pcm_bytes_of_ms(100));
}
END_TEST

START_TEST(what_cannot_be_written_is_said)
{
	char err[200];

	ck_assert_int_eq(taps_add(&taps, "es-ES", dir), 0);
	ck_assert_int_eq(
	    taps_start(&taps, false, false, now, err, sizeof(err)), -1);
	ck_assert_ptr_nonnull(strstr(err, dir));
	ck_assert_ptr_nonnull(strstr(err, "Is a directory"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("synth/tap");
	TCase *tc = tcase_create("tap");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_fifo_is_made_and_nobody_is_waited_for);
	tcase_add_test(tc, sound_comes_in_real_time);
	tcase_add_test(tc, silence_fills_the_gaps);
	tcase_add_test(tc, a_reader_goes_and_returns);
	tcase_add_test(tc, one_that_does_not_read_loses_the_oldest);
	tcase_add_test(tc, a_reader_that_stands_still_is_not_waited_for);
	tcase_add_test(tc, fast_is_as_it_comes_and_whole);
	tcase_add_test(tc, what_is_taken_back_is_not_heard);
	tcase_add_test(tc, a_plain_file_is_appended_to);
	tcase_add_test(tc, what_cannot_be_written_is_said);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
