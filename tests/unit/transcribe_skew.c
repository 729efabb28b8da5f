/* with: cmd/transcribe/skew.c */
/*
 * A clock that is wrong, from the start or in mid-talk.  This machine's Unix
 * time is WALL + what it is off, at BOOT ms of its uptime.
 */
#include "../../cmd/transcribe/skew.h"

#include <check.h>
#include <stdlib.h>

#include "aws/retry.h"

#define BOOT 5000000
#define WALL 1795250000000.0 /* Sat, 21 Nov 2026 08:33:20 GMT */
#define DATE "Sat, 21 Nov 2026 08:33:20 GMT"
#define MINUTE 60000

static struct skew k;
static struct service_error e;

static void
set_up(void)
{
	skew_init(&k);
	service_error_set(
	    &e, SERVICE_ERROR_SKEW, "InvalidSignatureException", "no");
}

/* Ten minutes either way, told by the Date of the refusal. */
START_TEST(a_wrong_clock_is_corrected_by_the_date)
{
	double off_ms = (_i == 0 ? 10 : -10) * MINUTE;

	ck_assert(skew_refused(&k, DATE, &e, WALL + off_ms));
	ck_assert_double_eq_tol(skew_wall_ms(&k, WALL + off_ms), WALL, 1);
	/* The same again changes nothing: then it was not the clock. */
	ck_assert(!skew_refused(&k, DATE, &e, WALL + off_ms));
}
END_TEST

START_TEST(without_a_date_the_text_says_it)
{
	service_error_set(&e, SERVICE_ERROR_INVALID, "BadRequestException",
	    "Signature expired: 20261121T082320Z is now earlier than "
	    "20261121T082820Z (20261121T083320Z - 5 min.)");
	ck_assert(skew_is_about(&e));
	ck_assert(skew_refused(&k, "", &e, WALL - 10 * MINUTE));
	ck_assert_double_eq_tol(skew_wall_ms(&k, WALL - 10 * MINUTE), WALL, 1);
	service_error_set(&e, SERVICE_ERROR_SKEW, "InvalidSignatureException",
	    "Signature not yet current: 20261121T084320Z is still later than "
	    "20261121T083820Z (20261121T083320Z + 5 min.)");
	skew_init(&k);
	ck_assert(skew_refused(&k, NULL, &e, WALL + 10 * MINUTE));
	ck_assert_double_eq_tol(skew_wall_ms(&k, WALL + 10 * MINUTE), WALL, 1);
}
END_TEST

START_TEST(a_right_clock_is_left_alone)
{
	ck_assert(!skew_refused(&k, DATE, &e, WALL + 2 * MINUTE));
	ck_assert(!skew_refused(&k, "", &e, WALL));
	ck_assert(!skew_refused(&k, "no date", &e, WALL));
	ck_assert_int_eq(k.offset_ms, 0);
	service_error_set(&e, SERVICE_ERROR_INVALID, "BadRequestException",
	    "no (20261121T083320Z) and no (x)");
	ck_assert(!skew_is_about(&e));
	ck_assert(!skew_refused(&k, NULL, &e, WALL));
}
END_TEST

START_TEST(a_clock_that_is_set_while_it_runs_changes_no_signature)
{
	double off_ms = (_i == 0 ? 10 : -10) * MINUTE;

	ck_assert_int_eq(skew_look(&k, WALL, BOOT), 0);
	skew_accepted(&k);
	ck_assert_int_eq(skew_look(&k, WALL + 1000, BOOT + 1000), 0);
	ck_assert_double_eq_tol(
	    (double)skew_look(&k, WALL + off_ms + 2000, BOOT + 2000), off_ms,
	    1);
	ck_assert_double_eq_tol(
	    skew_wall_ms(&k, WALL + off_ms + 2000), WALL + 2000, 1);
	/* And back. */
	skew_look(&k, WALL + 3000, BOOT + 3000);
	ck_assert_double_eq_tol(skew_wall_ms(&k, WALL + 3000), WALL + 3000, 1);
}
END_TEST

START_TEST(a_wrong_clock_that_is_put_right_stays_right)
{
	skew_look(&k, WALL - 10 * MINUTE, BOOT);
	ck_assert(skew_refused(&k, DATE, &e, WALL - 10 * MINUTE));
	skew_accepted(&k);
	skew_look(&k, WALL + 1000, BOOT + 1000);
	ck_assert_double_eq_tol(skew_wall_ms(&k, WALL + 1000), WALL + 1000, 1);
}
END_TEST

START_TEST(sleep_and_slewing_are_not_setting)
{
	skew_look(&k, WALL, BOOT);
	skew_accepted(&k);
	/* An hour of sleep: both clocks went on. */
	ck_assert_int_eq(
	    skew_look(&k, WALL + 60 * MINUTE, BOOT + 60 * MINUTE), 0);
	for (int i = 1; i <= 100; i++)
		ck_assert_int_eq(skew_look(&k, WALL + 60 * MINUTE + i * 1001,
				     BOOT + 60 * MINUTE + i * 1000),
		    0);
	ck_assert_int_eq(k.offset_ms, 0);
}
END_TEST

START_TEST(before_anything_was_accepted_the_newer_time_is_taken)
{
	skew_look(&k, WALL - 60 * MINUTE, BOOT);
	ck_assert_int_ne(skew_look(&k, WALL + 1000, BOOT + 1000), 0);
	ck_assert_double_eq_tol(skew_wall_ms(&k, WALL + 1000), WALL + 1000, 1);
}
END_TEST

/* As after a wrong correction: the service was the one that was off. */
START_TEST(an_offset_that_is_refused_is_taken_back)
{
	ck_assert(skew_refused(&k, DATE, &e, WALL + 10 * MINUTE));
	skew_accepted(&k);
	ck_assert(skew_refused(&k, DATE, &e, WALL));
	ck_assert_int_eq(k.offset_ms, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("transcribe_skew");
	TCase *tc = tcase_create("skew");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc, a_wrong_clock_is_corrected_by_the_date, 0, 2);
	tcase_add_test(tc, without_a_date_the_text_says_it);
	tcase_add_test(tc, a_right_clock_is_left_alone);
	tcase_add_loop_test(
	    tc, a_clock_that_is_set_while_it_runs_changes_no_signature, 0, 2);
	tcase_add_test(tc, a_wrong_clock_that_is_put_right_stays_right);
	tcase_add_test(tc, sleep_and_slewing_are_not_setting);
	tcase_add_test(
	    tc, before_anything_was_accepted_the_newer_time_is_taken);
	tcase_add_test(tc, an_offset_that_is_refused_is_taken_back);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
