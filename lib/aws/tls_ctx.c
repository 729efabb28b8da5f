/* Settings and trusted roots; sessions for resumption. */
#include "aws/tls_priv.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
tls_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		TLS_ERROR_LIST(X)
#undef X
	}
	return code == 0 ? "no error" : "unknown TLS error";
}

const char *
tls_reason(void)
{
	unsigned long e = ERR_peek_last_error();
	const char *s = NULL;

	if (ERR_GET_LIB(e) == ERR_LIB_SYS)
		s = strerror(ERR_GET_REASON(e));
	else if (e != 0)
		s = ERR_reason_error_string(e);
	ERR_clear_error();
	return s == NULL ? "no reason given" : s;
}

/* "h2,http/1.1" to the form of RFC 7301.  0 or -1. */
static int
set_alpn(struct tls_ctx *ctx, const char *list)
{
	const char *p = list, *comma;
	size_t n;

	if (list == NULL)
		return 0;
	if (strlen(list) + 1 >= sizeof ctx->alpn)
		return -1;
	memcpy(ctx->alpn_text, list, strlen(list) + 1);
	for (;;) {
		comma = strchr(p, ',');
		n = comma == NULL ? strlen(p) : (size_t)(comma - p);
		if (n == 0)
			return -1;
		ctx->alpn[ctx->alpn_len++] = (uint8_t)n;
		memcpy(ctx->alpn + ctx->alpn_len, p, n);
		ctx->alpn_len += n;
		if (comma == NULL)
			return 0;
		p = comma + 1;
	}
}

/* Server: our first protocol that the client offers too. */
static int
select_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	struct tls_ctx *ctx = arg;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, outlen, ctx->alpn,
		(unsigned int)ctx->alpn_len, in,
		inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* The server handed out a session (TLS 1.3: some time after the handshake). */
static int
on_new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);

	if (!SSL_SESSION_is_resumable(session))
		return 0;
	tls_ctx_keep_session(t->ctx, t->host, session);
	return 1;
}

static int
ctx_new(struct tls_ctx **out, const SSL_METHOD *method, const char *alpn)
{
	struct tls_ctx *ctx;

	ERR_clear_error();
	ctx = calloc(1, sizeof *ctx);
	if (ctx == NULL)
		return TLS_ERR_NOMEM;
	ctx->refs = 1;
	ctx->ssl = SSL_CTX_new(method);
	if (ctx->ssl == NULL ||
	    SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_2_VERSION) != 1) {
		tls_ctx_free(ctx);
		return TLS_ERR_NOMEM;
	}
	if (set_alpn(ctx, alpn) != 0) {
		tls_ctx_free(ctx);
		return TLS_ERR_CONFIG;
	}
	/* Renegotiation is forbidden over HTTP/2: RFC 9113, section 9.2.1. */
	SSL_CTX_set_options(
	    ctx->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx->ssl, SSL_MODE_RELEASE_BUFFERS);
	*out = ctx;
	return 0;
}

static int
config_error(
    struct tls_ctx *ctx, char *text, const char *what, const char *file)
{
	const char *reason = tls_reason();

	if (text != NULL)
		(void)snprintf(
		    text, TLS_TEXT_BYTES, "%s '%s': %s", what, file, reason);
	tls_ctx_free(ctx);
	return TLS_ERR_CONFIG;
}

static int
alpn_error(int code, char *text)
{
	if (text != NULL)
		(void)snprintf(text, TLS_TEXT_BYTES, "%s",
		    code == TLS_ERR_CONFIG ? "the ALPN list is not valid"
					   : tls_strerror(code));
	return code;
}

int
tls_client_ctx_new(
    struct tls_ctx **out, const char *ca_file, const char *alpn, char *text)
{
	struct tls_ctx *ctx;
	X509_VERIFY_PARAM *param;
	int rv;

	rv = ctx_new(&ctx, TLS_client_method(), alpn);
	if (rv != 0)
		return alpn_error(rv, text);
	if (ca_file != NULL) {
		if (SSL_CTX_load_verify_file(ctx->ssl, ca_file) != 1)
			return config_error(
			    ctx, text, "cannot use the CA file", ca_file);
	} else if (SSL_CTX_set_default_verify_paths(ctx->ssl) != 1) {
		return config_error(
		    ctx, text, "cannot use the trusted roots", "system");
	}
	/* What stands in the file is trusted, a root or not (as curl has it).
	 */
	param = SSL_CTX_get0_param(ctx->ssl);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, NULL);
	if (ctx->alpn_len > 0 && SSL_CTX_set_alpn_protos(ctx->ssl, ctx->alpn,
				     (unsigned int)ctx->alpn_len) != 0) {
		tls_ctx_free(ctx);
		return alpn_error(TLS_ERR_NOMEM, text);
	}
	SSL_CTX_set_session_cache_mode(
	    ctx->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(ctx->ssl, on_new_session);
	*out = ctx;
	return 0;
}

int
tls_server_ctx_new(struct tls_ctx **out, const char *cert_file,
    const char *key_file, const char *alpn, char *text)
{
	static const unsigned char id[] = "pipebooth";
	struct tls_ctx *ctx;
	int rv;

	rv = ctx_new(&ctx, TLS_server_method(), alpn);
	if (rv != 0)
		return alpn_error(rv, text);
	ctx->is_server = true;
	if (SSL_CTX_use_certificate_chain_file(ctx->ssl, cert_file) != 1)
		return config_error(
		    ctx, text, "cannot use the certificate", cert_file);
	if (SSL_CTX_use_PrivateKey_file(ctx->ssl, key_file, SSL_FILETYPE_PEM) !=
		1 ||
	    SSL_CTX_check_private_key(ctx->ssl) != 1)
		return config_error(ctx, text, "cannot use the key", key_file);
	(void)SSL_CTX_set_session_id_context(ctx->ssl, id, sizeof id - 1);
	if (ctx->alpn_len > 0)
		SSL_CTX_set_alpn_select_cb(ctx->ssl, select_alpn, ctx);
	*out = ctx;
	return 0;
}

struct tls_ctx *
tls_ctx_ref(struct tls_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

void
tls_ctx_free(struct tls_ctx *ctx)
{
	size_t i;

	if (ctx == NULL || --ctx->refs > 0)
		return;
	for (i = 0; i < TLS_SESSIONS; i++)
		SSL_SESSION_free(ctx->sessions[i].session);
	SSL_CTX_free(ctx->ssl);
	free(ctx);
}

SSL_SESSION *
tls_ctx_take_session(struct tls_ctx *ctx, const char *host)
{
	SSL_SESSION *s;
	size_t i, at;

	/* From the newest to the oldest. */
	for (i = 1; i <= TLS_SESSIONS; i++) {
		at = (ctx->next_slot + TLS_SESSIONS - i) % TLS_SESSIONS;
		s = ctx->sessions[at].session;
		if (s == NULL || strcmp(ctx->sessions[at].host, host) != 0)
			continue;
		/* A TLS 1.3 ticket is for one use: RFC 8446, appendix C.4. */
		ctx->sessions[at].session = NULL;
		return s;
	}
	return NULL;
}

void
tls_ctx_keep_session(
    struct tls_ctx *ctx, const char *host, SSL_SESSION *session)
{
	struct tls_session *slot = &ctx->sessions[ctx->next_slot];

	SSL_SESSION_free(slot->session);
	slot->session = session;
	(void)snprintf(slot->host, sizeof slot->host, "%s", host);
	ctx->next_slot = (ctx->next_slot + 1) % TLS_SESSIONS;
}
