/* The byte queue: what goes in comes out, whatever the split, within the cap.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

START_TEST(takes_and_gives_in_order)
{
	struct bytes q;
	const uint8_t *p;
	size_t n;

	bytes_init(&q, 100);
	ck_assert_int_eq(bytes_append(&q, "hello ", 6), 0);
	ck_assert_int_eq(bytes_append(&q, "world", 5), 0);
	p = bytes_peek(&q, &n);
	ck_assert_uint_eq(n, 11);
	ck_assert_mem_eq(p, "hello world", 11);
	bytes_skip(&q, 6);
	p = bytes_peek(&q, &n);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(p, "world", 5);
	bytes_release(&q);
}
END_TEST

START_TEST(never_grows_past_its_cap)
{
	struct bytes q;

	bytes_init(&q, 10);
	ck_assert_int_eq(bytes_append(&q, "12345678", 8), 0);
	ck_assert_int_eq(bytes_append(&q, "abc", 3), BYTES_ERR_FULL);
	ck_assert_uint_eq(bytes_len(&q), 8);
	ck_assert_ptr_null(bytes_reserve(&q, SIZE_MAX));
	ck_assert_ptr_null(bytes_reserve(&q, 3));
	ck_assert_ptr_nonnull(bytes_reserve(&q, 2));
	bytes_skip(&q, 4);
	ck_assert_int_eq(bytes_append(&q, "abcdef", 6), 0);
	ck_assert_uint_eq(bytes_len(&q), 10);
	ck_assert_uint_le(q.alloc, 10);
	bytes_release(&q);
}
END_TEST

/* A million bytes through a queue of 1000 in odd pieces: equal to the input. */
START_TEST(survives_any_mixture_of_sizes)
{
	unsigned int seed = 7;
	uint32_t written = 0, read = 0, nwrong = 0;
	struct bytes q;

	bytes_init(&q, 1000);
	while (read < 1000000) {
		size_t n = (size_t)rand_r(&seed) % 400, have;
		uint8_t *room = bytes_reserve(&q, n);
		const uint8_t *p;

		if (room != NULL) {
			for (size_t i = 0; i < n; i++)
				room[i] = (uint8_t)(written++ * 31);
			bytes_commit(&q, n);
		}
		p = bytes_peek(&q, &have);
		n = (size_t)rand_r(&seed) % 400;
		n = n < have ? n : have;
		/* One assertion a piece: a million would take minutes. */
		for (size_t i = 0; i < n; i++)
			nwrong += p[i] != (uint8_t)(read++ * 31);
		ck_assert_uint_eq(nwrong, 0);
		bytes_skip(&q, n);
	}
	bytes_release(&q);
}
END_TEST

START_TEST(reset_keeps_the_memory)
{
	struct bytes q;
	uint8_t *base;

	bytes_init(&q, 100);
	bytes_append(&q, "abc", 3);
	base = q.base;
	bytes_reset(&q);
	ck_assert_uint_eq(bytes_len(&q), 0);
	bytes_append(&q, "def", 3);
	ck_assert_ptr_eq(q.base, base);
	bytes_wipe(&q);
	ck_assert_ptr_null(q.base);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base/bytes");
	TCase *tc = tcase_create("queue");
	SRunner *r;
	int failed;

	tcase_add_test(tc, takes_and_gives_in_order);
	tcase_add_test(tc, never_grows_past_its_cap);
	tcase_add_test(tc, survives_any_mixture_of_sizes);
	tcase_add_test(tc, reset_keeps_the_memory);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
