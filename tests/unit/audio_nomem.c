/* with: tests/unit/support/failmalloc.c */
/* with: tests/unit/support/nomem_audio_ffmpeg.c */
/* with: tests/unit/support/nomem_audio_soundfile.c */
/* with: tests/unit/support/nomem_audio_soundpipe.c */
/* with: tests/unit/support/nomem_audio_soundread.c */
/*
 * lib/audio: opening and reading a sound while the n-th allocation fails, for
 * every n: of a file, of a pipe, and of what goes to ffmpeg, which a script
 * stands in for.
 */
#define _GNU_SOURCE
#define FAILMALLOC_REAL
#include "support/failmalloc.h"

#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/soundread.h"

/* 16 samples of 16-bit mono at 16 kHz: RIFF/WAVE by hand. */
static const char wav[] =
    "RIFF\x44\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0"
    "\x10\0data\x20\0\0\0"
    "abcdefghijklmnopqrstuvwxyzabcdef";
/* Nothing that libsndfile knows. */
static const char film[] = "\x1a\x45\xdf\xa3 a film, they say";

static char dir[32];
static char path[64], stub[64];

static void
write_file(const char *name, const char *bytes, size_t n, mode_t mode)
{
	FILE *f = fopen(name, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(name, mode), 0);
}

/* A folder with the sound, and an ffmpeg that makes a WAV of everything. */
static void
set_up(void)
{
	static const char script[] =
	    "#!/bin/sh\nexec /bin/cat \"${0%/*}/sound.wav\"\n";
	char name[64];

	strcpy(dir, "/tmp/audio_nomem.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/film", dir);
	snprintf(stub, sizeof(stub), "%s/ffmpeg", dir);
	snprintf(name, sizeof(name), "%s/sound.wav", dir);
	write_file(name, wav, sizeof(wav) - 1, 0600);
	write_file(stub, script, sizeof(script) - 1, 0700);
	ck_assert_int_eq(setenv("PATH", dir, 1), 0);
}

static void
tear_down(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/sound.wav", dir);
	unlink(name);
	unlink(stub);
	unlink(path);
	rmdir(dir);
}

/* Frames that could be read, or a negative code. */
static long
read_all(bool is_pipe, const char *bytes, size_t n)
{
	struct audio_error err;
	struct soundread *r = NULL;
	int16_t pcm[64];
	int fds[2] = { -1, -1 };
	long rc;

	if (is_pipe) {
		ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
		ck_assert_int_eq(write(fds[1], bytes, n), (long)n);
		close(fds[1]);
		rc = soundread_open_fd(&r, fds[0], "pipe", 0, NULL, NULL, &err);
	} else {
		rc = soundread_open(&r, path, 0, &err);
	}
	if (rc == 0)
		rc = soundread_read(r, pcm, 64, &err);
	else
		ck_assert_ptr_null(r);
	soundread_free(r);
	if (is_pipe)
		close(fds[0]);
	return rc;
}

static const struct {
	bool is_pipe;
	const char *bytes;
	size_t n;
} cases[] = {
	{ false, wav, sizeof(wav) - 1 },
	{ true, wav, sizeof(wav) - 1 },
	{ false, film, sizeof(film) - 1 },
	{ true, film, sizeof(film) - 1 },
};

START_TEST(every_allocation_may_fail)
{
	unsigned long n;
	long rc = 0;

	write_file(path, cases[_i].bytes, cases[_i].n, 0600);
	for (n = 1;; n++) {
		ck_assert_uint_lt(n, 100);
		failmalloc_arm(n);
		rc = read_all(cases[_i].is_pipe, cases[_i].bytes, cases[_i].n);
		if (failmalloc_disarm() < n)
			break;
		/* Not 16 frames: nothing went on as if all were well. */
		ck_assert_int_lt(rc, 0);
	}
	ck_assert_int_eq(rc, 16);
	ck_assert_uint_gt(n, cases[_i].bytes == film ? 5 : 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audio_nomem");
	TCase *tc = tcase_create("nomem");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, every_allocation_may_fail, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
