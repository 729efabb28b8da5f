#include "aws/retry.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "aws/service_error.h"
#include "aws/service_xml.h"

static struct service_error e;
static struct retry_bucket bucket;
static struct retry retry;
static int64_t delay_ms;

static void
setup(void)
{
	service_error_init(&e);
	retry_bucket_init(&bucket);
	retry_init(&retry, &bucket, 3);
}

static void
parse(enum service_protocol protocol, int status, const char *errortype,
    const char *body)
{
	service_error_from_answer(
	    &e, protocol, status, errortype, "id-1", body, strlen(body));
}

/* PROTOCOL 5.4. */
START_TEST(names_are_cleaned)
{
	static const char *const forms[][2] = {
		{ "ValidationException", "ValidationException" },
		{ "ValidationException:http://internal.amazon.com/coral/",
		    "ValidationException" },
		{ "com.amazonaws.polly#ValidationException",
		    "ValidationException" },
		{ "a#Throttling:http://x#y", "Throttling" },
		{ "x,y", "x" },
		{ "", "" },
	};
	char out[64], small[5];
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		service_error_clean_name(out, sizeof(out), forms[i][0]);
		ck_assert_str_eq(out, forms[i][1]);
	}
	service_error_clean_name(small, sizeof(small), "Throttling");
	ck_assert_str_eq(small, "Thro");
}
END_TEST

START_TEST(the_protocol_says_where_the_name_is)
{
	static const char body[] =
	    "{\"__type\":\"a#FromType\",\"code\":\"FromCode\"}";

	parse(SERVICE_REST_JSON, 400, "FromHeader:x", body);
	ck_assert_str_eq(e.name, "FromHeader");
	parse(SERVICE_REST_JSON, 400, NULL, body);
	ck_assert_str_eq(e.name, "FromCode");
	parse(SERVICE_REST_JSON, 400, NULL, "{\"__type\":\"a#FromType\"}");
	ck_assert_str_eq(e.name, "FromType");
	parse(SERVICE_JSON_1_1, 400, "FromHeader", body);
	ck_assert_str_eq(e.name, "FromType");
	parse(SERVICE_JSON_1_1, 400, "FromHeader", "{\"code\":\"FromCode\"}");
	ck_assert_str_eq(e.name, "FromCode");
	parse(SERVICE_JSON_1_1, 400, "FromHeader", "{}");
	ck_assert_str_eq(e.name, "FromHeader");
}
END_TEST

START_TEST(messages_and_details_are_found)
{
	char text[800];

	parse(SERVICE_JSON_1_1, 400, NULL,
	    "{\"__type\":\"DetectedLanguageLowConfidenceException\","
	    "\"Message\":\"not\\nsure\",\"DetectedLanguageCode\":\"it\"}");
	ck_assert_str_eq(e.message, "not sure");
	ck_assert_str_eq(e.detail, "it");
	ck_assert_str_eq(e.request_id, "id-1");
	ck_assert_str_eq(service_error_text(&e, text, sizeof(text)),
	    "DetectedLanguageLowConfidenceException: not sure (HTTP 400, "
	    "request id-1)");
	parse(SERVICE_REST_JSON, 400, "ValidationException",
	    "{\"message\":\"bad\",\"reason\":\"fieldValidationFailed\","
	    "\"fields\":[{\"name\":\"Text\",\"message\":\"too long\"}]}");
	ck_assert_str_eq(e.message, "bad (Text: too long)");
	ck_assert_str_eq(e.detail, "fieldValidationFailed");
}
END_TEST

START_TEST(a_proxys_page_is_an_error_like_any)
{
	char text[800];

	parse(SERVICE_JSON_1_1, 403, NULL,
	    "<html><head><title>403</title></head>\n<body>Not\x01 you, "
	    "\xff!</body></html>");
	ck_assert_str_eq(e.name, "HTTP 403");
	ck_assert_str_eq(e.message, "403 Not you, ?!");
	ck_assert_int_eq(e.class, SERVICE_ERROR_DENIED);
	ck_assert_str_eq(service_error_text(&e, text, sizeof(text)),
	    "HTTP 403: 403 Not you, ?! (request id-1)");
	parse(SERVICE_REST_JSON, 502, NULL, "");
	ck_assert_str_eq(e.name, "HTTP 502");
	ck_assert_int_eq(e.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_str_eq(service_error_text(&e, text, sizeof(text)),
	    "HTTP 502: temporary failure (request id-1)");
	parse(SERVICE_JSON_1_1, 500, "ThrottlingException", "[1,2]");
	ck_assert_str_eq(e.name, "ThrottlingException");
}
END_TEST

START_TEST(long_foreign_text_is_cut_between_characters)
{
	char body[4096];
	size_t i;

	strcpy(body, "{\"message\":\"x");
	for (i = 0; i < 600; i++)
		strcat(body, "\xc3\xa9");
	strcat(body, "\"}");
	parse(SERVICE_REST_JSON, 400, "X", body);
	ck_assert_uint_eq(strlen(e.message), 511);
	ck_assert_str_eq(e.message + 509, "\xc3\xa9");
}
END_TEST

/* PROTOCOL 7.1: the shape of STS's errors. */
START_TEST(reads_the_query_protocols_xml)
{
	parse(SERVICE_QUERY_XML, 403, NULL,
	    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/\">\n"
	    " <Error>\n  <Type>Sender</Type>\n  <Code>AccessDenied</Code>\n"
	    "  <Message>User: a &amp; b &lt;c&gt; &#233;&#x1F600;</Message>\n"
	    " </Error>\n <RequestId>r-2</RequestId>\n</ErrorResponse>\n");
	ck_assert_str_eq(e.name, "AccessDenied");
	ck_assert_str_eq(e.message, "User: a & b <c> \xc3\xa9\xf0\x9f\x98\x80");
	ck_assert_int_eq(e.class, SERVICE_ERROR_DENIED);
	parse(SERVICE_QUERY_XML, 500, NULL, "<ErrorResponse><Err");
	ck_assert_str_eq(e.name, "HTTP 500");
}
END_TEST

START_TEST(xml_elements_are_found_or_not)
{
	char out[8];

	ck_assert_int_eq(
	    service_xml_text("<a><b> x </b></a>", 17, "b", out, 8), 1);
	ck_assert_str_eq(out, "x");
	ck_assert_int_eq(service_xml_text("<bb>x</bb>", 10, "b", out, 8), -1);
	ck_assert_int_eq(service_xml_text("<b>x", 4, "b", out, 8), -1);
	ck_assert_int_eq(service_xml_text("<b", 2, "b", out, 8), -1);
	ck_assert_int_eq(
	    service_xml_text("<b>12345678</b>", 15, "b", out, 8), -1);
	ck_assert_int_eq(
	    service_xml_text("<b>&amp;&x;&#xZ;</b>", 20, "b", out, 8), -1);
	ck_assert_int_eq(
	    service_xml_text("<b>&amp;&x;</b>", 15, "b", out, 8), 4);
	ck_assert_str_eq(out, "&&x;");
}
END_TEST

static const struct {
	const char *name;
	int status;
	enum service_error_class class;
	int exit_status;
} classes[] = {
	/* Of STS, as AWS's SDKs try it again. */
	{ "IDPCommunicationError", 400, SERVICE_ERROR_TRANSIENT, 75 },
	{ "ThrottlingException", 400, SERVICE_ERROR_THROTTLING, 75 },
	{ "TooManyRequestsException", 400, SERVICE_ERROR_THROTTLING, 75 },
	{ "LimitExceededException", 0, SERVICE_ERROR_THROTTLING, 75 },
	{ "HTTP 429", 429, SERVICE_ERROR_THROTTLING, 75 },
	{ "HTTP 503", 503, SERVICE_ERROR_TRANSIENT, 75 },
	{ "HTTP 501", 501, SERVICE_ERROR_INVALID, 69 },
	{ "ServiceUnavailableException", 500, SERVICE_ERROR_TRANSIENT, 75 },
	{ "RequestTimeout", 400, SERVICE_ERROR_TRANSIENT, 75 },
	{ "ExpiredTokenException", 403, SERVICE_ERROR_EXPIRED, 77 },
	{ "InvalidSignatureException", 403, SERVICE_ERROR_SKEW, 77 },
	{ "RequestTimeTooSkewed", 403, SERVICE_ERROR_SKEW, 77 },
	{ "AccessDeniedException", 400, SERVICE_ERROR_DENIED, 77 },
	{ "UnrecognizedClientException", 400, SERVICE_ERROR_DENIED, 77 },
	{ "UnsupportedLanguagePairException", 400, SERVICE_ERROR_INVALID, 69 },
	{ "HTTP 301", 301, SERVICE_ERROR_PROTOCOL, 76 },
	{ "BadRequestException", 0, SERVICE_ERROR_INVALID, 69 },
	{ "InternalFailureException", 0, SERVICE_ERROR_TRANSIENT, 75 },
	{ "NobodyKnowsException", 0, SERVICE_ERROR_TRANSIENT, 75 },
};

START_TEST(errors_are_classed)
{
	enum service_error_class class =
	    service_error_classify(classes[_i].name, classes[_i].status);

	ck_assert_int_eq(class, classes[_i].class);
	ck_assert_int_eq(
	    service_error_exit_status(class), classes[_i].exit_status);
	ck_assert_str_ne(service_error_class_text(class), "");
}
END_TEST

START_TEST(exceptions_of_a_stream_are_read)
{
	static const char json[] = "{\"Message\":\"no new audio\"}";
	char text[700];

	service_error_from_exception(
	    &e, "BadRequestException", NULL, json, sizeof(json) - 1);
	ck_assert_str_eq(e.message, "no new audio");
	ck_assert_int_eq(e.http_status, 0);
	ck_assert_str_eq(service_error_text(&e, text, sizeof(text)),
	    "BadRequestException: no new audio");
	service_error_from_exception(&e, NULL, "r", "plain words", 11);
	ck_assert_str_eq(e.name, "UnknownError");
	ck_assert_str_eq(e.message, "plain words");
	service_error_set(&e, SERVICE_ERROR_TRANSIENT, "connect",
	    "cannot connect to %s", "a:1");
	ck_assert_str_eq(service_error_text(&e, text, sizeof(text)),
	    "cannot connect to a:1");
}
END_TEST

static enum retry_verdict
fails(enum service_error_class class, double random)
{
	e.class = class;
	return retry_failed(&retry, &e, random, &delay_ms);
}

/* PROTOCOL 7.3: rand x min(base x 2^i, 20 s). */
START_TEST(waits_grow_and_are_spread)
{
	retry_init(&retry, &bucket, 100);
	ck_assert_int_eq(fails(SERVICE_ERROR_TRANSIENT, 0.5), RETRY_WAIT);
	ck_assert_int_eq(delay_ms, 25);
	fails(SERVICE_ERROR_TRANSIENT, 0.5);
	ck_assert_int_eq(delay_ms, 50);
	fails(SERVICE_ERROR_TRANSIENT, 0);
	ck_assert_int_eq(delay_ms, 0);
	for (int i = 0; i < 20; i++)
		fails(SERVICE_ERROR_TRANSIENT, 1);
	ck_assert_int_eq(delay_ms, 20000);
	retry_init(&retry, &bucket, 100);
	fails(SERVICE_ERROR_THROTTLING, 0.5);
	ck_assert_int_eq(delay_ms, 500);
	fails(SERVICE_ERROR_THROTTLING, 0.5);
	ck_assert_int_eq(delay_ms, 1000);
}
END_TEST

START_TEST(the_service_may_ask_for_more_within_reason)
{
	e.retry_after_ms = 2000;
	fails(SERVICE_ERROR_TRANSIENT, 0.5);
	ck_assert_int_eq(delay_ms, 2000);
	retry_init(&retry, &bucket, 3);
	e.retry_after_ms = 60000;
	fails(SERVICE_ERROR_TRANSIENT, 0.5);
	ck_assert_int_eq(delay_ms, 5025);
	retry_init(&retry, &bucket, 3);
	e.retry_after_ms = 1;
	fails(SERVICE_ERROR_TRANSIENT, 0.5);
	ck_assert_int_eq(delay_ms, 25);
}
END_TEST

START_TEST(only_what_may_help_is_tried_and_not_for_ever)
{
	ck_assert_int_eq(fails(SERVICE_ERROR_INVALID, 0), RETRY_NO);
	retry_init(&retry, &bucket, 3);
	ck_assert_int_eq(fails(SERVICE_ERROR_DENIED, 0), RETRY_NO);
	retry_init(&retry, &bucket, 3);
	ck_assert_int_eq(fails(SERVICE_ERROR_TIMEOUT, 0), RETRY_WAIT);
	ck_assert_int_eq(fails(SERVICE_ERROR_TIMEOUT, 0), RETRY_WAIT);
	ck_assert_int_eq(fails(SERVICE_ERROR_TIMEOUT, 0), RETRY_NO);
	retry_init(&retry, &bucket, 1);
	ck_assert_int_eq(fails(SERVICE_ERROR_TRANSIENT, 0), RETRY_NO);
}
END_TEST

START_TEST(credentials_and_clock_get_one_chance_each)
{
	ck_assert_int_eq(fails(SERVICE_ERROR_EXPIRED, 0), RETRY_REFRESH);
	ck_assert_int_eq(fails(SERVICE_ERROR_SKEW, 0), RETRY_SKEW);
	ck_assert_int_eq(fails(SERVICE_ERROR_EXPIRED, 0), RETRY_NO);
	retry_init(&retry, &bucket, 3);
	fails(SERVICE_ERROR_SKEW, 0);
	ck_assert_int_eq(fails(SERVICE_ERROR_SKEW, 0), RETRY_NO);
}
END_TEST

START_TEST(an_empty_bucket_ends_retries_and_success_fills_it)
{
	int n = 0;

	for (;;) {
		retry_init(&retry, &bucket, 3);
		if (fails(SERVICE_ERROR_TRANSIENT, 0) != RETRY_WAIT)
			break;
		n++;
	}
	ck_assert_int_eq(n, RETRY_BUCKET_TOKENS / RETRY_COST);
	retry_init(&retry, &bucket, 3);
	ck_assert_int_eq(fails(SERVICE_ERROR_THROTTLING, 0), RETRY_WAIT);
	ck_assert_int_eq(bucket.tokens,
	    RETRY_BUCKET_TOKENS % RETRY_COST - RETRY_COST_THROTTLING);
	retry_succeeded(&retry);
	ck_assert_int_eq(bucket.tokens, RETRY_BUCKET_TOKENS % RETRY_COST);
	retry_init(&retry, &bucket, 3);
	retry_succeeded(&retry);
	ck_assert_int_eq(bucket.tokens, RETRY_BUCKET_TOKENS % RETRY_COST + 1);
	retry_bucket_init(&bucket);
	retry_succeeded(&retry);
	ck_assert_int_eq(bucket.tokens, RETRY_BUCKET_TOKENS);
}
END_TEST

/* RFC 9110, 5.6.7 gives this date; its Unix time is 784111777. */
#define RFC_DATE "Sun, 06 Nov 1994 08:49:37 GMT"

START_TEST(dates_are_read)
{
	ck_assert_int_eq(retry_parse_date(RFC_DATE), 784111777);
	ck_assert_int_eq(
	    retry_parse_date("Thu, 29 Feb 2024 23:59:59 GMT"), 1709251199);
	ck_assert_int_eq(retry_parse_date("Sun, 06 Nov 1994 08:49:37 CET"), -1);
	ck_assert_int_eq(retry_parse_date("Sun, 06 Nox 1994 08:49:37 GMT"), -1);
	ck_assert_int_eq(retry_parse_date("Sun, 06 ovD 1994 08:49:37 GMT"), -1);
	ck_assert_int_eq(retry_parse_date("yesterday"), -1);
	ck_assert_int_eq(retry_parse_date(""), -1);
}
END_TEST

START_TEST(retry_after_is_read_in_all_its_forms)
{
	double now_ms = 784111777000.0;

	ck_assert_int_eq(retry_parse_after(NULL, NULL, now_ms), -1);
	ck_assert_int_eq(retry_parse_after("1500", "9", now_ms), 1500);
	ck_assert_int_eq(retry_parse_after("soon", "9", now_ms), 9000);
	ck_assert_int_eq(
	    retry_parse_after(NULL, RFC_DATE, now_ms - 3000), 3000);
	ck_assert_int_eq(retry_parse_after(NULL, RFC_DATE, now_ms + 3000), 0);
	ck_assert_int_eq(retry_parse_after(NULL, "-5", now_ms), -1);
	ck_assert_int_eq(
	    retry_parse_after("99999999999999999999", NULL, now_ms), 86400000);
}
END_TEST

/* PROTOCOL 1.5. */
START_TEST(a_clock_that_is_off_is_seen)
{
	double now_ms = 784111777000.0;
	int64_t offset_ms = 0;

	ck_assert(retry_clock_offset(
	    RFC_DATE, NULL, now_ms - 3600000, now_ms - 3600000, &offset_ms));
	ck_assert_int_eq(offset_ms, 3600000);
	ck_assert(retry_clock_offset(
	    RFC_DATE, NULL, now_ms + 240000, now_ms + 240000, &offset_ms));
	ck_assert_int_eq(offset_ms, -240000);
	ck_assert(!retry_clock_offset(
	    RFC_DATE, NULL, now_ms + 239000, now_ms + 239000, &offset_ms));
	/* Cached, slow or undated answers prove nothing. */
	ck_assert(
	    !retry_clock_offset(RFC_DATE, "1", 0, now_ms * 2, &offset_ms));
	ck_assert(!retry_clock_offset(
	    RFC_DATE, NULL, now_ms * 2 - 900001, now_ms * 2, &offset_ms));
	ck_assert(!retry_clock_offset(NULL, NULL, 0, 0, &offset_ms));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws retry");
	TCase *errors = tcase_create("service_error");
	TCase *tries = tcase_create("retry");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(errors, setup, NULL);
	tcase_add_test(errors, names_are_cleaned);
	tcase_add_test(errors, the_protocol_says_where_the_name_is);
	tcase_add_test(errors, messages_and_details_are_found);
	tcase_add_test(errors, a_proxys_page_is_an_error_like_any);
	tcase_add_test(errors, long_foreign_text_is_cut_between_characters);
	tcase_add_test(errors, reads_the_query_protocols_xml);
	tcase_add_test(errors, xml_elements_are_found_or_not);
	tcase_add_loop_test(errors, errors_are_classed, 0,
	    sizeof(classes) / sizeof(classes[0]));
	tcase_add_test(errors, exceptions_of_a_stream_are_read);
	suite_add_tcase(s, errors);

	tcase_add_checked_fixture(tries, setup, NULL);
	tcase_add_test(tries, waits_grow_and_are_spread);
	tcase_add_test(tries, the_service_may_ask_for_more_within_reason);
	tcase_add_test(tries, only_what_may_help_is_tried_and_not_for_ever);
	tcase_add_test(tries, credentials_and_clock_get_one_chance_each);
	tcase_add_test(
	    tries, an_empty_bucket_ends_retries_and_success_fills_it);
	tcase_add_test(tries, dates_are_read);
	tcase_add_test(tries, retry_after_is_read_in_all_its_forms);
	tcase_add_test(tries, a_clock_that_is_off_is_seen);
	suite_add_tcase(s, tries);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
