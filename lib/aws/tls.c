/* One TLS connection between two byte queues. */
#include "aws/tls_priv.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ours: what may wait in either direction; and room above it for handshake
 * messages, record headers and alerts. */
#define QUEUE_BYTES (256 * 1024)
#define SLACK_BYTES (64 * 1024)

/* --- OpenSSL's end of the queues: a BIO over struct bytes ------------ */

static int
queue_read(BIO *bio, char *p, int n)
{
	struct tls *t = BIO_get_data(bio);
	const uint8_t *have;
	size_t len;

	BIO_clear_retry_flags(bio);
	have = bytes_peek(&t->in, &len);
	if (n <= 0)
		return 0;
	if (len == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if (len > (size_t)n)
		len = (size_t)n;
	memcpy(p, have, len);
	bytes_skip(&t->in, len);
	return (int)len;
}

static int
queue_write(BIO *bio, const char *p, int n)
{
	struct tls *t = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (n <= 0)
		return 0;
	return bytes_append(&t->out, p, (size_t)n) == 0 ? n : -1;
}

static long
queue_ctrl(BIO *bio, int cmd, long larg, void *parg)
{
	(void)bio;
	(void)larg;
	(void)parg;
	return cmd == BIO_CTRL_FLUSH;
}

/* Made once and kept for the life of the process: OpenSSL knows no other way
 * than to leak one per use. */
static BIO_METHOD *
queue_method(void)
{
	static BIO_METHOD *m;

	if (m != NULL)
		return m;
	m = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "byte queue");
	if (m == NULL)
		return NULL;
	(void)BIO_meth_set_read(m, queue_read);
	(void)BIO_meth_set_write(m, queue_write);
	(void)BIO_meth_set_ctrl(m, queue_ctrl);
	return m;
}

static int
attach_queues(struct tls *t)
{
	BIO_METHOD *m = queue_method();
	BIO *bio = m == NULL ? NULL : BIO_new(m);

	if (bio == NULL)
		return TLS_ERR_NOMEM;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio); /* takes it */
	return 0;
}

/* --- errors ---------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static int
fail(struct tls *t, int code, const char *fmt, ...)
{
	va_list ap;

	if (t->error != 0)
		return t->error;
	t->error = code;
	va_start(ap, fmt);
	(void)vsnprintf(t->text, sizeof t->text, fmt, ap);
	va_end(ap);
	ERR_clear_error();
	return code;
}

static int
fail_cert(struct tls *t, long verify)
{
	const char *why = X509_verify_cert_error_string(verify);

	switch (verify) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return fail(t, TLS_ERR_CERT,
		    "certificate verify failed: %s: it is not made out to '%s'",
		    why, t->host);
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return fail(t, TLS_ERR_CERT,
		    "certificate verify failed: %s; AWS_CA_BUNDLE names a "
		    "file of trusted roots",
		    why);
	default:
		return fail(
		    t, TLS_ERR_CERT, "certificate verify failed: %s", why);
	}
}

/* What an SSL_ function that failed left behind. */
static int
fail_ssl(struct tls *t, int ssl_error)
{
	unsigned long e = ERR_peek_error();
	const char *phase = t->is_ready ? "TLS" : "TLS handshake";
	long verify = SSL_get_verify_result(t->ssl);

	if (t->error != 0)
		return t->error;
	if (ssl_error == SSL_ERROR_SYSCALL && e == 0)
		return fail(t, TLS_ERR_NOMEM, "%s: out of memory", phase);
	if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
		return fail(t, TLS_ERR_NOMEM, "%s: out of memory", phase);
	if (ERR_GET_REASON(e) == SSL_R_CERTIFICATE_VERIFY_FAILED &&
	    verify != X509_V_OK)
		return fail_cert(t, verify);
	if (ERR_GET_REASON(e) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL)
		return fail(t, TLS_ERR_ALPN,
		    "the server speaks none of the protocols asked for (%s)",
		    t->ctx->alpn_text);
	if (ERR_GET_REASON(e) == SSL_R_NO_APPLICATION_PROTOCOL)
		return fail(t, TLS_ERR_ALPN,
		    "the client offers none of our protocols (%s)",
		    t->ctx->alpn_text);
	if (ERR_GET_REASON(e) == SSL_R_WRONG_VERSION_NUMBER && !t->is_ready)
		return fail(t, TLS_ERR_PROTOCOL,
		    "%s: the other side does not speak TLS on this port",
		    phase);
	return fail(t, TLS_ERR_PROTOCOL, "%s: %s", phase, tls_reason());
}

/* --- set-up ---------------------------------------------------------- */

static bool
is_address(const char *host)
{
	struct in6_addr a;

	return inet_pton(AF_INET, host, &a) == 1 ||
	       inet_pton(AF_INET6, host, &a) == 1;
}

static int
set_host(struct tls *t, const char *host)
{
	SSL_SESSION *session;
	size_t len = strlen(host);
	bool resumes;

	/* A name may end with the root's dot; certificates and SNI do not. */
	if (len > 0 && host[len - 1] == '.')
		len--;
	if (len == 0 || len >= sizeof t->host)
		return TLS_ERR_CONFIG;
	memcpy(t->host, host, len);
	t->host[len] = '\0';
	if (is_address(t->host)) {
		if (X509_VERIFY_PARAM_set1_ip_asc(
			SSL_get0_param(t->ssl), t->host) != 1)
			return TLS_ERR_CONFIG;
	} else if (SSL_set1_host(t->ssl, t->host) != 1 ||
		   SSL_set_tlsext_host_name(t->ssl, t->host) != 1) {
		return TLS_ERR_CONFIG;
	}
	session = tls_ctx_take_session(t->ctx, t->host);
	if (session == NULL)
		return 0;
	resumes = SSL_set_session(t->ssl, session) == 1;
	/* An older ticket serves again (RFC 5077). */
	if (resumes &&
	    SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION)
		tls_ctx_keep_session(t->ctx, t->host, session);
	else
		SSL_SESSION_free(session);
	return 0;
}

static int
check_alpn(struct tls *t)
{
	const unsigned char *p;
	unsigned int n;

	SSL_get0_alpn_selected(t->ssl, &p, &n);
	if (n >= sizeof t->alpn)
		n = 0;
	if (n > 0)
		memcpy(t->alpn, p, n);
	t->alpn[n] = '\0';
	if (t->ctx->is_server || t->ctx->alpn_len == 0 || n > 0)
		return 0; /* OpenSSL refuses what was not offered */
	return fail(t, TLS_ERR_ALPN,
	    "the server negotiated no protocol (ALPN), %s is needed",
	    t->ctx->alpn_text);
}

static int
handshake(struct tls *t)
{
	int rv, e;

	ERR_clear_error();
	rv = SSL_do_handshake(t->ssl);
	if (rv == 1) {
		t->is_ready = true;
		return check_alpn(t);
	}
	e = SSL_get_error(t->ssl, rv);
	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return 0;
	return fail_ssl(t, e);
}

int
tls_new(struct tls **out, struct tls_ctx *ctx, const char *host)
{
	struct tls *t;
	int rv = TLS_ERR_NOMEM;

	ERR_clear_error();
	t = calloc(1, sizeof *t);
	if (t == NULL)
		return TLS_ERR_NOMEM;
	t->ctx = tls_ctx_ref(ctx);
	bytes_init(&t->in, QUEUE_BYTES);
	bytes_init(&t->out, QUEUE_BYTES + SLACK_BYTES);
	t->ssl = SSL_new(ctx->ssl);
	if (t->ssl == NULL || attach_queues(t) != 0)
		goto out;
	(void)SSL_set_app_data(t->ssl, t);
	if (ctx->is_server) {
		SSL_set_accept_state(t->ssl);
	} else {
		SSL_set_connect_state(t->ssl);
		rv = set_host(t, host);
		if (rv != 0)
			goto out;
		rv = handshake(t);
		if (rv != 0)
			goto out;
	}
	*out = t;
	return 0;
out:
	tls_free(t);
	return rv;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	if (t->ssl != NULL && t->is_ready && t->error == 0)
		/* OpenSSL would spoil the session of a connection that ends
		 * without close_notify; HTTP/2 has its own ends, so keep it. */
		SSL_set_shutdown(
		    t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(t->ssl);
	bytes_release(&t->in);
	bytes_release(&t->out);
	tls_ctx_free(t->ctx);
	free(t);
}

/* --- bytes ----------------------------------------------------------- */

int
tls_recv(struct tls *t, const void *p, size_t n)
{
	int rv;

	if (t->error != 0)
		return t->error;
	rv = bytes_append(&t->in, p, n);
	if (rv == BYTES_ERR_FULL)
		return TLS_ERR_FULL;
	if (rv != 0)
		return fail(t, TLS_ERR_NOMEM, "out of memory");
	return t->is_ready ? 0 : handshake(t);
}

int
tls_recv_eof(struct tls *t)
{
	if (t->error != 0)
		return t->error;
	if (t->is_eof)
		return 0;
	return fail(t, TLS_ERR_TRUNCATED, "%s",
	    t->is_ready ? "the connection was cut without TLS's close_notify"
			: "the connection was closed during the TLS handshake");
}

bool
tls_is_ready(const struct tls *t)
{
	return t->is_ready && t->error == 0;
}

long
tls_read(struct tls *t, void *p, size_t n)
{
	size_t got = 0;
	int e;

	if (t->error != 0)
		return t->error;
	if (t->is_eof)
		return TLS_EOF;
	if (!t->is_ready)
		return TLS_WANT;
	ERR_clear_error();
	if (SSL_read_ex(t->ssl, p, n, &got) == 1)
		return (long)got;
	e = SSL_get_error(t->ssl, 0);
	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return TLS_WANT;
	if (e == SSL_ERROR_ZERO_RETURN) {
		t->is_eof = true;
		return TLS_EOF;
	}
	return fail_ssl(t, e);
}

int
tls_write(struct tls *t, const void *p, size_t n)
{
	size_t put;

	if (t->error != 0)
		return t->error;
	if (!t->is_ready || n > QUEUE_BYTES ||
	    bytes_len(&t->out) > QUEUE_BYTES - n)
		return TLS_ERR_FULL;
	if (n == 0)
		return 0;
	ERR_clear_error();
	/* The queue takes whatever OpenSSL writes, so it writes all. */
	if (SSL_write_ex(t->ssl, p, n, &put) == 1)
		return 0;
	return fail_ssl(t, SSL_get_error(t->ssl, 0));
}

void
tls_close(struct tls *t)
{
	if (!t->is_ready || t->error != 0)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
}

const uint8_t *
tls_peek(const struct tls *t, size_t *n)
{
	return bytes_peek(&t->out, n);
}

void
tls_skip(struct tls *t, size_t n)
{
	bytes_skip(&t->out, n);
}

const char *
tls_alpn(const struct tls *t)
{
	return t->alpn;
}

const char *
tls_version(const struct tls *t)
{
	return SSL_get_version(t->ssl);
}

bool
tls_is_resumed(const struct tls *t)
{
	return SSL_session_reused(t->ssl) == 1;
}

const char *
tls_error_text(const struct tls *t)
{
	return t->text;
}
