#define _GNU_SOURCE /* EAI_NODATA, explicit_bzero, SOCK_NONBLOCK */
/*
 * conn, tls, dial and resolve when memory is short: the n-th of our
 * own allocations fails, for every n that dialing, a TLS handshake, a stream
 * and an end make on both sides.  Nothing may crash, leak or hang, and both
 * sides say how they ended.
 *
 * The sources are compiled in here, with allocators that count.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/aws_pki.h"
#include "support/count_alloc.h"

#undef fail /* Check's macro; tls.c has a function of that name */
#define malloc count_malloc
#define calloc count_calloc
#define strdup(s) count_strndup(s, SIZE_MAX)
#define strndup count_strndup
#define free count_free
#include "../../lib/aws/conn.c"
#include "../../lib/aws/conn_io.c"
#include "../../lib/aws/conn_proxy.c"
#include "../../lib/aws/conn_turn.c"
#include "../../lib/aws/conn_up.c"
#include "../../lib/aws/dial.c"
#include "../../lib/aws/resolve.c"
#include "../../lib/aws/tls.c"
#include "../../lib/aws/tls_ctx.c"
#include "../../lib/base/bytes.c"
#undef malloc
#undef calloc
#undef strdup
#undef strndup
#undef free

#define NOW_MS 1000000000
#define STUCK_MS 10000

static struct pki pki;
static int nopened, nclosed, nended;
static size_t nechoed;

static void
s_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)arg;
	(void)h2;
	(void)id;
	(void)why;
	(void)code;
	nclosed++;
}

static void
s_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	if (h2_write(h2, id, p, n) != 0)
		h2_reset(h2, id, H2_INTERNAL_ERROR);
}

static void
s_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	(void)h2_end(h2, id);
}

static void
c_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)h2;
	(void)id;
	(void)p;
	nechoed += n;
}

static void
c_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	s_close(NULL, h2, id, why, code);
	conn_close(arg, NOW_MS);
}

static const struct h2_stream_events server_stream = { NULL, s_data, s_end,
	NULL, s_close };
static const struct h2_stream_events client_stream = { NULL, c_data, NULL, NULL,
	c_close };

static void
s_request(void *arg, struct conn *c, struct h2 *h2, int32_t id,
    const struct h2_request *r)
{
	(void)arg;
	(void)c;
	(void)r;
	nopened++;
	ck_assert_int_eq(h2_attach(h2, id, &server_stream, NULL), 0);
	if (h2_respond(h2, id, 200, NULL, 0, true) != 0)
		h2_reset(h2, id, H2_INTERNAL_ERROR);
}

static void
c_ready(void *arg, struct conn *c)
{
	struct h2_request r = { "POST", "https", "h", "/", NULL, 0, true };
	static uint8_t body[30000];
	int32_t id = h2_request(conn_h2(c), &r, &client_stream, c);

	(void)arg;
	if (id < 0) {
		conn_close(c, NOW_MS);
		return;
	}
	nopened++;
	if (h2_write(conn_h2(c), id, body, sizeof body) != 0 ||
	    h2_end(conn_h2(c), id) != 0)
		h2_reset(conn_h2(c), id, H2_CANCEL);
}

static void
on_closed(void *arg, struct conn *c, int error)
{
	(void)arg;
	(void)c;
	(void)error;
	nended++;
}

static const struct conn_events client_ev = { .on_ready = c_ready,
	.on_closed = on_closed };
static const struct conn_events server_ev = { .on_request = s_request,
	.on_closed = on_closed };

static int
listener(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* Turns until the client's end has come, and the server's if there is one. */
static void
run_both(
    struct conn *c, struct conn **s, int fd, const struct conn_config *config)
{
	struct loop l;
	int got;

	loop_init(&l);
	while (conn_state(c) != CONN_CLOSED ||
	       (*s != NULL && conn_state(*s) != CONN_CLOSED)) {
		loop_begin(&l);
		conn_prepare(c, &l);
		if (*s != NULL)
			conn_prepare(*s, &l);
		(void)loop_watch(&l, fd, POLLIN);
		got = poll(l.fds, l.n, l.deadline_ms <= NOW_MS ? 0 : STUCK_MS);
		ck_assert_msg(got > 0 || l.deadline_ms <= NOW_MS,
		    "stuck at allocation %zu", fails_at);
		(void)conn_dispatch(c, &l, NOW_MS);
		if (*s != NULL)
			(void)conn_dispatch(*s, &l, NOW_MS);
		got = accept(fd, NULL, NULL);
		/* On failure the socket is closed: the client sees it. */
		if (got != -1 &&
		    conn_accept(s, got, config, &server_ev, NULL, NOW_MS) != 0)
			*s = NULL;
	}
	loop_release(&l);
}

/* The whole life of a connection; whether all went well. */
static bool
live(bool by_tls)
{
	struct conn_config cc, sc;
	struct conn *c = NULL, *s = NULL;
	bool is_set_up;
	int fd;

	memset(&cc, 0, sizeof cc);
	memset(&sc, 0, sizeof sc);
	nopened = nclosed = nended = 0;
	nechoed = 0;
	cc.host = "127.0.0.1";
	fd = listener(&cc.port);
	is_set_up =
	    !by_tls ||
	    (tls_client_ctx_new(
		 &cc.tls, pki_path(&pki, "ca.pem"), "h2", NULL) == 0 &&
		tls_server_ctx_new(&sc.tls, pki_path(&pki, "server.pem"),
		    pki_path(&pki, "server.key"), "h2", NULL) == 0);
	if (is_set_up && conn_dial(&c, &cc, &client_ev, NULL, NOW_MS) == 0) {
		run_both(c, &s, fd, &sc);
		ck_assert_int_eq(nended, s != NULL ? 2 : 1);
		ck_assert_int_eq(nclosed, nopened);
	}
	is_set_up = is_set_up && c != NULL && conn_error(c) == 0;
	conn_free(c);
	conn_free(s);
	tls_ctx_free(cc.tls);
	tls_ctx_free(sc.tls);
	(void)close(fd);
	return is_set_up && nechoed == 30000;
}

static void
set_up(void)
{
	pki_init(&pki);
	pki_issue(&pki, "server", "IP:127.0.0.1", -PKI_DAY, PKI_DAY);
}

static void
tear_down(void)
{
	pki_release(&pki);
}

START_TEST(any_allocation_may_fail)
{
	size_t total, i, nlost = 0;
	bool by_tls = _i == 1;

	fails_at = 0;
	ncalls = 0;
	ck_assert(live(by_tls));
	ck_assert_uint_eq(nlive, 0);
	total = ncalls;
	ck_assert_uint_gt(total, 10);
	for (i = 1; i <= total; i++) {
		fails_at = i;
		ncalls = 0;
		nlost += !live(by_tls);
		ck_assert_msg(
		    nlive == 0, "allocation %zu of %zu leaks", i, total);
	}
	ck_assert_uint_gt(nlost, total / 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws_conn_nomem");
	TCase *tc = tcase_create("memory");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, any_allocation_may_fail, 0, 2);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
