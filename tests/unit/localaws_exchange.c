/* with: cmd/localaws/exchange.c */
/* with: cmd/localaws/engine.c */
/* with: cmd/localaws/events.c */
/* with: cmd/localaws/faults_exchange.c */
/* with: cmd/localaws/faults_slow.c */
/* with: cmd/localaws/ids.c */
/* with: cmd/localaws/polly_speech.c */
/* with: cmd/localaws/polly_stream.c */
/* with: cmd/localaws/polly_voices.c */
/* with: cmd/localaws/probes.c */
/* with: cmd/localaws/recognition.c */
/* with: cmd/localaws/request.c */
/* with: cmd/localaws/route.c */
/* with: cmd/localaws/script.c */
/* with: cmd/localaws/speech_queue.c */
/* with: cmd/localaws/speech_text.c */
/* with: cmd/localaws/svc_transcribe.c */
/* with: cmd/localaws/svc_translate.c */
/* with: cmd/localaws/transcribe_params.c */
/* with: cmd/localaws/transcript.c */
/* with: cmd/localaws/translators.c */
/* with: cmd/localaws/voices.c */
/* with: cmd/localaws/words.c */
/* An exchange without any transport: routing, signatures in headers and query,
 * the shapes of refusals, body caps, and what hooks make of it.  Requests are
 * signed by lib/aws, whose signatures are checked against AWS's vectors. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "support/localaws_link.h"

#define TARGET "AWSShineFrontendService_20170701.TranslateText"

/* A request of TranslateText, signed by `who` for a region, `skew_s` off. */
static void
translate(const struct sigv4_credentials *who, const char *region,
    const char *body, int64_t skew_s)
{
	struct sigv4_header own_headers[] = { { "host", "localhost:1" },
		{ "x-amz-target", TARGET } };
	struct sigv4_request rq = { .method = "POST",
		.path = "/",
		.headers = own_headers,
		.nheaders = 2,
		.body = body,
		.body_len = strlen(body) };
	struct sigv4_signer signer = { who, region, "translate", NULL };
	struct sigv4_signed s;
	struct h2_header headers[8];
	struct h2_request h2 = { "POST", "https", "localhost:1", "/", headers,
		0, true };

	ck_assert_int_eq(sigv4_sign(&s, &rq, &signer,
			     (int64_t)(clock_wall_ms() / 1000) + skew_s, 0),
	    0);
	headers[h2.nheaders++] = (struct h2_header){ "x-amz-target", TARGET };
	for (size_t i = 0; i < s.nadded; i++)
		headers[h2.nheaders++] =
		    (struct h2_header){ s.added[i].name, s.added[i].value };
	x = exchange_new(&la, &h2, true, &fake, NULL, 1, 1000);
	ck_assert_ptr_nonnull(x);
	exchange_data(x, (const uint8_t *)body, strlen(body));
	exchange_input_end(x);
	sigv4_signed_release(&s);
	exchange_pump(x, 1000);
}

static const char good[] = "{\"Text\":\"a\",\"SourceLanguageCode\":\"en\","
			   "\"TargetLanguageCode\":\"en\"}";

static void
assert_refused(int status, const char *name)
{
	ck_assert_int_eq(wire.status, status);
	ck_assert_msg(strstr(wire.body, name) != NULL ||
			  strstr(wire.headers, name) != NULL,
	    "%s%s", wire.headers, wire.body);
	ck_assert_int_eq(wire.nends, 1);
	ck_assert_ptr_nonnull(strstr(wire.headers, "x-amzn-requestid="));
	ck_assert_ptr_nonnull(strstr(wire.headers, "date="));
	ck_assert_str_eq(x->error, name);
}

/* Same source and target: the one refusal that no engine takes part in. */
#define PASSED "UnsupportedLanguagePairException"

START_TEST(a_right_signature_gets_to_the_operation)
{
	translate(&own, "us-east-1", good, 0);
	assert_refused(400, PASSED);
	ck_assert_ptr_nonnull(strstr(wire.body, "\"__type\":\"" PASSED "\""));
	ck_assert_ptr_nonnull(
	    strstr(wire.headers, "content-type=application/x-amz-json-1.1"));
}
END_TEST

START_TEST(a_session_token_must_be_the_one_that_is_known)
{
	struct sigv4_credentials with = own, other = own;

	with.session_token = "the token";
	other.session_token = "another";
	la.credentials = with;
	translate(_i == 0   ? &with
		  : _i == 1 ? &other
			    : &own,
	    "us-east-1", good, 0);
	if (_i == 0)
		assert_refused(400, PASSED);
	else
		assert_refused(403, "UnrecognizedClientException");
}
END_TEST

START_TEST(wrong_keys_regions_and_clocks_are_refused)
{
	struct sigv4_credentials who = own;

	switch (_i) {
	case 0:
		who.secret_access_key = "Secret";
		translate(&who, "us-east-1", good, 0);
		assert_refused(403, "InvalidSignatureException");
		break;
	case 1:
		who.access_key_id = "AKIDOTHER";
		translate(&who, "us-east-1", good, 0);
		assert_refused(403, "UnrecognizedClientException");
		break;
	case 2:
		translate(&own, "us-west-2", good, 0);
		assert_refused(403, "InvalidSignatureException");
		break;
	case 3:
		translate(&own, "us-east-1", good, -310);
		assert_refused(403, "InvalidSignatureException");
		ck_assert_ptr_nonnull(strstr(wire.body, "Signature expired"));
		break;
	case 4:
		translate(&own, "us-east-1", good, 310);
		assert_refused(403, "InvalidSignatureException");
		break;
	case 5:
		translate(&own, "us-east-1", good, -290);
		assert_refused(400, PASSED);
		break;
	}
}
END_TEST

static void
plain(const char *method, const char *path, bool is_h2)
{
	struct h2_request h2 = { method, "https", "localhost:1", path, NULL, 0,
		false };

	x = exchange_new(&la, &h2, is_h2, &fake, NULL, 1, 1000);
	ck_assert_ptr_nonnull(x);
	exchange_pump(x, 1000);
}

START_TEST(an_unsigned_request_is_refused_in_the_shape_of_its_service)
{
	plain("GET", "/v1/voices", true);
	assert_refused(403, "MissingAuthenticationTokenException");
	ck_assert_ptr_nonnull(strstr(wire.headers,
	    "x-amzn-errortype=MissingAuthenticationTokenException\n"));
	ck_assert_ptr_null(strstr(wire.body, "__type"));
}
END_TEST

/* A presigned GET /v1/speech; `change` is applied to its query. */
static void
presigned(const char *path, char *(*change)(char *query))
{
	struct sigv4_header host = { "host", "localhost:1" };
	struct sigv4_request rq = { .method = "GET",
		.path = "/v1/speech",
		.query = "OutputFormat=mp3&Text=Hi%20you&VoiceId=Joanna",
		.headers = &host,
		.nheaders = 1 };
	struct sigv4_signer signer = { &own, "us-east-1", "polly", NULL };
	struct sigv4_signed s;
	char target[2048];

	ck_assert_int_eq(sigv4_presign(&s, &rq, &signer,
			     (int64_t)(clock_wall_ms() / 1000), 60, 0),
	    0);
	snprintf(target, sizeof(target), "%s?%s", path,
	    change == NULL ? s.query : change(s.query));
	sigv4_signed_release(&s);
	plain("GET", target, true);
}

static char *
other_text(char *query)
{
	memcpy(strstr(query, "Hi%20you"), "Ho", 2);
	return query;
}

/* A stream to a wrong address: its client sends nothing before the answer. */
START_TEST(what_nobody_knows_is_refused_before_its_body)
{
	struct h2_request h2 = { "POST", "https", "localhost:1",
		"/prefix/stream-transcription", NULL, 0, true };

	x = exchange_new(&la, &h2, true, &fake, NULL, 1, 1000);
	ck_assert_ptr_nonnull(x);
	exchange_pump(x, 1000);
	assert_refused(404, "UnknownOperationException");
}
END_TEST

START_TEST(a_presigned_url_gets_to_the_operation)
{
	presigned("/v1/speech", NULL);
	assert_refused(400, "ValidationException"); /* mp3 */
	ck_assert_ptr_nonnull(strstr(wire.body, "outputFormat"));
}
END_TEST

START_TEST(a_presigned_url_that_was_changed_is_refused)
{
	presigned("/v1/speech", other_text);
	assert_refused(403, "InvalidSignatureException");
}
END_TEST

START_TEST(a_body_beyond_the_cap_is_refused_and_not_kept)
{
	static uint8_t block[65536];
	struct h2_header target = { "x-amz-target", TARGET };
	struct h2_request h2 = { "POST", "https", "localhost:1", "/", &target,
		1, true };

	x = exchange_new(&la, &h2, true, &fake, NULL, 1, 1000);
	for (int i = 0; i < 8; i++)
		exchange_data(x, block, sizeof(block));
	ck_assert_uint_le(x->in.alloc, EXCHANGE_BODY_BYTES);
	/* The client's windows stay open for what it is still sending. */
	ck_assert_uint_ge(wire.consumed, 8 * sizeof(block));
	exchange_pump(x, 1000);
	assert_refused(413, "RequestEntityTooLargeException");
}
END_TEST

START_TEST(a_body_that_never_ends_is_given_up)
{
	struct h2_request h2 = { "POST", "https", "localhost:1", "/v1/speech",
		NULL, 0, true };

	x = exchange_new(&la, &h2, true, &fake, NULL, 1, 1000);
	exchange_pump(x, 1000 + EXCHANGE_BODY_MS - 1);
	ck_assert_int_eq(wire.status, 0);
	exchange_pump(x, 1000 + EXCHANGE_BODY_MS);
	assert_refused(400, "RequestTimeoutException");
	exchange_pump(x, 1000 + EXCHANGE_BODY_MS + EXCHANGE_LINGER_MS);
	ck_assert_int_eq(wire.nresets, 1);
	ck_assert_uint_eq(wire.code, H2_NO_ERROR);
}
END_TEST

START_TEST(service_time_is_added)
{
	la.translate_delay_ms = 40;
	translate(&own, "us-east-1", good, 0);
	ck_assert_int_eq(wire.status, 0);
	exchange_pump(x, 1039);
	ck_assert_int_eq(wire.status, 0);
	exchange_pump(x, 1040);
	assert_refused(400, PASSED);
}
END_TEST

/* --- hooks ---------------------------------------------------------------- */

static struct hook_order plan;
static enum hook_phase plan_phase;
static int nasked;
static char asked[64];

static void
ask(void *arg, const struct hook_at *at, struct hook_order *order)
{
	(void)arg;
	/* Once: it is asked again until it says nothing. */
	if (at->phase != plan_phase || nasked > 0)
		return;
	nasked++;
	snprintf(
	    asked, sizeof(asked), "%s %d", at->operation, (int)at->request);
	*order = plan;
}

static void
plan_set(enum hook_phase phase, enum hook_action action)
{
	la.hooks.ask = ask;
	memset(&plan, 0, sizeof(plan));
	plan.action = action;
	plan_phase = phase;
	nasked = 0;
}

START_TEST(a_hook_refuses_in_the_shape_of_the_service)
{
	plan_set(HOOK_REQUEST, HOOK_REFUSE);
	plan.status = 429;
	plan.name = "TooManyRequestsException";
	plan.message = "slow down";
	translate(&own, "us-east-1", good, 0);
	assert_refused(429, "TooManyRequestsException");
	ck_assert_ptr_nonnull(strstr(wire.body, "slow down"));
	ck_assert_str_eq(asked, "TranslateText 1");
}
END_TEST

START_TEST(a_hook_delays_and_is_asked_once)
{
	plan_set(HOOK_RESPONSE, HOOK_PASS);
	plan.delay_ms = 500;
	translate(&own, "us-east-1", good, 0);
	exchange_pump(x, 1499);
	ck_assert_int_eq(wire.status, 0);
	exchange_pump(x, 1500);
	assert_refused(400, PASSED);
	ck_assert_int_eq(nasked, 1);
}
END_TEST

START_TEST(a_hook_ends_what_it_is_told_to)
{
	static const enum hook_action actions[] = { HOOK_RESET, HOOK_CUT,
		HOOK_END, HOOK_GOAWAY };

	plan_set(HOOK_REQUEST, actions[_i]);
	plan.h2_code = H2_ENHANCE_YOUR_CALM;
	translate(&own, "us-east-1", good, 0);
	ck_assert_int_eq(wire.nresets, actions[_i] == HOOK_RESET);
	ck_assert_int_eq(wire.ncuts, actions[_i] == HOOK_CUT);
	ck_assert_int_eq(wire.ngoaways, actions[_i] == HOOK_GOAWAY);
	if (actions[_i] == HOOK_RESET || actions[_i] == HOOK_GOAWAY)
		ck_assert_uint_eq(wire.code, H2_ENHANCE_YOUR_CALM);
	if (actions[_i] == HOOK_END)
		ck_assert_int_eq(wire.status, 200);
	if (actions[_i] == HOOK_GOAWAY) /* and goes on */
		assert_refused(400, PASSED);
	ck_assert_int_eq(x->phase, EXCHANGE_FINISHED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_exchange");
	TCase *tc = tcase_create("exchange"), *h = tcase_create("hooks");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_right_signature_gets_to_the_operation);
	tcase_add_loop_test(
	    tc, a_session_token_must_be_the_one_that_is_known, 0, 3);
	tcase_add_loop_test(
	    tc, wrong_keys_regions_and_clocks_are_refused, 0, 6);
	tcase_add_test(
	    tc, an_unsigned_request_is_refused_in_the_shape_of_its_service);
	tcase_add_test(tc, what_nobody_knows_is_refused_before_its_body);
	tcase_add_test(tc, a_presigned_url_gets_to_the_operation);
	tcase_add_test(tc, a_presigned_url_that_was_changed_is_refused);
	tcase_add_test(tc, a_body_beyond_the_cap_is_refused_and_not_kept);
	tcase_add_test(tc, a_body_that_never_ends_is_given_up);
	tcase_add_test(tc, service_time_is_added);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(h, setup, teardown);
	tcase_add_test(h, a_hook_refuses_in_the_shape_of_the_service);
	tcase_add_test(h, a_hook_delays_and_is_asked_once);
	tcase_add_loop_test(h, a_hook_ends_what_it_is_told_to, 0, 4);
	suite_add_tcase(s, h);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
