/*
 * TLS 1.2 and 1.3 over OpenSSL as bytes in, bytes out: no socket, no clock of
 * its own.  Ciphertext and plaintext pass through capped queues.
 *
 *	wire -> tls_recv() -> tls_read()            plaintext in
 *	tls_write() -> tls_peek() + tls_skip()      -> wire
 */
#ifndef AWS_TLS_H
#define AWS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All but FULL end the connection: what tls_peek() still has (an alert for the
 * peer) should be sent, then only tls_free() may follow.
 */
#define TLS_ERROR_LIST(X)                                                      \
	X(TLS_ERR_NOMEM, -1, "out of memory")                                  \
	X(TLS_ERR_FULL, -2, "queue is full: take what waits first")            \
	X(TLS_ERR_CERT, -3, "the peer's certificate is not to be trusted")     \
	X(TLS_ERR_ALPN, -4, "the peer does not speak the protocol asked for")  \
	X(TLS_ERR_PROTOCOL, -5, "the TLS handshake or a record failed")        \
	X(TLS_ERR_TRUNCATED, -6,                                               \
	    "the connection was cut without close_notify")                     \
	X(TLS_ERR_CONFIG, -7, "a certificate, key or CA file cannot be used")

enum tls_error {
#define X(name, code, text) name = (code),
	TLS_ERROR_LIST(X)
#undef X
};

/* Not errors: what tls_read() has to say when it gives no bytes. */
enum {
	TLS_WANT = 0,   /* needs more from the wire */
	TLS_EOF = -100, /* the peer ended with close_notify */
};

/* Text of a code; never NULL. */
const char *tls_strerror(int code);

#define TLS_TEXT_BYTES 256

/* Settings and trusted roots, shared by connections; counts its references, so
 * it may be freed before them. */
struct tls_ctx;

/* One connection. */
struct tls;

/*
 * For clients.  ca_file: PEM file of the trusted roots (AWS_CA_BUNDLE), NULL:
 * the system's.  alpn: comma list of what to offer ("h2", "h2,http/1.1"); the
 * server must choose one of them (TLS_ERR_ALPN), NULL: none is offered.
 * Sessions that servers hand out are kept (16) and resumed.
 * 0 and *out, TLS_ERR_CONFIG or TLS_ERR_NOMEM; text (TLS_TEXT_BYTES, may be
 * NULL) then says what is wrong.
 */
int tls_client_ctx_new(
    struct tls_ctx **out, const char *ca_file, const char *alpn, char *text);

/*
 * For servers.  cert_file: PEM, the server's certificate first, then the chain;
 * key_file: PEM.  alpn: comma list in our order of preference; a client that
 * offers others only is refused (no_application_protocol), one that offers none
 * is let in (tls_alpn() is "").  NULL: ALPN is not looked at.
 */
int tls_server_ctx_new(struct tls_ctx **out, const char *cert_file,
    const char *key_file, const char *alpn, char *text);

/* One more reference, and one less; the last one frees it. */
struct tls_ctx *tls_ctx_ref(struct tls_ctx *ctx);

void tls_ctx_free(struct tls_ctx *ctx);

/*
 * A connection of ctx; the client's first message is ready in tls_peek().
 * host (client; NULL for a server) is a DNS name or an IP address: the
 * certificate must be made out to it, and it is sent as SNI if it is a name.
 * Takes a reference to ctx.  0 and *out, or TLS_ERR_NOMEM, TLS_ERR_CONFIG.
 */
int tls_new(struct tls **out, struct tls_ctx *ctx, const char *host);

void tls_free(struct tls *t);

/*
 * Feed ciphertext, in any split; drives the handshake.  0, TLS_ERR_FULL
 * (nothing was taken: tls_read() first; never more than 256 KiB wait), or the
 * error that ended the handshake.
 */
int tls_recv(struct tls *t, const void *p, size_t n);

/* The wire ended.  0 if close_notify had come, else TLS_ERR_TRUNCATED. */
int tls_recv_eof(struct tls *t);

/* Whether the handshake is done, and tls_write() will take bytes. */
bool tls_is_ready(const struct tls *t);

/* Plaintext: number of bytes (> 0), TLS_WANT, TLS_EOF or an error. */
long tls_read(struct tls *t, void *p, size_t n);

/*
 * Encrypt n bytes, all or none.  0, TLS_ERR_FULL (more than 256 KiB wait to be
 * sent, or before tls_is_ready()), or an error.
 */
int tls_write(struct tls *t, const void *p, size_t n);

/* Queue close_notify; nothing may be written after it. */
void tls_close(struct tls *t);

/* Ciphertext for the wire, valid until the next call on t; *n may be 0. */
const uint8_t *tls_peek(const struct tls *t, size_t *n);

void tls_skip(struct tls *t, size_t n);

/* What was negotiated ("h2"), "" for nothing.  Once tls_is_ready(). */
const char *tls_alpn(const struct tls *t);

/* "TLSv1.3". */
const char *tls_version(const struct tls *t);

/* Whether a session of an earlier connection was resumed. */
bool tls_is_resumed(const struct tls *t);

/*
 * What went wrong, for people: "certificate verify failed: self-signed
 * certificate in certificate chain; AWS_CA_BUNDLE names a file of trusted
 * roots".  "" before any error.
 */
const char *tls_error_text(const struct tls *t);

#endif
