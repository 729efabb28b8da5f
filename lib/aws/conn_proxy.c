/* An HTTP proxy's CONNECT (RFC 9110, section 9.3.6), in HTTP/1.1. */
#include "aws/conn_priv.h"

#include <stdio.h>
#include <string.h>

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

/* The length of the answer's head at p, blank line included; 0: not yet all.
 * Lines may end without CR (RFC 9112, section 2.2). */
static size_t
head_len(const uint8_t *p, size_t n)
{
	bool is_empty = false; /* the line that i is in */
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\n' && is_empty)
			return i + 1;
		is_empty = p[i] == '\n' || (is_empty && p[i] == '\r');
	}
	return 0;
}

/* "HTTP/1.1 200 OK": the number, or -1. */
static int
status_of(const uint8_t *p, size_t n)
{
	if (n < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ' ||
	    p[9] < '1' || p[9] > '9' || p[10] < '0' || p[10] > '9' ||
	    p[11] < '0' || p[11] > '9')
		return -1;
	return (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
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
	for (;;) {
		p = bytes_peek(&c->first, &len);
		head = head_len(p, len);
		if (head == 0) {
			/* Who speaks something else may wait for us to go on,
			 * and never end a head. */
			if (len >= ANSWER_BYTES ||
			    (len >= 5 && memcmp(p, "HTTP/", 5) != 0))
				judge(c, -1);
			return;
		}
		status = status_of(p, len);
		if (status / 100 != 1)
			break;
		bytes_skip(&c->first, head);
	}
	if (status / 100 != 2) {
		judge(c, status);
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
