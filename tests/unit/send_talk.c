/* with: cmd/send/keep.c cmd/send/session.c cmd/send/talk.c */
/* The speaker's end: what is kept, what is said when, and the session that one
 * who comes after goes on with. */
#include "../../cmd/send/keep.h"
#include "../../cmd/send/session.h"
#include "../../cmd/send/talk.h"
#include "../../cmd/send/url.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

static struct keep keep;

/* Add n bytes that count on from where the last ones ended. */
static void
add(struct keep *k, size_t n)
{
	static uint8_t count;
	uint8_t *to;
	size_t space, i;

	while (n > 0) {
		to = keep_reserve(k, &space);
		ck_assert_uint_gt(space, 0);
		if (space > n)
			space = n;
		for (i = 0; i < space; i++)
			to[i] = count++;
		keep_commit(k, space);
		n -= space;
	}
}

START_TEST(whole_messages_are_kept_until_they_arrive)
{
	size_t len;

	ck_assert_int_eq(keep_init(&keep, 1), 0);
	add(&keep, 3199);
	ck_assert_uint_eq(keep.end, 0);
	add(&keep, 1);
	ck_assert_uint_eq(keep.end, 1);
	ck_assert_ptr_nonnull(keep_get(&keep, 0, &len));
	ck_assert_uint_eq(len, 3200);
	ck_assert_ptr_null(keep_get(&keep, 1, &len));
	add(&keep, 3200 * 3);
	ck_assert_int_eq(keep_ms(&keep), 400);
	keep_arrived(&keep, 3);
	ck_assert_ptr_null(keep_get(&keep, 2, &len));
	ck_assert_ptr_nonnull(keep_get(&keep, 3, &len));
	keep_arrived(&keep, 1); /* an old word */
	ck_assert_uint_eq(keep.first, 3);
	keep_arrived(&keep, 99); /* nonsense */
	ck_assert_uint_eq(keep.first, 4);
	keep_release(&keep);
}
END_TEST

START_TEST(the_oldest_is_given_up_and_the_bytes_stay_in_order)
{
	const uint8_t *p, *last = NULL;
	uint64_t seq;
	size_t len;

	ck_assert_int_eq(keep_init(&keep, 2), 0);
	add(&keep, 3200 * 20);
	ck_assert_uint_eq(keep.dropped, 0);
	ck_assert_uint_eq(keep.end - keep.first, 20);
	add(&keep, 3200 * 57 + 100);
	ck_assert_uint_eq(keep.dropped, 57);
	ck_assert_uint_eq(keep.first, 57);
	ck_assert_uint_eq(keep.end, 77);
	for (seq = keep.first; seq < keep.end; seq++) {
		p = keep_get(&keep, seq, &len);
		ck_assert_ptr_nonnull(p);
		if (last != NULL)
			ck_assert_uint_eq(p[0], (uint8_t)(last[3199] + 1));
		last = p;
	}
	keep_release(&keep);
}
END_TEST

START_TEST(the_last_message_may_be_short_but_has_whole_frames)
{
	static const size_t extra[] = { 0, 1, 2, 3, 3199 };
	size_t len;

	ck_assert_int_eq(keep_init(&keep, 1), 0);
	add(&keep, 3200 + extra[_i]);
	keep_close(&keep);
	keep_close(&keep);
	ck_assert_uint_eq(keep.end, extra[_i] < 2 ? 1 : 2);
	ck_assert_ptr_nonnull(keep_get(&keep, keep.end - 1, &len));
	ck_assert_uint_eq(
	    len, extra[_i] < 2 ? 3200 : extra[_i] - extra[_i] % 2);
	keep_release(&keep);
}
END_TEST

/* --- what is said ------------------------------------------------------ */

static struct talk talk;

static void
setup(void)
{
	ck_assert_int_eq(keep_init(&keep, 5), 0);
	talk_init(&talk, &keep, "0123456789abcdef", "it-IT", "a-token");
}

static void
teardown(void)
{
	keep_release(&keep);
}

static enum talk_event
line(const char *text)
{
	return talk_line(&talk, text, strlen(text));
}

/* The numbers of the messages that may go now, as "3 4 end". */
static const char *
goes(void)
{
	static char text[4096];
	char buf[TALK_TEXT_MAX], reason[64];
	json_t *obj;
	size_t len;

	text[0] = '\0';
	while (talk_message(&talk, buf, &len) == 1) {
		ck_assert_uint_lt(len, TALK_TEXT_MAX);
		obj = json_line_parse(buf, len, reason, sizeof(reason));
		ck_assert_msg(obj != NULL, "%s", reason);
		if (text[0] != '\0')
			strcat(text, " ");
		if (strcmp(json_line_type(obj), "end") == 0)
			strcat(text, "end");
		else
			sprintf(text + strlen(text), "%g",
			    json_num(obj, "seq", -1));
		json_decref(obj);
	}
	return text;
}

#define READY(next, window)                                                    \
	"{\"type\":\"status\",\"state\":\"ready\",\"next\":" next              \
	",\"window\":" window "}"
#define ACK(next, window)                                                      \
	"{\"type\":\"ack\",\"next\":" next ",\"window\":" window "}"

START_TEST(a_hello_names_session_language_token_and_the_oldest)
{
	char reason[64];
	json_t *obj;
	size_t len;
	char *text;

	add(&keep, 3200 * 3);
	keep_arrived(&keep, 2);
	text = talk_hello(&talk, &len);
	ck_assert_ptr_nonnull(text);
	obj = json_line_parse(text, len, reason, sizeof(reason));
	ck_assert_str_eq(json_line_type(obj), "hello");
	ck_assert_str_eq(json_str(obj, "session"), "0123456789abcdef");
	ck_assert_str_eq(json_str(obj, "lang"), "it-IT");
	ck_assert_str_eq(json_str(obj, "token"), "a-token");
	ck_assert_double_eq(json_num(obj, "next", -1), 2);
	json_decref(obj);
	free(text);
}
END_TEST

START_TEST(nothing_goes_before_ready_nor_beyond_the_window)
{
	add(&keep, 3200 * 5);
	ck_assert_str_eq(goes(), "");
	ck_assert_int_eq(line(ACK("0", "9")), TALK_ACK);
	ck_assert_str_eq(goes(), "");
	ck_assert_int_eq(line(READY("0", "2")), TALK_READY);
	ck_assert_str_eq(goes(), "0 1");
	ck_assert_int_eq(line(ACK("1", "3")), TALK_ACK);
	ck_assert_str_eq(goes(), "2 3");
	ck_assert_uint_eq(keep.first, 1);
	ck_assert_int_eq(line(ACK("4", "0")), TALK_ACK);
	ck_assert_str_eq(goes(), "");
}
END_TEST

START_TEST(after_a_cut_it_goes_on_where_the_server_says)
{
	add(&keep, 3200 * 5);
	line(READY("0", "600"));
	ck_assert_str_eq(goes(), "0 1 2 3 4");
	line(ACK("2", "600"));
	talk_cut(&talk);
	add(&keep, 3200);
	ck_assert_str_eq(goes(), "");
	line(READY("3", "600"));
	ck_assert_str_eq(goes(), "3 4 5");
	ck_assert_uint_eq(talk.lost, 0);
}
END_TEST

/* What the next hello names as the oldest that is kept. */
static double
hello_next(void)
{
	char reason[64];
	size_t len;
	char *text = talk_hello(&talk, &len);
	json_t *obj = json_line_parse(text, len, reason, sizeof(reason));
	double next = json_num(obj, "next", -1);

	json_decref(obj);
	free(text);
	return next;
}

START_TEST(behind_the_sound_of_a_killed_process_comes_ours)
{
	add(&keep, 3200 * 55); /* 50 fit: 0 to 4 are given up */
	ck_assert_double_eq(hello_next(), 5);
	add(&keep, 3200); /* and 5, which counts as lost */
	line(READY("700", "3"));
	ck_assert_str_eq(goes(), "701 702");
	ck_assert_uint_eq(talk.lost, 1);
	ck_assert_int_eq(line(ACK("702", "1")), TALK_ACK);
	ck_assert_uint_eq(keep.first, 7);
	ck_assert_str_eq(goes(), "");
	ck_assert_int_eq(line(ACK("703", "1")), TALK_ACK);
	ck_assert_str_eq(goes(), "703");
	/* A new keeper begins where we say; one that was there goes on. */
	talk_cut(&talk);
	ck_assert_double_eq(hello_next(), 703);
	line(READY("703", "3"));
	ck_assert_str_eq(goes(), "703 704 705");
	talk_cut(&talk);
	line(READY("705", "1"));
	ck_assert_str_eq(goes(), "705");
	/* Older than all of ours: nonsense that does no harm. */
	talk_cut(&talk);
	line(READY("3", "9"));
	ck_assert_uint_ge(talk.next, keep.first);
}
END_TEST

START_TEST(a_server_may_count_from_0_what_a_fresh_session_sends)
{
	add(&keep, 3200 * 55);
	(void)hello_next();
	line(READY("0", "2"));
	ck_assert_str_eq(goes(), "0 1");
	line(ACK("2", "2"));
	ck_assert_uint_eq(keep.first, 7);
}
END_TEST

/* --- the session ------------------------------------------------------- */

static char session_run[] = "/tmp/booth-session-XXXXXX";
static struct url session_url = { .host = "h", .port = 80, .path = "/speak" };

static void
setup_run(void)
{
	strcpy(session_run, "/tmp/booth-session-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(session_run));
	setenv("BOOTH_RUN", session_run, 1);
}

static void
teardown_run(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", session_run);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_session_lives_until_its_talk_has_ended)
{
	struct session s, other;
	struct stat st;
	char id[64];

	ck_assert_int_eq(session_open(&s, &session_url), 0);
	ck_assert_uint_eq(strlen(s.id), 32);
	ck_assert_int_eq(fstat(s.fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	strcpy(id, s.id);
	/* Somebody else at the same time is somebody else. */
	ck_assert_int_eq(session_open(&other, &session_url), SESSION_ERR_BUSY);
	ck_assert_str_ne(other.id, id);
	session_release(&other);
	session_release(&s);
	ck_assert_int_eq(session_open(&s, &session_url), 0);
	ck_assert_str_eq(s.id, id);
	/* Another room's is another. */
	session_url.path[1] = 'S';
	ck_assert_int_eq(session_open(&other, &session_url), 0);
	ck_assert_str_ne(other.id, id);
	session_release(&other);
	session_url.path[1] = 's';
	session_end(&s);
	session_release(&s);
	ck_assert_int_eq(session_open(&s, &session_url), 0);
	ck_assert_str_ne(s.id, id);
	session_release(&s);
}
END_TEST

START_TEST(a_session_that_cannot_be_kept_is_a_fresh_one)
{
	static const char *const bad[] = { "x",
		"0123456789ABCDEF0123456789ABCDEF",
		"0123456789abcdef0123456789abcdef0", "\n" };
	struct session s;
	char id[64];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(session_open(&s, &session_url), 0);
		ck_assert_int_eq(ftruncate(s.fd, 0), 0);
		ck_assert_int_eq(pwrite(s.fd, bad[i], strlen(bad[i]), 0),
		    (ssize_t)strlen(bad[i]));
		session_release(&s);
		ck_assert_int_eq(session_open(&s, &session_url), 0);
		ck_assert_uint_eq(strlen(s.id), 32);
		ck_assert_str_ne(s.id, bad[i]);
		strcpy(id, s.id);
		session_release(&s);
		ck_assert_int_eq(session_open(&s, &session_url), 0);
		ck_assert_str_eq(s.id, id);
		session_release(&s);
	}
	setenv("BOOTH_RUN", "/dev/null/x", 1);
	ck_assert_int_eq(session_open(&s, &session_url), SESSION_ERR_SYS);
	ck_assert_uint_eq(strlen(s.id), 32);
	ck_assert_int_eq(s.fd, -1);
	session_end(&s);
	session_release(&s);
}
END_TEST

START_TEST(what_was_given_up_is_lost_only_if_it_had_not_arrived)
{
	add(&keep, 3200 * 10);
	line(READY("0", "600"));
	ck_assert_str_eq(goes(), "0 1 2 3 4 5 6 7 8 9");
	talk_cut(&talk);
	add(&keep, 3200 * 55); /* 50 fit: 0 to 14 are given up */
	line(READY("10", "600"));
	ck_assert_uint_eq(talk.lost, 5);
	ck_assert_uint_eq(talk.next, 15);
}
END_TEST

START_TEST(the_end_is_said_once_after_all)
{
	add(&keep, 3200 * 2 + 10);
	keep_close(&keep);
	line(READY("0", "2"));
	ck_assert_str_eq(goes(), "0 1");
	ck_assert(!talk_is_done(&talk));
	line(ACK("2", "2"));
	ck_assert_str_eq(goes(), "2 end");
	ck_assert_str_eq(goes(), "");
	line(ACK("3", "2"));
	ck_assert(talk_is_done(&talk));
	/* Cut before the answer: said again. */
	talk_cut(&talk);
	line(READY("3", "2"));
	ck_assert_str_eq(goes(), "end");
	ck_assert_int_eq(
	    line("{\"type\":\"status\",\"state\":\"ended\"}"), TALK_ENDED);
}
END_TEST

START_TEST(a_server_that_talks_nonsense_does_no_harm)
{
	static const char *const nonsense[] = { "", "x", "[]", "{}",
		"{\"type\":7}", ACK("-1", "1e300"), ACK("\"a\"", "[]"),
		READY("9007199254740993", "-5"), READY("null", "null"),
		"{\"type\":\"status\",\"state\":[],\"detail\":{}}",
		"{\"type\":\"ack\",\"level_db\":\"x\",\"room_state\":"
		"\"a very long word that is longer than its place\"}" };
	size_t i;

	add(&keep, 3200 * 3);
	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		line(nonsense[i]);
		(void)goes();
		ck_assert_uint_le(keep.first, keep.end);
		ck_assert_uint_le(talk.next, keep.end);
	}
}
END_TEST

START_TEST(refusals_carry_reason_and_time)
{
	ck_assert_int_eq(
	    line("{\"type\":\"status\",\"state\":\"refused\",\"reason\":"
		 "\"rate\",\"detail\":\"a\\u001bb\",\"retry_ms\":1500}"),
	    TALK_REFUSED);
	ck_assert_str_eq(talk.reason, "rate");
	ck_assert_str_eq(talk.detail, "a\\x1bb");
	ck_assert_int_eq(talk.retry_ms, 1500);
	ck_assert_int_eq(line("{\"type\":\"ping\",\"at_ms\":1}"), TALK_PING);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("send_talk");
	TCase *tc = tcase_create("keep");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, whole_messages_are_kept_until_they_arrive);
	tcase_add_test(tc, the_oldest_is_given_up_and_the_bytes_stay_in_order);
	tcase_add_loop_test(
	    tc, the_last_message_may_be_short_but_has_whole_frames, 0, 5);
	suite_add_tcase(s, tc);
	tc = tcase_create("talk");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_hello_names_session_language_token_and_the_oldest);
	tcase_add_test(tc, nothing_goes_before_ready_nor_beyond_the_window);
	tcase_add_test(tc, after_a_cut_it_goes_on_where_the_server_says);
	tcase_add_test(
	    tc, what_was_given_up_is_lost_only_if_it_had_not_arrived);
	tcase_add_test(tc, behind_the_sound_of_a_killed_process_comes_ours);
	tcase_add_test(
	    tc, a_server_may_count_from_0_what_a_fresh_session_sends);
	tcase_add_test(tc, the_end_is_said_once_after_all);
	tcase_add_test(tc, a_server_that_talks_nonsense_does_no_harm);
	tcase_add_test(tc, refusals_carry_reason_and_time);
	suite_add_tcase(s, tc);
	tc = tcase_create("session");
	tcase_add_checked_fixture(tc, setup_run, teardown_run);
	tcase_add_test(tc, a_session_lives_until_its_talk_has_ended);
	tcase_add_test(tc, a_session_that_cannot_be_kept_is_a_fresh_one);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
