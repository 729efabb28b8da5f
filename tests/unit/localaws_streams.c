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
/* The two bidirectional streams without any transport: signed events in, what
 * is sent back, and the clocks of the services, which here are arguments. */
#include "support/localaws_stream.h"

#define MINUTE_MS (60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)

/* --- Transcribe ----------------------------------------------------------- */

static const char talk[] =
    "{\"at_ms\":100,\"text\":\"one\"}\n"
    "{\"at_ms\":200,\"text\":\"one two\",\"final\":true}";

static void
setup_talk(void)
{
	char why[SCRIPT_TEXT_BYTES];

	setup();
	ck_assert_int_eq(script_parse(&la.script, talk, strlen(talk), why), 0);
}

static void
teardown_talk(void)
{
	teardown();
	script_free(la.script);
	la.script = NULL;
	sigv4_chain_release(&chain);
}

static void
transcribe(void)
{
	open_stream("transcribe", "/stream-transcription", listening, 3);
	ck_assert_msg(wire.status == 200, "%s", wire.body);
	ck_assert_ptr_nonnull(strstr(wire.headers, P "session-id="));
}

START_TEST(both_ends_of_a_session_are_waited_for)
{
	transcribe();
	hear(150);
	look();
	ck_assert_str_eq(names, "TranscriptEvent ");
	hear(100);
	send_end();
	look();
	ck_assert_str_eq(names, "TranscriptEvent TranscriptEvent ");
	ck_assert_int_eq(wire.nends, 0);
	exchange_input_end(x);
	pass(0);
	ck_assert_int_eq(wire.nends, 1);
	ck_assert_str_eq(x->error, "");
}
END_TEST

START_TEST(an_end_without_its_signed_event_is_refused)
{
	transcribe();
	hear(100);
	exchange_input_end(x);
	pass(0);
	assert_thrown("BadRequestException", "final, empty, signed event");
}
END_TEST

START_TEST(nothing_may_follow_the_final_event)
{
	transcribe();
	send_end();
	hear(10);
	assert_thrown("BadRequestException", "after the final one");
}
END_TEST

START_TEST(fifteen_seconds_of_nothing_end_a_session)
{
	transcribe();
	pass(14000);
	hear(10);
	pass(14999);
	hear(0); /* an event without audio keeps nothing alive */
	ck_assert_int_eq(wire.nends, 0);
	pass(1);
	assert_thrown("BadRequestException",
	    "Your request timed out because no new audio was received for 15 "
	    "seconds.");
}
END_TEST

START_TEST(four_hours_end_a_session)
{
	transcribe();
	for (int64_t ms = 0; ms < 4 * HOUR_MS - 10000; ms += 10000) {
		wire.len = 0;
		hear(10);
		pass(10000);
	}
	ck_assert_int_eq(wire.nends, 0);
	pass(10000);
	assert_thrown("LimitExceededException", "4 hours");
}
END_TEST

START_TEST(an_event_signed_too_long_ago_is_refused_as_expired)
{
	transcribe();
	send_at("AudioEvent", "\0\0", 2, clock_wall_ms() - 6 * MINUTE_MS);
	assert_thrown("BadRequestException", "Signature expired");
	ck_assert_ptr_nonnull(strstr(last, "- 5 min."));
}
END_TEST

START_TEST(bytes_that_are_no_events_are_refused)
{
	transcribe();
	exchange_data(x, (const uint8_t *)"this is not an event", 20);
	pass(0);
	assert_thrown("BadRequestException", "Could not decode");
}
END_TEST

START_TEST(results_are_held_back_by_the_delay)
{
	la.transcribe_delay_ms = 300;
	transcribe();
	hear(250);
	ck_assert_uint_eq(wire.len, 0);
	pass(299);
	ck_assert_uint_eq(wire.len, 0);
	pass(1);
	look();
	ck_assert_str_eq(names, "TranscriptEvent TranscriptEvent ");
}
END_TEST

START_TEST(a_second_session_on_a_connection_is_refused)
{
	wire.is_behind = true;
	open_stream("transcribe", "/stream-transcription", listening, 3);
	ck_assert_int_eq(wire.status, 400);
	ck_assert_ptr_nonnull(strstr(wire.body, "one stream"));
}
END_TEST

START_TEST(a_session_without_parameters_is_refused)
{
	static const struct h2_header none[] = { { "a", "b" } };

	open_stream("transcribe", "/stream-transcription", none, 1);
	ck_assert_int_eq(wire.status, 400); /* no parameters */
	ck_assert_ptr_nonnull(strstr(wire.body, "Exactly one of"));
}
END_TEST

/* --- Polly ---------------------------------------------------------------- */

/* Let the engines of the shell work until the stream has ended. */
static void
run(void)
{
	struct loop l;

	loop_init(&l);
	while (wire.nends == 0) {
		loop_begin(&l);
		engines_prepare(la.engines, &l);
		ck_assert_int_ge(loop_wait(&l), 0);
		engines_dispatch(la.engines, &l, clock_mono_ms());
		pass(0);
	}
	loop_release(&l);
}

START_TEST(what_was_said_comes_back_as_sound_and_is_counted)
{
	/* Says the text itself, so that order and cuts can be seen. */
	la.tts = "sh -c 'cat; printf \"|$4|\"' tts";
	speak();
	ck_assert_int_eq(wire.status, 200);
	send_text("{\"Text\":\"Good mor\"}");
	send_text("{\"Text\":\"ning. And\"}");
	send_text("{\"Text\":\"<speak>x</speak>\",\"TextType\":\"ssml\"}");
	send_text("{\"Text\":\" more\"}");
	send_event("CloseStreamEvent", "{}", 2);
	send_end();
	exchange_input_end(x);
	run();
	look();
	ck_assert_str_eq(last, "{\"RequestCharacters\":23}");
	ck_assert_uint_eq(audio_bytes, strlen("Good morning. |text|And|text|"
					      "<speak>x</speak>|ssml| more"
					      "|text|"));
}
END_TEST

START_TEST(an_end_without_close_leaves_the_rest_unspoken)
{
	la.tts = "cat #";
	speak();
	send_text("{\"Text\":\"One. Two\"}");
	send_end();
	exchange_input_end(x);
	run();
	look();
	ck_assert_str_eq(names, "AudioEvent ");
	ck_assert_str_eq(last, "One. ");
}
END_TEST

START_TEST(five_seconds_without_an_event_end_a_stream)
{
	speak();
	pass(4999);
	send_text("{\"Text\":\" \"}"); /* keeps it alive */
	pass(4999);
	ck_assert_int_eq(wire.nends, 0);
	pass(1);
	assert_thrown("ServiceQuotaExceededException",
	    "\"quotaCode\":\"input-stream-inbound-event-timeout\"");
	ck_assert_ptr_nonnull(strstr(last, "\"serviceCode\":\"polly\""));
}
END_TEST

START_TEST(ten_minutes_end_a_stream)
{
	speak();
	for (int64_t ms = 0; ms < 10 * MINUTE_MS - 4000; ms += 4000) {
		send_text("{\"Text\":\"\"}");
		pass(4000);
	}
	ck_assert_int_eq(wire.nends, 0);
	pass(4000);
	assert_thrown("ServiceQuotaExceededException",
	    "\"quotaCode\":\"input-stream-timeout\"");
}
END_TEST

static const struct {
	const char *type, *json, *reason;
} bad[] = {
	{ "TextEvent", "{}", "\"reason\":\"fieldValidationFailed\"" },
	{ "TextEvent", "[]", "\"reason\":\"invalidInboundEvent\"" },
	{ "TextEvent", "{", "\"reason\":\"invalidInboundEvent\"" },
	{ "TextEvent", "{\"Text\":\"a\",\"TextType\":\"html\"}",
	    "\"name\":\"textType\"" },
	{ "TextEvent", "{\"Text\":\"<speak>\",\"TextType\":\"ssml\"}",
	    "Invalid SSML" },
	{ "AudioEvent", "", "\"reason\":\"invalidInboundEvent\"" },
};

START_TEST(a_bad_event_is_refused_with_reason_and_field)
{
	speak();
	send_event(bad[_i].type, bad[_i].json, strlen(bad[_i].json));
	assert_thrown("ValidationException", bad[_i].reason);
}
END_TEST

START_TEST(nothing_may_follow_the_close)
{
	speak();
	send_text("{\"Text\":\"a\"}");
	send_event("CloseStreamEvent", "{}", 2);
	send_text("{\"Text\":\"b\"}");
	assert_thrown("ValidationException", "after CloseStreamEvent");
}
END_TEST

START_TEST(a_wrong_signature_gets_no_hint)
{
	speak();
	chain.prior[0] = chain.prior[0] == '0' ? '1' : '0';
	send_text("{\"Text\":\"a\"}");
	assert_thrown("ServiceFailureException", "Service is unavailable");
}
END_TEST

START_TEST(a_second_stream_waits_for_the_connection)
{
	wire.is_behind = true;
	speak();
	send_text("{\"Text\":\"a\"}");
	pass(60000);
	ck_assert_int_eq(wire.status, 0);
	wire.is_behind = false;
	pass(0);
	ck_assert_int_eq(wire.status, 200);
	ck_assert_int_eq(wire.nends, 0);
}
END_TEST

START_TEST(an_engine_that_fails_ends_the_stream_in_words)
{
	la.tts = "sh -c 'echo no such voice >&2; exit 69'";
	speak();
	send_text("{\"Text\":\"One. Two\"}");
	run();
	assert_thrown("ServiceFailureException", "no such voice");
}
END_TEST

static const struct {
	struct h2_header headers[4];
	const char *part;
} refused[] = {
	{ { { "x-amzn-engine", "neural" }, { "x-amzn-voiceid", "Lucia" },
	      { "x-amzn-outputformat", "pcm" } },
	    "\"reason\":\"unsupportedOperation\"" },
	{ { { "x-amzn-engine", "generative" }, { "x-amzn-voiceid", "Ivy" },
	      { "x-amzn-outputformat", "pcm" } },
	    "\"name\":\"voiceId\"" },
	{ { { "x-amzn-engine", "generative" }, { "x-amzn-voiceid", "Nobody" },
	      { "x-amzn-outputformat", "pcm" } },
	    "\"name\":\"voiceId\"" },
	{ { { "x-amzn-engine", "generative" }, { "x-amzn-voiceid", "Lucia" },
	      { "x-amzn-outputformat", "mp3" } },
	    "\"name\":\"outputFormat\"" },
	{ { { "x-amzn-engine", "generative" }, { "x-amzn-voiceid", "Lucia" },
	      { "x-amzn-outputformat", "pcm" },
	      { "x-amzn-samplerate", "22050" } },
	    "\"name\":\"sampleRate\"" },
	{ { { "x-amzn-engine", "generative" }, { "x-amzn-voiceid", "Lucia" } },
	    "\"name\":\"outputFormat\"" },
};

START_TEST(a_stream_is_refused_before_it_begins)
{
	size_t n = 0;

	while (n < 4 && refused[_i].headers[n].name != NULL)
		n++;
	open_stream("polly", "/v1/synthesisStream", refused[_i].headers, n);
	ck_assert_int_eq(wire.status, 400);
	ck_assert_ptr_nonnull(
	    strstr(wire.headers, "x-amzn-errortype=ValidationException\n"));
	ck_assert_msg(
	    strstr(wire.body, refused[_i].part) != NULL, "%s", wire.body);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_streams");
	TCase *t = tcase_create("transcribe"), *p = tcase_create("polly");
	SRunner *r;
	int failed;

	tcase_set_timeout(p, 60);
	tcase_add_checked_fixture(t, setup_talk, teardown_talk);
	tcase_add_test(t, both_ends_of_a_session_are_waited_for);
	tcase_add_test(t, an_end_without_its_signed_event_is_refused);
	tcase_add_test(t, nothing_may_follow_the_final_event);
	tcase_add_test(t, fifteen_seconds_of_nothing_end_a_session);
	tcase_add_test(t, four_hours_end_a_session);
	tcase_add_test(t, an_event_signed_too_long_ago_is_refused_as_expired);
	tcase_add_test(t, bytes_that_are_no_events_are_refused);
	tcase_add_test(t, results_are_held_back_by_the_delay);
	tcase_add_test(t, a_second_session_on_a_connection_is_refused);
	tcase_add_test(t, a_session_without_parameters_is_refused);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(p, setup_talk, teardown_talk);
	tcase_add_test(p, what_was_said_comes_back_as_sound_and_is_counted);
	tcase_add_test(p, an_end_without_close_leaves_the_rest_unspoken);
	tcase_add_test(p, five_seconds_without_an_event_end_a_stream);
	tcase_add_test(p, ten_minutes_end_a_stream);
	tcase_add_loop_test(
	    p, a_bad_event_is_refused_with_reason_and_field, 0, 6);
	tcase_add_test(p, nothing_may_follow_the_close);
	tcase_add_test(p, a_wrong_signature_gets_no_hint);
	tcase_add_test(p, a_second_stream_waits_for_the_connection);
	tcase_add_test(p, an_engine_that_fails_ends_the_stream_in_words);
	tcase_add_loop_test(p, a_stream_is_refused_before_it_begins, 0, 6);
	suite_add_tcase(s, p);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
