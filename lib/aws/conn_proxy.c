/* An HTTP proxy's CONNECT (RFC 9110, section 9.3.6), in HTTP/1.1. */
#include "aws/conn_priv.h"

#include <stdio.h>
#include <string.h>

#include "aws/proxy_answer.h"

/* Ours: what a proxy may say before we take it for none. */
#define ANSWER_BYTES 16384
#define ASK_BYTES 4096

void
conn_proxy_ask(struct conn *c)
{
	const struct conn_config *f = &c->config;
	const char *open = strchr(f->host, ':') != NULL ? "[" : "";
	const char *close = *open != '\0' ? "]" : "";
	char ask[ASK_BYTES];
	int n;

	n = snprintf(ask, sizeof ask,
	    "CONNECT %s%s%s:%u HTTP/1.1\r\nHost: %s%s%s:%u\r\n%s%s%s\r\n", open,
	    f->host, close, (unsigned int)f->port, open, f->host, close,
	    (unsigned int)f->port,
	    f->proxy_auth != NULL ? "Proxy-Authorization: " : "",
	    f->proxy_auth != NULL ? f->proxy_auth : "",
	    f->proxy_auth != NULL ? "\r\n" : "");
	if (n < 0 || (size_t)n >= sizeof ask)
		conn_end(
		    c, CONN_ERR_CONFIG, "the proxy's settings are too long");
	else if (bytes_append(&c->out, ask, (size_t)n) != 0)
		conn_end(c, CONN_ERR_NOMEM, "out of memory");
}

static void
judge(struct conn *c, int status)
{
	const struct conn_config *f = &c->config;

	if (status == -1)
		conn_end(c, CONN_ERR_PROXY, "%s:%u is not an HTTP proxy",
		    f->proxy_host, (unsigned int)f->proxy_port);
	else if (status == 407)
		conn_end(c, CONN_ERR_PROXY_DENIED,
		    "the proxy %s:%u wants other credentials (407)",
		    f->proxy_host, (unsigned int)f->proxy_port);
	else if (status / 100 == 4)
		conn_end(c, CONN_ERR_PROXY_DENIED,
		    "the proxy %s:%u refuses this destination (%d)",
		    f->proxy_host, (unsigned int)f->proxy_port, status);
	else
		conn_end(c, CONN_ERR_PROXY,
		    "the proxy %s:%u cannot reach it (%d)", f->proxy_host,
		    (unsigned int)f->proxy_port, status);
}

void
conn_proxy_recv(struct conn *c, const uint8_t *p, size_t n)
{
	struct bytes rest;
	size_t len, head;
	int status;

	if (bytes_append(&c->first, p, n) != 0) {
		conn_end(c, CONN_ERR_PROXY, "the proxy's answer is too long");
		return;
	}
	p = bytes_peek(&c->first, &len);
	status = proxy_answer(p, len, &head);
	if (status == 0 && len < ANSWER_BYTES)
		return;
	if (status / 100 != 2) {
		judge(c, status > 0 ? status : -1);
		return;
	}
	/* Behind the head the server itself may have begun to speak. */
	bytes_skip(&c->first, head);
	rest = c->first;
	bytes_init(&c->first, rest.cap);
	conn_up_transport(c);
	p = bytes_peek(&rest, &len);
	if (len > 0 && c->tls == NULL && !conn_is_over(c))
		conn_io_up(c, p, len);
	else if (len > 0 && c->tls != NULL && !conn_is_over(c))
		/* Before our ClientHello there is nothing to say in TLS. */
		conn_end(c, CONN_ERR_PROXY, "bytes behind the proxy's answer");
	bytes_release(&rest);
}
