#define _GNU_SOURCE /* SOCK_NONBLOCK */
/* HTTP/1.1: a client that speaks it to our server side, and a proxy's CONNECT
 * on the way to the server. */
#include "support/aws_net.h"

/* --- HTTP/1.1 beside HTTP/2 ------------------------------------------- */

START_TEST(http1_is_told_from_http2_by_its_first_bytes)
{
	/* The first two begin like the preface "PRI * HTTP/2.0". */
	static const char *const asks[] = { "PUT / HTTP/1.1\r\n",
		"PRI * HTTP/1.1\r\n", "GET / HTTP/1.1\r\n" };
	int fd = bare_client();
	size_t i;
	char got[64];

	net_settle();
	for (i = 0; i < strlen(asks[_i]); i++) {
		ck_assert_int_eq(write(fd, asks[_i] + i, 1), 1);
		net_settle();
	}
	ck_assert(told("[server: bytes "));
	ck_assert_ptr_null(conn_h2(net.servers[0]));
	ck_assert_int_eq(conn_write(net.servers[0], "HTTP/1.1 200", 12), 0);
	net_settle();
	ck_assert_int_eq(read(fd, got, sizeof got), 12);
	(void)close(fd);
	net_until("[server: closed");
}
END_TEST

/* A TLS client on a bare socket, driven by the test. */
static void
pump_tls(struct tls *t, int fd)
{
	const uint8_t *p;
	uint8_t buf[4096];
	ssize_t k;
	size_t n;

	while ((p = tls_peek(t, &n)), n > 0) {
		k = write(fd, p, n);
		ck_assert_int_gt(k, 0);
		tls_skip(t, (size_t)k);
	}
	net_settle();
	while ((k = recv(fd, buf, sizeof buf, MSG_DONTWAIT)) > 0)
		ck_assert_int_eq(tls_recv(t, buf, (size_t)k), 0);
}

START_TEST(http1_over_tls_gets_bytes_pause_and_an_orderly_end)
{
	struct tls_ctx *ctx;
	struct tls *t;
	uint8_t got[64];
	int fd = bare_client(), i;

	ck_assert_int_eq(tls_client_ctx_new(&ctx, pki_path(&net.pki, "ca.pem"),
			     "http/1.1", NULL),
	    0);
	ck_assert_int_eq(tls_new(&t, ctx, "localhost"), 0);
	for (i = 0; i < 4; i++)
		pump_tls(t, fd);
	ck_assert(tls_is_ready(t));
	ck_assert_int_eq(tls_write(t, "GET / HTTP/1.1\r\n", 16), 0);
	pump_tls(t, fd);
	ck_assert(told("[server: bytes GET / HTTP/1.1\r\n]"));
	/* Paused: nothing is told until it goes on. */
	conn_pause(net.servers[0], true);
	ck_assert_int_eq(tls_write(t, "Host: h\r\n\r\n", 11), 0);
	pump_tls(t, fd);
	ck_assert(!told("Host"));
	conn_pause(net.servers[0], false);
	net_until("[server: bytes Host: h\r\n\r\n]");
	/* The client goes on sending; the answer must not be lost to that. */
	ck_assert_int_eq(conn_write(net.servers[0], "answer", 6), 0);
	ck_assert_int_eq(tls_write(t, "more and more", 13), 0);
	conn_close(net.servers[0], net.now_ms);
	pump_tls(t, fd);
	pump_tls(t, fd);
	ck_assert_int_eq(tls_read(t, got, sizeof got), 6);
	ck_assert_int_eq(tls_read(t, got, sizeof got), TLS_EOF);
	ck_assert(!told("[server: closed"));
	(void)close(fd);
	net_until("[server: closed no error]");
	tls_free(t);
	tls_ctx_free(ctx);
}
END_TEST

START_TEST(what_http1_writes_is_capped)
{
	static uint8_t block[65536];
	int fd = bare_client(), i, rv = 0;

	net_settle();
	ck_assert_int_eq(write(fd, "G", 1), 1);
	net_settle();
	for (i = 0; i < 40 && rv == 0; i++)
		rv = conn_write(net.servers[0], block, sizeof block);
	ck_assert_int_eq(rv, CONN_ERR_FULL);
	ck_assert_uint_le(conn_queued_bytes(net.servers[0]), 1 << 20);
	(void)close(fd);
	net_until("[server: closed");
}
END_TEST

/* --- through a proxy ------------------------------------------------- */

static struct conn *
dial_by_proxy(const char *auth)
{
	struct conn_config config = net_config();

	config.host = "localhost";
	config.port = 8443; /* nobody is there but through the proxy */
	config.proxy_host = "127.0.0.1";
	config.proxy_port = net.port;
	config.proxy_auth = auth;
	return net_dial_with(&config, &client_events, NULL);
}

/* The proxy's end: reads the CONNECT. */
static int
proxy_accept(struct conn *c, char *ask_text, size_t size)
{
	size_t n = 0;
	ssize_t k;
	int fd;

	net.is_frozen = true;
	while (conn_state(c) != CONN_PROXY)
		net_turn();
	fd = net_accept_bare();
	(void)net_turn_for(0);
	do {
		k = read(fd, ask_text + n, size - n - 1);
		ck_assert_int_gt(k, 0);
		n += (size_t)k;
		ask_text[n] = '\0';
	} while (strstr(ask_text, "\r\n\r\n") == NULL);
	return fd;
}

START_TEST(a_proxy_is_asked_and_left_behind)
{
	static const char yes[] =
	    "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
	static const char bare[] = "HTTP/1.0 200 OK\nVia: x\n\n";
	const char *answer = _i == 0 ? yes : bare;
	struct conn *c = dial_by_proxy("Basic dTpw");
	char text[1024];
	size_t i;
	int fd = proxy_accept(c, text, sizeof text);

	ck_assert_str_eq(text,
	    "CONNECT localhost:8443 HTTP/1.1\r\nHost: localhost:8443\r\n"
	    "Proxy-Authorization: Basic dTpw\r\n\r\n");
	for (i = 0; i < strlen(answer); i++) {
		ck_assert_int_eq(write(fd, answer + i, 1), 1);
		net_turn();
	}
	/* From here on the socket is the server's. */
	net.is_frozen = false;
	ck_assert_int_eq(
	    conn_accept(&net.servers[net.nservers++], fd, &net.server_config,
		&server_events, NULL, net.now_ms),
	    0);
	talk(c);
}
END_TEST

START_TEST(a_proxy_that_refuses_is_told)
{
	static const struct {
		const char *answer;
		int error;
	} cases[] = {
		{ "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
		    CONN_ERR_PROXY_DENIED },
		{ "HTTP/1.1 403 Forbidden\r\n\r\n", CONN_ERR_PROXY_DENIED },
		{ "HTTP/1.0 502 Bad Gateway\r\n\r\n", CONN_ERR_PROXY },
		{ "SSH-2.0-OpenSSH\r\n\r\n", CONN_ERR_PROXY },
		/* The connection stays open, and no more is said. */
		{ "SSH-2.0-OpenSSH\r\n", CONN_ERR_PROXY },
	};
	struct conn *c = dial_by_proxy(NULL);
	char text[1024];
	int fd = proxy_accept(c, text, sizeof text);

	ck_assert_int_eq(write(fd, cases[_i].answer, strlen(cases[_i].answer)),
	    (ssize_t)strlen(cases[_i].answer));
	net_until("closed: ");
	ck_assert_int_eq(conn_error(c), cases[_i].error);
	(void)close(fd);
}
END_TEST

START_TEST(a_proxy_that_says_too_much_or_nothing_is_told)
{
	static char flood[20000];
	struct conn *c = dial_by_proxy(NULL);
	char text[1024];
	int fd = proxy_accept(c, text, sizeof text);

	if (_i == 0) {
		memset(flood, 'x', sizeof flood);
		ck_assert_int_eq(write(fd, flood, sizeof flood), sizeof flood);
		net_until("closed: the proxy failed;");
	} else {
		net.now_ms += 10000;
		net_until("closed: timed out;");
	}
	(void)close(fd);
}
END_TEST

/* --- something else than HTTP/2, as a client -------------------------- */

static void
raw_bytes(void *arg, struct conn *c, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)c;
	tell("came: %.*s;", (int)n, (const char *)p);
}

START_TEST(a_raw_client_passes_bytes_both_ways)
{
	struct conn_events ev = client_events;
	struct conn_config config = net_config();
	struct tls_ctx *ctx = NULL;
	struct conn *c;

	if (net.client_tls != NULL)
		ck_assert_int_eq(tls_client_ctx_new(&ctx,
				     pki_path(&net.pki, "ca.pem"), NULL, NULL),
		    0);
	config.tls = ctx;
	config.host = net.client_tls != NULL ? "localhost" : config.host;
	config.is_raw = true;
	ev.on_bytes = raw_bytes;
	c = net_dial_with(&config, &ev, NULL);
	net_until("ready;");
	ck_assert_ptr_null(conn_h2(c));
	ck_assert_int_eq(conn_write(c, "GET / HTTP/1.1\r\n", 16), 0);
	net_until("[server: bytes GET / HTTP/1.1");
	ck_assert_int_eq(conn_write(net.servers[0], "hello", 5), 0);
	net_until("came: hello;");
	/* What the other side ends is no error, and is told. */
	conn_close(net.servers[0], net.now_ms);
	net_until("closed: no error;");
	tls_ctx_free(ctx);
}
END_TEST

static void
add_tls(Suite *s)
{
	TCase *tc = tcase_create("over TLS");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, net_init_tls, net_release);
	tcase_add_test(tc, http1_over_tls_gets_bytes_pause_and_an_orderly_end);
	tcase_add_test(tc, a_raw_client_passes_bytes_both_ways);
	tcase_add_loop_test(tc, a_proxy_is_asked_and_left_behind, 0, 2);
	suite_add_tcase(s, tc);
}

static void
add_cleartext(Suite *s)
{
	TCase *tc = tcase_create("in cleartext");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, net_init, net_release);
	tcase_add_loop_test(
	    tc, http1_is_told_from_http2_by_its_first_bytes, 0, 3);
	tcase_add_test(tc, what_http1_writes_is_capped);
	tcase_add_test(tc, a_raw_client_passes_bytes_both_ways);
	tcase_add_loop_test(tc, a_proxy_is_asked_and_left_behind, 0, 2);
	tcase_add_loop_test(tc, a_proxy_that_refuses_is_told, 0, 5);
	tcase_add_loop_test(
	    tc, a_proxy_that_says_too_much_or_nothing_is_told, 0, 2);
	suite_add_tcase(s, tc);
}

int
main(void)
{
	Suite *s = suite_create("aws_conn_http1");
	SRunner *r = srunner_create(s);
	int failed;

	add_tls(s);
	add_cleartext(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
