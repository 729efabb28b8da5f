/* with: cmd/capture/pace.c cmd/capture/meter.c */
/* capture's clock for files, with times that are stated, and the meter's line.
 */
#include <check.h>
#include <string.h>

#include "../../cmd/capture/meter.h"
#include "../../cmd/capture/pace.h"

START_TEST(blocks_are_due_on_the_clock_whenever_they_went)
{
	struct pace p;

	pace_init(&p, 5000);
	ck_assert_int_eq(pace_due_ms(&p), 5000);
	pace_release(&p, 1600, 5000);
	ck_assert_int_eq(pace_due_ms(&p), 5100);
	/* 90 ms late: the next one is due as if it had not been */
	pace_release(&p, 1600, 5190);
	ck_assert_int_eq(pace_due_ms(&p), 5200);
	pace_release(&p, 8, 5200);
	ck_assert_int_eq(pace_due_ms(&p), 5200);
	pace_release(&p, 8, 5200);
	ck_assert_int_eq(pace_due_ms(&p), 5201);
}
END_TEST

START_TEST(a_day_of_blocks_does_not_drift)
{
	struct pace p;

	pace_init(&p, 0);
	for (int i = 0; i < 864000; i++)
		pace_release(&p, 1600, pace_due_ms(&p) + i % 7);
	ck_assert_int_eq(pace_due_ms(&p), 86400000);
	ck_assert_uint_eq(p.lost_ms, 0);
}
END_TEST

START_TEST(after_a_long_stall_the_talk_is_not_hurried)
{
	struct pace p;

	pace_init(&p, 0);
	pace_release(&p, 1600, 0);
	/* 2 s is made up for ... */
	pace_release(&p, 1600, 100 + PACE_SLACK_MS);
	ck_assert_int_eq(pace_due_ms(&p), 200);
	/* ... a minute is not */
	pace_release(&p, 1600, 60200);
	ck_assert_int_eq(pace_due_ms(&p), 60300);
	ck_assert_uint_eq(p.lost_ms, 60000);
}
END_TEST

START_TEST(the_meter_line_says_the_level)
{
	char line[128];

	meter_format(line, sizeof(line), 61.5, -6.0, -30.0, 0);
	ck_assert_str_eq(line, "  1:01 peak  -6.0 rms -30.0 dBFS "
			       "[===============...........|...] ");
	meter_format(line, sizeof(line), 0, -96.3, -96.3, 0);
	ck_assert_str_eq(line, "  0:00 peak -96.3 rms -96.3 dBFS "
			       "[..............................] ");
	meter_format(line, sizeof(line), 3600, 0.0, 0.0, 1);
	ck_assert_str_eq(line, " 60:00 peak   0.0 rms   0.0 dBFS "
			       "[=============================|] CLIP");
	/* It fits a terminal of 80 columns, even a long talk. */
	meter_format(line, sizeof(line), 60.0 * 99999, -96.3, -96.3, 1);
	ck_assert_uint_lt(strlen(line), 80);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audio_pace");
	TCase *tc = tcase_create("pace");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, blocks_are_due_on_the_clock_whenever_they_went);
	tcase_add_test(tc, a_day_of_blocks_does_not_drift);
	tcase_add_test(tc, after_a_long_stall_the_talk_is_not_hurried);
	tcase_add_test(tc, the_meter_line_says_the_level);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
