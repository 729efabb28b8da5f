/* with: cmd/localaws/script.c cmd/localaws/words.c cmd/localaws/transcript.c */
/* Timed scripts, and lines as Transcribe's events. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws/script.h"
#include "../../cmd/localaws/transcript.h"
#include "../../cmd/localaws/words.h"
#include "base/json.h"

static char why[SCRIPT_TEXT_BYTES];

static struct script *
parse(const char *text)
{
	struct script *s = NULL;

	ck_assert_msg(
	    script_parse(&s, text, strlen(text), why) == 0, "%s", why);
	return s;
}

static void
assert_entry(const struct script *s, size_t i, double at_ms, const char *text,
    bool is_final)
{
	ck_assert_uint_lt(i, s->n);
	ck_assert_double_eq_tol(s->entries[i].at_ms, at_ms, 0.5);
	ck_assert_str_eq(json_str(s->entries[i].line, "text"), text);
	ck_assert_int_eq(json_is_set(s->entries[i].line, "final"), is_final);
}

START_TEST(an_utterance_grows_word_by_word)
{
	struct script *s = parse("# a comment\n\n"
				 "{\"start_ms\":1000,\"end_ms\":2000,"
				 "\"text\":\"One two, six.\"}");

	/* 11 letters and marks: 3, 4 and 4 of them. */
	ck_assert_uint_eq(s->n, 3);
	assert_entry(s, 0, 1000 + 1000.0 * 3 / 11, "One", false);
	assert_entry(s, 1, 1000 + 1000.0 * 7 / 11, "One two,", false);
	assert_entry(s, 2, 2000, "One two, six.", true);
	ck_assert_str_eq(json_str(s->entries[0].line, "id"),
	    json_str(s->entries[2].line, "id"));
	script_free(s);
}
END_TEST

START_TEST(single_results_share_an_id_until_the_final)
{
	struct script *s = parse(
	    "{\"at_ms\":100,\"text\":\"a\",\"final\":false}\n"
	    "{\"at_ms\":200,\"text\":\"a "
	    "b\",\"final\":true,\"lang\":\"it-IT\"}\n"
	    "{\"at_ms\":300,\"text\":\"c\",\"final\":true,\"start_ms\":250,"
	    "\"end_ms\":290,\"id\":\"mine\"}\n");

	ck_assert_uint_eq(s->n, 3);
	assert_entry(s, 1, 200, "a b", true);
	ck_assert_str_eq(json_str(s->entries[0].line, "id"),
	    json_str(s->entries[1].line, "id"));
	ck_assert_str_eq(json_str(s->entries[1].line, "lang"), "it-IT");
	ck_assert_str_eq(json_str(s->entries[2].line, "id"), "mine");
	ck_assert_double_eq(json_num(s->entries[2].line, "start_ms", 0), 250);
	ck_assert_ptr_null(json_object_get(s->entries[2].line, "at_ms"));
	script_free(s);
}
END_TEST

START_TEST(utterances_in_any_order_are_sorted)
{
	struct script *s =
	    parse("{\"start_ms\":5000,\"end_ms\":6000,\"text\":\"second\"}\n"
		  "{\"start_ms\":0,\"end_ms\":1000,\"text\":\"first\"}\n");

	assert_entry(s, 0, 1000, "first", true);
	assert_entry(s, 1, 6000, "second", true);
	script_free(s);
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{ "", "the script is empty" },
	{ "# nothing\n", "the script is empty" },
	{ "\n{", "line 2: not a JSON object" },
	{ "[]", "line 1: not a JSON object" },
	{ "{\"start_ms\":0,\"end_ms\":1}", "line 1: text is missing" },
	{ "{\"start_ms\":0,\"end_ms\":1,\"text\":\"  \"}",
	    "line 1: text is missing" },
	{ "{\"start_ms\":5,\"end_ms\":5,\"text\":\"a\"}",
	    "line 1: an utterance needs" },
	{ "{\"text\":\"a\"}", "line 1: an utterance needs" },
	{ "{\"at_ms\":-1,\"text\":\"a\"}", "line 1: at_ms" },
	{ "{\"at_ms\":1,\"start_ms\":9,\"text\":\"a\"}",
	    "line 1: start_ms and end_ms" },
};

START_TEST(what_is_wrong_is_told_with_its_line)
{
	struct script *s;

	ck_assert_int_eq(
	    script_parse(&s, bad[_i].text, strlen(bad[_i].text), why), -1);
	ck_assert_msg(
	    strncmp(why, bad[_i].why, strlen(bad[_i].why)) == 0, "%s", why);
}
END_TEST

START_TEST(words_are_spread_by_length_and_marks_stand_apart)
{
	json_t *items = words_items(" ab  cd. -- ", 0, 700), *mark;

	/* ab, cd, ".", "--": 7 bytes. */
	ck_assert_uint_eq(json_array_size(items), 4);
	ck_assert_str_eq(json_str(json_array_get(items, 1), "text"), "cd");
	ck_assert_double_eq(
	    json_num(json_array_get(items, 1), "start_ms", 0), 200);
	mark = json_array_get(items, 2);
	ck_assert_str_eq(json_str(mark, "text"), ".");
	ck_assert(json_is_set(mark, "punct"));
	ck_assert_double_eq(json_num(mark, "start_ms", 0), 500);
	ck_assert_double_eq(json_num(mark, "end_ms", 0), 500);
	ck_assert_double_eq(
	    json_num(json_array_get(items, 3), "end_ms", 0), 700);
	json_decref(items);
}
END_TEST

static json_t *
result_of(const char *text, const struct transcript_style *style)
{
	char err[64];
	json_t *line = json_line_parse(text, strlen(text), err, sizeof(err)),
	       *event = transcript_event(line, "the-id", style),
	       *result = json_array_get(
		   json_object_get(
		       json_object_get(event, "Transcript"), "Results"),
		   0);

	ck_assert_ptr_nonnull(result);
	json_incref(result);
	json_decref(event);
	json_decref(line);
	return result;
}

static const char line[] =
    "{\"type\":\"transcript\",\"id\":\"u1\",\"final\":true,\"lang\":\"en-US\","
    "\"text\":\"Hi there.\",\"start_ms\":500,\"end_ms\":1234,\"items\":["
    "{\"text\":\"Hi\",\"start_ms\":500,\"end_ms\":800,\"confidence\":0.5},"
    "{\"text\":\"there\",\"start_ms\":800,\"end_ms\":1234,\"stable\":true},"
    "{\"text\":\".\",\"start_ms\":1234,\"end_ms\":1234,\"punct\":true}]}";

START_TEST(a_line_becomes_a_result_as_the_service_tells_it)
{
	struct transcript_style style = { .channel = "ch_0" };
	json_t *got = result_of(line, &style), *want;
	char *a, *b;

	/* Names and shapes: PROTOCOL 4.3. */
	want = json_loads(
	    "{\"Alternatives\":[{\"Transcript\":\"Hi there.\",\"Items\":["
	    "{\"Content\":\"Hi\",\"StartTime\":0.5,\"EndTime\":0.8,"
	    "\"Type\":\"pronunciation\",\"VocabularyFilterMatch\":false,"
	    "\"Confidence\":0.5},"
	    "{\"Content\":\"there\",\"StartTime\":0.8,\"EndTime\":1.234,"
	    "\"Type\":\"pronunciation\",\"VocabularyFilterMatch\":false},"
	    "{\"Content\":\".\",\"StartTime\":1.234,\"EndTime\":1.234,"
	    "\"Type\":\"punctuation\",\"VocabularyFilterMatch\":false}]}],"
	    "\"ChannelId\":\"ch_0\",\"StartTime\":0.5,\"EndTime\":1.234,"
	    "\"IsPartial\":false,\"ResultId\":\"the-id\"}",
	    0, NULL);
	ck_assert_ptr_nonnull(want);
	a = json_dumps(got, JSON_SORT_KEYS | JSON_REAL_PRECISION(9));
	b = json_dumps(want, JSON_SORT_KEYS | JSON_REAL_PRECISION(9));
	ck_assert_str_eq(a, b);
	free(a);
	free(b);
	json_decref(got);
	json_decref(want);
}
END_TEST

START_TEST(what_was_asked_for_is_told_and_only_that)
{
	struct transcript_style style = { .channel = "ch_1",
		.has_stability = true,
		.has_speakers = true,
		.language = "en-GB" };
	json_t *got = result_of(
		   "{\"type\":\"transcript\",\"text\":\"a b\",\"start_ms\":0,"
		   "\"end_ms\":1000,\"final\":false}",
		   &style),
	       *item;

	ck_assert(json_is_true(json_object_get(got, "IsPartial")));
	ck_assert_str_eq(json_str(got, "LanguageCode"), "en-GB");
	item = json_array_get(
	    json_object_get(
		json_array_get(json_object_get(got, "Alternatives"), 0),
		"Items"),
	    1);
	ck_assert_str_eq(json_str(item, "Content"), "b");
	ck_assert_str_eq(json_str(item, "Speaker"), "0");
	ck_assert(json_is_false(json_object_get(item, "Stable")));
	ck_assert_ptr_null(json_object_get(item, "Confidence"));
	json_decref(got);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_script");
	TCase *tc = tcase_create("script"), *tr = tcase_create("transcript");
	SRunner *r;
	int failed;

	tcase_add_test(tc, an_utterance_grows_word_by_word);
	tcase_add_test(tc, single_results_share_an_id_until_the_final);
	tcase_add_test(tc, utterances_in_any_order_are_sorted);
	tcase_add_loop_test(tc, what_is_wrong_is_told_with_its_line, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	suite_add_tcase(s, tc);
	tcase_add_test(tr, words_are_spread_by_length_and_marks_stand_apart);
	tcase_add_test(tr, a_line_becomes_a_result_as_the_service_tells_it);
	tcase_add_test(tr, what_was_asked_for_is_told_and_only_that);
	suite_add_tcase(s, tr);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
