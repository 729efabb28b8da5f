/* with: cmd/send/url.c cmd/send/ws.c */
/* The speaker's end: the address of the server, and the WebSocket to it. */
#include "../../cmd/send/ws.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/send/url.h"

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
	Suite *s = suite_create("send/ws");
	TCase *tc = tcase_create("url and ws");
	SRunner *r;
	int failed;

	tcase_add_test(tc, addresses_are_taken_apart);
	tcase_add_test(tc, it_asks_as_the_rfc_says);
	tcase_add_loop_test(tc, any_split_of_the_answer_is_the_same, 0, 190);
	tcase_add_loop_test(tc, other_answers_are_told_apart, 0,
	    (int)(sizeof(answers) / sizeof(answers[0])));
	tcase_add_test(tc, a_head_without_end_is_no_answer);
	tcase_add_loop_test(tc, frames_against_the_rules_end_it, 0, 4);
	suite_add_tcase(s, tc);

	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
