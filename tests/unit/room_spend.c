/* with: cmd/broadcast/spend.c */
#include "../../cmd/broadcast/spend.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct spend spend;

static double
say(const char *stage, const char *state, double est_usd)
{
	json_t *obj = json_pack("{s:s,s:s}", "stage", stage, "state", state);
	double grown;

	if (est_usd >= 0)
		json_object_set_new(obj, "est_usd", json_real(est_usd));
	grown = spend_status(&spend, obj);
	json_decref(obj);
	return grown;
}

static void
setup(void)
{
	memset(&spend, 0, sizeof(spend));
}

static void
ck_sum(double usd)
{
	ck_assert_double_eq_tol(spend_usd(&spend), usd, 1e-9);
}

START_TEST(the_totals_of_all_stages_are_added_up)
{
	ck_assert_double_eq_tol(say("transcribe", "level", 0.5), 0.5, 1e-9);
	ck_assert_double_eq_tol(say("transcribe", "level", 0.75), 0.25, 1e-9);
	say("translate", "degraded", 1);
	say("synth", "ready", -1);
	say("synth", "ended", 2);
	ck_sum(3.75);
	ck_assert_double_eq_tol(say("transcribe", "level", 0.75), 0, 1e-9);
	ck_sum(3.75);
}
END_TEST

START_TEST(a_stage_that_was_restarted_adds_to_what_it_had)
{
	double spent = 0;
	int run, i;

	/* More runs than are told apart; each ends elsewhere. */
	for (run = 0; run < 30; run++) {
		say("transcribe", "ready", -1);
		for (i = 1; i <= 1000 + run * 7; i++)
			say("transcribe", "level", i * 0.001);
		spent += (1000 + run * 7) * 0.001;
		ck_assert_double_eq_tol(spend_usd(&spend), spent,
		    0.001 * SPEND_RUNS_MAX * run + 1e-9);
	}
}
END_TEST

/* What a restart costs in exactness is one step, whatever the order. */
START_TEST(a_restart_that_overtakes_the_run_before_it_is_counted)
{
	int i;

	say("translate", "level", 3);
	say("translate", "ready", 0);
	for (i = 1; i <= 600; i++)
		say("translate", "level", i * 0.01);
	ck_assert_double_eq_tol(spend_usd(&spend), 9, 0.011);
}
END_TEST

START_TEST(two_of_a_kind_are_no_restarts)
{
	int i;

	for (i = 1; i <= 100; i++) {
		say("synth", "level", i * 0.05);
		say("synth", "level", i * 0.01);
	}
	ck_assert_double_eq_tol(spend_usd(&spend), 6, 0.051);
}
END_TEST

START_TEST(what_is_no_total_is_passed_by)
{
	json_t *obj = json_pack(
	    "{s:s,s:s,s:s}", "stage", "x", "state", "level", "est_usd", "9");

	spend_status(&spend, obj);
	json_decref(obj);
	obj = json_pack("{s:f}", "est_usd", 9.0);
	spend_status(&spend, obj);
	json_decref(obj);
	say("x", "level", 2e6);
	say("x", "level", -1);
	ck_sum(0);
}
END_TEST

START_TEST(stages_beyond_the_table_are_one)
{
	char name[64];
	int i;

	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "stage%d", i);
		say(name, "ready", -1);
	}
	ck_assert_uint_eq(spend.nstages, SPEND_STAGES_MAX);
	say("stage0", "level", 2);
	say("stage199", "level", 3);
	say("a-name-that-is-longer-than-any-stage-has", "level", 4);
	ck_sum(6);
	ck_assert_str_eq(spend.stages[SPEND_STAGES_MAX - 1].name, "other");
	ck_assert_double_eq_tol(spend_stage_usd(&spend.stages[0]), 2, 1e-9);
}
END_TEST

START_TEST(what_was_saved_goes_on)
{
	json_t *saved;

	say("transcribe", "level", 1);
	say("transcribe", "ready", 0);
	say("transcribe", "level", 0.25);
	saved = spend_save(&spend);
	setup();
	spend_load(&spend, saved);
	json_decref(saved);
	ck_sum(1.25);
	/* The same run goes on. */
	say("transcribe", "level", 0.5);
	ck_sum(1.5);

	setup();
	saved = json_loads(
	    "{\"a\":7,\"b\":[\"x\",-1,1e9,2],\"c\":[1,1,1,1,1,1,1,1,1,1]}", 0,
	    NULL);
	spend_load(&spend, saved);
	json_decref(saved);
	ck_sum(2 + SPEND_RUNS_MAX);
	spend_load(&spend, NULL);
	ck_sum(2 + SPEND_RUNS_MAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("spend");
	TCase *tc = tcase_create("spend");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, the_totals_of_all_stages_are_added_up);
	tcase_add_test(tc, a_stage_that_was_restarted_adds_to_what_it_had);
	tcase_add_test(
	    tc, a_restart_that_overtakes_the_run_before_it_is_counted);
	tcase_add_test(tc, two_of_a_kind_are_no_restarts);
	tcase_add_test(tc, what_is_no_total_is_passed_by);
	tcase_add_test(tc, stages_beyond_the_table_are_one);
	tcase_add_test(tc, what_was_saved_goes_on);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
