/*
 * tls against OpenSSL used directly (the "bare" server below): who is trusted
 * and what is negotiated.
 */
#include "aws/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "support/aws_tls_ctx.h"

struct bare {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
};

static int
choose_http1(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	static const unsigned char http1[] = "\x08http/1.1";
	unsigned char *p;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&p, outlen, http1, 9, in, inlen) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = p;
	return SSL_TLSEXT_ERR_OK;
}

static int
choose_h2(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	unsigned char *p;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&p, outlen, (const unsigned char *)"\x02h2",
		3, in, inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = p;
	return SSL_TLSEXT_ERR_OK;
}

static void
bare_init(struct bare *b, const char *name, SSL_CTX_alpn_select_cb_func alpn,
    int max_version)
{
	char file[64];

	b->ctx = SSL_CTX_new(TLS_server_method());
	ck_assert_ptr_nonnull(b->ctx);
	if (max_version != 0) {
		SSL_CTX_set_security_level(b->ctx, 0);
		SSL_CTX_set_min_proto_version(b->ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(b->ctx, max_version);
	}
	(void)snprintf(file, sizeof file, "%s.pem", name);
	ck_assert_int_eq(
	    SSL_CTX_use_certificate_chain_file(b->ctx, pki_path(&pki, file)),
	    1);
	(void)snprintf(file, sizeof file, "%s.key", name);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(
			     b->ctx, pki_path(&pki, file), SSL_FILETYPE_PEM),
	    1);
	if (alpn != NULL)
		SSL_CTX_set_alpn_select_cb(b->ctx, alpn, NULL);
	b->ssl = SSL_new(b->ctx);
	b->in = BIO_new(BIO_s_mem());
	b->out = BIO_new(BIO_s_mem());
	SSL_set_bio(b->ssl, b->in, b->out);
	SSL_set_accept_state(b->ssl);
}

static void
bare_release(struct bare *b)
{
	SSL_free(b->ssl);
	SSL_CTX_free(b->ctx);
}

/* Ours to bare and back until nothing moves; the first error of ours. */
static int
shake(struct tls *t, struct bare *b, size_t step)
{
	const uint8_t *p;
	uint8_t buf[4096];
	size_t n, k;
	int got, i, rv, error = 0;
	bool any;

	do {
		any = false;
		while ((p = tls_peek(t, &n)), n > 0) {
			ck_assert_int_eq(BIO_write(b->in, p, (int)n), (int)n);
			tls_skip(t, n);
			any = true;
		}
		if (!SSL_is_init_finished(b->ssl))
			(void)SSL_do_handshake(b->ssl);
		ERR_clear_error();
		while ((got = BIO_read(b->out, buf, sizeof buf)) > 0)
			for (i = 0; i < got; i += (int)k) {
				k = (size_t)(got - i) < step ? (size_t)(got - i)
				                             : step;
				rv = tls_recv(t, buf + i, k);
				error = error != 0 ? error : rv;
				any = true;
			}
	} while (any);
	return error;
}

/* Dial a bare server; the text of ours, "" when it went well. */
static const char *
dial(const char *host, const char *ca, const char *cert,
    SSL_CTX_alpn_select_cb_func alpn, int max_version, int *error)
{
	static char text[TLS_TEXT_BYTES];
	struct tls_ctx *ctx = client_ctx(ca, "h2");
	struct tls *t;
	struct bare b;

	bare_init(&b, cert, alpn, max_version);
	ck_assert_int_eq(tls_new(&t, ctx, host), 0);
	tls_ctx_free(ctx); /* t has its own reference */
	*error = shake(t, &b, WHOLE);
	if (*error == 0)
		ck_assert(tls_is_ready(t));
	(void)snprintf(text, sizeof text, "%s", tls_error_text(t));
	tls_free(t);
	bare_release(&b);
	return text;
}

/* --- who is trusted -------------------------------------------------- */

START_TEST(a_good_certificate_is_taken_for_each_of_its_names)
{
	static const char *const names[] = { "localhost", "LOCALHOST",
		"localhost.", "polly.aws.test", "127.0.0.1", "::1" };
	int error;

	ck_assert_str_eq(
	    dial(names[_i], "ca.pem", "server", choose_h2, 0, &error), "");
	ck_assert_int_eq(error, 0);
}
END_TEST

START_TEST(another_name_is_refused)
{
	static const char *const names[] = { "other.example", "a.b.aws.test",
		"127.0.0.2", "::2" };
	const char *text;
	int error;

	text = dial(names[_i], "ca.pem", "server", choose_h2, 0, &error);
	ck_assert_int_eq(error, TLS_ERR_CERT);
	ck_assert_ptr_nonnull(strstr(text, "mismatch"));
	ck_assert_ptr_nonnull(strstr(text, names[_i]));
}
END_TEST

START_TEST(a_certificate_nobody_signed_names_the_way_out)
{
	const char *text;
	int error;

	text = dial("localhost", NULL, "server", choose_h2, 0, &error);
	ck_assert_int_eq(error, TLS_ERR_CERT);
	ck_assert_ptr_nonnull(strstr(text, "certificate verify failed: "));
	ck_assert_ptr_nonnull(
	    strstr(text, "AWS_CA_BUNDLE names a file of trusted roots"));
}
END_TEST

START_TEST(a_certificate_out_of_its_time_is_refused)
{
	const char *text;
	int error;

	pki_issue(&pki, "old", "DNS:localhost", -3 * PKI_DAY, -PKI_DAY);
	pki_issue(&pki, "new", "DNS:localhost", PKI_DAY, 3 * PKI_DAY);
	text = dial("localhost", "ca.pem", "old", choose_h2, 0, &error);
	ck_assert_int_eq(error, TLS_ERR_CERT);
	ck_assert_ptr_nonnull(strstr(text, "expired"));
	text = dial("localhost", "ca.pem", "new", choose_h2, 0, &error);
	ck_assert_int_eq(error, TLS_ERR_CERT);
	ck_assert_ptr_nonnull(strstr(text, "not yet valid"));
}
END_TEST

START_TEST(a_server_certificate_itself_may_stand_in_the_ca_file)
{
	int error;

	ck_assert_str_eq(
	    dial("localhost", "server.pem", "server", choose_h2, 0, &error),
	    "");
	ck_assert_int_eq(error, 0);
}
END_TEST

START_TEST(a_ca_file_that_cannot_be_used_is_named)
{
	struct tls_ctx *ctx = NULL;
	char text[TLS_TEXT_BYTES] = "";

	ck_assert_int_eq(
	    tls_client_ctx_new(&ctx, "/nonexistent/ca.pem", "h2", text),
	    TLS_ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(text, "/nonexistent/ca.pem"));
	/* A key is no certificate. */
	ck_assert_int_eq(
	    tls_client_ctx_new(&ctx, pki_path(&pki, "server.key"), "h2", text),
	    TLS_ERR_CONFIG);
	ck_assert_int_eq(
	    tls_client_ctx_new(&ctx, NULL, "h2,,x", text), TLS_ERR_CONFIG);
	ck_assert_int_eq(tls_server_ctx_new(&ctx, pki_path(&pki, "server.pem"),
			     "/nonexistent/key.pem", "h2", text),
	    TLS_ERR_CONFIG);
	ck_assert_ptr_null(ctx);
}
END_TEST

START_TEST(a_key_of_another_certificate_is_refused)
{
	struct tls_ctx *ctx = NULL;
	char text[TLS_TEXT_BYTES];

	pki_issue(&pki, "other", "DNS:localhost", -PKI_DAY, PKI_DAY);
	ck_assert_int_eq(tls_server_ctx_new(&ctx, pki_path(&pki, "server.pem"),
			     pki_path(&pki, "other.key"), "h2", text),
	    TLS_ERR_CONFIG);
	ck_assert_ptr_null(ctx);
}
END_TEST

/* --- what is negotiated ---------------------------------------------- */

START_TEST(a_server_of_http1_only_is_told_as_such)
{
	const char *text;
	int error;

	text = dial("localhost", "ca.pem", "server", choose_http1, 0, &error);
	ck_assert_int_eq(error, TLS_ERR_ALPN);
	ck_assert_str_eq(
	    text, "the server speaks none of the protocols asked for (h2)");
}
END_TEST

START_TEST(a_server_without_alpn_is_told_as_such)
{
	const char *text;
	int error;

	text = dial("localhost", "ca.pem", "server", NULL, 0, &error);
	ck_assert_int_eq(error, TLS_ERR_ALPN);
	ck_assert_str_eq(
	    text, "the server negotiated no protocol (ALPN), h2 is needed");
}
END_TEST

START_TEST(tls_1_2_is_enough_and_1_1_is_not)
{
	int error;

	ck_assert_str_eq(dial("localhost", "ca.pem", "server", choose_h2,
			     TLS1_2_VERSION, &error),
	    "");
	ck_assert_int_eq(error, 0);
	ck_assert_str_ne(dial("localhost", "ca.pem", "server", choose_h2,
			     TLS1_1_VERSION, &error),
	    "");
	ck_assert_int_eq(error, TLS_ERR_PROTOCOL);
}
END_TEST

START_TEST(something_that_is_not_tls_is_told_as_such)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct tls_ctx *ctx = client_ctx("ca.pem", "h2");
	struct tls *t;

	ck_assert_int_eq(tls_new(&t, ctx, "localhost"), 0);
	ck_assert_int_eq(tls_recv(t, http, sizeof http - 1), TLS_ERR_PROTOCOL);
	ck_assert_ptr_nonnull(strstr(tls_error_text(t), "does not speak TLS"));
	ck_assert_int_eq(tls_recv(t, http, 1), TLS_ERR_PROTOCOL);
	tls_free(t);
	tls_ctx_free(ctx);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws_tls_bare");
	TCase *trust = tcase_create("trust");
	TCase *tc = tcase_create("negotiation");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(trust, set_up, tear_down);
	tcase_add_loop_test(
	    trust, a_good_certificate_is_taken_for_each_of_its_names, 0, 6);
	tcase_add_loop_test(trust, another_name_is_refused, 0, 4);
	tcase_add_test(trust, a_certificate_nobody_signed_names_the_way_out);
	tcase_add_test(trust, a_certificate_out_of_its_time_is_refused);
	tcase_add_test(
	    trust, a_server_certificate_itself_may_stand_in_the_ca_file);
	tcase_add_test(trust, a_ca_file_that_cannot_be_used_is_named);
	tcase_add_test(trust, a_key_of_another_certificate_is_refused);
	suite_add_tcase(s, trust);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_server_of_http1_only_is_told_as_such);
	tcase_add_test(tc, a_server_without_alpn_is_told_as_such);
	tcase_add_test(tc, tls_1_2_is_enough_and_1_1_is_not);
	tcase_add_test(tc, something_that_is_not_tls_is_told_as_such);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
