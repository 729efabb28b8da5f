/* with: cmd/broadcast/splice.c cmd/broadcast/parse.c */
#include "../../cmd/broadcast/splice.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/broadcast/parse.h"

static const struct {
	const char *in, *out;
	bool has_seq;
} cases[] = {
	{ "{\"type\":\"x\"}", "{\"seq\":7,\"type\":\"x\"}\n", false },
	{ "{}", "{\"seq\":7}\n", false },
	{ " { } ", "{\"seq\":7} \n", false },
	{ "{\"seq\":1}", "{\"seq\":7}\n", true },
	{ "{\"seq\":1,\"a\":2}", "{\"seq\":7,\"a\":2}\n", true },
	{ "{\"a\":2,\"seq\":1}", "{\"seq\":7,\"a\":2}\n", true },
	{ "{\"a\":2,\"seq\":1,\"b\":3}", "{\"seq\":7,\"a\":2,\"b\":3}\n",
	    true },
	{ "{ \"a\" : 2 , \"seq\" : 1 , \"b\" : 3 }",
	    "{\"seq\":7, \"a\" : 2 , \"b\" : 3 }\n", true },
	/* The name in a string, in a deeper object, and as a value. */
	{ "{\"t\":\",\\\"seq\\\":1,\",\"o\":{\"seq\":[1,{}]},\"v\":\"seq\","
	  "\"seq\":{\"a\":[1,2]},\"z\":\"\\\\\"}",
	    "{\"seq\":7,\"t\":\",\\\"seq\\\":1,\",\"o\":{\"seq\":[1,{}]},"
	    "\"v\":\"seq\",\"z\":\"\\\\\"}\n",
	    true },
	{ "{\"o\":{\"seq\":1}}", "{\"seq\":7,\"o\":{\"seq\":1}}\n", false },
	/* Spelled with an escape: not for us. */
	{ "{\"\\u0073eq\":1}", "", true },
	{ "[1]", "", false },
	{ "", "", false },
};

START_TEST(the_number_comes_first_and_all_else_stays)
{
	char out[256];
	size_t n;

	n = splice_seq(out, sizeof(out), cases[_i].in, strlen(cases[_i].in),
	    cases[_i].has_seq, 7);
	out[n] = '\0';
	ck_assert_str_eq(out, cases[_i].out);
}
END_TEST

START_TEST(the_greatest_number_fits_in_the_room_asked_for)
{
	static const char line[] = "{\"a\":1}";
	char out[sizeof(line) - 1 + SPLICE_BYTES];

	ck_assert_uint_gt(splice_seq(out, sizeof(out), line, sizeof(line) - 1,
			      false, UINT64_MAX),
	    0);
	ck_assert_uint_eq(
	    splice_seq(out, sizeof(out) - 1, line, sizeof(line) - 1, false, 1),
	    0);
}
END_TEST

/* Cut anywhere it is not JSON any more; it must only stay within its bytes. */
START_TEST(a_line_that_is_cut_short_is_not_read_past_its_end)
{
	const char *in = cases[8].in;
	size_t len = strlen(in), cut;
	char out[256], *copy;

	for (cut = 0; cut <= len; cut++) {
		copy = malloc(cut + 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, in, cut);
		copy = realloc(copy, cut == 0 ? 1 : cut);
		splice_seq(out, sizeof(out), copy, cut, true, 7);
		splice_seq(out, sizeof(out), copy, cut, false, 7);
		free(copy);
	}
}
END_TEST

/* A long audio line is judged as jansson judges the whole of it. */
static const struct {
	const char *before, *after;
	bool is_valid;
} longs[] = {
	{ "{\"type\":\"audio\",\"data\":\"", "\",\"n\":1}", true },
	{ "{\"data\":\"", "\"}", true },
	{ "{\"data\":\"", "\\n\"}", true },
	{ "{\"data\":\"", "\\q\"}", false },
	{ "{\"data\":\"", "\x01\"}", false },
	{ "{\"data\":\"", "\xff\"}", false },
	{ "{\"data\":\"", "", false },
	{ "{\"data\":\"", "\"", false },
	{ "{\"data\":\"", "\",}", false },
	{ "{\"data\":\"", "\"},", false },
	{ "{\"x\"\"data\":\"", "\"}", false },
	{ "{\"data\":1,\"data\":\"", "\"}", false },
	{ "{\"t\":\"\\\"data\\\":\\\"", "\"}", true },
	{ "[\"data\":\"", "\"]", false },
};

START_TEST(a_long_audio_line_is_judged_without_its_data)
{
	char line[12000], err[256];
	json_t *obj;
	int n;

	memset(line, 'A', sizeof(line));
	n = snprintf(line, sizeof(line), "%s", longs[_i].before);
	line[n] = 'A';
	n = 10000;
	n += snprintf(line + n, 1000, "%s", longs[_i].after);
	obj = parse_line(line, (size_t)n, err, sizeof(err));
	ck_assert_msg((obj != NULL) == longs[_i].is_valid, "%s A.. %s",
	    longs[_i].before, longs[_i].after);
	json_decref(obj);
	obj = json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_int_eq(json_is_object(obj), longs[_i].is_valid);
	json_decref(obj);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("splice");
	TCase *tc = tcase_create("splice");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, the_number_comes_first_and_all_else_stays, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, the_greatest_number_fits_in_the_room_asked_for);
	tcase_add_test(tc, a_line_that_is_cut_short_is_not_read_past_its_end);
	tcase_add_loop_test(tc, a_long_audio_line_is_judged_without_its_data, 0,
	    sizeof(longs) / sizeof(longs[0]));
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
