#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/polly_speech.h"
#include "aws/polly_voices.h"

static struct polly_voices voices;
static struct service_error error;
static char query[POLLY_QUERY_MAX];

static void
setup(void)
{
	polly_voices_init(&voices);
	service_error_init(&error);
}

static void
teardown(void)
{
	polly_voices_release(&voices);
}

static int
add(const char *body)
{
	return polly_voices_add_page(&voices, body, strlen(body), &error);
}

static const char first_page[] =
    "{\"Voices\":["
    "{\"Gender\":\"Male\",\"Id\":\"Matthew\",\"LanguageCode\":\"en-US\","
    "\"LanguageName\":\"US English\",\"Name\":\"Matthew\","
    "\"SupportedEngines\":[\"neural\",\"standard\",\"generative\"]},"
    "{\"Gender\":\"Female\",\"Id\":\"Joanna\",\"LanguageCode\":\"en-US\","
    "\"SupportedEngines\":[\"neural\",\"standard\"]},"
    "{\"Gender\":\"Female\",\"Id\":\"Ruth\",\"LanguageCode\":\"en-US\","
    "\"SupportedEngines\":[\"neural\",\"generative\",\"telepathic\"]}],"
    "\"NextToken\":\"a b/+=~*\xc3\xa9\"}";
static const char second_page[] =
    "{\"Voices\":["
    "{\"Gender\":\"Female\",\"Id\":\"Kajal\",\"LanguageCode\":\"hi-IN\","
    "\"AdditionalLanguageCodes\":[\"en-IN\",\"en-GB\"],"
    "\"SupportedEngines\":[\"neural\",\"generative\"]},"
    "{\"Gender\":\"Male\",\"Id\":\"Arthur\",\"LanguageCode\":\"en-GB\","
    "\"SupportedEngines\":[\"neural\"]},"
    "{\"Gender\":\"Male\",\"LanguageCode\":\"de-DE\"},5]}";

START_TEST(pages_follow_one_another)
{
	ck_assert_int_eq(polly_voices_query(&voices, "generative", "en-US",
			     query, sizeof(query)),
	    0);
	ck_assert_str_eq(query, "Engine=generative&"
				"IncludeAdditionalLanguageCodes=true&"
				"LanguageCode=en-US");
	ck_assert_int_eq(add(first_page), 0);
	ck_assert(polly_voices_has_more(&voices));
	ck_assert_int_eq(polly_voices_query(
			     &voices, "generative", NULL, query, sizeof(query)),
	    0);
	ck_assert_str_eq(query, "Engine=generative&"
				"IncludeAdditionalLanguageCodes=true&"
				"NextToken=a%20b%2F%2B%3D~%2A%C3%A9");
	ck_assert_int_eq(add(second_page), 0);
	ck_assert(!polly_voices_has_more(&voices));
	ck_assert_uint_eq(voices.n, 5);
	ck_assert_int_eq(
	    polly_voices_query(&voices, "generative", NULL, query, 20),
	    POLLY_VOICES_ERR_NOMEM);
}
END_TEST

START_TEST(voices_are_read_whole)
{
	const struct polly_voice *v;

	add(first_page);
	add(second_page);
	v = polly_voices_find(&voices, "ruth");
	ck_assert_ptr_nonnull(v);
	ck_assert_str_eq(v->id, "Ruth");
	ck_assert_uint_eq(v->engines, POLLY_NEURAL | POLLY_GENERATIVE);
	v = polly_voices_find(&voices, "Kajal");
	ck_assert_str_eq(v->additional_codes, "en-IN,en-GB");
	ck_assert(polly_voice_speaks(v, "EN-in"));
	ck_assert(!polly_voice_speaks(v, "en"));
	ck_assert(!polly_voice_speaks(v, "en-US"));
	ck_assert_ptr_null(polly_voices_find(&voices, "Nobody"));
}
END_TEST

static const char *
chosen(const char *code, unsigned int engine, const char *id, int additional)
{
	bool is_additional = false;
	const struct polly_voice *v =
	    polly_voices_choose(&voices, code, engine, id, &is_additional);

	ck_assert_int_eq(is_additional, v != NULL && additional);
	return v != NULL ? v->id : "none";
}

START_TEST(a_voice_is_chosen_by_language_and_engine)
{
	add(first_page);
	add(second_page);
	ck_assert_str_eq(chosen("en-US", POLLY_GENERATIVE, NULL, 0), "Ruth");
	ck_assert_str_eq(chosen("en-us", POLLY_STANDARD, NULL, 0), "Joanna");
	ck_assert_str_eq(chosen("en-GB", POLLY_NEURAL, NULL, 0), "Arthur");
	ck_assert_str_eq(chosen("en-GB", POLLY_GENERATIVE, NULL, 1), "Kajal");
	ck_assert_str_eq(
	    chosen("en-US", POLLY_GENERATIVE, "Matthew", 0), "Matthew");
	ck_assert_str_eq(
	    chosen("en-US", POLLY_GENERATIVE, "Joanna", 0), "none");
	ck_assert_str_eq(chosen("hi-IN", POLLY_GENERATIVE, "Ruth", 0), "none");
	ck_assert_str_eq(chosen("fr-FR", POLLY_NEURAL, NULL, 0), "none");
}
END_TEST

START_TEST(answers_that_make_no_sense_say_so)
{
	static const char *const bad[] = { "", "x", "[]", "{\"Voices\":5}" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(add(bad[i]), POLLY_VOICES_ERR_ANSWER);
		ck_assert_int_eq(error.class, SERVICE_ERROR_PROTOCOL);
	}
	ck_assert_int_eq(add("{}"), 0);
	ck_assert_uint_eq(voices.n, 0);
}
END_TEST

START_TEST(paging_has_an_end)
{
	char body[64];
	int i, rc = 0;

	ck_assert_int_eq(add("{\"Voices\":[],\"NextToken\":\"a\"}"), 0);
	ck_assert_int_eq(
	    add("{\"Voices\":[],\"NextToken\":\"a\"}"), POLLY_VOICES_ERR_MANY);
	polly_voices_release(&voices);
	for (i = 0; i < 1000 && rc == 0; i++) {
		snprintf(body, sizeof(body),
		    "{\"Voices\":[],\"NextToken\":\"%d\"}", i);
		rc = add(body);
	}
	ck_assert_int_eq(rc, POLLY_VOICES_ERR_MANY);
	ck_assert_int_eq(i, POLLY_VOICES_MAX_PAGES);
}
END_TEST

START_TEST(engines_have_names)
{
	ck_assert_uint_eq(polly_engine_parse("generative"), POLLY_GENERATIVE);
	ck_assert_uint_eq(polly_engine_parse("long-form"), POLLY_LONG_FORM);
	ck_assert_uint_eq(polly_engine_parse("Neural"), 0);
	ck_assert_str_eq(polly_engine_name(POLLY_NEURAL), "neural");
	ck_assert_ptr_null(polly_engine_name(3));
	ck_assert_str_ne(polly_voices_strerror(POLLY_VOICES_ERR_MANY), "");
}
END_TEST

START_TEST(speech_is_asked_for_with_what_is_set)
{
	static const char *const lexicons[] = { "a", "b", NULL };
	struct polly_speech s = { .output_format = "pcm",
		.text = "<speak>x</speak>",
		.voice_id = "Kajal",
		.sample_rate = "16000",
		.language_code = "en-IN",
		.text_type = "ssml",
		.lexicon_names = lexicons };
	char *body;
	size_t len;

	ck_assert_int_eq(polly_speech_body(&s, &body, &len), 0);
	ck_assert_str_eq(body,
	    "{\"OutputFormat\":\"pcm\",\"SampleRate\":\"16000\","
	    "\"Text\":\"<speak>x</speak>\",\"VoiceId\":\"Kajal\","
	    "\"LanguageCode\":\"en-IN\",\"TextType\":\"ssml\","
	    "\"LexiconNames\":[\"a\",\"b\"]}");
	ck_assert_uint_eq(len, strlen(body));
	free(body);
}
END_TEST

START_TEST(texts_that_cannot_be_spoken_are_refused)
{
	struct polly_speech s = { .output_format = "pcm", .voice_id = "Ruth" };
	char *big = calloc(1, 2 * POLLY_SPEECH_MAX_CHARS + 3), *body;
	size_t len, i;

	for (i = 0; i < POLLY_SPEECH_MAX_CHARS; i++)
		memcpy(big + 2 * i, "\xc3\xa9", 2);
	s.text = "";
	ck_assert_int_eq(
	    polly_speech_body(&s, &body, &len), POLLY_SPEECH_ERR_TEXT);
	s.text = "\xc3";
	ck_assert_int_eq(
	    polly_speech_body(&s, &body, &len), POLLY_SPEECH_ERR_TEXT);
	s.text = big;
	ck_assert_int_eq(polly_speech_body(&s, &body, &len), 0);
	free(body);
	strcat(big, "x");
	ck_assert_int_eq(
	    polly_speech_body(&s, &body, &len), POLLY_SPEECH_ERR_TEXT);
	ck_assert_ptr_null(body);
	free(big);
	ck_assert_str_ne(polly_speech_strerror(POLLY_SPEECH_ERR_TEXT), "");
}
END_TEST

/* Any split of the same bytes gives the same samples. */
START_TEST(samples_are_whole_however_the_body_is_cut)
{
	static const uint8_t pcm[] = "abcdefghij";
	uint8_t out[16], all[16];
	struct polly_pcm c = { 0, 0 };
	size_t n = 0, got, i;

	for (i = 0; i < 10; i += (size_t)_i) {
		got = polly_pcm_join(&c, out, pcm + i,
		    10 - i < (size_t)_i ? 10 - i : (size_t)_i);
		ck_assert_uint_eq(got % 2, 0);
		memcpy(all + n, out, got);
		n += got;
	}
	ck_assert_uint_eq(polly_pcm_join(&c, out, pcm, 0), 0);
	ck_assert_uint_eq(n, 10);
	ck_assert_mem_eq(all, pcm, 10);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws polly rest");
	TCase *list = tcase_create("polly_voices");
	TCase *speech = tcase_create("polly_speech");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(list, setup, teardown);
	tcase_add_test(list, pages_follow_one_another);
	tcase_add_test(list, voices_are_read_whole);
	tcase_add_test(list, a_voice_is_chosen_by_language_and_engine);
	tcase_add_test(list, answers_that_make_no_sense_say_so);
	tcase_add_test(list, paging_has_an_end);
	tcase_add_test(list, engines_have_names);
	suite_add_tcase(s, list);

	tcase_add_test(speech, speech_is_asked_for_with_what_is_set);
	tcase_add_test(speech, texts_that_cannot_be_spoken_are_refused);
	tcase_add_loop_test(
	    speech, samples_are_whole_however_the_body_is_cut, 1, 11);
	suite_add_tcase(s, speech);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
