/* Inside of tls: what tls.c (a connection) and tls_ctx.c (settings, trusted
 * roots, kept sessions) share. */
#ifndef AWS_TLS_PRIV_H
#define AWS_TLS_PRIV_H

#include <openssl/ssl.h>

#include "aws/tls.h"
#include "base/bytes.h"

/* Longest DNS name, with NUL. */
#define TLS_HOST_BYTES 256
/* Ours: length of an ALPN list on the wire. */
#define TLS_ALPN_BYTES 64
/* Ours: sessions kept for the next connections. */
#define TLS_SESSIONS 16

struct tls_session {
	char host[TLS_HOST_BYTES];
	SSL_SESSION *session; /* owned; NULL: free slot */
};

struct tls_ctx {
	unsigned int refs;
	SSL_CTX *ssl;
	bool is_server;
	char alpn_text[TLS_ALPN_BYTES]; /* "h2,http/1.1"; "": none */
	uint8_t alpn[TLS_ALPN_BYTES];   /* RFC 7301: length, name, ... */
	size_t alpn_len;
	struct tls_session sessions[TLS_SESSIONS];
	size_t next_slot; /* to be overwritten next */
};

struct tls {
	SSL *ssl;
	struct tls_ctx *ctx; /* a reference */
	struct bytes in;     /* ciphertext not yet read by OpenSSL */
	struct bytes out;    /* ciphertext to be sent */
	char host[TLS_HOST_BYTES];
	bool is_ready;
	bool is_eof; /* close_notify came */
	int error;
	char text[TLS_TEXT_BYTES];
	char alpn[TLS_ALPN_BYTES];
};

/* Take the session kept for host, or NULL.  The caller owns it. */
SSL_SESSION *tls_ctx_take_session(struct tls_ctx *ctx, const char *host);

/* Keep a session; takes it. */
void tls_ctx_keep_session(
    struct tls_ctx *ctx, const char *host, SSL_SESSION *session);

/* OpenSSL's reason for what failed last, never NULL; empties its queue. */
const char *tls_reason(void);

#endif
