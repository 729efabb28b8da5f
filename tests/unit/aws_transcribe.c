/*
 * What is asked of Transcribe and Polly in headers and events, and what their
 * events say: every parameter, what contradicts, and members that are missing,
 * null or of another kind.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "aws/polly_stream.h"
#include "aws/transcribe.h"

static struct transcribe_params params;
static struct transcribe_scratch scratch;
static struct h2_header headers[BIDI_HEADERS_MAX];
static char why[128];
static int n;

static void
set_up(void)
{
	memset(&params, 0, sizeof(params));
	params.language_code = "en-US";
	params.sample_rate_hz = 16000;
}

/* Value of a header without its prefix, or NULL. */
static const char *
value(const char *name)
{
	static const char prefix[] = "x-amzn-transcribe-";

	for (int i = 0; i < n; i++) {
		ck_assert_int_eq(
		    strncmp(headers[i].name, prefix, sizeof(prefix) - 1), 0);
		if (strcmp(headers[i].name + sizeof(prefix) - 1, name) == 0)
			return headers[i].value;
	}
	return NULL;
}

static void
ask(void)
{
	n = transcribe_headers(&params, &scratch, headers, why, sizeof(why));
}

START_TEST(the_least_is_language_rate_and_encoding)
{
	ask();
	ck_assert_int_eq(n, 3);
	ck_assert_str_eq(value("language-code"), "en-US");
	ck_assert_str_eq(value("sample-rate"), "16000");
	ck_assert_str_eq(value("media-encoding"), "pcm");
}
END_TEST

START_TEST(every_parameter_has_its_header)
{
	params.session_id = "01234567-89ab-cdef-0123-456789abcdef";
	params.vocabulary = "words";
	params.vocabulary_filter = "bad";
	params.vocabulary_filter_method = "mask";
	params.language_model = "model";
	params.show_speakers = true;
	params.stability = "high";
	params.pii_redact = "PII";
	params.pii_entity_types = "NAME,EMAIL";
	ask();
	ck_assert_int_eq(n, 13);
	ck_assert_str_eq(value("session-id"), params.session_id);
	ck_assert_str_eq(value("vocabulary-name"), "words");
	ck_assert_str_eq(value("vocabulary-filter-name"), "bad");
	ck_assert_str_eq(value("vocabulary-filter-method"), "mask");
	ck_assert_str_eq(value("language-model-name"), "model");
	ck_assert_str_eq(value("show-speaker-label"), "true");
	ck_assert_str_eq(value("enable-partial-results-stabilization"), "true");
	ck_assert_str_eq(value("partial-results-stability"), "high");
	ck_assert_str_eq(value("content-redaction-type"), "PII");
	ck_assert_str_eq(value("pii-entity-types"), "NAME,EMAIL");
}
END_TEST

START_TEST(identification_has_headers_of_its_own)
{
	params.language_code = "";
	params.language_options = "en-US,es-US";
	params.preferred_language = "es-US";
	params.vocabulary = "a,b";
	params.channels = 2;
	ask();
	ck_assert_ptr_null(value("language-code"));
	ck_assert_str_eq(value("identify-language"), "true");
	ck_assert_str_eq(value("language-options"), "en-US,es-US");
	ck_assert_str_eq(value("preferred-language"), "es-US");
	ck_assert_str_eq(value("vocabulary-names"), "a,b");
	ck_assert_str_eq(value("enable-channel-identification"), "true");
	ck_assert_str_eq(value("number-of-channels"), "2");
	params.identify_multiple = true;
	ask();
	ck_assert_int_eq(n, TRANSCRIBE_ERR_PARAMS); /* no preference then */
	params.preferred_language = NULL;
	ask();
	ck_assert_ptr_null(value("identify-language"));
	ck_assert_str_eq(value("identify-multiple-languages"), "true");
}
END_TEST

START_TEST(contradictions_are_found_before_the_service_is_asked)
{
	params.language_options = "en-US,es-US";
	ask();
	ck_assert_int_eq(n, TRANSCRIBE_ERR_PARAMS);
	ck_assert_str_ne(why, "");
	params.language_code = NULL;
	params.language_options = "en-US";
	ask();
	ck_assert_int_eq(n, TRANSCRIBE_ERR_PARAMS);
	set_up();
	params.sample_rate_hz = 7999;
	ask();
	ck_assert_int_eq(n, TRANSCRIBE_ERR_PARAMS);
	set_up();
	params.channels = 2;
	params.show_speakers = true;
	ask();
	ck_assert_int_eq(n, TRANSCRIBE_ERR_PARAMS);
	set_up();
	params.pii_identify = params.pii_redact = "PII";
	ask();
	ck_assert_int_eq(n, TRANSCRIBE_ERR_PARAMS);
	set_up();
	params.pii_entity_types = "NAME";
	ask();
	ck_assert_int_eq(n, TRANSCRIBE_ERR_PARAMS);
}
END_TEST

START_TEST(results_keep_all_that_the_service_says)
{
	static const char text[] =
	    "{\"Transcript\":{\"Results\":[{\"ResultId\":\"a\",\"IsPartial\":"
	    "false,\"StartTime\":0.5,\"EndTime\":1.25,\"LanguageCode\":"
	    "\"en-US\",\"ChannelId\":\"ch_1\",\"Alternatives\":[{"
	    "\"Transcript\":\"Hi.\",\"Items\":[{\"Content\":\"Hi\","
	    "\"StartTime\":0.5,\"EndTime\":1.2,\"Confidence\":0.75,"
	    "\"Speaker\":\"0\",\"Stable\":true,\"Type\":\"pronunciation\","
	    "\"VocabularyFilterMatch\":true},{\"Content\":\".\",\"Type\":"
	    "\"punctuation\",\"StartTime\":1.2,\"EndTime\":1.2}],"
	    "\"Entities\":[{\"Category\":\"PII\",\"Type\":\"NAME\","
	    "\"Content\":\"Hi\",\"StartTime\":0.5,\"EndTime\":1.2,"
	    "\"Confidence\":0.5}]}]}]},\"New\":1}";
	struct transcribe_results r;
	struct transcribe_result *x;

	ck_assert_int_eq(transcribe_results_parse(&r, text, strlen(text)), 0);
	ck_assert_uint_eq(r.n, 1);
	x = &r.results[0];
	ck_assert_str_eq(x->id, "a");
	ck_assert(!x->is_partial);
	ck_assert_str_eq(x->language, "en-US");
	ck_assert_str_eq(x->channel, "ch_1");
	ck_assert_str_eq(x->text, "Hi.");
	ck_assert_double_eq(x->start_ms, 500);
	ck_assert_double_eq(x->end_ms, 1250);
	ck_assert_uint_eq(x->nitems, 2);
	ck_assert_str_eq(x->items[0].text, "Hi");
	ck_assert_double_eq(x->items[0].confidence, 0.75);
	ck_assert_str_eq(x->items[0].speaker, "0");
	ck_assert(x->items[0].is_stable && x->items[0].is_filtered);
	ck_assert(!x->items[0].is_punctuation && x->items[1].is_punctuation);
	ck_assert_double_eq(x->items[1].confidence, -1);
	ck_assert_uint_eq(x->nentities, 1);
	ck_assert_str_eq(x->entities[0].type, "NAME");
	transcribe_results_release(&r);
}
END_TEST

START_TEST(members_may_be_missing_or_of_any_kind)
{
	static const char *const texts[] = {
		"{}", "{\"Transcript\":null}",
		"{\"Transcript\":{\"Results\":null}}",
		"{\"Transcript\":{\"Results\":[null,3,{}]}}",
		"{\"Transcript\":{\"Results\":[{\"Alternatives\":[null]}]}}",
		"{\"Transcript\":{\"Results\":[{\"StartTime\":-1,\"EndTime\":"
		"\"x\",\"Alternatives\":[{\"Items\":[{\"Content\":null}]}]}]}}"
	};
	struct transcribe_results r;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(
		    transcribe_results_parse(&r, texts[i], strlen(texts[i])),
		    0);
		for (size_t k = 0; k < r.n; k++) {
			ck_assert_str_eq(r.results[k].text, "");
			ck_assert_double_ge(r.results[k].start_ms, 0);
			ck_assert_double_ge(
			    r.results[k].end_ms, r.results[k].start_ms);
		}
		transcribe_results_release(&r);
	}
	ck_assert_int_eq(
	    transcribe_results_parse(&r, "[1]", 3), TRANSCRIBE_ERR_EVENT);
	ck_assert_int_eq(
	    transcribe_results_parse(&r, "{\"a\":", 5), TRANSCRIBE_ERR_EVENT);
	ck_assert_int_eq(
	    transcribe_results_parse(&r, "", 0), TRANSCRIBE_ERR_EVENT);
}
END_TEST

START_TEST(polly_s_headers)
{
	struct polly_stream_params p = { .engine = "generative",
		.voice_id = "Lucia",
		.output_format = "pcm" };

	ck_assert_uint_eq(polly_stream_headers(&p, headers), 3);
	ck_assert_str_eq(headers[0].name, "x-amzn-engine");
	ck_assert_str_eq(headers[1].name, "x-amzn-voiceid");
	ck_assert_str_eq(headers[1].value, "Lucia");
	ck_assert_str_eq(headers[2].name, "x-amzn-outputformat");
	p.sample_rate = "16000";
	p.language_code = "es-ES";
	p.lexicon_names = "a, b";
	ck_assert_uint_eq(polly_stream_headers(&p, headers), 6);
	ck_assert_str_eq(headers[3].name, "x-amzn-samplerate");
	ck_assert_str_eq(headers[4].name, "x-amzn-languagecode");
	ck_assert_str_eq(headers[5].name, "x-amzn-lexiconnames");
}
END_TEST

START_TEST(text_events_are_json_whatever_the_text)
{
	static const char odd[] = "\"\\\n</speak>\xf0\x9f\x98\x80\x01";
	char *json, long_text[POLLY_STREAM_MAX_CHARS + 2];
	json_t *obj;

	ck_assert_int_eq(
	    polly_stream_text_event("Hola", 4, false, false, &json), 0);
	ck_assert_str_eq(json, "{\"Text\":\"Hola\"}");
	free(json);
	ck_assert_int_eq(
	    polly_stream_text_event("<speak/>", 8, true, true, &json), 0);
	ck_assert_str_eq(json,
	    "{\"Text\":\"<speak/>\",\"TextType\":\"ssml\","
	    "\"FlushStreamConfiguration\":{\"Force\":true}}");
	free(json);
	ck_assert_int_eq(
	    polly_stream_text_event(odd, strlen(odd), false, false, &json), 0);
	obj = json_loads(json, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(obj, "Text")), odd);
	json_decref(obj);
	free(json);
	ck_assert_int_eq(
	    polly_stream_text_event("\xff", 1, false, false, &json),
	    POLLY_STREAM_ERR_TEXT);
	memset(long_text, 'a', sizeof(long_text));
	ck_assert_int_eq(polly_stream_text_event(long_text,
			     POLLY_STREAM_MAX_CHARS + 1, false, false, &json),
	    POLLY_STREAM_ERR_TEXT);
	ck_assert_int_eq(polly_stream_text_event(long_text,
			     POLLY_STREAM_MAX_CHARS, false, false, &json),
	    0);
	free(json);
}
END_TEST

START_TEST(polly_s_events)
{
	struct es_event event = { .kind = ES_KIND_EVENT,
		.type = "AudioEvent",
		.type_len = 10,
		.payload = (const uint8_t *)"abc",
		.payload_len = 3 };
	struct polly_stream_event e;

	polly_stream_event_read(&e, &event);
	ck_assert_int_eq(e.kind, POLLY_STREAM_AUDIO);
	ck_assert_uint_eq(e.len, 3);
	event.type = "StreamClosedEvent";
	event.type_len = 17;
	polly_stream_event_read(&e, &event);
	ck_assert_int_eq(e.kind, POLLY_STREAM_CLOSED);
	ck_assert_int_eq(e.request_characters, -1);
	event.payload = (const uint8_t *)"{\"RequestCharacters\":12}";
	event.payload_len = 24;
	polly_stream_event_read(&e, &event);
	ck_assert_int_eq(e.request_characters, 12);
	event.type = "Other";
	event.type_len = 5;
	polly_stream_event_read(&e, &event);
	ck_assert_int_eq(e.kind, POLLY_STREAM_UNKNOWN);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/transcribe and polly_stream");
	TCase *tc = tcase_create("operations");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, the_least_is_language_rate_and_encoding);
	tcase_add_test(tc, every_parameter_has_its_header);
	tcase_add_test(tc, identification_has_headers_of_its_own);
	tcase_add_test(
	    tc, contradictions_are_found_before_the_service_is_asked);
	tcase_add_test(tc, results_keep_all_that_the_service_says);
	tcase_add_test(tc, members_may_be_missing_or_of_any_kind);
	tcase_add_test(tc, polly_s_headers);
	tcase_add_test(tc, text_events_are_json_whatever_the_text);
	tcase_add_test(tc, polly_s_events);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
