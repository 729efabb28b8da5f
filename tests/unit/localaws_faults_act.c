/* with: cmd/localaws/exchange.c */
/* with: cmd/localaws/engine.c */
/* with: cmd/localaws/events.c */
/* with: cmd/localaws/faults.c */
/* with: cmd/localaws/faults_exchange.c */
/* with: cmd/localaws/faults_rule.c */
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
/* What faults do to an exchange, without any transport: each rule of the file
 * is carried out in its place, and what is not meant goes on. */
#define _GNU_SOURCE /* memmem */
#include "../../cmd/localaws/faults.h"
#include "support/localaws_stream.h"

static struct faults *plan;

static const char talk[] =
    "{\"at_ms\":100,\"text\":\"one\"}\n"
    "{\"at_ms\":200,\"text\":\"one two\",\"final\":true}\n"
    "{\"at_ms\":300,\"text\":\"three\"}\n"
    "{\"at_ms\":400,\"text\":\"three four\",\"final\":true}\n";

static void
setup_plan(void)
{
	char why[SCRIPT_TEXT_BYTES];

	setup();
	ck_assert_ptr_nonnull(plan = faults_new("f"));
	ck_assert_int_eq(script_parse(&la.script, talk, strlen(talk), why), 0);
}

static void
teardown_plan(void)
{
	teardown();
	faults_free(plan);
	script_free(la.script);
	la.script = NULL;
	sigv4_chain_release(&chain);
}

static void
rules(const char *text)
{
	char why[FAULTS_TEXT_BYTES];

	ck_assert_msg(
	    faults_parse(plan, text, strlen(text), why) == 0, "%s", why);
	la.hooks = (struct hooks){ faults_ask, plan };
}

static void
transcribe(void)
{
	open_stream("transcribe", "/stream-transcription", listening, 3);
}

/* Audio, and the turns that it takes to look at each event of it. */
static void
listen_to(int ms)
{
	hear(ms);
	for (int i = 0; i < ms; i += 10)
		pass(0);
}

/* --- before the answer ---------------------------------------------------- */

START_TEST(a_refusal_has_name_status_message_and_when_to_come_back)
{
	rules("do=refuse name=ConflictException message=\"in use\" "
	      "retry-after=3");
	transcribe();
	ck_assert_int_eq(wire.status, 409);
	ck_assert_ptr_nonnull(
	    strstr(wire.headers, "x-amzn-errortype=ConflictException\n"));
	ck_assert_ptr_nonnull(strstr(wire.headers, "\nretry-after=3\n"));
	ck_assert_ptr_nonnull(strstr(wire.body, "\"Message\":\"in use\""));
}
END_TEST

START_TEST(throttling_in_milliseconds_goes_the_way_of_aws)
{
	rules("do=throttle retry-after-ms=250");
	speak();
	ck_assert_int_eq(wire.status, 400);
	ck_assert_ptr_nonnull(strstr(wire.headers, "x-amz-retry-after=250\n"));
	ck_assert_ptr_nonnull(strstr(wire.body, "throttlingReasons"));
}
END_TEST

START_TEST(a_page_garbage_and_half_a_body_are_answers)
{
	static const char *const texts[] = { "do=html status=503", "do=garbage",
		"do=truncate" };

	rules(texts[_i]);
	transcribe();
	ck_assert_int_eq(wire.status, _i == 0 ? 503 : 200);
	ck_assert_int_eq(wire.nends, 1);
	if (_i == 0)
		ck_assert_ptr_nonnull(
		    strstr(wire.headers, "content-type=text/html\n"));
	if (_i == 2)
		ck_assert_ptr_nonnull(
		    strstr(wire.headers, "content-length=400\n"));
	ck_assert_uint_gt(wire.len, 20);
	ck_assert_uint_lt(wire.len, 400);
}
END_TEST

START_TEST(a_wrong_clock_refuses_and_shows_in_the_date)
{
	char date[64] = "", *p;

	rules("do=wrong-clock seconds=-86400");
	transcribe();
	ck_assert_int_eq(wire.status, 403);
	ck_assert_ptr_nonnull(strstr(wire.body, "Signature not yet current"));
	p = strstr(wire.headers, "date=");
	ck_assert_ptr_nonnull(p);
	snprintf(date, sizeof(date), "%.26s", p + 5);
	exchange_free(x);
	memset(&wire, 0, sizeof(wire));
	sigv4_chain_release(&chain);
	transcribe();
	ck_assert_int_eq(wire.status, 200);
	ck_assert_ptr_null(strstr(wire.headers, date));
}
END_TEST

START_TEST(what_breaks_off_waits_until_all_has_left)
{
	static const char *const texts[] = { "phase=final do=reset code=CANCEL",
		"phase=final do=abort", "phase=final do=cut",
		"phase=final do=outage ms=500",
		"phase=final do=freeze ms=700" };

	rules(texts[_i]);
	transcribe();
	wire.is_stuck = true;
	listen_to(250);
	look();
	ck_assert_str_eq(names, "TranscriptEvent TranscriptEvent ");
	listen_to(250);
	ck_assert_int_eq(wire.nresets + wire.ncuts + wire.nfaults[LINK_FIN] +
			     wire.nfaults[LINK_FREEZE],
	    0);
	wire.is_stuck = false;
	pass(10);
	ck_assert_int_eq(wire.nresets, _i == 0);
	ck_assert_int_eq(wire.ncuts, _i == 1 || _i == 3);
	ck_assert_int_eq(wire.nfaults[LINK_FIN], _i == 2);
	ck_assert_int_eq(wire.nfaults[LINK_FREEZE], _i == 4);
	if (_i == 0)
		ck_assert_uint_eq(wire.code, H2_CANCEL);
	if (_i == 3)
		ck_assert_int_eq(la.outage_until_ms, now_ms + 500);
	if (_i == 4)
		ck_assert_int_eq(wire.fault_value, now_ms + 700);
	/* Nothing more was said, but by who goes on. */
	for (int i = 0; i < 50; i++)
		pass(0);
	look();
	ck_assert_int_eq(
	    strcmp(names, "TranscriptEvent TranscriptEvent ") == 0, _i != 4);
}
END_TEST

START_TEST(settings_of_the_connection_are_passed_on)
{
	rules("do=tiny-window bytes=99\ndo=tiny-data bytes=7\n"
	      "do=goaway code=ENHANCE_YOUR_CALM\ndo=delay ms=50");
	transcribe();
	ck_assert_int_eq(wire.nfaults[LINK_WINDOW], 1);
	ck_assert_int_eq(wire.nfaults[LINK_DATA], 1);
	ck_assert_int_eq(wire.fault_value, 7);
	ck_assert_int_eq(wire.ngoaways, 1);
	ck_assert_int_eq(wire.status, 0);
	pass(49);
	ck_assert_int_eq(wire.status, 0);
	pass(1);
	ck_assert_int_eq(wire.status, 200);
}
END_TEST

START_TEST(an_unseen_request_is_dropped)
{
	rules("do=goaway-unseen");
	transcribe();
	ck_assert_int_eq(wire.nfaults[LINK_UNSEEN], 1);
	ck_assert_int_eq(wire.status, 0);
	ck_assert_int_eq(x->phase, EXCHANGE_FINISHED);
}
END_TEST

/* --- within a stream ------------------------------------------------------ */

START_TEST(an_exception_comes_where_it_is_asked_for)
{
	rules("phase=partial n=2 do=exception name=LimitExceededException "
	      "message=enough");
	transcribe();
	listen_to(250);
	look();
	ck_assert_str_eq(names, "TranscriptEvent TranscriptEvent ");
	listen_to(100);
	assert_thrown("LimitExceededException", "\"Message\":\"enough\"");
	ck_assert_str_eq(names, "TranscriptEvent TranscriptEvent "
				"TranscriptEvent LimitExceededException ");
}
END_TEST

START_TEST(audio_and_events_are_counted)
{
	static const char *const texts[] = {
		"phase=audio after-ms=300 do=reset",
		"phase=event-in n=4 do=reset", "phase=event-out n=3 do=reset"
	};

	rules(texts[_i]);
	transcribe();
	for (int i = 0; i < 3; i++)
		listen_to(100);
	look();
	/* The third result is due at 300 ms. */
	ck_assert_str_eq(names, _i == 2 ? "TranscriptEvent TranscriptEvent "
					: "TranscriptEvent TranscriptEvent "
					  "TranscriptEvent ");
	ck_assert_int_eq(wire.nresets, _i == 2);
	listen_to(100);
	ck_assert_int_eq(wire.nresets, 1);
}
END_TEST

START_TEST(an_error_message_is_none_of_an_event)
{
	static const char *const told[] = { "ServerGone", "no luck" };

	rules("phase=open do=error name=ServerGone message=\"no luck\"");
	transcribe();
	ck_assert_int_eq(wire.status, 200);
	ck_assert_int_eq(wire.nends, 1);
	for (size_t i = 0; i < 2; i++)
		ck_assert_ptr_nonnull(
		    memmem(wire.body, wire.len, told[i], strlen(told[i])));
	ck_assert_ptr_nonnull(memmem(wire.body, wire.len, "error", 5));
}
END_TEST

START_TEST(a_damaged_event_and_half_of_one_are_noticed)
{
	struct es_decoder *d = es_decoder_new(0, on_message, NULL);
	int rc;

	rules(_i == 0 ? "phase=open do=crc" : "phase=open do=truncate");
	transcribe();
	names[0] = '\0';
	rc = es_decoder_feed(d, wire.body, wire.len);
	ck_assert_int_eq(rc, _i == 0 ? ES_ERR_CRC : 0);
	ck_assert_int_eq(es_decoder_is_idle(d), false);
	ck_assert_str_eq(names, "");
	ck_assert_int_eq(wire.nends, _i == 1);
	es_decoder_free(d);
}
END_TEST

START_TEST(who_hangs_takes_what_comes_and_who_is_blocked_does_not)
{
	size_t before;

	rules(_i == 0 ? "phase=open do=hang" : "phase=open do=block");
	transcribe();
	before = wire.consumed;
	listen_to(500);
	ck_assert_int_eq(wire.consumed > before, _i == 0);
	pass(HOOK_NPHASES * 60000);
	look();
	ck_assert_str_eq(names, "");
	ck_assert_int_eq(wire.nends, 0);
}
END_TEST

START_TEST(a_clean_end_tells_the_client_to_stop_and_a_half_one_does_not)
{
	rules(_i == 0 ? "phase=final do=end" : "phase=final do=half-close");
	transcribe();
	listen_to(250);
	ck_assert_int_eq(wire.nends, 1);
	pass(EXCHANGE_LINGER_MS);
	ck_assert_int_eq(wire.nresets, _i == 0);
}
END_TEST

START_TEST(the_end_of_input_and_the_last_word_are_phases)
{
	rules("phase=input-end do=delay ms=100\nphase=last do=delay ms=100");
	transcribe();
	listen_to(150);
	send_end();
	exchange_input_end(x);
	pass(99);
	look();
	ck_assert_str_eq(names, "TranscriptEvent ");
	pass(1);
	look(); /* the open partial became final */
	ck_assert_str_eq(names, "TranscriptEvent TranscriptEvent ");
	ck_assert_int_eq(wire.nends, 0);
	pass(100);
	ck_assert_int_eq(wire.nends, 1);
}
END_TEST

START_TEST(a_slow_answer_leaves_in_pieces)
{
	size_t last_len = 0, whole;

	rules("do=slow bytes=1000");
	transcribe();
	listen_to(250);
	ck_assert_uint_eq(wire.len, 0);
	for (int i = 0; i < 10; i++) {
		pass(20);
		ck_assert_uint_le(wire.len - last_len, 20);
		last_len = wire.len;
	}
	ck_assert_uint_gt(last_len, 100);
	send_end();
	exchange_input_end(x);
	pass(0);
	ck_assert_int_eq(wire.nends, 0);
	for (int i = 0; i < 200; i++)
		pass(20);
	whole = wire.len;
	pass(1000);
	ck_assert_uint_eq(wire.len, whole);
	ck_assert_int_eq(wire.nends, 1);
	look();
	ck_assert_str_eq(names, "TranscriptEvent TranscriptEvent ");
}
END_TEST

/* --- tokens --------------------------------------------------------------- */

START_TEST(a_token_that_expired_is_refused_until_there_is_another)
{
	static const char *const tokens[] = { "old", "old", "new" };
	static const int statuses[] = { 403, 403, 200 };

	rules("do=expired-token");
	for (int i = 0; i < 3; i++) {
		exchange_free(x);
		memset(&wire, 0, sizeof(wire));
		sigv4_chain_release(&chain);
		own.session_token = tokens[i];
		transcribe();
		ck_assert_int_eq(wire.status, statuses[i]);
		if (i < 2)
			ck_assert_str_eq(x->error, "ExpiredTokenException");
	}
}
END_TEST

/* --- Polly ---------------------------------------------------------------- */

START_TEST(a_voice_stops_amid_its_sound_or_before_it_says_so)
{
	static const char *const texts[] = { "phase=event-out do=reset",
		"phase=last do=end", "phase=closed do=half-close" };
	struct loop l;

	rules(texts[_i]);
	la.tts = "cat #";
	speak();
	send_text("{\"Text\":\"Good morning.\"}");
	send_event("CloseStreamEvent", "{}", 2);
	send_end();
	exchange_input_end(x);
	loop_init(&l);
	while (wire.nends == 0) {
		loop_begin(&l);
		engines_prepare(la.engines, &l);
		ck_assert_int_ge(loop_wait(&l), 0);
		engines_dispatch(la.engines, &l, clock_mono_ms());
		pass(0);
	}
	loop_release(&l);
	look();
	ck_assert_str_eq(names, _i == 0   ? ""
				: _i == 1 ? "AudioEvent "
					  : "AudioEvent StreamClosedEvent ");
	ck_assert_uint_eq(audio_bytes, _i == 1 ? 13 : _i == 2 ? 13 : 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_faults_act");
	TCase *b = tcase_create("before"), *w = tcase_create("within");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(b, setup_plan, teardown_plan);
	tcase_add_test(
	    b, a_refusal_has_name_status_message_and_when_to_come_back);
	tcase_add_test(b, throttling_in_milliseconds_goes_the_way_of_aws);
	tcase_add_loop_test(
	    b, a_page_garbage_and_half_a_body_are_answers, 0, 3);
	tcase_add_test(b, a_wrong_clock_refuses_and_shows_in_the_date);
	tcase_add_test(b, settings_of_the_connection_are_passed_on);
	tcase_add_test(b, an_unseen_request_is_dropped);
	tcase_add_test(
	    b, a_token_that_expired_is_refused_until_there_is_another);
	suite_add_tcase(s, b);
	tcase_add_checked_fixture(w, setup_plan, teardown_plan);
	tcase_add_loop_test(w, what_breaks_off_waits_until_all_has_left, 0, 5);
	tcase_add_test(w, an_exception_comes_where_it_is_asked_for);
	tcase_add_loop_test(w, audio_and_events_are_counted, 0, 3);
	tcase_add_test(w, an_error_message_is_none_of_an_event);
	tcase_add_loop_test(
	    w, a_damaged_event_and_half_of_one_are_noticed, 0, 2);
	tcase_add_loop_test(
	    w, who_hangs_takes_what_comes_and_who_is_blocked_does_not, 0, 2);
	tcase_add_loop_test(w,
	    a_clean_end_tells_the_client_to_stop_and_a_half_one_does_not, 0, 2);
	tcase_add_test(w, the_end_of_input_and_the_last_word_are_phases);
	tcase_add_test(w, a_slow_answer_leaves_in_pieces);
	tcase_add_loop_test(
	    w, a_voice_stops_amid_its_sound_or_before_it_says_so, 0, 3);
	suite_add_tcase(s, w);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
