#include "room/budget.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/stop.h"

static char run[] = "/tmp/room_budget.XXXXXX";
static struct room room;
static struct budget budget, other;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(run));
	ck_assert_int_eq(room_init(&room, run, "main"), 0);
	ck_assert_int_eq(room_create(&room), 0);
	ck_assert_int_eq(stop_init(), 0);
	ck_assert_int_eq(stop_resume_init(), 0);
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", run);
	ck_assert_int_eq(system(command), 0);
}

static void
begin(struct budget *b, const struct room *r, double max_usd)
{
	ck_assert_int_eq(
	    budget_init(b, "translate", r, max_usd, NULL, NULL), 0);
}

/* A dollar's worth of translated characters. */
static const double dollar = 1 / 15e-6;

/* When the loop wakes for it, at the latest. */
static int64_t
deadline_ms(struct budget *b)
{
	struct loop loop;
	int64_t at_ms;

	loop_init(&loop);
	loop_begin(&loop);
	budget_prepare(b, &loop);
	at_ms = loop.deadline_ms;
	loop_release(&loop);
	return at_ms;
}

START_TEST(without_limit_and_room_nothing_pauses)
{
	begin(&budget, NULL, 0);
	budget_spend(&budget, COST_TRANSLATE_CHAR, 1000 * dollar);
	ck_assert(!budget_dispatch(&budget, 0));
	ck_assert_double_eq_tol(budget_usd(&budget), 1000, 1e-6);
	ck_assert_int_eq(deadline_ms(&budget), LOOP_NEVER);
}
END_TEST

START_TEST(the_limit_pauses_and_sigusr1_allows_as_much_again)
{
	begin(&budget, NULL, 1);
	budget_spend(&budget, COST_TRANSLATE_CHAR, 0.9 * dollar);
	ck_assert(!budget_dispatch(&budget, 0));
	budget_spend(&budget, COST_TRANSLATE_CHAR, 0.2 * dollar);
	ck_assert(budget_dispatch(&budget, 0));
	ck_assert(budget.is_paused);
	ck_assert_ptr_nonnull(
	    strstr(budget.reason, "translate has spent 1.10"));
	ck_assert(!budget_dispatch(&budget, 10000));
	ck_assert(budget.is_paused);
	raise(SIGUSR1);
	ck_assert(budget_dispatch(&budget, 10000));
	ck_assert(!budget.is_paused);
	budget_spend(&budget, COST_TRANSLATE_CHAR, 0.9 * dollar);
	ck_assert(!budget_dispatch(&budget, 10000));
	budget_spend(&budget, COST_TRANSLATE_CHAR, 0.2 * dollar);
	ck_assert(budget_dispatch(&budget, 10000));
	ck_assert(budget.is_paused);
	ck_assert_int_eq(stop_count(), 0);
}
END_TEST

/* Spent behind this turn's look, when nothing else may wake the stage. */
START_TEST(a_limit_that_was_passed_is_looked_at_without_delay)
{
	begin(&budget, NULL, 1);
	ck_assert_int_eq(deadline_ms(&budget), LOOP_NEVER);
	budget_spend(&budget, COST_TRANSLATE_CHAR, 2 * dollar);
	ck_assert_int_eq(deadline_ms(&budget), 0);
	ck_assert(budget_dispatch(&budget, 0));
	ck_assert_int_eq(deadline_ms(&budget), LOOP_NEVER);
}
END_TEST

START_TEST(a_limit_pauses_the_whole_room_and_resuming_it_goes_on)
{
	char reason[ROOM_REASON_MAX];

	begin(&budget, &room, 1);
	begin(&other, &room, 0);
	ck_assert(!budget_dispatch(&other, 0));
	budget_spend(&budget, COST_TRANSLATE_CHAR, 2 * dollar);
	ck_assert(budget_dispatch(&budget, 0));
	ck_assert_int_eq(room_is_paused(&room, reason), 1);
	ck_assert_str_eq(reason, budget.reason);
	ck_assert(!budget_dispatch(&other, BUDGET_LOOK_MS - 1));
	ck_assert(budget_dispatch(&other, BUDGET_LOOK_MS));
	ck_assert(other.is_paused);
	ck_assert_str_eq(other.reason, reason);

	ck_assert_int_eq(room_resume(&room), 0);
	ck_assert(budget_dispatch(&budget, 2 * BUDGET_LOOK_MS));
	ck_assert(budget_dispatch(&other, 2 * BUDGET_LOOK_MS));
	ck_assert(!budget.is_paused);
	ck_assert(!other.is_paused);
	ck_assert(!budget_dispatch(&budget, 3 * BUDGET_LOOK_MS));
}
END_TEST

START_TEST(sigusr1_resumes_the_room_too)
{
	begin(&budget, &room, 0);
	ck_assert_int_eq(room_pause(&room, "lunch\nand more"), 0);
	ck_assert(budget_dispatch(&budget, 0));
	ck_assert_str_eq(budget.reason, "lunch");
	raise(SIGUSR1);
	ck_assert(budget_dispatch(&budget, 1));
	ck_assert(!budget.is_paused);
	ck_assert_int_eq(room_is_paused(&room, NULL), 0);
}
END_TEST

START_TEST(a_room_that_cannot_be_told_stays_paused)
{
	struct room absent;

	ck_assert_int_eq(room_init(&absent, run, "absent"), 0);
	begin(&budget, &absent, 1);
	budget_spend(&budget, COST_TRANSLATE_CHAR, 2 * dollar);
	ck_assert(budget_dispatch(&budget, 0));
	ck_assert(!budget_dispatch(&budget, 10 * BUDGET_LOOK_MS));
	ck_assert(budget.is_paused);
}
END_TEST

START_TEST(a_long_reason_is_cut_between_characters)
{
	char text[2 * ROOM_REASON_MAX + 1], reason[ROOM_REASON_MAX];

	for (size_t i = 0; i < sizeof(text) - 1; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(room_pause(&room, text), 0);
	ck_assert_int_eq(room_is_paused(&room, reason), 1);
	ck_assert_uint_eq(strlen(reason), (ROOM_REASON_MAX - 1) / 2 * 2);
	ck_assert_int_eq(strncmp(text, reason, strlen(reason)), 0);
	ck_assert_int_eq(room_resume(&room), 0);
	ck_assert_int_eq(room_resume(&room), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("room_budget");
	TCase *tc = tcase_create("budget");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_limit_and_room_nothing_pauses);
	tcase_add_test(tc, the_limit_pauses_and_sigusr1_allows_as_much_again);
	tcase_add_test(tc, a_limit_that_was_passed_is_looked_at_without_delay);
	tcase_add_test(
	    tc, a_limit_pauses_the_whole_room_and_resuming_it_goes_on);
	tcase_add_test(tc, sigusr1_resumes_the_room_too);
	tcase_add_test(tc, a_room_that_cannot_be_told_stays_paused);
	tcase_add_test(tc, a_long_reason_is_cut_between_characters);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
