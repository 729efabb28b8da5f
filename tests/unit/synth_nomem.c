/* with: tests/unit/support/failmalloc.c tests/unit/support/nomem_tap.c */
/* with: tests/unit/support/nomem_voiceline.c */
/* with: tests/unit/support/nomem_opus_encode.c */
/* with: tests/unit/support/nomem_bytes.c */
/*
 * The lines of a voice and its FIFOs where memory is short: the n-th allocation
 * fails, for every n, jansson's with them.  What was written is whole lines, the
 * failure is told, and nothing is left behind.
 */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cmd/synth/tap.h"
#include "../../cmd/synth/voiceline.h"
#include "base/clock.h"
#include "base/pcm.h"
#include "support/failmalloc.h"

#define TRIES_MAX 1000

static const struct voiceline_head head = { .id = "u1",
	.lang = "es-ES",
	.voice = "Lucia",
	.speed = 1,
	.translated_at_ms = 1000,
	.voiced_at_ms = 2000 };
static uint8_t sound[16000];

/* Each line in the pipe is a whole one; how many there are. */
static unsigned int
count_lines(int fd)
{
	static char text[256 * 1024];
	ssize_t n = read(fd, text, sizeof(text) - 1);
	unsigned int count = 0;
	char *line = text, *end;
	json_t *obj;

	text[n > 0 ? n : 0] = '\0';
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1, count++) {
		obj = json_loadb(line, (size_t)(end - line), 0, NULL);
		ck_assert_ptr_nonnull(obj);
		json_decref(obj);
	}
	ck_assert_str_eq(line, "");
	return count;
}

/* A sentence in both encodings, with `fails_at`; 0, or the code that it gave. */
static int
voice(struct out *out, unsigned long fails_at)
{
	const unsigned int formats = VOICE_PCM | VOICE_OPUS;
	struct voiceline_writer w;
	struct voicelines v = { 0 };
	int rc;

	voiceline_writer_init(&w, out);
	failmalloc_arm(fails_at);
	rc = voicelines_write(
	    &v, &w, &head, formats, sound, sizeof(sound), false);
	if (rc == 0)
		rc = voicelines_write(&v, &w, &head, formats, sound, 320, true);
	voiceline_writer_release(&w);
	return rc;
}

START_TEST(a_line_is_whole_or_told_to_be_missing)
{
	unsigned long n = 0, nfailed = 0;
	struct out out;
	int fds[2], rc;
	unsigned int nlines;

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	(void)fcntl(fds[1], F_SETPIPE_SZ, 1024 * 1024);
	do {
		ck_assert_uint_lt(++n, TRIES_MAX);
		ck_assert_int_eq(out_init(&out, fds[1], 1024 * 1024), 0);
		rc = voice(&out, n);
		ck_assert(rc == 0 || rc == OUT_ERR_NOMEM);
		if (failmalloc_disarm() >= n)
			nfailed++;
		else
			ck_assert_int_eq(rc, 0);
		/* The output, too, ends where it has no memory for a line. */
		ck_assert(out_drain(&out, clock_mono_ms() + 60000) == 0 ||
			  rc == OUT_ERR_NOMEM);
		out_release(&out);
		nlines = count_lines(fds[0]);
		/* Packets that cannot be made leave the last line, at least. */
		if (rc == 0)
			ck_assert_uint_ge(nlines, 3);
	} while (nfailed == n);
	/* An envelope alone has a dozen members. */
	ck_assert_uint_gt(nfailed, 40);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

/* One FIFO with a reader is fed; how many bytes came out. */
static size_t
tap_once(const char *path, unsigned long fails_at, int *added)
{
	struct taps taps;
	struct loop loop;
	char err[200], heard[65536];
	int64_t now_ms = 1000;
	size_t total = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	loop_init(&loop);
	taps_init(&taps);
	failmalloc_arm(fails_at);
	*added = taps_add(&taps, "es-ES", path);
	ck_assert_int_eq(
	    taps_start(&taps, false, true, now_ms, err, sizeof(err)), 0);
	taps_feed(&taps, "es-ES", "u1", sound, sizeof(sound), now_ms);
	for (int i = 0; i < 100; i++, now_ms += 20) {
		loop_begin(&loop);
		taps_prepare(&taps, &loop, now_ms);
		(void)poll(loop.fds, loop.n, 0);
		taps_dispatch(&taps, &loop, now_ms);
		while ((got = read(fd, heard, sizeof(heard))) > 0)
			total += (size_t)got;
	}
	taps_release(&taps);
	loop_release(&loop);
	close(fd);
	return total;
}

START_TEST(a_fifo_without_memory_is_silent_and_the_next_is_not)
{
	char dir[] = "/tmp/synth_nomem.XXXXXX", path[64];
	unsigned long n = 0;
	size_t heard;
	int added;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/es", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	do {
		ck_assert_uint_lt(++n, TRIES_MAX);
		heard = tap_once(path, n, &added);
		ck_assert(added == 0 || heard == 0);
	} while (failmalloc_disarm() >= n);
	ck_assert_int_eq(added, 0);
	ck_assert_uint_eq(heard, sizeof(sound));
	ck_assert_uint_gt(n, 3);
	unlink(path);
	rmdir(dir);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("synth nomem");
	TCase *tc = tcase_create("memory");
	SRunner *runner;
	int failed;

	json_set_alloc_funcs(failmalloc_malloc, free);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_line_is_whole_or_told_to_be_missing);
	tcase_add_test(tc, a_fifo_without_memory_is_silent_and_the_next_is_not);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
