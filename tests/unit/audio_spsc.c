/* lib/audio/spsc: what goes in comes out, once and in order, with two threads
 * at it. */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

#include "audio/error.h"
#include "audio/spsc.h"

#define RACE_FRAMES 2000000U

START_TEST(frames_come_out_in_order_across_the_wrap)
{
	struct spsc s;
	uint32_t in[3], out[8], next = 0, want = 0;

	ck_assert_int_eq(spsc_init(&s, 5, sizeof(uint32_t)), 0);
	ck_assert_uint_eq(s.capacity, 8);
	for (int turn = 0; turn < 100; turn++) {
		for (int i = 0; i < 3; i++)
			in[i] = next++;
		ck_assert_uint_eq(spsc_write(&s, in, 3), 3);
		ck_assert_uint_eq(spsc_len(&s), 3);
		ck_assert_uint_eq(spsc_read(&s, out, 8), 3);
		for (int i = 0; i < 3; i++)
			ck_assert_uint_eq(out[i], want++);
	}
	ck_assert_uint_eq(spsc_read(&s, out, 8), 0);
	ck_assert_uint_eq(spsc_dropped(&s), 0);
	spsc_release(&s);
}
END_TEST

START_TEST(what_finds_no_room_is_counted)
{
	struct spsc s;
	uint8_t in[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		15 };
	uint8_t out[16];

	/* frames of two bytes */
	ck_assert_int_eq(spsc_init(&s, 4, 2), 0);
	ck_assert_uint_eq(spsc_write(&s, in, 3), 3);
	ck_assert_uint_eq(spsc_write(&s, in + 6, 5), 1);
	ck_assert_uint_eq(spsc_dropped(&s), 4);
	ck_assert_uint_eq(spsc_write(&s, in, 2), 0);
	ck_assert_uint_eq(spsc_dropped(&s), 6);
	ck_assert_uint_eq(spsc_read(&s, out, 1), 1);
	ck_assert_mem_eq(out, in, 2);
	ck_assert_uint_eq(spsc_read(&s, out, 8), 3);
	ck_assert_mem_eq(out, in + 2, 6);
	spsc_release(&s);
}
END_TEST

START_TEST(more_memory_than_there_is_is_refused)
{
	struct spsc s;

	ck_assert_int_eq(spsc_init(&s, SIZE_MAX, 2), AUDIO_ERR_NOMEM);
	spsc_release(&s);
}
END_TEST

struct race {
	struct spsc ring;
	uint64_t accepted;
};

static void *
produce(void *arg)
{
	struct race *r = arg;
	uint32_t block[97], next = 0;
	size_t n, got;

	while (next < RACE_FRAMES) {
		/* block sizes that never fit the ring evenly */
		n = 1 + next % 97;
		for (size_t i = 0; i < n; i++)
			block[i] = next + (uint32_t)i;
		got = spsc_write(&r->ring, block, n);
		r->accepted += got;
		/* What was dropped is offered again: nothing may be missing. */
		next += (uint32_t)got;
		if (got == 0)
			sched_yield();
	}
	return NULL;
}

START_TEST(two_threads_lose_and_repeat_nothing)
{
	struct race r = { .accepted = 0 };
	uint32_t block[61], want = 0;
	pthread_t thread;
	size_t n, wrong = 0;

	ck_assert_int_eq(spsc_init(&r.ring, 256, sizeof(uint32_t)), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, produce, &r), 0);
	while (want < RACE_FRAMES) {
		n = spsc_read(&r.ring, block, 1 + want % 61);
		for (size_t i = 0; i < n; i++)
			wrong += block[i] != want++;
		ck_assert_uint_le(spsc_len(&r.ring), 256);
		if (n == 0)
			sched_yield();
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_ge(r.accepted, RACE_FRAMES);
	spsc_release(&r.ring);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audio_spsc");
	TCase *tc = tcase_create("spsc");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, frames_come_out_in_order_across_the_wrap);
	tcase_add_test(tc, what_finds_no_room_is_counted);
	tcase_add_test(tc, more_memory_than_there_is_is_refused);
	tcase_add_test(tc, two_threads_lose_and_repeat_nothing);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
