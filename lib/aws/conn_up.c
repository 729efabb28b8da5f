/* From a name to a connection that is ready. */
#include "aws/conn_priv.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* --- HTTP/2 ---------------------------------------------------------- */

static void
on_request(
    void *arg, struct h2 *h2, int32_t stream, const struct h2_request *request)
{
	struct conn *c = arg;

	if (c->is_dead || c->ev->on_request == NULL || c->is_closing)
		h2_reset(h2, stream, H2_REFUSED_STREAM);
	else
		c->ev->on_request(c->arg, c, h2, stream, request);
}

static void
on_goaway(void *arg, struct h2 *h2, int32_t last_stream, uint32_t code,
    const uint8_t *text, size_t n)
{
	struct conn *c = arg;
	bool was_draining = c->is_draining;
	size_t i;

	(void)h2;
	(void)last_stream;
	c->is_draining = true;
	c->goaway_code = code;
	if (n >= sizeof c->goaway_text)
		n = sizeof c->goaway_text - 1;
	/* The peer's words go into messages: printable ones only. */
	for (i = 0; i < n; i++)
		c->goaway_text[i] =
		    text[i] >= 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
	c->goaway_text[n] = '\0';
	if (!was_draining && !c->is_dead && c->ev->on_draining != NULL)
		c->ev->on_draining(c->arg, c);
}

static const struct h2_events h2_session_events = {
	.on_request = on_request,
	.on_goaway = on_goaway,
};

static void
set_ready(struct conn *c)
{
	conn_set_state(c, CONN_READY, -1);
	c->ready_at_ms = c->active_at_ms = c->now_ms;
	if (c->ev->on_ready != NULL)
		c->ev->on_ready(c->arg, c);
}

static void
start_h2(struct conn *c)
{
	struct h2_config f = c->config.h2;

	f.is_server = c->is_server;
	if (h2_new(&c->h2, &f, &h2_session_events, c) != 0) {
		conn_end(c, CONN_ERR_NOMEM, "out of memory");
		return;
	}
	set_ready(c);
}

static void
start_http1(struct conn *c)
{
	c->is_http1 = true;
	set_ready(c);
}

/* --- TLS, or the first bytes ----------------------------------------- */

void
conn_up_tls(struct conn *c)
{
	if (c->config.is_raw)
		start_http1(c);
	else if (strcmp(tls_alpn(c->tls), "h2") == 0)
		start_h2(c);
	else if (c->is_server)
		start_http1(c);
	else
		conn_end(c, CONN_ERR_ALPN, "the server negotiated '%s', not h2",
		    tls_alpn(c->tls));
}

/* Without TLS the client's preface tells, and it may come in pieces. */
void
conn_up_sniff(struct conn *c, const uint8_t *p, size_t n)
{
	struct bytes seen;
	size_t len, cmp;
	bool is_h2;

	if (bytes_append(&c->first, p, n) != 0) {
		conn_end(c, CONN_ERR_NOMEM, "out of memory");
		return;
	}
	p = bytes_peek(&c->first, &len);
	cmp = len < CONN_PREFACE_LEN ? len : CONN_PREFACE_LEN;
	is_h2 = memcmp(p, CONN_PREFACE, cmp) == 0;
	if (is_h2 && len < CONN_PREFACE_LEN)
		return;
	seen = c->first;
	bytes_init(&c->first, seen.cap);
	if (is_h2)
		start_h2(c);
	else
		start_http1(c);
	p = bytes_peek(&seen, &len);
	if (!conn_is_over(c))
		conn_io_up(c, p, len);
	bytes_release(&seen);
}

void
conn_up_transport(struct conn *c)
{
	const char *name = c->config.verify_host;
	int rv;

	if (c->config.tls == NULL) {
		if (c->is_server)
			conn_set_state(
			    c, CONN_SNIFF, c->config.handshake_timeout_ms);
		else if (c->config.is_raw)
			start_http1(c);
		else
			start_h2(c);
		return;
	}
	rv = tls_new(&c->tls, c->config.tls, c->is_server ? NULL : name);
	if (rv == TLS_ERR_CONFIG)
		conn_end(c, CONN_ERR_CONFIG, "'%s' is not a host name", name);
	else if (rv != 0)
		conn_end(c, CONN_ERR_NOMEM, "%s", tls_strerror(rv));
	else if (c->state != CONN_PROXY) /* whose time counts on */
		conn_set_state(c, CONN_TLS, c->config.handshake_timeout_ms);
	else
		c->state = CONN_TLS;
}

/* --- the socket ------------------------------------------------------ */

static void
name_peer(struct conn *c)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	char host[48], port[8];

	if (getpeername(c->fd, (struct sockaddr *)&a, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&a, len, host, sizeof host, port,
		sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	(void)snprintf(c->peer, sizeof c->peer,
	    strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

void
conn_up_socket(struct conn *c)
{
	name_peer(c);
	c->heard_at_ms = c->now_ms;
	if (c->is_server || c->config.proxy_host == NULL) {
		conn_up_transport(c);
		return;
	}
	conn_set_state(c, CONN_PROXY, c->config.handshake_timeout_ms);
	conn_proxy_ask(c);
}

static void
step_resolve(struct conn *c, struct loop *l)
{
	const struct resolve_address *a;
	const char *host = c->config.proxy_host != NULL ? c->config.proxy_host
	                                                : c->config.host;
	size_t n;
	int rv;

	rv = resolve_dispatch(c->resolve, l);
	if (rv == 0)
		return;
	if (rv < 0) {
		conn_end(c, CONN_ERR_RESOLVE, "cannot resolve '%s': %s", host,
		    resolve_strerror(rv));
		return;
	}
	a = resolve_addresses(c->resolve, &n);
	dial_init(&c->dial, a, n, c->now_ms);
	c->is_dialing = true;
	resolve_free(c->resolve);
	c->resolve = NULL;
	c->state = CONN_CONNECTING; /* the deadline is for both */
}

static void
step_connect(struct conn *c, struct loop *l)
{
	int rv;

	rv = dial_dispatch(&c->dial, l, c->now_ms);
	if (rv == 0)
		return;
	if (rv < 0) {
		conn_end(c, CONN_ERR_CONNECT, "cannot connect%s%s: %s",
		    c->config.proxy_host != NULL ? " to the proxy " : "",
		    c->config.proxy_host != NULL ? c->config.proxy_host : "",
		    strerror(dial_errno(&c->dial)));
		return;
	}
	c->fd = dial_take(&c->dial);
	dial_release(&c->dial);
	c->is_dialing = false;
	conn_up_socket(c);
}

void
conn_up_step(struct conn *c, struct loop *l)
{
	if (c->state == CONN_RESOLVING)
		step_resolve(c, l);
	if (c->state == CONN_CONNECTING && !c->has_ended)
		step_connect(c, l);
}
