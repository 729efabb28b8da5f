/* What the suites about tls share: a CA, a server's certificate, a client that
 * trusts the CA. */
#ifndef AWS_TLS_CTX_H
#define AWS_TLS_CTX_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "aws/tls.h"
#include "aws_pki.h"

#define WHOLE ((size_t)-1)

static struct pki pki;

static inline void
set_up(void)
{
	pki_init(&pki);
	pki_issue(&pki, "server",
	    "DNS:localhost,DNS:*.aws.test,IP:127.0.0.1,IP:::1", -PKI_DAY,
	    PKI_DAY);
}

static inline void
tear_down(void)
{
	pki_release(&pki);
}

static inline struct tls_ctx *
client_ctx(const char *ca, const char *alpn)
{
	struct tls_ctx *ctx;
	char text[TLS_TEXT_BYTES];

	ck_assert_msg(
	    tls_client_ctx_new(
		&ctx, ca == NULL ? NULL : pki_path(&pki, ca), alpn, text) == 0,
	    "%s", text);
	return ctx;
}

#endif
