/* with: cmd/localaws/transcribe_params.c */
/* with: cmd/localaws/request.c */
/* with: cmd/localaws/delays.c */
/* What a request says: headers of StartStreamTranscription, query parameters,
 * and the value of --delay. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws/delays.h"
#include "../../cmd/localaws/request.h"
#include "../../cmd/localaws/transcribe_params.h"

#define P "x-amzn-transcribe-"
#define HEADERS_MAX 8

/* A request's parameters, and what is said about them; NULL: accepted. */
struct example {
	struct h2_header headers[HEADERS_MAX];
	const char *why;
};

#define PCM                                                                    \
	{                                                                      \
		P "media-encoding", "pcm"                                      \
	}
#define RATE                                                                   \
	{                                                                      \
		P "sample-rate", "16000"                                       \
	}
#define EN                                                                     \
	{                                                                      \
		P "language-code", "en-US"                                     \
	}

static const struct example examples[] = {
	{ { EN, RATE, PCM }, NULL },
	{ { EN, { P "sample-rate", "48000" }, PCM }, NULL },
	{ { EN, RATE, PCM, { P "show-speaker-label", "True" } }, NULL },
	{ { EN, RATE, PCM, { P "number-of-channels", "2" },
	      { P "enable-channel-identification", "true" } },
	    NULL },
	{ { { P "identify-language", "true" }, RATE, PCM,
	      { P "language-options", "it-IT,en-US" },
	      { P "preferred-language", "en-US" } },
	    NULL },
	{ { RATE, PCM }, "Exactly one of" },
	{ { EN, RATE, PCM, { P "identify-language", "true" } },
	    "Exactly one of" },
	{ { { P "language-code", "xx-XX" }, RATE, PCM }, "'xx-XX'" },
	{ { { P "language-code", "en-us" }, RATE, PCM }, "'en-us'" },
	{ { EN, PCM }, "mediaSampleRateHertz" },
	{ { EN, { P "sample-rate", "7999" }, PCM }, "between 8000 and 48000" },
	{ { EN, { P "sample-rate", "16000x" }, PCM }, "16000x" },
	{ { EN, { P "sample-rate", "-1" }, PCM }, "-1" },
	{ { EN, RATE }, "mediaEncoding" },
	{ { EN, RATE, { P "media-encoding", "flac" } }, "takes pcm only" },
	{ { EN, RATE, { P "media-encoding", "ogg-opus" } }, "takes pcm only" },
	{ { EN, RATE, { P "media-encoding", "mp3" } }, "enum value set" },
	{ { EN, RATE, PCM, { P "number-of-channels", "2" } },
	    "numberOfChannels" },
	{ { EN, RATE, PCM, { P "number-of-channels", "3" } },
	    "numberOfChannels" },
	{ { EN, RATE, PCM, { P "number-of-channels", "2" },
	      { P "enable-channel-identification", "true" },
	      { P "show-speaker-label", "true" } },
	    "showSpeakerLabel" },
	{ { EN, RATE, PCM, { P "show-speaker-label", "yes" } },
	    "show-speaker-label" },
	{ { EN, RATE, PCM, { P "session-id", "short" } }, "sessionId" },
	{ { EN, RATE, PCM, { P "partial-results-stability", "high" } },
	    "needs enablePartialResultsStabilization" },
	{ { EN, RATE, PCM, { P "pii-entity-types", "ALL" } },
	    "piiEntityTypes" },
	{ { { P "identify-language", "true" }, RATE, PCM }, "languageOptions" },
	{ { { P "identify-language", "true" }, RATE, PCM,
	      { P "language-options", "en-US" } },
	    "at least two" },
	{ { { P "identify-language", "true" }, RATE, PCM,
	      { P "language-options", "en-US,en-GB" } },
	    "one dialect" },
	{ { { P "identify-language", "true" }, RATE, PCM,
	      { P "language-options", "en-US,it-IT" },
	      { P "preferred-language", "de-DE" } },
	    "preferredLanguage" },
	{ { { P "identify-language", "true" }, RATE, PCM,
	      { P "language-options", "en-US,it-IT" },
	      { P "vocabulary-name", "v" } },
	    "vocabularyName" },
};

#define NEXAMPLES (int)(sizeof(examples) / sizeof(examples[0]))

static void
make(struct request *r, const struct h2_header *headers)
{
	struct h2_request rq = { .method = "POST",
		.scheme = "https",
		.path = "/stream-transcription",
		.headers = headers };

	while (rq.nheaders < HEADERS_MAX && headers[rq.nheaders].name != NULL)
		rq.nheaders++;
	ck_assert_int_eq(request_init(r, &rq, true), 0);
}

START_TEST(parameters_are_taken_or_refused_as_the_service_does)
{
	struct transcribe_params p;
	struct request r;
	char why[TRANSCRIBE_TEXT_BYTES];
	int rc;

	make(&r, examples[_i].headers);
	rc = transcribe_params_read(&p, &r, why);
	if (examples[_i].why == NULL) {
		ck_assert_msg(rc == 0, "%s", why);
	} else {
		ck_assert_int_eq(rc, -1);
		ck_assert_msg(strstr(why, examples[_i].why) != NULL, "%s", why);
	}
	request_release(&r);
}
END_TEST

START_TEST(the_preferred_language_is_tried_first)
{
	struct transcribe_params p;
	struct request r;
	char why[TRANSCRIBE_TEXT_BYTES];

	make(&r, examples[4].headers);
	ck_assert_int_eq(transcribe_params_read(&p, &r, why), 0);
	ck_assert_uint_eq(p.noptions, 2);
	ck_assert_str_eq(p.options[0], "en-US");
	ck_assert_str_eq(p.options[1], "it-IT");
	ck_assert(p.is_identifying);
	request_release(&r);
}
END_TEST

START_TEST(what_was_sent_is_echoed)
{
	struct h2_header echo[TRANSCRIBE_ECHO_MAX];
	struct request r;

	make(&r, examples[0].headers);
	ck_assert_uint_eq(transcribe_params_echo(echo, &r), 3);
	ck_assert_str_eq(echo[0].name, P "language-code");
	ck_assert_str_eq(echo[0].value, "en-US");
	ck_assert_ptr_null(echo[3].name);
	request_release(&r);
}
END_TEST

START_TEST(a_query_parameter_is_decoded)
{
	struct h2_request rq = { .method = "GET",
		.scheme = "https",
		.authority = "localhost:1",
		.path = "/v1/voices?A=1&NextToken=%2B%2f%3D+x&Bare&Bad=%zz%4" };
	struct request r;
	char *v;

	ck_assert_int_eq(request_init(&r, &rq, true), 0);
	ck_assert_str_eq(r.path, "/v1/voices");
	ck_assert_str_eq(r.headers[0].name, ":authority");
	ck_assert_str_eq(v = request_param(&r, "NextToken"), "+/= x");
	free(v);
	ck_assert_str_eq(v = request_param(&r, "Bare"), "");
	free(v);
	ck_assert_str_eq(v = request_param(&r, "Bad"), "%zz%4");
	free(v);
	ck_assert_ptr_null(request_param(&r, "Next"));
	request_release(&r);
}
END_TEST

START_TEST(a_request_beyond_the_caps_is_refused)
{
	static struct h2_header many[REQUEST_HEADERS_MAX + 1];
	static char path[REQUEST_TARGET_BYTES + 2];
	struct h2_request rq = {
		.method = "GET", .scheme = "https", .path = "/", .headers = many
	};
	struct request r;

	for (int i = 0; i <= REQUEST_HEADERS_MAX; i++)
		many[i] = (struct h2_header){ "a", "b" };
	rq.nheaders = REQUEST_HEADERS_MAX + 1;
	ck_assert_int_eq(request_init(&r, &rq, true), -1);
	rq.nheaders = REQUEST_HEADERS_MAX;
	ck_assert_int_eq(request_init(&r, &rq, true), 0);
	request_release(&r);
	memset(path, '/', sizeof(path) - 1);
	rq.path = path;
	ck_assert_int_eq(request_init(&r, &rq, true), -1);
}
END_TEST

START_TEST(a_delay_is_one_number_or_one_a_service)
{
	struct delays d = { 0, 0, 0 };
	static const char *const bad[] = { "", "x", "-1", "60001", "40,",
		"translate", "translate=", "translate=x", "s3=4",
		"polly=4 ,translate=3", "polly=4,", "99999999999999999999" };

	ck_assert_int_eq(delays_parse(&d, "40"), 0);
	ck_assert_int_eq(d.transcribe_ms, 40);
	ck_assert_int_eq(d.polly_ms, 40);
	ck_assert_int_eq(delays_parse(&d, "polly=120,translate=7"), 0);
	ck_assert_int_eq(d.transcribe_ms, 40);
	ck_assert_int_eq(d.translate_ms, 7);
	ck_assert_int_eq(d.polly_ms, 120);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(delays_parse(&d, bad[i]) == -1, "'%s'", bad[i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_params");
	TCase *tc = tcase_create("params");
	SRunner *r;
	int failed;

	tcase_add_loop_test(tc,
	    parameters_are_taken_or_refused_as_the_service_does, 0, NEXAMPLES);
	tcase_add_test(tc, the_preferred_language_is_tried_first);
	tcase_add_test(tc, what_was_sent_is_echoed);
	tcase_add_test(tc, a_query_parameter_is_decoded);
	tcase_add_test(tc, a_request_beyond_the_caps_is_refused);
	tcase_add_test(tc, a_delay_is_one_number_or_one_a_service);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
