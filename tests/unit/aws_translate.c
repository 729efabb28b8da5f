#include "aws/translate.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct service_error error;
static struct translate_answer answer;

static char *
body_of(const struct translate_options *o, const char *text)
{
	char *body;
	size_t len;

	ck_assert_int_eq(translate_body(o, text, strlen(text), &body, &len), 0);
	ck_assert_uint_eq(strlen(body), len);
	return body;
}

START_TEST(a_request_has_only_what_was_asked_for)
{
	struct translate_options o = { .source = "en", .target = "fr" };
	char *body = body_of(&o, "a \"b\"\n\xc3\xa9");

	ck_assert_str_eq(body,
	    "{\"Text\":\"a "
	    "\\\"b\\\"\\n\xc3\xa9\",\"SourceLanguageCode\":\"en\","
	    "\"TargetLanguageCode\":\"fr\"}");
	free(body);
	o.brevity = "ON";
	body = body_of(&o, "x");
	ck_assert_str_eq(body,
	    "{\"Text\":\"x\",\"SourceLanguageCode\":\"en\","
	    "\"TargetLanguageCode\":\"fr\",\"Settings\":{\"Brevity\":\"ON\"}}");
	free(body);
}
END_TEST

START_TEST(texts_that_cannot_be_sent_are_refused)
{
	struct translate_options o = { .source = "en", .target = "fr" };
	char *big = calloc(1, TRANSLATE_TEXT_MAX_BYTES + 2), *body;
	size_t len;

	memset(big, 'x', TRANSLATE_TEXT_MAX_BYTES + 1);
	ck_assert_int_eq(
	    translate_body(&o, "", 0, &body, &len), TRANSLATE_ERR_TEXT);
	ck_assert_int_eq(
	    translate_body(&o, big, TRANSLATE_TEXT_MAX_BYTES + 1, &body, &len),
	    TRANSLATE_ERR_TEXT);
	ck_assert_ptr_null(body);
	ck_assert_int_eq(
	    translate_body(&o, "\xff", 1, &body, &len), TRANSLATE_ERR_TEXT);
	ck_assert_int_eq(
	    translate_body(&o, big, TRANSLATE_TEXT_MAX_BYTES, &body, &len), 0);
	free(body);
	free(big);
	ck_assert_str_ne(translate_strerror(TRANSLATE_ERR_TEXT), "");
	ck_assert_str_ne(translate_strerror(-99), "");
}
END_TEST

static int
parse(const char *body)
{
	return translate_answer_parse(&answer, body, strlen(body), &error);
}

START_TEST(answers_are_read)
{
	ck_assert_int_eq(
	    parse("{\"TranslatedText\":\"\xc3\xa9t\xc3\xa9\","
		  "\"SourceLanguageCode\":\"en\",\"TargetLanguageCode\":\"fr\","
		  "\"AppliedSettings\":{},\"New\":[1]}"),
	    0);
	ck_assert_str_eq(answer.text, "\xc3\xa9t\xc3\xa9");
	ck_assert_str_eq(answer.source, "en");
	ck_assert_str_eq(answer.target, "fr");
	translate_answer_release(&answer);
	ck_assert_int_eq(parse("{\"TranslatedText\":\"a\\ud800\"}"), 0);
	ck_assert_str_eq(answer.text, "a\xef\xbf\xbd");
	translate_answer_release(&answer);
	ck_assert_int_eq(parse("{\"TranslatedText\":\"\"}"), 0);
	ck_assert_str_eq(answer.text, "");
	ck_assert_str_eq(answer.source, "");
	translate_answer_release(&answer);
}
END_TEST

START_TEST(answers_that_make_no_sense_say_so)
{
	static const char *const bad[] = { "", "hello", "[]", "{}",
		"{\"TranslatedText\":5}", "{\"TranslatedText\":\"\\ud800}",
		"<html>", "{\"TranslatedText\":\"a\"} x" };
	size_t i, n;
	char *big;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		service_error_init(&error);
		ck_assert_int_eq(parse(bad[i]), TRANSLATE_ERR_ANSWER);
		ck_assert_int_eq(error.class, SERVICE_ERROR_PROTOCOL);
		ck_assert_str_ne(error.message, "");
	}
	/* The cap counts characters: two bytes each here. */
	big = calloc(1, 2 * TRANSLATE_ANSWER_MAX_CHARS + 64);
	strcpy(big, "{\"TranslatedText\":\"");
	for (n = strlen(big), i = 0; i < TRANSLATE_ANSWER_MAX_CHARS; i++) {
		big[n++] = '\xc3';
		big[n++] = '\xa9';
	}
	strcpy(big + n, "\"}");
	ck_assert_int_eq(parse(big), 0);
	translate_answer_release(&answer);
	strcpy(big + n, "x\"}");
	ck_assert_int_eq(parse(big), TRANSLATE_ERR_ANSWER);
	free(big);
}
END_TEST

static const struct {
	const char *text;
	size_t max;
	size_t cut;
} cuts[] = {
	{ "Short.", 10, 6 },
	/* Sentence, clause, white space, character: the best that fits. */
	{ "One two. Three four", 12, 9 },
	{ "One two, three four", 12, 9 },
	{ "One two three four", 12, 8 },
	{ "Onetwothreefour", 12, 12 },
	{ "A. B. C. D. E. F.", 10, 9 },
	/* A decimal point and a name end nothing. */
	{ "Version 3.14 of it", 14, 13 },
	{ "See example.org now", 16, 16 },
	/* Closing quotes go with the sentence. */
	{ "He said \"No.\" Then left", 16, 14 },
	/* White space after a cut belongs to the piece before. */
	{ "Yes.   No and more", 8, 7 },
	/* Cut so that no character is halved. */
	{ "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 5, 4 },
	{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 5, 4 },
	/* Chinese and Hindi full stops need no space. */
	{ "\xe4\xb8\x80\xe3\x80\x82\xe4\xba\x8c\xe4\xb8\x89", 9, 6 },
	{ "\xe0\xa4\x95\xe0\xa5\xa4 \xe0\xa4\x96\xe0\xa4\x97", 10, 7 },
	{ "Line one\nline two", 12, 9 },
};

START_TEST(long_texts_are_cut_where_it_hurts_least)
{
	ck_assert_uint_eq(
	    translate_cut(cuts[_i].text, strlen(cuts[_i].text), cuts[_i].max),
	    cuts[_i].cut);
}
END_TEST

START_TEST(cutting_always_ends_and_loses_nothing)
{
	const char *text = "a.\xc3\xa9 b,\xe3\x80\x82x\xf0\x9f\x98\x80  !?)\n";
	size_t len = strlen(text), max, at, n;

	for (max = 4; max < len + 2; max++) {
		for (at = 0; at < len; at += n) {
			n = translate_cut(text + at, len - at, max);
			ck_assert_uint_gt(n, 0);
			ck_assert_uint_le(n, max);
			ck_assert_uint_le(at + n, len);
			ck_assert((text[at] & 0xc0) != 0x80);
		}
		ck_assert_uint_eq(at, len);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws translate");
	TCase *tc = tcase_create("translate");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, a_request_has_only_what_was_asked_for);
	tcase_add_test(tc, texts_that_cannot_be_sent_are_refused);
	tcase_add_test(tc, answers_are_read);
	tcase_add_test(tc, answers_that_make_no_sense_say_so);
	tcase_add_loop_test(tc, long_texts_are_cut_where_it_hurts_least, 0,
	    sizeof(cuts) / sizeof(cuts[0]));
	tcase_add_test(tc, cutting_always_ends_and_loses_nothing);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
