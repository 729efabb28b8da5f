/* with: cmd/speak/handed.c cmd/speak/message.c cmd/speak/talk.c */
/* What a remote speaker may say, and how its messages are counted. */
#include "../../cmd/speak/handed.h"
#include "../../cmd/speak/message.h"
#include "../../cmd/speak/talk.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"

static struct message m;

static int
parse(const char *text)
{
	return message_parse(&m, text, strlen(text));
}

START_TEST(a_hello_says_who_what_and_where_from)
{
	ck_assert_int_eq(
	    parse("{\"type\":\"hello\",\"session\":\"0123-abc_D\","
		  "\"lang\":\"IT-it\",\"token\":\"a.b.c\","
		  "\"client\":\"page\\u0007\",\"next\":12,\"more\":[]}"),
	    0);
	ck_assert_int_eq(m.type, MESSAGE_HELLO);
	ck_assert_str_eq(m.session, "0123-abc_D");
	ck_assert_str_eq(m.lang, "it-IT");
	ck_assert_str_eq(m.token, "a.b.c");
	ck_assert_str_eq(m.client, "page\\x07");
	ck_assert_uint_eq(m.next, 12);
	message_release(&m);
	ck_assert_ptr_null(m.token);
	ck_assert_int_eq(
	    parse("{\"type\":\"hello\",\"session\":\"01234567\"}"), 0);
	ck_assert_str_eq(m.lang, "");
	ck_assert_ptr_null(m.token);
	ck_assert_uint_eq(m.next, 0);
}
END_TEST

static const struct {
	const char *text;
	int code;
} bad[] = {
	{ "", MESSAGE_ERR_JSON },
	{ "[]", MESSAGE_ERR_JSON },
	{ "{\"type\":\"hello\"", MESSAGE_ERR_JSON },
	{ "{\"type\":\"hello\",\"session\":\"\\u0000aaaaaaaa\"}",
	    MESSAGE_ERR_JSON },
	{ "\xff\xfe{}", MESSAGE_ERR_JSON },
	{ "{\"type\":\"hello\"}", MESSAGE_ERR_SESSION },
	{ "{\"type\":\"hello\",\"session\":\"short\"}", MESSAGE_ERR_SESSION },
	{ "{\"type\":\"hello\",\"session\":12345678}", MESSAGE_ERR_SESSION },
	{ "{\"type\":\"hello\",\"session\":\"../../../x\"}",
	    MESSAGE_ERR_SESSION },
	{ "{\"type\":\"hello\",\"session\":\"01234567890123456789012345678901"
	  "2345678901234567890123456789012345\"}",
	    MESSAGE_ERR_SESSION },
	{ "{\"type\":\"hello\",\"session\":\"01234567\",\"lang\":7}",
	    MESSAGE_ERR_LANG },
	{ "{\"type\":\"hello\",\"session\":\"01234567\",\"lang\":\"../it\"}",
	    MESSAGE_ERR_LANG },
	{ "{\"type\":\"hello\",\"session\":\"01234567\","
	  "\"lang\":\"it-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa\"}",
	    MESSAGE_ERR_LANG },
	{ "{\"type\":\"hello\",\"session\":\"01234567\",\"next\":-1}",
	    MESSAGE_ERR_SEQ },
	{ "{\"type\":\"hello\",\"session\":\"01234567\",\"next\":1.5}",
	    MESSAGE_ERR_SEQ },
	{ "{\"type\":\"audio\",\"data\":\"AAAA\"}", MESSAGE_ERR_SEQ },
	{ "{\"type\":\"audio\",\"seq\":\"1\",\"data\":\"AAA=\"}",
	    MESSAGE_ERR_SEQ },
	{ "{\"type\":\"audio\",\"seq\":9007199254740992,\"data\":\"AAA=\"}",
	    MESSAGE_ERR_SEQ },
	{ "{\"type\":\"audio\",\"seq\":1e300,\"data\":\"AAA=\"}",
	    MESSAGE_ERR_SEQ },
	{ "{\"type\":\"audio\",\"seq\":1}", MESSAGE_ERR_DATA },
	{ "{\"type\":\"audio\",\"seq\":1,\"data\":\"\"}", MESSAGE_ERR_DATA },
	{ "{\"type\":\"audio\",\"seq\":1,\"data\":[]}", MESSAGE_ERR_DATA },
	{ "{\"type\":\"audio\",\"seq\":1,\"data\":\"AAAA\"}",
	    MESSAGE_ERR_DATA }, /* three bytes */
	{ "{\"type\":\"audio\",\"seq\":1,\"data\":\"!AA=\"}",
	    MESSAGE_ERR_DATA },
};

START_TEST(what_is_wrong_is_named)
{
	ck_assert_int_eq(parse(bad[_i].text), bad[_i].code);
	ck_assert_str_ne(message_strerror(bad[_i].code), "unknown error");
	ck_assert_ptr_null(m.token);
}
END_TEST

START_TEST(audio_is_2_to_3200_bytes)
{
	char text[6000], data[B64_LEN(3202) + 1];
	uint8_t pcm[3202];
	size_t i;

	for (i = 0; i < sizeof(pcm); i++)
		pcm[i] = (uint8_t)(i * 7);
	for (i = 2; i <= 3202; i += 800) {
		b64_encode(data, pcm, i);
		snprintf(text, sizeof(text),
		    "{\"type\":\"audio\",\"seq\":5,\"data\":\"%s\"}", data);
		ck_assert_int_eq(parse(text), i <= 3200 ? 0 : MESSAGE_ERR_DATA);
		if (i > 3200)
			continue;
		ck_assert_uint_eq(m.seq, 5);
		ck_assert_uint_eq(m.pcm_len, i);
		ck_assert_mem_eq(m.pcm, pcm, i);
	}
	b64_encode(data, pcm, 3200);
	snprintf(text, sizeof(text),
	    "{\"type\":\"audio\",\"seq\":0,\"data\":\"%s\"}", data);
	ck_assert_int_eq(parse(text), 0);
	ck_assert_uint_eq(m.pcm_len, 3200);
}
END_TEST

START_TEST(other_types_are_passed_by)
{
	ck_assert_int_eq(parse("{}"), 0);
	ck_assert_int_eq(m.type, MESSAGE_OTHER);
	ck_assert_int_eq(parse("{\"type\":\"AUDIO\",\"seq\":-1}"), 0);
	ck_assert_int_eq(m.type, MESSAGE_OTHER);
	ck_assert_int_eq(parse("{\"type\":\"end\"}"), 0);
	ck_assert_int_eq(m.type, MESSAGE_END);
	ck_assert_int_eq(parse("{\"type\":\"pong\",\"at_ms\":1}"), 0);
	ck_assert_int_eq(m.type, MESSAGE_PONG);
}
END_TEST

/* --- counting ---------------------------------------------------------- */

START_TEST(what_comes_twice_is_old_and_what_is_missing_is_lost)
{
	struct talk t;

	talk_begin(&t, "session1", "it-IT", 7);
	ck_assert_int_eq(talk_judge(&t, 6), TALK_OLD);
	ck_assert_int_eq(talk_judge(&t, 7), TALK_NEXT);
	ck_assert_int_eq(talk_judge(&t, 7), TALK_OLD);
	ck_assert_int_eq(talk_judge(&t, 8), TALK_NEXT);
	ck_assert_uint_eq(t.lost, 0);
	ck_assert_int_eq(talk_judge(&t, 12), TALK_NEXT);
	ck_assert_uint_eq(t.lost, 3);
	ck_assert_uint_eq(t.next, 13);
	talk_count(&t, (const uint8_t *)"\0\0", 2, 1);
	ck_assert_uint_eq(t.lost, 4);
	talk_end(&t);
	ck_assert_str_eq(t.session, "");
}
END_TEST

START_TEST(a_talk_is_of_its_session_or_of_the_same_bearer)
{
	struct talk t;

	talk_begin(&t, "session1", "it-IT", 0);
	ck_assert(talk_is_of(&t, "session1", ""));
	ck_assert(!talk_is_of(&t, "session2", ""));
	ck_assert(!talk_is_of(&t, "session2", "aa"));
	strcpy(t.who, "aa");
	ck_assert(talk_is_of(&t, "session2", "aa"));
	ck_assert(!talk_is_of(&t, "session2", "ab"));
	talk_end(&t);
	ck_assert(!talk_is_of(&t, "session2", "aa"));
}
END_TEST

START_TEST(a_talk_goes_on_behind_what_a_killed_keeper_handed_over)
{
	char dir[] = "/tmp/booth-handed-XXXXXX", path[64];
	struct handed h = { .fd = -1 };
	struct room room;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(room_init(&room, dir, "main"), 0);
	ck_assert_int_eq(room_create(&room), 0);
	handed_open(&h, &room);
	ck_assert_uint_eq(handed_begin(&h, "session1", 7), 7);
	handed_note(&h, "session1", 9);
	handed_note(&h, "session1", 1000);
	handed_release(&h); /* killed */
	handed_open(&h, &room);
	ck_assert_uint_eq(handed_begin(&h, "session1", 995), 1000);
	ck_assert_uint_eq(handed_begin(&h, "session1", 1001), 1001);
	/* Somebody else, and one who counts anew. */
	ck_assert_uint_eq(handed_begin(&h, "session12", 995), 995);
	ck_assert_uint_eq(handed_begin(&h, "session1", 0), 0);
	handed_forget(&h);
	ck_assert_uint_eq(handed_begin(&h, "session1", 995), 995);
	handed_note(&h, "session1", 1000);
	ck_assert_uint_eq(handed_begin(&h, "session1", 995), 1000);
	handed_release(&h);
	handed_note(&h, "session1", 1001); /* it cannot be kept */
	snprintf(path, sizeof(path), "rm -r %s", dir);
	ck_assert_int_eq(system(path), 0);
}
END_TEST

START_TEST(level_is_that_since_the_last_one)
{
	/* Half of full scale, a square: -6.02 dB both. */
	static const uint8_t half[4] = { 0x00, 0x40, 0x00, 0xc0 };
	static const uint8_t zeros[12];
	double rms, peak;
	struct talk t;

	talk_begin(&t, "session1", "it-IT", 0);
	talk_level(&t, &rms, &peak);
	ck_assert_double_eq_tol(rms, -96.3, 0.05);
	talk_count(&t, half, 4, 0);
	talk_level(&t, &rms, &peak);
	ck_assert_double_eq_tol(rms, -6.02, 0.01);
	ck_assert_double_eq_tol(peak, -6.02, 0.01);
	/* One loud frame in four: a quarter of the power, 6.02 dB less. */
	talk_count(&t, half, 4, 0);
	talk_count(&t, zeros, 12, 0);
	talk_level(&t, &rms, &peak);
	ck_assert_double_eq_tol(rms, -12.04, 0.01);
	ck_assert_double_eq_tol(peak, -6.02, 0.01);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("speak_message");
	TCase *tc = tcase_create("messages");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, a_hello_says_who_what_and_where_from);
	tcase_add_loop_test(
	    tc, what_is_wrong_is_named, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, audio_is_2_to_3200_bytes);
	tcase_add_test(tc, other_types_are_passed_by);
	tcase_add_test(tc, what_comes_twice_is_old_and_what_is_missing_is_lost);
	tcase_add_test(tc, a_talk_is_of_its_session_or_of_the_same_bearer);
	tcase_add_test(
	    tc, a_talk_goes_on_behind_what_a_killed_keeper_handed_over);
	tcase_add_test(tc, level_is_that_since_the_last_one);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
