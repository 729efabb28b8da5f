/* with: tests/unit/support/vectors.c */
/*
 * Transcribe without a network: the header for every parameter, what does not
 * go together, and results with members missing, null or odd.
 */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aws/transcribe.h"
#include "support/vectors.h"

static struct transcribe_params params;
static struct transcribe_scratch scratch;
static struct h2_header headers[BIDI_HEADERS_MAX];
static struct transcribe_results results;
static char err[128];

static void
set_up(void)
{
	memset(&params, 0, sizeof(params));
	params.language_code = "en-US";
	params.sample_rate_hz = 16000;
	err[0] = '\0';
}

/* The headers as "name=value" lines, without their prefix. */
static const char *
text_of_headers(void)
{
	static char text[4096];
	size_t len = 0;
	int n =
	    transcribe_headers(&params, &scratch, headers, err, sizeof(err));

	ck_assert_msg(n > 0, "%s", err);
	ck_assert_int_le(n, BIDI_HEADERS_MAX);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		ck_assert_int_eq(
		    strncmp(headers[i].name, "x-amzn-transcribe-", 18), 0);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s=%s\n", headers[i].name + 18, headers[i].value);
	}
	return text;
}

START_TEST(little_is_asked_by_default)
{
	ck_assert_str_eq(text_of_headers(),
	    "language-code=en-US\nsample-rate=16000\nmedia-encoding=pcm\n");
	/* What is empty is as what is not there. */
	params.language_options = params.vocabulary = params.stability = "";
	params.channels = 1;
	ck_assert_str_eq(text_of_headers(),
	    "language-code=en-US\nsample-rate=16000\nmedia-encoding=pcm\n");
}
END_TEST

START_TEST(each_parameter_has_its_header)
{
	params.sample_rate_hz = 48000;
	params.session_id = "0a1b2c3d-0000-4000-8000-000000000000";
	params.vocabulary = "names";
	params.vocabulary_filter = "swear";
	params.vocabulary_filter_method = "mask";
	params.language_model = "talks";
	params.show_speakers = true;
	params.stability = "high";
	params.pii_redact = "PII";
	params.pii_entity_types = "NAME,EMAIL";
	ck_assert_str_eq(text_of_headers(),
	    "language-code=en-US\nsample-rate=48000\nmedia-encoding=pcm\n"
	    "session-id=0a1b2c3d-0000-4000-8000-000000000000\n"
	    "vocabulary-name=names\nvocabulary-filter-name=swear\n"
	    "vocabulary-filter-method=mask\nlanguage-model-name=talks\n"
	    "show-speaker-label=true\n"
	    "enable-partial-results-stabilization=true\n"
	    "partial-results-stability=high\ncontent-redaction-type=PII\n"
	    "pii-entity-types=NAME,EMAIL\n");
}
END_TEST

START_TEST(two_channels_are_told_apart)
{
	params.channels = 2;
	params.pii_identify = "PII";
	ck_assert_str_eq(text_of_headers(),
	    "language-code=en-US\nsample-rate=16000\nmedia-encoding=pcm\n"
	    "enable-channel-identification=true\nnumber-of-channels=2\n"
	    "content-identification-type=PII\n");
}
END_TEST

START_TEST(identification_has_names_of_its_own)
{
	params.language_code = NULL;
	params.language_options = "en-US,es-US";
	params.preferred_language = "es-US";
	params.vocabulary = "a,b";
	params.vocabulary_filter = "c,d";
	ck_assert_str_eq(text_of_headers(),
	    "identify-language=true\nlanguage-options=en-US,es-US\n"
	    "preferred-language=es-US\nsample-rate=16000\n"
	    "media-encoding=pcm\nvocabulary-names=a,b\n"
	    "vocabulary-filter-names=c,d\n");
	params.preferred_language = NULL;
	params.identify_multiple = true;
	params.vocabulary = params.vocabulary_filter = NULL;
	ck_assert_str_eq(text_of_headers(),
	    "identify-multiple-languages=true\nlanguage-options=en-US,es-US\n"
	    "sample-rate=16000\nmedia-encoding=pcm\n");
}
END_TEST

static void
contradicts(const char *word)
{
	ck_assert_int_eq(
	    transcribe_headers(&params, &scratch, headers, err, sizeof(err)),
	    TRANSCRIBE_ERR_PARAMS);
	ck_assert_msg(strstr(err, word) != NULL, "'%s' not in '%s'", word, err);
	set_up();
}

START_TEST(what_does_not_go_together_is_said)
{
	params.language_code = NULL;
	contradicts("give a language");
	params.language_options = "en-US,es-US";
	contradicts("give a language");
	params.language_code = NULL;
	params.language_options = "en-US";
	contradicts("two languages or more");
	params.identify_multiple = true;
	contradicts("options");
	params.preferred_language = "en-US";
	contradicts("preferred");
	params.language_code = NULL;
	params.language_options = "en-US,es-US";
	params.identify_multiple = true;
	params.preferred_language = "en-US";
	contradicts("preferred");
	params.sample_rate_hz = 7999;
	contradicts("sample rate");
	params.sample_rate_hz = 48001;
	contradicts("sample rate");
	params.channels = 3;
	contradicts("two channels");
	params.channels = 2;
	params.show_speakers = true;
	contradicts("speaker labels");
	params.pii_identify = params.pii_redact = "PII";
	contradicts("either identified or redacted");
	params.pii_entity_types = "NAME";
	contradicts("identify or redact");
	params.language_code = NULL;
	params.language_options = "en-US,es-US";
	params.language_model = "talks";
	contradicts("language model");
	params.language_code = NULL;
	params.language_options = "en-US,es-US";
	params.pii_redact = "PII";
	contradicts("identification");
	params.language_code = NULL;
	params.language_options = "en-US,it-IT,en-GB";
	contradicts("one dialect");
	params.language_code = NULL;
	params.language_options = "en-US,it-IT";
	params.preferred_language = "it";
	contradicts("not one of those");
	params.vocabulary_filter_method = "mask";
	contradicts("needs a vocabulary filter");
	params.vocabulary = "one,two";
	contradicts("one name");
	params.vocabulary = "a b";
	contradicts("one name");
	params.vocabulary_filter = "a/b";
	contradicts("filter is one name");
	params.language_model = "m\xc3\xbc";
	contradicts("language model is one name");
	params.pii_identify = "PII";
	params.pii_entity_types = "Name";
	contradicts("in capitals");
	params.pii_identify = "PII";
	params.pii_entity_types = "NAME,,EMAIL";
	contradicts("in capitals");
	params.language_code = NULL;
	params.language_options = "en-US,it-IT";
	params.vocabulary = "one,,two";
	contradicts("commas between");
}
END_TEST

START_TEST(what_goes_together_is_sent)
{
	params.language_code = NULL;
	params.language_options = "en-US,it-IT,ckb-IR";
	params.preferred_language = "it-IT";
	params.vocabulary = "names-en,names.it";
	params.vocabulary_filter = "words_en,words_it";
	params.vocabulary_filter_method = "tag";
	params.pii_identify = "PII";
	params.pii_entity_types = "NAME,PHONE";
	ck_assert_int_eq(
	    transcribe_headers(&params, &scratch, headers, err, sizeof(err)),
	    10);
	set_up();
	params.language_code = NULL;
	params.language_options = "en-US,es-US,eu-ES";
	params.identify_multiple = true;
	ck_assert_int_eq(
	    transcribe_headers(&params, &scratch, headers, err, sizeof(err)),
	    4);
	ck_assert_str_eq(
	    headers[0].name, "x-amzn-transcribe-identify-multiple-languages");
}
END_TEST

START_TEST(guesses_of_the_language_are_read)
{
	static const char json[] =
	    "{\"Transcript\":{\"Results\":[{\"LanguageCode\":\"it-IT\","
	    "\"LanguageIdentification\":[{\"LanguageCode\":\"it-IT\","
	    "\"Score\":0.9},{\"Score\":0.5},{\"LanguageCode\":\"en-US\"},7],"
	    "\"Alternatives\":[{\"Transcript\":\"ciao\"}]}]}}";

	ck_assert_int_eq(
	    transcribe_results_parse(&results, json, strlen(json)), 0);
	ck_assert_uint_eq(results.results[0].nguesses, 2);
	ck_assert_str_eq(results.results[0].guesses[0].language, "it-IT");
	ck_assert_double_eq(results.results[0].guesses[0].score, 0.9);
	ck_assert_str_eq(results.results[0].guesses[1].language, "en-US");
	ck_assert_double_eq(results.results[0].guesses[1].score, -1);
	transcribe_results_release(&results);
}
END_TEST

/* --- results -------------------------------------------------------------- */

static int
parse(const char *json)
{
	return transcribe_results_parse(&results, json, strlen(json));
}

static void
parse_vector(const char *name)
{
	json_t *all = vectors_json("eventstream/service-messages.json");
	json_t *list = json_object_get(all, "messages");
	const char *payload = NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);

		if (strcmp(vectors_str(m, "name"), name) == 0)
			payload = vectors_str(m, "payload_utf8");
	}
	ck_assert_msg(payload != NULL, "no message '%s'", name);
	ck_assert_int_eq(parse(payload), 0);
	json_decref(all);
}

START_TEST(a_partial_of_the_service)
{
	const struct transcribe_result *r;

	parse_vector("transcribe-partial");
	ck_assert_uint_eq(results.n, 1);
	r = &results.results[0];
	ck_assert(r->is_partial);
	ck_assert_str_eq(r->id, "6d9b3a3f-6a55-4d4c-9a21-0c8f3a1d7f10");
	ck_assert_str_eq(r->channel, "ch_0");
	ck_assert_ptr_null(r->language);
	ck_assert_str_eq(r->text, "Hello wor");
	ck_assert_double_eq_tol(r->start_ms, 520, 1e-6);
	ck_assert_double_eq_tol(r->end_ms, 1200, 1e-6);
	ck_assert_uint_eq(r->nitems, 2);
	ck_assert_str_eq(r->items[0].text, "Hello");
	ck_assert(r->items[0].is_stable);
	ck_assert(!r->items[1].is_stable);
	ck_assert(!r->items[0].is_punctuation);
	ck_assert_double_eq(r->items[0].confidence, -1);
	ck_assert_ptr_null(r->items[0].speaker);
	transcribe_results_release(&results);
}
END_TEST

START_TEST(a_final_of_the_service)
{
	const struct transcribe_result *r;
	const struct transcribe_item *last;

	parse_vector("transcribe-final");
	ck_assert_uint_eq(results.n, 1);
	r = &results.results[0];
	ck_assert(!r->is_partial);
	ck_assert_uint_gt(r->nitems, 1);
	last = &r->items[r->nitems - 1];
	ck_assert(last->is_punctuation);
	ck_assert_str_eq(r->items[0].speaker, "0");
	ck_assert_double_gt(r->items[0].confidence, 0.5);
	transcribe_results_release(&results);
	parse_vector("transcribe-no-results");
	ck_assert_uint_eq(results.n, 0);
	transcribe_results_release(&results);
}
END_TEST

START_TEST(every_member_may_be_missing_or_null)
{
	static const char *const nothing[] = { "{}", "{\"Transcript\":null}",
		"{\"Transcript\":{}}", "{\"Transcript\":{\"Results\":null}}",
		"{\"Transcript\":[]}", "{\"Transcript\":{\"Results\":{}}}",
		"{\"Transcript\":{\"Results\":\"many\"},\"New\":1}" };
	static const char *const empty[] = { "{}", "null", "7", "[]",
		"{\"Alternatives\":null}", "{\"Alternatives\":[]}",
		"{\"Alternatives\":[null]}",
		"{\"Alternatives\":[{\"Items\":null,\"Entities\":null}]}",
		"{\"ResultId\":5,\"StartTime\":\"x\",\"EndTime\":null,"
		"\"IsPartial\":null,\"Alternatives\":[{\"Transcript\":[]}]}" };
	char json[512];

	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		ck_assert_int_eq(parse(nothing[i]), 0);
		ck_assert_uint_eq(results.n, 0);
		transcribe_results_release(&results);
	}
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		snprintf(json, sizeof(json),
		    "{\"Transcript\":{\"Results\":[%s]}}", empty[i]);
		ck_assert_int_eq(parse(json), 0);
		ck_assert_uint_eq(results.n, 1);
		ck_assert_str_eq(results.results[0].id, "");
		ck_assert_str_eq(results.results[0].text, "");
		ck_assert(!results.results[0].is_partial);
		ck_assert_uint_eq(results.results[0].nitems, 0);
		ck_assert_double_eq(results.results[0].start_ms, 0);
		ck_assert_double_eq(results.results[0].end_ms, 0);
		transcribe_results_release(&results);
	}
}
END_TEST

START_TEST(odd_items_do_no_harm)
{
	const struct transcribe_item *it;
	const struct transcribe_entity *e;

	ck_assert_int_eq(
	    parse("{\"Transcript\":{\"Results\":[{\"StartTime\":2,\"EndTime\":"
		  "1.5,\"LanguageCode\":\"es-US\",\"Alternatives\":[{"
		  "\"Transcript\":\"h\\u00e9\",\"Items\":[null,{\"StartTime\":"
		  "-3,\"EndTime\":1e306,\"Confidence\":1,\"Type\":"
		  "\"punctuation\",\"Content\":\"!\",\"Speaker\":null,"
		  "\"VocabularyFilterMatch\":true,\"Stable\":\"true\"}],"
		  "\"Entities\":[{},{\"Category\":\"PII\",\"Type\":\"NAME\","
		  "\"Content\":\"Ann\",\"StartTime\":1,\"EndTime\":2,"
		  "\"Confidence\":0.5}]}]},{\"IsPartial\":true}]}}"),
	    0);
	ck_assert_uint_eq(results.n, 2);
	/* An end before its start is moved to it. */
	ck_assert_double_eq(results.results[0].start_ms, 2000);
	ck_assert_double_eq(results.results[0].end_ms, 2000);
	ck_assert_str_eq(results.results[0].language, "es-US");
	ck_assert_str_eq(results.results[0].text, "h\303\251");
	ck_assert_uint_eq(results.results[0].nitems, 2);
	it = results.results[0].items;
	ck_assert_str_eq(it[0].text, "");
	ck_assert_double_eq(it[1].start_ms, 0);
	ck_assert(isfinite(it[1].end_ms));
	ck_assert(it[1].is_punctuation);
	ck_assert(it[1].is_filtered);
	ck_assert(!it[1].is_stable);
	ck_assert_double_eq(it[1].confidence, 1);
	ck_assert_ptr_null(it[1].speaker);
	ck_assert_uint_eq(results.results[0].nentities, 2);
	e = results.results[0].entities;
	ck_assert_ptr_null(e[0].category);
	ck_assert_double_eq(e[0].confidence, -1);
	ck_assert_str_eq(e[1].type, "NAME");
	ck_assert_str_eq(e[1].content, "Ann");
	ck_assert_double_eq(e[1].end_ms, 2000);
	ck_assert(results.results[1].is_partial);
	transcribe_results_release(&results);
}
END_TEST

START_TEST(times_are_those_of_the_items_where_there_are_no_others)
{
	ck_assert_int_eq(
	    parse("{\"Transcript\":{\"Results\":[{\"StartTime\":null,"
		  "\"Alternatives\":[{\"Transcript\":\"a b.\",\"Items\":["
		  "{\"StartTime\":1,\"EndTime\":2,\"Content\":\"a\"},"
		  "{\"StartTime\":2.5,\"EndTime\":3,\"Content\":\"b\"},"
		  "{\"Content\":\".\"}]}]}]}}"),
	    0);
	ck_assert_double_eq(results.results[0].start_ms, 1000);
	ck_assert_double_eq(results.results[0].end_ms, 3000);
	transcribe_results_release(&results);
}
END_TEST

START_TEST(a_character_that_is_none_costs_no_words)
{
	ck_assert_int_eq(
	    parse("{\"Transcript\":{\"Results\":[{\"EndTime\":1.5,\"N\":"
		  "123456789012345678901,\"M\":-1e999,\"Alternatives\":[{"
		  "\"Transcript\":\"h\\ud83d \xff\"}]}]}}"),
	    0);
	ck_assert_str_eq(results.results[0].text, "h\xef\xbf\xbd \xef\xbf\xbd");
	ck_assert_double_eq(results.results[0].end_ms, 1500);
	transcribe_results_release(&results);
}
END_TEST

START_TEST(what_is_no_event_is_refused)
{
	static const char *const bad[] = { "", "null", "[]", "7", "{",
		"{\"Transcript\":{\"Results\":[{]}}", "{}x", "\377\376",
		"{\"a\":\"\\ud800}" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(
		    parse(bad[i]) == TRANSCRIBE_ERR_EVENT, "'%s'", bad[i]);
	ck_assert_uint_eq(results.n, 0);
}
END_TEST

START_TEST(codes_have_texts)
{
	for (int code = TRANSCRIBE_ERR_NOMEM; code >= TRANSCRIBE_ERR_EVENT;
	     code--)
		ck_assert_str_ne(
		    transcribe_strerror(code), transcribe_strerror(0));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/transcribe");
	TCase *tc = tcase_create("headers"), *rc = tcase_create("results");
	bool found = vectors_found();
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, little_is_asked_by_default);
	tcase_add_test(tc, each_parameter_has_its_header);
	tcase_add_test(tc, two_channels_are_told_apart);
	tcase_add_test(tc, identification_has_names_of_its_own);
	tcase_add_test(tc, what_does_not_go_together_is_said);
	tcase_add_test(tc, what_goes_together_is_sent);
	tcase_add_test(tc, guesses_of_the_language_are_read);
	tcase_add_test(rc, every_member_may_be_missing_or_null);
	tcase_add_test(rc, odd_items_do_no_harm);
	tcase_add_test(
	    rc, times_are_those_of_the_items_where_there_are_no_others);
	tcase_add_test(rc, a_character_that_is_none_costs_no_words);
	tcase_add_test(rc, what_is_no_event_is_refused);
	tcase_add_test(rc, codes_have_texts);
	if (found) {
		tcase_add_test(rc, a_partial_of_the_service);
		tcase_add_test(rc, a_final_of_the_service);
	}
	suite_add_tcase(s, tc);
	suite_add_tcase(s, rc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return vectors_status(failed, found);
}
