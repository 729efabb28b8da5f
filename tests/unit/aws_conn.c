#define _GNU_SOURCE /* SOCK_NONBLOCK */
/* Connections on loopback that go well, and those that never get there; the
 * peers are our own server side, sockets played by the test, and nghttpd. */
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "support/aws_net.h"

extern char **environ;

/* --- a socket that is as awkward as a socket may be ------------------ */

/* Not 0: send() and recv() below are interrupted, say "not now", or move a few
 * bytes, in an order that the number decides. */
static unsigned int mischief;

static bool
is_denied(size_t *n)
{
	mischief = mischief * 1103515245u + 12345u;
	switch (mischief >> 16 & 7) {
	case 0:
		errno = EINTR;
		return true;
	case 1:
		errno = EAGAIN;
		return true;
	case 2:
	case 3:
		*n = 1;
		return false;
	default:
		if (*n > (mischief >> 20 & 63) + 1)
			*n = (mischief >> 20 & 63) + 1;
		return false;
	}
}

/* These stand before libc's in the link. */
ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	if (mischief != 0 && is_denied(&n))
		return -1;
	return sendto(fd, p, n, flags, NULL, 0);
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	if (mischief != 0 && is_denied(&n))
		return -1;
	return recvfrom(fd, p, n, flags, NULL, NULL);
}

/* --- going well ------------------------------------------------------ */

START_TEST(a_stream_runs_over_tls)
{
	struct conn *c = net_dial();

	net_until("ready;");
	ck_assert_str_eq(tls_alpn(conn_tls(c)), "h2");
	ck_assert_str_ne(conn_peer(c), "");
	talk(c);
}
END_TEST

START_TEST(a_stream_runs_in_cleartext)
{
	talk(net_dial());
}
END_TEST

START_TEST(short_and_interrupted_calls_change_nothing)
{
	struct conn *c;
	static uint8_t block[20000];
	int32_t id;

	mischief = (unsigned int)_i + 1;
	c = net_dial();
	net_until("ready;");
	id = ask(c, "/echo");
	ck_assert_int_eq(h2_write(conn_h2(c), id, block, sizeof block), 0);
	ck_assert_int_eq(h2_end(conn_h2(c), id), 0);
	net_until("stream ended NO_ERROR;");
	ck_assert_uint_eq(net.nbody, sizeof block);
	conn_close(c, net.now_ms);
	net_until("closed: no error;");
	net_until("[server: closed no error]");
	mischief = 0;
}
END_TEST

START_TEST(a_name_is_resolved_and_verified)
{
	struct conn_config config = net_config();

	config.host = "localhost";
	talk(net_dial_with(&config, &client_events, NULL));
}
END_TEST

START_TEST(much_flows_both_ways_without_growing)
{
	struct conn *c = net_dial();
	static uint8_t block[65536];
	size_t total = 0, want = 8 << 20;
	int32_t id;

	net_until("ready;");
	id = ask(c, "/echo");
	while (net.nbody < want) {
		while (total < want &&
		       h2_write(conn_h2(c), id, block, sizeof block) == 0)
			total += sizeof block;
		ck_assert_uint_le(h2_queued_bytes(conn_h2(c), id), 256 * 1024);
		net_turn();
	}
	ck_assert_uint_eq(net.nbody, want);
	ck_assert_int_eq(h2_end(conn_h2(c), id), 0);
	net_until("stream ended NO_ERROR;");
}
END_TEST

START_TEST(a_peer_that_reads_nothing_stops_the_writer)
{
	struct conn *c;
	static uint8_t block[65536];
	size_t total = 0;
	int32_t id;

	net.server_config.h2.is_manual = true;
	net.server_config.h2.stream_window_bytes = 100000;
	c = net_dial();
	net_until("ready;");
	id = ask(c, "/hold");
	net_settle();
	while (h2_write(conn_h2(c), id, block, sizeof block) == 0) {
		total += sizeof block;
		net_settle();
	}
	/* Its window and our queue, and no more. */
	ck_assert_uint_le(total, 256 * 1024 + 100000 + sizeof block);
	ck_assert_uint_ge(total, 256 * 1024 + 100000 - sizeof block);
	conn_flush(c);
	ck_assert_int_eq(conn_state(c), CONN_READY);
}
END_TEST

START_TEST(flush_sends_without_a_turn_of_the_client)
{
	struct conn *c = net_dial();
	int32_t id;

	net_until("ready;");
	net_settle();
	id = ask(c, "/echo");
	ck_assert_int_eq(h2_write(conn_h2(c), id, "now", 3), 0);
	conn_flush(c);
	ck_assert(!h2_wants_write(conn_h2(c)));
	net_until("data now;");
}
END_TEST

/* --- failing to get there -------------------------------------------- */

START_TEST(a_closed_port_is_told_with_its_name)
{
	struct conn_config config = net_config();
	struct conn *c;

	(void)close(net.listen_fd);
	net.listen_fd = -1;
	c = net_dial_with(&config, &client_events, NULL);
	net_until("closed: ");
	ck_assert_int_eq(conn_error(c), CONN_ERR_CONNECT);
	ck_assert(conn_error_is_retryable(conn_error(c)));
	ck_assert_ptr_nonnull(strstr(conn_error_text(c), "127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(conn_error_text(c), "Connection refused"));
}
END_TEST

START_TEST(an_unknown_name_is_told)
{
	struct conn_config config = net_config();
	struct conn *c;

	config.host = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "aaaaaaaaaaaaaaaaa.invalid";
	c = net_dial_with(&config, &client_events, NULL);
	net_until("closed: cannot resolve");
	ck_assert_int_eq(conn_error(c), CONN_ERR_RESOLVE);
}
END_TEST

START_TEST(settings_that_cannot_be_are_refused)
{
	struct conn_config config = net_config();
	struct conn *c = NULL;

	config.host = NULL;
	ck_assert_int_eq(
	    conn_dial(&c, &config, NULL, NULL, 0), CONN_ERR_CONFIG);
	config.host = "a\r\nb";
	ck_assert_int_eq(
	    conn_dial(&c, &config, NULL, NULL, 0), CONN_ERR_CONFIG);
	config.host = "a";
	config.port = 0;
	ck_assert_int_eq(
	    conn_dial(&c, &config, NULL, NULL, 0), CONN_ERR_CONFIG);
	config.port = 1;
	config.proxy_host = "p";
	ck_assert_int_eq(
	    conn_dial(&c, &config, NULL, NULL, 0), CONN_ERR_CONFIG);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(a_server_nobody_vouches_for_is_refused_for_good)
{
	struct conn_config config = net_config();
	struct tls_ctx *strict;
	struct conn *c;

	ck_assert_int_eq(tls_client_ctx_new(&strict, NULL, "h2", NULL), 0);
	config.tls = strict;
	c = net_dial_with(&config, &client_events, NULL);
	tls_ctx_free(strict);
	net_until("closed: ");
	ck_assert_int_eq(conn_error(c), CONN_ERR_CERT);
	ck_assert(!conn_error_is_retryable(conn_error(c)));
	ck_assert_ptr_nonnull(strstr(conn_error_text(c), "AWS_CA_BUNDLE"));
	/* The server learns why from the alert. */
	net_until("[server: closed the TLS connection failed]");
}
END_TEST

START_TEST(a_server_without_h2_is_refused_for_good)
{
	struct tls_ctx *old;
	struct conn *c;

	ck_assert_int_eq(
	    tls_server_ctx_new(&old, pki_path(&net.pki, "server.pem"),
		pki_path(&net.pki, "server.key"), "http/1.1", NULL),
	    0);
	net.server_config.tls = old;
	c = net_dial();
	net_until("closed: the server does not");
	ck_assert_int_eq(conn_error(c), CONN_ERR_ALPN);
	ck_assert(!conn_error_is_retryable(conn_error(c)));
	net_until("[server: closed");
	tls_ctx_free(old);
}
END_TEST

START_TEST(a_silent_server_times_out_in_the_handshake)
{
	struct conn *c = net_dial();
	int fd;

	net.is_frozen = true;
	while (conn_state(c) != CONN_TLS)
		net_turn();
	fd = net_accept_bare();
	net_settle();
	net_prepare();
	ck_assert_int_eq(net.loop.deadline_ms, net.now_ms + 10000);
	net.now_ms += 9999;
	(void)net_turn_for(0);
	ck_assert_int_eq(conn_state(c), CONN_TLS);
	net.now_ms += 1;
	net_until("closed: timed out");
	ck_assert_ptr_nonnull(strstr(conn_error_text(c), "TLS handshake"));
	(void)close(fd);
}
END_TEST

START_TEST(a_hanging_connect_times_out)
{
	struct conn_config config = net_config();
	int fill[4], hung, i;
	struct conn *c;

	hung = hanging_listener(&config.port, fill);
	c = net_dial_with(&config, &client_events, NULL);
	while (conn_state(c) != CONN_CONNECTING)
		net_turn();
	net.now_ms += 10000;
	net_until("closed: timed out");
	for (i = 0; i < 4; i++)
		(void)close(fill[i]);
	(void)close(hung);
}
END_TEST

START_TEST(a_handshake_that_is_cut_is_told)
{
	struct conn *c = net_dial();

	net.is_frozen = true;
	while (conn_state(c) != CONN_TLS)
		net_turn();
	(void)close(net_accept_bare());
	net_until("closed: ");
	ck_assert(
	    conn_error(c) == CONN_ERR_TLS || conn_error(c) == CONN_ERR_RESET);
	ck_assert(conn_error_is_retryable(conn_error(c)));
}
END_TEST

START_TEST(a_server_that_speaks_something_else_is_told)
{
	static const char line[] = "220 mail.example ESMTP\r\n";
	struct conn *c = net_dial();
	int fd;

	net.is_frozen = true;
	while (conn_state(c) < CONN_TLS)
		net_turn();
	fd = net_accept_bare();
	ck_assert_int_eq(write(fd, line, sizeof line - 1), sizeof line - 1);
	net_until("closed: ");
	ck_assert_int_eq(conn_error(c),
	    net.client_tls != NULL ? CONN_ERR_TLS : CONN_ERR_PROTOCOL);
	(void)close(fd);
}
END_TEST

/* --- nghttpd --------------------------------------------------------- */

/* Start nghttpd on a free port; its pid, or -1 when it is not installed. */
static pid_t
start_nghttpd(const char *key, const char *cert, uint16_t *port)
{
	char number[8];
	char *const argv[] = { (char *)(uintptr_t) "nghttpd",
		(char *)(uintptr_t) "--echo-upload",
		(char *)(uintptr_t) "--address=127.0.0.1", number,
		(char *)(uintptr_t)key, (char *)(uintptr_t)cert, NULL };
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int fd, rv;

	fd = net_listen(AF_INET, "127.0.0.1", 1, port);
	(void)close(fd);
	(void)snprintf(number, sizeof number, "%u", (unsigned int)*port);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	rv = posix_spawnp(&pid, "nghttpd", &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	return rv == 0 ? pid : -1;
}

START_TEST(nghttpd_echoes_a_body_that_is_written_bit_by_bit)
{
	struct conn_config config = net_config();
	struct conn *c = NULL;
	pid_t pid;
	int32_t id;
	int i, tries;

	pid = start_nghttpd(pki_path(&net.pki, "server.key"),
	    pki_path(&net.pki, "server.pem"), &config.port);
	if (pid == -1) {
		printf("SKIP nghttpd is not installed (nghttp2-server)\n");
		return;
	}
	/* Until it listens, dialing is refused. */
	for (tries = 0; !told("ready;"); tries++) {
		ck_assert_int_lt(tries, 1000);
		ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
		if (c != NULL && conn_state(c) == CONN_CLOSED) {
			net_drop(c);
			conn_free(c);
			c = NULL;
			(void)poll(NULL, 0, 20);
		}
		if (c == NULL) {
			net.nclients = 0;
			c = net_dial_with(&config, &client_events, NULL);
		}
		net_turn();
	}
	id = ask(c, "/");
	for (i = 0; i < 200; i++) {
		ck_assert_int_eq(h2_write(conn_h2(c), id, "0123456789", 10), 0);
		conn_flush(c);
	}
	ck_assert_int_eq(h2_end(conn_h2(c), id), 0);
	net_until("stream ended NO_ERROR;");
	ck_assert(told("status 200;"));
	ck_assert_uint_eq(net.nbody, 2000);
	conn_close(c, net.now_ms);
	net_until("closed: no error;");
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(every_code_and_state_has_a_text)
{
	int i;

	for (i = 0; i > -18; i--)
		ck_assert_str_ne(conn_strerror(i), "");
	for (i = CONN_RESOLVING; i <= CONN_CLOSED; i++)
		ck_assert_str_ne(conn_state_name((enum conn_state)i), "");
	conn_free(NULL);
}
END_TEST

static void
add_tls(Suite *s)
{
	TCase *tc = tcase_create("over TLS");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, net_init_tls, net_release);
	tcase_add_test(tc, a_stream_runs_over_tls);
	tcase_add_test(tc, a_name_is_resolved_and_verified);
	tcase_add_test(tc, much_flows_both_ways_without_growing);
	tcase_add_test(tc, flush_sends_without_a_turn_of_the_client);
	tcase_add_test(tc, a_server_nobody_vouches_for_is_refused_for_good);
	tcase_add_test(tc, a_server_without_h2_is_refused_for_good);
	tcase_add_test(tc, a_silent_server_times_out_in_the_handshake);
	tcase_add_test(tc, a_handshake_that_is_cut_is_told);
	tcase_add_test(tc, a_server_that_speaks_something_else_is_told);
	tcase_add_test(tc, nghttpd_echoes_a_body_that_is_written_bit_by_bit);
	tcase_add_loop_test(
	    tc, short_and_interrupted_calls_change_nothing, 0, 8);
	suite_add_tcase(s, tc);
}

static void
add_cleartext(Suite *s)
{
	TCase *tc = tcase_create("in cleartext");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, net_init, net_release);
	tcase_add_test(tc, a_stream_runs_in_cleartext);
	tcase_add_test(tc, much_flows_both_ways_without_growing);
	tcase_add_test(tc, a_peer_that_reads_nothing_stops_the_writer);
	tcase_add_test(tc, flush_sends_without_a_turn_of_the_client);
	tcase_add_test(tc, a_closed_port_is_told_with_its_name);
	tcase_add_test(tc, an_unknown_name_is_told);
	tcase_add_test(tc, settings_that_cannot_be_are_refused);
	tcase_add_test(tc, a_hanging_connect_times_out);
	tcase_add_test(tc, a_server_that_speaks_something_else_is_told);
	tcase_add_loop_test(
	    tc, short_and_interrupted_calls_change_nothing, 0, 8);
	tcase_add_test(tc, every_code_and_state_has_a_text);
	suite_add_tcase(s, tc);
}

int
main(void)
{
	Suite *s = suite_create("aws_conn");
	SRunner *r = srunner_create(s);
	int failed;

	add_tls(s);
	add_cleartext(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
