/* with: tests/unit/support/failmalloc.c */
/* with: tests/unit/support/nomem_opus_encode.c */
/* with: tests/unit/support/nomem_bytes.c */
/*
 * PCM to Opus packets, judged by libopus's own decoder: the sound and its
 * length come back, whatever the split; and when memory is short.
 */
#include <check.h>
#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#define FAILMALLOC_REAL
#include "audio/opus_encode.h"
#include "base/bytes.h"
#include "base/pcm.h"
#include "support/failmalloc.h"

#define SAMPLES_MAX (3 * PCM_RATE_HZ)
#define TURN 6.283185307179586

static struct bytes packets;
static struct opus_encode *e;

static void
set_up(void)
{
	bytes_init(&packets, 1024 * 1024);
	ck_assert_int_eq(opus_encode_new(&e), 0);
}

static void
tear_down(void)
{
	opus_encode_free(e);
	bytes_release(&packets);
}

/* A tone that swells, so that a shift in time shows. */
static void
make_tone(uint8_t *pcm, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		double t = (double)i / PCM_RATE_HZ;
		int v = (int)(6000 * sin(TURN * 3 * t) * sin(TURN * 300 * t));

		pcm[2 * i] = (uint8_t)v;
		pcm[2 * i + 1] = (uint8_t)((unsigned int)v >> 8);
	}
}

/* Decode all packets: samples written to out, *n packets. */
static size_t
decode(int16_t *out, size_t max, int *n)
{
	int error, got;
	OpusDecoder *d = opus_decoder_create(PCM_RATE_HZ, 1, &error);
	size_t len, done = 0, size;
	const uint8_t *p = bytes_peek(&packets, &len);

	ck_assert_int_eq(error, OPUS_OK);
	for (*n = 0; len > 0; (*n)++) {
		ck_assert_uint_ge(len, 2);
		size = (size_t)p[0] << 8 | p[1];
		ck_assert_uint_gt(size, 0);
		ck_assert_uint_le(size + 2, len);
		ck_assert_int_eq(opus_packet_get_nb_samples(
				     p + 2, (opus_int32)size, PCM_RATE_HZ),
		    OPUS_ENCODE_FRAME_SAMPLES);
		ck_assert_uint_le(done + OPUS_ENCODE_FRAME_SAMPLES, max);
		got = opus_decode(d, p + 2, (opus_int32)size, out + done,
		    OPUS_ENCODE_FRAME_SAMPLES, 0);
		ck_assert_int_eq(got, OPUS_ENCODE_FRAME_SAMPLES);
		done += (size_t)got;
		p += size + 2;
		len -= size + 2;
	}
	opus_decoder_destroy(d);
	return done;
}

/* 1: the same sound, however loud. */
static double
likeness(const uint8_t *pcm, const int16_t *out, size_t n)
{
	double ab = 0, aa = 0, bb = 0;

	for (size_t i = 0; i < n; i++) {
		double a = (int16_t)(pcm[2 * i] | pcm[2 * i + 1] << 8);

		ab += a * out[i];
		aa += a * a;
		bb += (double)out[i] * out[i];
	}
	return ab / sqrt(aa * bb);
}

START_TEST(the_sound_comes_back_at_its_time)
{
	size_t n = PCM_RATE_HZ, got;
	uint8_t *pcm = malloc(n * 2);
	int16_t *out = malloc(2 * SAMPLES_MAX);
	double best = 0;
	size_t best_lag = 0;
	int npackets;

	make_tone(pcm, n);
	ck_assert_int_eq(opus_encode_feed(e, pcm, n * 2, &packets), 50);
	/* 104 samples of delay: one more packet. */
	ck_assert_uint_eq(opus_encode_pre_skip(e), 104);
	ck_assert_int_eq(opus_encode_finish(e, &packets), 1);
	got = decode(out, SAMPLES_MAX, &npackets);
	ck_assert_int_eq(npackets, 51);
	ck_assert_uint_ge(got, n + 104);
	for (size_t lag = 0; lag <= 2 * 104; lag++)
		if (likeness(pcm, out + lag, n - 104) > best) {
			best = likeness(pcm, out + lag, n - 104);
			best_lag = lag;
		}
	ck_assert_double_gt(best, 0.9);
	ck_assert_uint_ge(best_lag, 104 - 8);
	ck_assert_uint_le(best_lag, 104 + 8);
	/* 24 kbit/s. */
	ck_assert_uint_le(bytes_len(&packets), 51 * (2 + 80));
	free(pcm);
	free(out);
}
END_TEST

START_TEST(any_length_is_padded_and_whole)
{
	static uint8_t pcm[2 * 1000];
	int16_t out[3000];
	size_t n = (size_t)_i, got;
	int fed, finished, npackets;

	fed = opus_encode_feed(e, pcm, n * 2, &packets);
	finished = opus_encode_finish(e, &packets);
	got = decode(out, 3000, &npackets);
	ck_assert_int_eq(fed, (int)(n / OPUS_ENCODE_FRAME_SAMPLES));
	ck_assert_int_eq(fed + finished, npackets);
	ck_assert_uint_ge(got, n + opus_encode_pre_skip(e));
	ck_assert_uint_lt(
	    got, n + opus_encode_pre_skip(e) + OPUS_ENCODE_FRAME_SAMPLES);
}
END_TEST

START_TEST(any_split_gives_the_same)
{
	size_t n = 2 * 16000 / 5 * 2, len, first = (size_t)_i;
	uint8_t *pcm = malloc(n);
	struct bytes whole;

	make_tone(pcm, n / 2);
	bytes_init(&whole, 1024 * 1024);
	ck_assert_int_eq(opus_encode_feed(e, pcm, n, &whole), 20);
	opus_encode_finish(e, &whole);
	opus_encode_reset(e);
	/* Byte by byte, or cut once. */
	if (first == 0)
		for (size_t i = 0; i < n; i++)
			ck_assert_int_ge(
			    opus_encode_feed(e, pcm + i, 1, &packets), 0);
	else {
		opus_encode_feed(e, pcm, first, &packets);
		opus_encode_feed(e, pcm + first, n - first, &packets);
	}
	opus_encode_finish(e, &packets);
	ck_assert_uint_eq(bytes_len(&packets), bytes_len(&whole));
	ck_assert_mem_eq(bytes_peek(&packets, &len), bytes_peek(&whole, &len),
	    bytes_len(&whole));
	bytes_release(&whole);
	free(pcm);
}
END_TEST

START_TEST(a_full_queue_is_an_error)
{
	static const uint8_t pcm[2 * OPUS_ENCODE_FRAME_BYTES];
	struct bytes small;

	bytes_init(&small, 100);
	ck_assert_int_eq(opus_encode_feed(e, pcm, sizeof(pcm), &small),
	    OPUS_ENCODE_ERR_NOMEM);
	bytes_release(&small);
	opus_encode_reset(e);
	ck_assert_int_eq(opus_encode_feed(e, pcm, sizeof(pcm), &packets), 2);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
	static const uint8_t pcm[2 * OPUS_ENCODE_FRAME_BYTES];
	struct opus_encode *x;
	unsigned long n;
	int rc = -1, fed;

	for (n = 1; n < 10; n++) {
		struct bytes q;

		bytes_init(&q, 1024 * 1024);
		failmalloc_arm(n);
		rc = opus_encode_new(&x);
		fed = rc == 0 ? opus_encode_feed(x, pcm, sizeof(pcm), &q) : rc;
		if (rc == 0)
			opus_encode_free(x);
		failmalloc_disarm();
		bytes_release(&q);
		ck_assert(fed == 2 || fed == OPUS_ENCODE_ERR_NOMEM);
		if (rc != 0)
			ck_assert_ptr_null(x);
		if (fed == 2)
			break;
	}
	/* Two of its own and one of the queue's, at least. */
	ck_assert_uint_ge(n, 4);
	ck_assert_uint_lt(n, 10);
	ck_assert_str_eq(
	    opus_encode_strerror(OPUS_ENCODE_ERR_NOMEM), "out of memory");
	ck_assert_str_eq(opus_encode_strerror(0), "no error");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audio/opus_encode");
	TCase *tc = tcase_create("opus_encode");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_sound_comes_back_at_its_time);
	tcase_add_loop_test(tc, any_length_is_padded_and_whole, 0, 700);
	tcase_add_loop_test(tc, any_split_gives_the_same, 0, 645);
	tcase_add_test(tc, a_full_queue_is_an_error);
	tcase_add_test(tc, every_allocation_may_fail);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
