/* lib/audio: mixdown, resample and convert, against sines that are computed
 * here. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/convert.h"
#include "audio/error.h"
#include "audio/mixdown.h"
#include "audio/resample.h"

#define PI 3.14159265358979323846

static float *
sine(size_t n, double rate_hz, double hz, double level)
{
	float *p = malloc(n * sizeof(*p));

	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)(level * sin(2 * PI * hz * (double)i / rate_hz));
	return p;
}

/* Amplitude of `hz` in the middle half of n samples: one bin of a Fourier
 * transform with a Hann window. */
static double
amplitude(const float *p, size_t n, double rate_hz, double hz)
{
	size_t from = n / 4, len = n / 2;
	double re = 0, im = 0, window, phase;

	for (size_t i = 0; i < len; i++) {
		window = 1 - cos(2 * PI * (double)i / (double)len);
		phase = 2 * PI * hz * (double)(from + i) / rate_hz;
		re += window * (double)p[from + i] * cos(phase);
		im += window * (double)p[from + i] * sin(phase);
	}
	return 2 * sqrt(re * re + im * im) / (double)len;
}

/* All of `in` through a new resampler, in blocks of `block` in and out. */
static size_t
run_all(
    unsigned int rate_hz, const float *in, size_t n, size_t block, float *out)
{
	struct resample *r;
	size_t used, got, done = 0, total = 0, take;

	ck_assert_int_eq(resample_new(&r, rate_hz, 16000), 0);
	while (done < n) {
		take = n - done < block ? n - done : block;
		got =
		    resample_run(r, in + done, take, &used, out + total, block);
		ck_assert_uint_le(used, take);
		ck_assert(used > 0 || got > 0);
		done += used;
		total += got;
	}
	while ((got = resample_run(r, NULL, 0, &used, out + total, block)) > 0)
		total += got;
	ck_assert_uint_eq(
	    resample_run(r, NULL, 0, &used, out + total, block), 0);
	resample_free(r);
	return total;
}

static const unsigned int rates[] = { 8000, 11025, 16000, 22050, 32000, 44100,
	48000, 88200, 96000, 192000 };

#define NRATES ((int)(sizeof(rates) / sizeof(rates[0])))

START_TEST(a_sine_keeps_frequency_level_and_length)
{
	unsigned int rate_hz = rates[_i];
	size_t n = rate_hz * 2 + 7, got;
	float *in = sine(n, rate_hz, 1000, 0.5), *out = calloc(40000, 4);

	got = run_all(rate_hz, in, n, 1024, out);
	ck_assert_double_eq_tol((double)got, (double)n * 16000 / rate_hz, 1.0);
	/* Within 0.1 %, and nothing at another frequency. */
	ck_assert_double_eq_tol(amplitude(out, got, 16000, 1000), 0.5, 0.0005);
	ck_assert_double_le(amplitude(out, got, 16000, 1500), 0.00005);
	ck_assert_double_le(amplitude(out, got, 16000, 3000), 0.00005);
	free(in);
	free(out);
}
END_TEST

/* 10 kHz cannot be in 16 kHz sound; badly done it would come out as 6 kHz. */
START_TEST(what_is_above_8_khz_does_not_fold_down)
{
	size_t n = 88200, got;
	float *in = sine(n, 44100, 10000, 0.9), *out = calloc(40000, 4);

	got = run_all(44100, in, n, 1000, out);
	ck_assert_double_le(amplitude(out, got, 16000, 6000), 0.00005);
	free(in);
	free(out);
}
END_TEST

START_TEST(any_block_size_gives_the_same_samples)
{
	static const size_t blocks[] = { 1, 2, 7, 64, 160, 441, 4096, 50000 };
	unsigned int rate_hz = rates[_i];
	size_t n = 12345, whole, got;
	float *in = sine(n, rate_hz, 700, 0.7);
	float *out = calloc(60000, 4), *again = calloc(60000, 4);

	whole = run_all(rate_hz, in, n, 60000 - 1, out);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		memset(again, 0, 60000 * 4);
		/* Leave room: a block may be written past the last sample. */
		if (blocks[i] > 60000 - whole)
			continue;
		got = run_all(rate_hz, in, n, blocks[i], again);
		ck_assert_uint_eq(got, whole);
		ck_assert_mem_eq(again, out, whole * sizeof(*out));
	}
	free(in);
	free(out);
	free(again);
}
END_TEST

START_TEST(a_microphone_waits_less_than_60_ms)
{
	unsigned int rate_hz = rates[_i];
	struct resample *r;
	size_t n = rate_hz / 100, used, got, in_frames = 0, out_frames = 0;
	float *in = sine(n, rate_hz, 500, 0.5), *out = calloc(4000, 4);
	double held_ms;

	ck_assert_int_eq(resample_new(&r, rate_hz, 16000), 0);
	for (int i = 0; i < 200; i++) {
		got = resample_run(r, in, n, &used, out, 4000);
		ck_assert_uint_eq(used, n);
		in_frames += used;
		out_frames += got;
		held_ms = (double)in_frames * 1000 / rate_hz -
		          (double)out_frames / 16;
		ck_assert_double_lt(held_ms, 60.0);
	}
	resample_free(r);
	free(in);
	free(out);
}
END_TEST

START_TEST(senseless_rates_are_refused)
{
	struct resample *r;

	ck_assert_int_eq(resample_new(&r, 0, 16000), AUDIO_ERR_RATE);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(resample_new(&r, 999, 16000), AUDIO_ERR_RATE);
	ck_assert_int_eq(resample_new(&r, 1000001, 16000), AUDIO_ERR_RATE);
	ck_assert_int_eq(resample_new(&r, 0x7fffffff, 16000), AUDIO_ERR_RATE);
	ck_assert_int_eq(resample_new(&r, 1000, 16000), 0);
	resample_free(r);
	resample_free(NULL);
}
END_TEST

START_TEST(mixdown_picks_or_averages)
{
	static const float in[] = { 1, 2, 3, 10, 20, 60, -1, 0, 1 };
	float out[3];

	mixdown(out, in, 3, 3, 1);
	ck_assert_mem_eq(out, ((float[]){ 1, 10, -1 }), sizeof(out));
	mixdown(out, in, 3, 3, 3);
	ck_assert_mem_eq(out, ((float[]){ 3, 60, 1 }), sizeof(out));
	mixdown(out, in, 3, 3, MIXDOWN_MIX);
	ck_assert_mem_eq(out, ((float[]){ 2, 30, 0 }), sizeof(out));
	mixdown(out, in, 3, 1, MIXDOWN_MIX);
	ck_assert_mem_eq(out, in, sizeof(out));
	mixdown(out, in, 3, 1, 1);
	ck_assert_mem_eq(out, in, sizeof(out));
}
END_TEST

/* 16-bit sound at 16 kHz is not touched: every value there is. */
START_TEST(sixteen_bit_passes_bit_for_bit)
{
	float *in = malloc(65536 * sizeof(*in));
	int16_t *out = malloc(65536 * sizeof(*out));
	uint8_t *bytes = (uint8_t *)out;
	struct convert *c;
	size_t used, got = 0, done = 0;
	int s;

	for (int i = 0; i < 65536; i++)
		in[i] = (float)(i - 32768) / 32768.0F;
	ck_assert_int_eq(convert_new(&c, 16000, 1, 1), 0);
	while (done < 65536) {
		got += convert_run(
		    c, in + done, 65536 - done, &used, out + got, 65536 - got);
		done += used;
	}
	ck_assert_uint_eq(got, 65536);
	for (int i = 0; i < 65536; i++) {
		s = bytes[2 * i] | bytes[2 * i + 1] << 8;
		ck_assert_int_eq((int16_t)s, i - 32768);
	}
	ck_assert_uint_eq(convert_run(c, NULL, 0, &used, out, 100), 0);
	convert_free(c);
	free(in);
	free(out);
}
END_TEST

START_TEST(loud_and_senseless_samples_are_clipped)
{
	static const float in[] = { 1.0F, 1.5F, -1.0F, -7.0F, 3e38F, NAN,
		INFINITY, -INFINITY, 0.0F };
	static const uint8_t want[] = { 0xff, 0x7f, 0xff, 0x7f, 0x00, 0x80,
		0x00, 0x80, 0xff, 0x7f, 0, 0, 0xff, 0x7f, 0x00, 0x80, 0, 0 };
	int16_t out[9];
	struct convert *c;
	size_t used;

	ck_assert_int_eq(convert_new(&c, 16000, 1, MIXDOWN_MIX), 0);
	ck_assert_uint_eq(convert_run(c, in, 9, &used, out, 9), 9);
	ck_assert_uint_eq(used, 9);
	ck_assert_mem_eq(out, want, sizeof(want));
	convert_free(c);
}
END_TEST

START_TEST(a_channel_that_is_not_there_is_refused)
{
	struct convert *c;

	ck_assert_int_eq(convert_new(&c, 16000, 2, 3), AUDIO_ERR_CHANNEL);
	ck_assert_ptr_null(c);
	ck_assert_int_eq(convert_new(&c, 16000, 0, 0), AUDIO_ERR_CHANNEL);
	ck_assert_int_eq(convert_new(&c, 12, 1, 0), AUDIO_ERR_RATE);
	convert_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audio_resample");
	TCase *tc = tcase_create("resample");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(
	    tc, a_sine_keeps_frequency_level_and_length, 0, NRATES);
	tcase_add_test(tc, what_is_above_8_khz_does_not_fold_down);
	tcase_add_loop_test(
	    tc, any_block_size_gives_the_same_samples, 0, NRATES);
	tcase_add_loop_test(tc, a_microphone_waits_less_than_60_ms, 0, NRATES);
	tcase_add_test(tc, senseless_rates_are_refused);
	tcase_add_test(tc, mixdown_picks_or_averages);
	tcase_add_test(tc, sixteen_bit_passes_bit_for_bit);
	tcase_add_test(tc, loud_and_senseless_samples_are_clipped);
	tcase_add_test(tc, a_channel_that_is_not_there_is_refused);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
