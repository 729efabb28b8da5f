/* lib/audio: soundfile, soundpipe and soundread, on files that libsndfile
 * writes here. */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "audio/soundread.h"

static char dir[64];
static char path[128];

static void
make_dir(void)
{
	strcpy(dir, "/tmp/audio_soundread.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sound", dir);
}

static void
remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

/* A sine of another pitch on each channel, 440 Hz on the first. */
static void
write_sound(int format, int rate_hz, int channels, size_t nframes)
{
	SF_INFO info = {
		.samplerate = rate_hz, .channels = channels, .format = format
	};
	SNDFILE *f = sf_open(path, SFM_WRITE, &info);
	float frame[8];

	ck_assert_msg(f != NULL, "%s", sf_strerror(NULL));
	for (size_t i = 0; i < nframes; i++) {
		for (int c = 0; c < channels; c++)
			frame[c] =
			    (float)(0.5 * sin(2 * 3.14159265358979 * 440 *
					      (c + 1) * (double)i / rate_hz));
		ck_assert_int_eq(sf_writef_float(f, frame, 1), 1);
	}
	sf_close(f);
}

/* All of r in blocks of `block`; frees r.  *rc is what came at the end. */
static int16_t *
read_all(struct soundread *r, size_t block, size_t *n, int *rc)
{
	struct audio_error err;
	int16_t *out = malloc(400000 * sizeof(*out));
	long got;

	*n = 0;
	*rc = 0;
	for (;;) {
		ck_assert_uint_le(*n + block, 400000);
		got = soundread_read(r, out + *n, block, &err);
		if (got <= 0)
			break;
		*n += (size_t)got;
		ck_assert_int_eq(soundread_position_ms(r), (long)*n / 16);
	}
	*rc = (int)got;
	if (got < 0) {
		ck_assert_int_eq(err.code, *rc);
		/* It is said once. */
		ck_assert_int_eq(soundread_read(r, out, 1, &err), 0);
	}
	soundread_free(r);
	return out;
}

static int16_t *
read_file(unsigned int channel, size_t block, size_t *n, int *rc)
{
	struct soundread *r;
	struct audio_error err = { 0 };

	ck_assert_msg(
	    soundread_open(&r, path, channel, &err) == 0, "%s", err.text);
	return read_all(r, block, n, rc);
}

struct kind {
	const char *name;
	int format;
	int rate_hz, channels;
	int can_pipe; /* all is said in its header */
};

static const struct kind kinds[] = {
	{ "WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 1 },
	{ "WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44100, 2, 1 },
	{ "WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 8000, 1, 1 },
	{ "WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 48000, 3, 1 },
	{ "WAV", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 22050, 1, 1 },
	{ "WAV", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 96000, 2, 1 },
	{ "WAV", SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, 1, 1 },
	{ "WAV", SF_FORMAT_WAVEX | SF_FORMAT_PCM_32, 16000, 4, 1 },
	{ "WAV", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, 16000, 1, 1 },
	{ "AIFF", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 32000, 2, 1 },
	{ "AU", SF_FORMAT_AU | SF_FORMAT_PCM_16, 11025, 1, 1 },
	{ "CAF", SF_FORMAT_CAF | SF_FORMAT_PCM_16, 48000, 2, 1 },
	{ "FLAC", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 44100, 2, 1 },
	{ "Ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100, 2, 0 },
	{ "Ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000, 1, 0 },
	{ "MPEG audio", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100, 2,
	    0 },
};

#define NKINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

START_TEST(every_kind_comes_out_whole_at_any_block_size)
{
	static const size_t blocks[] = { 1, 3, 160, 1600, 50000 };
	const struct kind *k = &kinds[_i];
	size_t nframes = (size_t)k->rate_hz + 13, n, again_n;
	double want = (double)nframes * 16000 / k->rate_hz, level = 0;
	int16_t *whole, *again;
	struct soundread *r;
	int rc;

	write_sound(k->format, k->rate_hz, k->channels, nframes);
	ck_assert_int_eq(soundread_open(&r, path, 1, NULL), 0);
	ck_assert_str_eq(soundread_info(r)->kind, k->name);
	ck_assert_int_eq((int)soundread_info(r)->rate_hz, k->rate_hz);
	ck_assert_int_eq((int)soundread_info(r)->channels, k->channels);
	ck_assert_int_ge(soundread_duration_ms(r), 1000);
	ck_assert_int_le(soundread_duration_ms(r), 1130);
	soundread_free(r);

	whole = read_file(1, 100000, &n, &rc);
	ck_assert_int_eq(rc, 0);
	/* MP3 pads its ends. */
	ck_assert_double_eq_tol(
	    (double)n, want, strcmp(k->name, "MPEG audio") == 0 ? 2000.0 : 1.0);
	for (size_t i = n / 4; i < n / 4 * 3; i++)
		level += (double)whole[i] * whole[i];
	level = sqrt(level / (double)(n / 4 * 3 - n / 4));
	/* 0.5 / sqrt(2) of full scale */
	ck_assert_double_eq_tol(level, 11585, 350);
	for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); b++) {
		again = read_file(1, blocks[b], &again_n, &rc);
		ck_assert_uint_eq(again_n, n);
		ck_assert_mem_eq(again, whole, n * sizeof(*whole));
		free(again);
	}
	free(whole);
}
END_TEST

struct feeder {
	int fd;
	size_t step;    /* bytes a write */
	size_t at_most; /* bytes in all */
};

static void *
feed(void *arg)
{
	struct feeder *f = arg;
	int in = open(path, O_RDONLY);
	char buf[4096];
	ssize_t n;

	while (f->at_most > 0 &&
	       (n = read(in, buf,
		    f->step < f->at_most ? f->step : f->at_most)) > 0 &&
	       write(f->fd, buf, (size_t)n) == n)
		f->at_most -= (size_t)n;
	close(in);
	close(f->fd);
	return NULL;
}

/* The file through a pipe, in writes of `step` bytes, as far as at_most. */
static int16_t *
read_pipe(size_t step, size_t at_most, size_t *n, int *rc)
{
	struct feeder f = { .step = step, .at_most = at_most };
	struct audio_error err = { 0 };
	struct soundread *r;
	pthread_t thread;
	int fds[2];
	int16_t *out = NULL;

	*n = 0;
	ck_assert_int_eq(pipe(fds), 0);
	f.fd = fds[1];
	ck_assert_int_eq(pthread_create(&thread, NULL, feed, &f), 0);
	*rc = soundread_open_fd(&r, fds[0], "pipe", 1, NULL, NULL, &err);
	if (*rc == 0)
		out = read_all(r, 1600, n, rc);
	close(fds[0]);
	pthread_join(thread, NULL);
	return out;
}

START_TEST(a_pipe_gives_the_same_as_the_file)
{
	static const size_t steps[] = { 1, 7, 4096 };
	const struct kind *k = &kinds[_i];
	int16_t *whole, *piped;
	size_t n, piped_n;
	int rc;

	if (!k->can_pipe)
		return;
	write_sound(
	    k->format, k->rate_hz, k->channels, (size_t)k->rate_hz / 20);
	whole = read_file(1, 1600, &n, &rc);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		piped = read_pipe(steps[i], SIZE_MAX, &piped_n, &rc);
		ck_assert_int_eq(rc, 0);
		ck_assert_uint_eq(piped_n, n);
		ck_assert_mem_eq(piped, whole, n * sizeof(*whole));
		free(piped);
	}
	free(whole);
}
END_TEST

START_TEST(without_ffmpeg_an_mp3_from_a_pipe_is_refused_with_the_way_out)
{
	struct audio_error err = { 0 };
	struct soundread *r;
	struct feeder f = { .step = 4096, .at_most = SIZE_MAX };
	pthread_t thread;
	int fds[2];

	write_sound(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100, 1, 44100);
	ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
	ck_assert_int_eq(pipe(fds), 0);
	f.fd = fds[1];
	ck_assert_int_eq(pthread_create(&thread, NULL, feed, &f), 0);
	ck_assert_int_eq(
	    soundread_open_fd(&r, fds[0], "pipe", 0, NULL, NULL, &err),
	    AUDIO_ERR_FORMAT);
	close(fds[0]);
	pthread_join(thread, NULL);
	ck_assert_ptr_null(r);
	ck_assert_ptr_nonnull(strstr(err.text, "'pipe'"));
	ck_assert_ptr_nonnull(strstr(err.text, "ffmpeg"));
}
END_TEST

/* Each kind that promises a length, cut in the middle. */
static const struct {
	int format;
	size_t header; /* bytes before the sound */
	size_t frame;  /* bytes */
	const char *text;
} cuts[] = {
	{ SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44, 4,
	    "is truncated: 3000 of 8000 frames" },
	{ SF_FORMAT_AU | SF_FORMAT_PCM_24, 24, 6,
	    "is truncated: 3000 of 8000 frames" },
	{ SF_FORMAT_WAV | SF_FORMAT_ULAW, 58, 2,
	    "is truncated: 3000 of 8000 frames" },
};

START_TEST(a_cut_file_gives_what_is_there_then_says_so)
{
	struct audio_error err;
	struct soundread *r;
	int16_t out[8000];
	off_t size = (off_t)(cuts[_i].header + cuts[_i].frame * 3000 + 1);
	size_t n;
	int rc;

	write_sound(cuts[_i].format, 16000, 2, 8000);
	/* one byte of a frame that is not all there */
	ck_assert_int_eq(truncate(path, size), 0);
	ck_assert_int_eq(soundread_open(&r, path, MIXDOWN_MIX, &err), 0);
	ck_assert_int_eq(soundread_info(r)->nframes, 3000);
	ck_assert_int_eq(soundread_info(r)->promised, 8000);
	ck_assert_int_eq(soundread_duration_ms(r), 187);
	ck_assert_int_eq(soundread_read(r, out, 8000, &err), 3000);
	ck_assert_int_eq(
	    soundread_read(r, out, 8000, &err), AUDIO_ERR_TRUNCATED);
	ck_assert_msg(strstr(err.text, cuts[_i].text) != NULL, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_eq(soundread_read(r, out, 8000, &err), 0);
	soundread_free(r);

	/* and the same through a pipe, which has no size to compare with */
	free(read_pipe(1000, (size_t)size, &n, &rc));
	ck_assert_int_eq(rc, AUDIO_ERR_TRUNCATED);
	ck_assert_uint_eq(n, 3000);
}
END_TEST

START_TEST(a_cut_flac_gives_what_is_there_then_says_so)
{
	struct stat st;
	size_t n;
	int rc;

	write_sound(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 16000, 1, 100000);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size / 2), 0);
	free(read_file(0, 1000, &n, &rc));
	ck_assert_int_eq(rc, AUDIO_ERR_TRUNCATED);
	ck_assert_uint_gt(n, 10000);
	ck_assert_uint_lt(n, 90000);
}
END_TEST

/* What a recorder leaves that writes into a pipe: nothing is missing. */
START_TEST(a_length_left_open_is_no_damage)
{
	static const unsigned char open_length[] = { 0xff, 0xff, 0xff, 0xff };
	size_t n;
	int rc, fd;

	write_sound(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 5000);
	fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, open_length, 4, 4), 4);
	ck_assert_int_eq(pwrite(fd, open_length, 4, 40), 4);
	close(fd);
	free(read_file(0, 1000, &n, &rc));
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(n, 5000);
	free(read_pipe(100, SIZE_MAX, &n, &rc));
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(n, 5000);
}
END_TEST

START_TEST(channels_are_picked_and_mixed)
{
	int16_t *left, *right, *mix;
	size_t n;
	int rc, wrong = 0;

	write_sound(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 2, 4000);
	left = read_file(1, 1000, &n, &rc);
	right = read_file(2, 1000, &n, &rc);
	mix = read_file(MIXDOWN_MIX, 1000, &n, &rc);
	ck_assert_uint_eq(n, 4000);
	ck_assert(memcmp(left, right, 8000) != 0);
	for (size_t i = 0; i < n; i++)
		wrong += abs(2 * mix[i] - (left[i] + right[i])) > 1;
	ck_assert_int_eq(wrong, 0);
	free(left);
	free(right);
	free(mix);
}
END_TEST

START_TEST(a_channel_too_many_says_how_many_there_are)
{
	struct audio_error err;
	struct soundread *r;

	write_sound(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 2, 10);
	ck_assert_int_eq(soundread_open(&r, path, 3, &err), AUDIO_ERR_CHANNEL);
	ck_assert_ptr_null(r);
	ck_assert_ptr_nonnull(strstr(err.text, "channel 3"));
	ck_assert_ptr_nonnull(strstr(err.text, "it has 2"));
	ck_assert_int_eq(audio_exit_status(err.code), EX_USAGE);
}
END_TEST

static void
write_bytes(const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	fclose(f);
}

START_TEST(what_is_no_sound_is_refused_by_name)
{
	static const struct {
		const char *bytes;
		const char *text;
	} cases[] = {
		{ "", "is empty" },
		{ "Not a sound, and long enough to be sure of it.", "not a "
								    "sound "
								    "file" },
		{ "ID3\003 with nothing of the kind behind the tag.", "looks "
								      "like "
								      "MP3" },
		{ "\x1a\x45\xdf\xa3 a film, they say, with no sound",
		    "looks "
		    "like "
		    "Matroska" },
		{ "RIFF....WAVEfmt but that was all", "looks like WAV" },
	};
	struct audio_error err;
	struct soundread *r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_bytes(cases[i].bytes, strlen(cases[i].bytes));
		ck_assert_int_eq(
		    soundread_open(&r, path, 0, &err), AUDIO_ERR_FORMAT);
		ck_assert_ptr_null(r);
		ck_assert_msg(
		    strstr(err.text, cases[i].text) != NULL, "%s", err.text);
		ck_assert_ptr_nonnull(strstr(err.text, path));
		ck_assert(i == 0 || strstr(err.text, "ffmpeg") != NULL);
		ck_assert_int_eq(audio_exit_status(err.code), EX_DATAERR);
	}
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
	struct audio_error err;
	struct soundread *r;

	ck_assert_int_eq(soundread_open(&r, path, 0, &err), AUDIO_ERR_OPEN);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	ck_assert_int_eq(audio_exit_status(err.code), EX_NOINPUT);
	ck_assert_int_eq(soundread_open(&r, dir, 0, &err), AUDIO_ERR_OPEN);
	ck_assert_ptr_nonnull(strstr(err.text, "folder"));
	/* Nobody has to want the text. */
	ck_assert_int_eq(soundread_open(&r, dir, 0, NULL), AUDIO_ERR_OPEN);
	soundread_free(NULL);
}
END_TEST

static int
halt_after(void *arg, int fd)
{
	int *left = arg;

	(void)fd;
	return (*left)-- > 0 ? 0 : -1;
}

/* A pipe that nobody writes into any more: the caller decides, nothing
 * blocks. */
START_TEST(a_waiting_sound_can_be_ended)
{
	struct audio_error err;
	struct soundread *r;
	int fds[2], fd, reads = 1;
	int16_t out[1600];
	char buf[1044];

	write_sound(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 1000000);
	ck_assert_int_eq(pipe(fds), 0);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), (long)sizeof(buf));
	ck_assert_int_eq(write(fds[1], buf, sizeof(buf)), (long)sizeof(buf));
	close(fd);
	/* The write end stays open: only the callback can end this. */
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	/* Ended within the header: no sound at all. */
	reads = 0;
	ck_assert_int_ne(
	    soundread_open_fd(&r, fds[0], "pipe", 0, halt_after, &reads, &err),
	    0);
	/* Ended within the sound: what was there, and no complaint. */
	reads = 1000;
	ck_assert_int_eq(
	    soundread_open_fd(&r, fds[0], "pipe", 0, halt_after, &reads, &err),
	    0);
	ck_assert_int_eq(soundread_read(r, out, 1600, &err), 500);
	ck_assert_int_eq(soundread_read(r, out, 1600, &err), 0);
	soundread_free(r);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audio_soundread");
	TCase *tc = tcase_create("soundread");
	SRunner *sr;
	int failed;

	/* A reader that stops early is part of these tests. */
	signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_loop_test(
	    tc, every_kind_comes_out_whole_at_any_block_size, 0, NKINDS);
	tcase_add_loop_test(tc, a_pipe_gives_the_same_as_the_file, 0, NKINDS);
	tcase_add_test(
	    tc, without_ffmpeg_an_mp3_from_a_pipe_is_refused_with_the_way_out);
	tcase_add_loop_test(tc, a_cut_file_gives_what_is_there_then_says_so, 0,
	    (int)(sizeof(cuts) / sizeof(cuts[0])));
	tcase_add_test(tc, a_cut_flac_gives_what_is_there_then_says_so);
	tcase_add_test(tc, a_length_left_open_is_no_damage);
	tcase_add_test(tc, channels_are_picked_and_mixed);
	tcase_add_test(tc, a_channel_too_many_says_how_many_there_are);
	tcase_add_test(tc, what_is_no_sound_is_refused_by_name);
	tcase_add_test(tc, what_cannot_be_opened_says_why);
	tcase_add_test(tc, a_waiting_sound_can_be_ended);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
