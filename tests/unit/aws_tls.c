/* tls: our two sides against each other, in memory. */
#include "aws/tls.h"

#include "support/aws_tls_ctx.h"

struct pair {
	struct tls *client, *server;
};

static struct tls_ctx *
server_ctx(const char *alpn)
{
	struct tls_ctx *ctx;
	char text[TLS_TEXT_BYTES];

	ck_assert_msg(tls_server_ctx_new(&ctx, pki_path(&pki, "server.pem"),
			  pki_path(&pki, "server.key"), alpn, text) == 0,
	    "%s", text);
	return ctx;
}

static bool
pass(struct tls *from, struct tls *to, size_t step, int *error)
{
	const uint8_t *p;
	size_t n;
	bool any = false;
	int rv;

	while ((p = tls_peek(from, &n)), n > 0) {
		n = n < step ? n : step;
		rv = tls_recv(to, p, n);
		if (rv != 0 && *error == 0)
			*error = rv;
		tls_skip(from, n);
		any = true;
	}
	return any;
}

/* Both directions; client's and server's first errors. */
static void
settle(struct pair *p, size_t step, int *client_error, int *server_error)
{
	bool any;

	*client_error = *server_error = 0;
	do {
		any = pass(p->client, p->server, step, server_error);
		any = pass(p->server, p->client, step, client_error) || any;
	} while (any);
}

static void
pair_init(struct pair *p, struct tls_ctx *c, struct tls_ctx *s, size_t step)
{
	int ce, se;

	ck_assert_int_eq(tls_new(&p->client, c, "localhost"), 0);
	ck_assert_int_eq(tls_new(&p->server, s, NULL), 0);
	settle(p, step, &ce, &se);
	ck_assert_msg(ce == 0 && se == 0, "%s / %s", tls_error_text(p->client),
	    tls_error_text(p->server));
	ck_assert(tls_is_ready(p->client));
	ck_assert(tls_is_ready(p->server));
}

static void
pair_release(struct pair *p)
{
	tls_free(p->client);
	tls_free(p->server);
}

START_TEST(bytes_pass_both_ways_in_any_split)
{
	static const size_t steps[] = { 1, 2, 5, 17, 1000, WHOLE };
	struct tls_ctx *c = client_ctx("ca.pem", "h2"), *s = server_ctx("h2");
	struct pair p;
	static uint8_t sent[40000], got[40000];
	size_t i, ngot = 0;
	long n;
	int ce, se;

	for (i = 0; i < sizeof sent; i++)
		sent[i] = (uint8_t)(i * 7);
	pair_init(&p, c, s, steps[_i]);
	ck_assert_str_eq(tls_alpn(p.client), "h2");
	ck_assert_str_eq(tls_alpn(p.server), "h2");
	ck_assert_str_eq(tls_version(p.client), "TLSv1.3");
	ck_assert_int_eq(tls_read(p.server, got, 1), TLS_WANT);
	ck_assert_int_eq(tls_write(p.client, sent, sizeof sent), 0);
	ck_assert_int_eq(tls_write(p.server, "back", 4), 0);
	settle(&p, steps[_i], &ce, &se);
	while ((n = tls_read(p.server, got + ngot, sizeof got - ngot)) > 0)
		ngot += (size_t)n;
	ck_assert_int_eq(n, TLS_WANT);
	ck_assert_uint_eq(ngot, sizeof sent);
	ck_assert_int_eq(memcmp(sent, got, sizeof sent), 0);
	ck_assert_int_eq(tls_read(p.client, got, sizeof got), 4);
	ck_assert_int_eq(memcmp(got, "back", 4), 0);
	pair_release(&p);
	tls_ctx_free(c);
	tls_ctx_free(s);
}
END_TEST

START_TEST(the_server_prefers_its_own_order_and_may_lack_alpn)
{
	struct tls_ctx *s = server_ctx("h2,http/1.1");
	struct tls_ctx *both = client_ctx("ca.pem", "http/1.1,h2");
	struct tls_ctx *old = client_ctx("ca.pem", "http/1.1");
	struct tls_ctx *none = client_ctx("ca.pem", NULL);
	struct pair p;

	pair_init(&p, both, s, WHOLE);
	ck_assert_str_eq(tls_alpn(p.server), "h2");
	pair_release(&p);
	pair_init(&p, old, s, WHOLE);
	ck_assert_str_eq(tls_alpn(p.client), "http/1.1");
	pair_release(&p);
	pair_init(&p, none, s, WHOLE);
	ck_assert_str_eq(tls_alpn(p.client), "");
	ck_assert_str_eq(tls_alpn(p.server), "");
	pair_release(&p);
	tls_ctx_free(s);
	tls_ctx_free(both);
	tls_ctx_free(old);
	tls_ctx_free(none);
}
END_TEST

START_TEST(both_sides_say_why_they_do_not_agree)
{
	struct tls_ctx *s = server_ctx("http/1.1");
	struct tls_ctx *c = client_ctx("ca.pem", "h2");
	struct pair p;
	int ce, se;

	ck_assert_int_eq(tls_new(&p.client, c, "localhost"), 0);
	ck_assert_int_eq(tls_new(&p.server, s, NULL), 0);
	settle(&p, WHOLE, &ce, &se);
	ck_assert_int_eq(ce, TLS_ERR_ALPN);
	ck_assert_int_eq(se, TLS_ERR_ALPN);
	ck_assert_str_eq(tls_error_text(p.server),
	    "the client offers none of our protocols (http/1.1)");
	pair_release(&p);
	tls_ctx_free(s);
	tls_ctx_free(c);
}
END_TEST

START_TEST(close_notify_and_a_cut_are_told_apart)
{
	struct tls_ctx *c = client_ctx("ca.pem", "h2"), *s = server_ctx("h2");
	struct pair p;
	uint8_t b[16];
	int ce, se;

	pair_init(&p, c, s, WHOLE);
	ck_assert_int_eq(tls_write(p.server, "end", 3), 0);
	tls_close(p.server);
	settle(&p, 1, &ce, &se);
	ck_assert_int_eq(tls_read(p.client, b, sizeof b), 3);
	ck_assert_int_eq(tls_read(p.client, b, sizeof b), TLS_EOF);
	ck_assert_int_eq(tls_read(p.client, b, sizeof b), TLS_EOF);
	ck_assert_int_eq(tls_recv_eof(p.client), 0);
	/* The other direction is still open. */
	ck_assert_int_eq(tls_write(p.client, "still", 5), 0);
	settle(&p, 1, &ce, &se);
	ck_assert_int_eq(tls_read(p.server, b, sizeof b), 5);
	ck_assert_int_eq(tls_recv_eof(p.server), TLS_ERR_TRUNCATED);
	pair_release(&p);
	tls_ctx_free(c);
	tls_ctx_free(s);
}
END_TEST

START_TEST(a_handshake_cut_anywhere_is_an_error_and_no_crash)
{
	struct tls_ctx *c = client_ctx("ca.pem", "h2"), *s = server_ctx("h2");
	struct tls *client, *server;
	const uint8_t *p;
	size_t n, total, cut;

	for (cut = 0, total = 1; cut < total; cut += 7) {
		ck_assert_int_eq(tls_new(&client, c, "localhost"), 0);
		ck_assert_int_eq(tls_new(&server, s, NULL), 0);
		p = tls_peek(client, &n);
		ck_assert_int_eq(tls_recv(server, p, n), 0);
		p = tls_peek(server, &total);
		ck_assert_uint_gt(total, 100);
		n = cut < total ? cut : total - 1;
		ck_assert_int_eq(tls_recv(client, p, n), 0);
		ck_assert(!tls_is_ready(client));
		ck_assert_int_eq(tls_write(client, "x", 1), TLS_ERR_FULL);
		ck_assert_int_eq(tls_recv_eof(client), TLS_ERR_TRUNCATED);
		ck_assert_ptr_nonnull(
		    strstr(tls_error_text(client), "during the TLS handshake"));
		tls_free(client);
		tls_free(server);
	}
	tls_ctx_free(c);
	tls_ctx_free(s);
}
END_TEST

START_TEST(a_flipped_bit_ends_the_connection)
{
	struct tls_ctx *c = client_ctx("ca.pem", "h2"), *s = server_ctx("h2");
	struct pair p;
	const uint8_t *b;
	uint8_t wire[256], got[16];
	size_t n;

	pair_init(&p, c, s, WHOLE);
	while (tls_read(p.client, got, sizeof got) > 0)
		;
	ck_assert_int_eq(tls_write(p.server, "hello", 5), 0);
	b = tls_peek(p.server, &n);
	ck_assert_uint_le(n, sizeof wire);
	memcpy(wire, b, n);
	wire[n / 2] ^= 1;
	(void)tls_recv(p.client, wire, n);
	ck_assert_int_eq(tls_read(p.client, got, sizeof got), TLS_ERR_PROTOCOL);
	ck_assert_int_eq(tls_write(p.client, "x", 1), TLS_ERR_PROTOCOL);
	ck_assert_str_ne(tls_error_text(p.client), "");
	pair_release(&p);
	tls_ctx_free(c);
	tls_ctx_free(s);
}
END_TEST

START_TEST(queues_are_capped_both_ways)
{
	struct tls_ctx *c = client_ctx("ca.pem", "h2"), *s = server_ctx("h2");
	struct pair p;
	static uint8_t block[65536];
	const uint8_t *b;
	size_t n, total = 0;
	int i, rv = 0;

	pair_init(&p, c, s, WHOLE);
	for (i = 0; i < 8 && rv == 0; i++)
		rv = tls_write(p.client, block, sizeof block);
	ck_assert_int_eq(rv, TLS_ERR_FULL);
	(void)tls_peek(p.client, &n);
	ck_assert_uint_le(n, 256 * 1024 + 65536);
	/* Nobody reads at the server: it takes 256 KiB and no more. */
	for (rv = 0; rv == 0; total += n) {
		b = tls_peek(p.client, &n);
		if (n > 1000)
			n = 1000;
		if (n == 0) {
			ck_assert_int_eq(
			    tls_write(p.client, block, sizeof block), 0);
			continue;
		}
		rv = tls_recv(p.server, b, n);
		if (rv == 0)
			tls_skip(p.client, n);
		ck_assert_uint_le(total, 300 * 1024);
	}
	ck_assert_int_eq(rv, TLS_ERR_FULL);
	/* FULL ends nothing. */
	while (tls_read(p.server, block, sizeof block) > 0)
		;
	b = tls_peek(p.client, &n);
	ck_assert_int_eq(tls_recv(p.server, b, n < 1000 ? n : 1000), 0);
	pair_release(&p);
	tls_ctx_free(c);
	tls_ctx_free(s);
}
END_TEST

START_TEST(a_session_is_resumed_by_the_next_connection)
{
	struct tls_ctx *c = client_ctx("ca.pem", "h2"), *s = server_ctx("h2");
	struct tls_ctx *fresh = client_ctx("ca.pem", "h2");
	struct pair p;
	uint8_t b[16];
	int i;

	for (i = 0; i < 4; i++) {
		pair_init(&p, c, s, WHOLE);
		ck_assert_int_eq(tls_is_resumed(p.client), i > 0);
		ck_assert_int_eq(tls_is_resumed(p.server), i > 0);
		/* Tickets come behind the handshake: read. */
		ck_assert_int_eq(tls_read(p.client, b, sizeof b), TLS_WANT);
		pair_release(&p);
	}
	pair_init(&p, fresh, s, WHOLE);
	ck_assert(!tls_is_resumed(p.client));
	pair_release(&p);
	tls_ctx_free(fresh);
	tls_ctx_free(c);
	tls_ctx_free(s);
}
END_TEST

START_TEST(a_session_is_not_offered_to_another_name)
{
	struct tls_ctx *c = client_ctx("ca.pem", "h2"), *s = server_ctx("h2");
	struct pair p;
	uint8_t b[16];
	int ce, se;

	pair_init(&p, c, s, WHOLE);
	(void)tls_read(p.client, b, sizeof b);
	pair_release(&p);
	ck_assert_int_eq(tls_new(&p.client, c, "other.example"), 0);
	ck_assert_int_eq(tls_new(&p.server, s, NULL), 0);
	settle(&p, WHOLE, &ce, &se);
	ck_assert_int_eq(ce, TLS_ERR_CERT);
	pair_release(&p);
	tls_ctx_free(c);
	tls_ctx_free(s);
}
END_TEST

START_TEST(host_names_that_cannot_be_are_refused)
{
	struct tls_ctx *c = client_ctx("ca.pem", "h2");
	struct tls *t = NULL;
	char name[400];

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert_int_eq(tls_new(&t, c, name), TLS_ERR_CONFIG);
	ck_assert_int_eq(tls_new(&t, c, ""), TLS_ERR_CONFIG);
	ck_assert_ptr_null(t);
	tls_ctx_free(c);
}
END_TEST

START_TEST(every_code_has_a_text)
{
	int code;

	for (code = 0; code > -9; code--)
		ck_assert_str_ne(tls_strerror(code), "");
	tls_free(NULL);
	tls_ctx_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws_tls");
	TCase *tc = tcase_create("negotiation");
	TCase *bytes = tcase_create("bytes");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_server_prefers_its_own_order_and_may_lack_alpn);
	tcase_add_test(tc, both_sides_say_why_they_do_not_agree);
	tcase_add_test(tc, host_names_that_cannot_be_are_refused);
	tcase_add_test(tc, every_code_has_a_text);
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(bytes, set_up, tear_down);
	tcase_set_timeout(bytes, 60);
	tcase_add_loop_test(bytes, bytes_pass_both_ways_in_any_split, 0, 6);
	tcase_add_test(bytes, close_notify_and_a_cut_are_told_apart);
	tcase_add_test(
	    bytes, a_handshake_cut_anywhere_is_an_error_and_no_crash);
	tcase_add_test(bytes, a_flipped_bit_ends_the_connection);
	tcase_add_test(bytes, queues_are_capped_both_ways);
	tcase_add_test(bytes, a_session_is_resumed_by_the_next_connection);
	tcase_add_test(bytes, a_session_is_not_offered_to_another_name);
	suite_add_tcase(s, bytes);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
