#include "base/cost.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/base_cost.XXXXXX";

static void
setup(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	close(fd);
}

static void
teardown(void)
{
	unlink(path);
}

static int
read_prices(struct cost *c, const char *text, unsigned int *line)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	return cost_init(c, path, line);
}

START_TEST(what_was_used_costs_units_times_price)
{
	struct cost c;

	ck_assert_int_eq(cost_init(&c, NULL, NULL), 0);
	ck_assert_double_eq(cost_usd(&c), 0);
	cost_add(&c, COST_TRANSCRIBE_S, 60);
	ck_assert_double_eq_tol(cost_usd(&c), 0.024, 1e-9);
	cost_add(&c, COST_TRANSLATE_CHAR, 500000);
	cost_add(&c, COST_TRANSLATE_CHAR, 500000);
	ck_assert_double_eq_tol(cost_usd(&c), 15.024, 1e-9);
	cost_add(&c, COST_POLLY_GENERATIVE_CHAR, 1e6);
	ck_assert_double_eq_tol(cost_usd(&c), 45.024, 1e-9);
}
END_TEST

START_TEST(a_stream_costs_begun_seconds_and_no_fewer_than_the_minimum)
{
	struct cost c;
	unsigned int line;

	ck_assert_int_eq(cost_init(&c, NULL, NULL), 0);
	ck_assert_double_eq(cost_stream_s(&c, 0), 15);
	ck_assert_double_eq(cost_stream_s(&c, 14.9), 15);
	ck_assert_double_eq(cost_stream_s(&c, 15.1), 16);
	ck_assert_double_eq(cost_stream_s(&c, 60), 60);
	ck_assert_int_eq(
	    read_prices(&c, "transcribe.minimum_seconds 0", &line), 0);
	ck_assert_double_eq(cost_stream_s(&c, 0), 0);
	ck_assert_double_eq(cost_stream_s(&c, 0.1), 1);
	ck_assert_double_eq(c.usd_each[COST_TRANSCRIBE_S], 0.024 / 60);
	ck_assert_int_eq(
	    read_prices(&c, "transcribe.minimum_seconds 3601", &line),
	    COST_ERR_SECONDS);
}
END_TEST

START_TEST(a_file_replaces_prices_item_by_item)
{
	struct cost c;
	unsigned int line;

	ck_assert_int_eq(read_prices(&c,
			     "# ours\n\n translate.character\t1e-3 # cheap\n"
			     "transcribe.second 0",
			     &line),
	    0);
	cost_add(&c, COST_TRANSCRIBE_S, 100);
	cost_add(&c, COST_TRANSLATE_CHAR, 10);
	ck_assert_double_eq_tol(cost_usd(&c), 0.01, 1e-9);
	cost_add(&c, COST_POLLY_STANDARD_CHAR, 1e6);
	ck_assert_double_eq_tol(cost_usd(&c), 4.01, 1e-9);
}
END_TEST

START_TEST(every_item_has_a_name_that_a_file_may_use)
{
	struct cost c;
	char text[64];

	for (int i = 0; i < COST_NITEMS; i++) {
		snprintf(text, sizeof(text), "%s 2\n",
		    cost_item_name((enum cost_item)i));
		ck_assert_int_eq(read_prices(&c, text, NULL), 0);
		cost_add(&c, (enum cost_item)i, 3);
		ck_assert_double_eq_tol(cost_usd(&c), 6, 1e-9);
	}
}
END_TEST

static const struct {
	const char *text;
	int code;
	unsigned int line;
} wrong[] = {
	{ "transcribe.second\n", COST_ERR_SYNTAX, 1 },
	{ "# a\ntranscribe.second 1 2\n", COST_ERR_SYNTAX, 2 },
	{ "transcribe.second 1USD\n", COST_ERR_SYNTAX, 1 },
	{ "\n\ntranscribe.minute 1\n", COST_ERR_ITEM, 3 },
	{ "transcribe.second -1\n", COST_ERR_PRICE, 1 },
	{ "transcribe.second nan\n", COST_ERR_PRICE, 1 },
	{ "transcribe.second inf\n", COST_ERR_PRICE, 1 },
};

START_TEST(a_wrong_line_is_named)
{
	struct cost c;
	unsigned int line;

	ck_assert_int_eq(
	    read_prices(&c, wrong[_i].text, &line), wrong[_i].code);
	ck_assert_uint_eq(line, wrong[_i].line);
	ck_assert_str_ne(cost_strerror(wrong[_i].code), "unknown error");
}
END_TEST

START_TEST(a_line_without_end_is_refused)
{
	struct cost c;
	char text[1000];

	memset(text, ' ', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(read_prices(&c, text, NULL), COST_ERR_SYNTAX);
}
END_TEST

START_TEST(an_absent_file_is_an_error)
{
	struct cost c;

	unlink(path);
	ck_assert_int_eq(cost_init(&c, path, NULL), COST_ERR_SYS);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base_cost");
	TCase *tc = tcase_create("cost");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_used_costs_units_times_price);
	tcase_add_test(
	    tc, a_stream_costs_begun_seconds_and_no_fewer_than_the_minimum);
	tcase_add_test(tc, a_file_replaces_prices_item_by_item);
	tcase_add_test(tc, every_item_has_a_name_that_a_file_may_use);
	tcase_add_loop_test(
	    tc, a_wrong_line_is_named, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tc, a_line_without_end_is_refused);
	tcase_add_test(tc, an_absent_file_is_an_error);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
