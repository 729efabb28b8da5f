/* with: cmd/send/keep.c cmd/send/session.c cmd/send/talk.c */
/* with: cmd/send/url.c cmd/send/ws.c */
/* The speaker's end: what is kept, what is said when, the address, and the
 * WebSocket in any split. */
#include "../../cmd/send/keep.h"
#include "../../cmd/send/session.h"
#include "../../cmd/send/talk.h"
#include "../../cmd/send/url.h"
#include "../../cmd/send/ws.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/b64.h"
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

/* --- the address ------------------------------------------------------- */

START_TEST(addresses_are_taken_apart)
{
	static const struct {
		const char *text, *host, *path;
		int port, is_secure;
	} good[] = {
		{ "wss://booth.example/speak?room=main", "booth.example",
		    "/speak?room=main", 443, 1 },
		{ "ws://h:8080/x", "h", "/x", 8080, 0 },
		{ "http://h", "h", "/", 80, 0 },
		{ "https://[::1]:9/a/b", "::1", "/a/b", 9, 1 },
		{ "ws://h?room=a", "h", "/?room=a", 80, 0 },
		{ "ws://[2001:db8::1]", "2001:db8::1", "/", 80, 0 },
	};
	static const char *const wrong[] = { "", "h", "ftp://h/", "ws://",
		"ws:///x", "ws://h:0/", "ws://h:65536/", "ws://h:x/",
		"ws://h:", "ws://[::1/", "ws://[::1]x/", "ws://u:p@h/",
		"ws://h/#x", "ws://h/?token=x", "ws://h/a b", "ws://h/\n",
		"ws://h/\xc3" };
	struct url u;
	char err[256], big[3000];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(
		    url_parse(&u, good[i].text, err, sizeof(err)) == 0,
		    "%s: %s", good[i].text, err);
		ck_assert_str_eq(u.host, good[i].host);
		ck_assert_str_eq(u.path, good[i].path);
		ck_assert_uint_eq(u.port, good[i].port);
		ck_assert_int_eq(u.is_secure, good[i].is_secure);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(url_parse(&u, wrong[i], err, sizeof(err)) == -1,
		    "%s", wrong[i]);
	memset(big, 'a', sizeof(big));
	memcpy(big, "ws://h/", 7);
	big[sizeof(big) - 1] = '\0';
	ck_assert_int_eq(url_parse(&u, big, err, sizeof(err)), -1);
	memcpy(big, "ws://hh", 7);
	ck_assert_int_eq(url_parse(&u, big, err, sizeof(err)), -1);
}
END_TEST

/* --- the WebSocket ----------------------------------------------------- */

static char heard[256];
static int nopens;

static void
on_open(void *arg)
{
	(void)arg;
	nopens++;
}

static void
on_text(void *arg, char *text, size_t len)
{
	(void)arg;
	ck_assert_uint_eq(strlen(text), len);
	strcat(heard, text);
	strcat(heard, "|");
}

static void
start(struct ws *w)
{
	memset(w, 0, sizeof(*w));
	heard[0] = '\0';
	nopens = 0;
	w->on_open = on_open;
	w->on_text = on_text;
	ck_assert_int_eq(ws_start(w, "h:80", "/speak?room=a"), 0);
}

/* The answer to what w asks, then frames: "one", "tw" + "o" in two fragments,
 * a ping ("?"), and "three" (RFC 6455, section 5.7 shows the like). */
static size_t
answer(const struct ws *w, char *out)
{
	static const char frames[] = "\x81\x03one"
				     "\x01\x02tw"
				     "\x80\x01o"
				     "\x89\x01?"
				     "\x81\x05three";
	int n = sprintf(out,
	    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept:  %s \r\n\r\n",
	    w->accept);

	memcpy(out + n, frames, sizeof(frames) - 1);
	return (size_t)n + sizeof(frames) - 1;
}

START_TEST(it_asks_as_the_rfc_says)
{
	const char *key;
	struct ws w;
	const uint8_t *p;
	size_t n;

	start(&w);
	p = ws_peek(&w, &n);
	ck_assert_int_eq(
	    strncmp((const char *)p,
		"GET /speak?room=a HTTP/1.1\r\nHost: h:80\r\n", 38),
	    0);
	key = strstr((const char *)p, "Sec-WebSocket-Key: ");
	ck_assert_ptr_nonnull(key);
	ck_assert_uint_eq(strcspn(key + 19, "\r"), 24);
	ck_assert_int_eq(memcmp(p + n - 4, "\r\n\r\n", 4), 0);
	ws_release(&w);
}
END_TEST

/* Cut in two at each place, and (0) byte by byte. */
START_TEST(any_split_of_the_answer_is_the_same)
{
	char bytes[512];
	const uint8_t *p;
	struct ws w;
	size_t n, len, i, cut = (size_t)_i;

	start(&w);
	(void)ws_peek(&w, &n);
	ws_skip(&w, n);
	len = answer(&w, bytes);
	if (cut >= len)
		cut = len - 1;
	if (cut == 0) {
		for (i = 0; i < len; i++)
			ck_assert_int_eq(ws_recv(&w, bytes + i, 1), 0);
	} else {
		ck_assert_int_eq(ws_recv(&w, bytes, cut), 0);
		ck_assert_int_eq(ws_recv(&w, bytes + cut, len - cut), 0);
	}
	ck_assert_int_eq(nopens, 1);
	ck_assert_str_eq(heard, "one|two|three|");
	/* The pong: masked, one byte. */
	p = ws_peek(&w, &n);
	ck_assert_uint_eq(n, 7);
	ck_assert_uint_eq(p[0], 0x8a);
	ck_assert_uint_eq(p[1], 0x81);
	ck_assert_uint_eq(p[2] ^ p[6], '?');
	ws_release(&w);
}
END_TEST

static const struct {
	const char *text;
	int code;
} answers[] = {
	{ "HTTP/1.1 404 Not Found\r\n\r\n", WS_ERR_STATUS },
	{ "HTTP/1.1 200 OK\r\n\r\n", WS_ERR_STATUS },
	{ "HTTP/1.1 101 X\r\n\r\n", WS_ERR_ACCEPT },
	{ "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n"
	  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
	    WS_ERR_ACCEPT },
	{ "SSH-2.0-OpenSSH\r\n\r\n", WS_ERR_HTTP },
	{ "HTTP/2 101 X\r\n\r\n", WS_ERR_HTTP },
	{ "HTTP/1.1 xyz\r\n\r\n", WS_ERR_HTTP },
};

START_TEST(other_answers_are_told_apart)
{
	struct ws w;

	start(&w);
	ck_assert_int_eq(
	    ws_recv(&w, answers[_i].text, strlen(answers[_i].text)),
	    answers[_i].code);
	ck_assert_int_eq(nopens, 0);
	ck_assert_int_ne(ws_text(&w, "x", 1), 0);
	ws_release(&w);
}
END_TEST

START_TEST(a_head_without_end_is_no_answer)
{
	char line_of_it[1000];
	struct ws w;
	int i, ret = 0;

	memset(line_of_it, 'a', sizeof(line_of_it));
	start(&w);
	for (i = 0; i < 17 && ret == 0; i++)
		ret = ws_recv(&w, line_of_it, sizeof(line_of_it));
	ck_assert_int_eq(ret, WS_ERR_HTTP);
	ws_release(&w);
}
END_TEST

START_TEST(frames_against_the_rules_end_it)
{
	/* masked by a server; a reserved opcode; more than 64 KiB; a fragment
	 * that continues nothing */
	static const struct {
		const char *bytes;
		size_t n;
	} frames[] = { { "\x81\x81\x01\x02\x03\x04x", 7 }, { "\x83\x01x", 3 },
		{ "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x01x", 11 },
		{ "\x80\x01x", 3 } };
	char bytes[512];
	struct ws w;

	start(&w);
	ck_assert_int_eq(ws_recv(&w, bytes, answer(&w, bytes)), 0);
	ck_assert_int_eq(
	    ws_recv(&w, frames[_i].bytes, frames[_i].n), WS_ERR_FRAME);
	ws_release(&w);
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
	tc = tcase_create("url and ws");
	tcase_add_test(tc, addresses_are_taken_apart);
	tcase_add_test(tc, it_asks_as_the_rfc_says);
	tcase_add_loop_test(tc, any_split_of_the_answer_is_the_same, 0, 190);
	tcase_add_loop_test(tc, other_answers_are_told_apart, 0,
	    (int)(sizeof(answers) / sizeof(answers[0])));
	tcase_add_test(tc, a_head_without_end_is_no_answer);
	tcase_add_loop_test(tc, frames_against_the_rules_end_it, 0, 4);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
