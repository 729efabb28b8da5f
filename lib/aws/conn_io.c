/* Bytes between the socket, TLS and what is above. */
#include "aws/conn_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define READ_BYTES 16384
/* Ours: reads in a turn, so that one busy peer does not starve the others. */
#define READS_PER_TURN 16
/* Ours: below the queues of h2 no more than this waits for the socket, so that
 * what is urgent (PING, RST_STREAM) is not long behind. */
#define LOW_BYTES (64 * 1024)

static const uint8_t *
wire_peek(const struct conn *c, size_t *n)
{
	return c->tls != NULL ? tls_peek(c->tls, n) : bytes_peek(&c->out, n);
}

static void
wire_skip(struct conn *c, size_t n)
{
	if (c->tls != NULL)
		tls_skip(c->tls, n);
	else
		bytes_skip(&c->out, n);
}

bool
conn_io_is_flushed(const struct conn *c)
{
	size_t n;

	if (c->fd == -1 || c->is_broken)
		return true;
	if (bytes_len(&c->app) > 0)
		return false;
	(void)wire_peek(c, &n);
	return n == 0;
}

bool
conn_io_wants_write(struct conn *c)
{
	return !conn_io_is_flushed(c) ||
	       (c->h2 != NULL && !c->is_bye_sent && !c->is_broken &&
		   h2_wants_write(c->h2));
}

/* Encrypt or copy n bytes down.  False: ended, or no room now. */
static bool
pass_down(struct conn *c, const uint8_t *p, size_t n)
{
	int rv;

	if (c->tls != NULL) {
		rv = tls_write(c->tls, p, n);
		if (rv != 0 && rv != TLS_ERR_FULL)
			conn_end(c,
			    rv == TLS_ERR_NOMEM ? CONN_ERR_NOMEM : CONN_ERR_TLS,
			    "%s", tls_error_text(c->tls));
		return rv == 0;
	}
	rv = bytes_append(&c->out, p, n);
	if (rv == BYTES_ERR_NOMEM)
		conn_end(c, CONN_ERR_NOMEM, "out of memory");
	return rv == 0;
}

static bool
fill_from_h2(struct conn *c)
{
	const uint8_t *p;
	size_t n;
	int rv;

	rv = h2_peek(c->h2, &p, &n);
	if (conn_is_over(c))
		return false;
	if (rv != 0) {
		conn_end(c,
		    rv == H2_ERR_NOMEM ? CONN_ERR_NOMEM : CONN_ERR_PROTOCOL,
		    "%s", h2_error_text(c->h2));
		return false;
	}
	if (n == 0 || !pass_down(c, p, n))
		return false;
	h2_skip(c->h2, n);
	return true;
}

static bool
fill_from_app(struct conn *c)
{
	const uint8_t *p;
	size_t n;

	p = bytes_peek(&c->app, &n);
	if (n > READ_BYTES)
		n = READ_BYTES;
	if (n == 0 || !pass_down(c, p, n))
		return false;
	bytes_skip(&c->app, n);
	return true;
}

/* Keep the wire's queue filled, and no more than that. */
static void
fill(struct conn *c)
{
	size_t n;

	if (c->state != CONN_READY && c->state != CONN_CLOSING)
		return;
	for (;;) {
		(void)wire_peek(c, &n);
		if (n >= LOW_BYTES || conn_is_over(c) || c->is_bye_sent)
			return;
		if (!(c->h2 != NULL ? fill_from_h2(c) : fill_from_app(c)))
			return;
	}
}

void
conn_io_write(struct conn *c)
{
	const uint8_t *p;
	size_t n;
	ssize_t k;

	c->is_blocked = false;
	while (c->fd != -1 && !c->is_broken) {
		fill(c);
		if (c->is_dead)
			return;
		p = wire_peek(c, &n);
		if (n == 0)
			return;
		k = send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (k >= 0) {
			wire_skip(c, (size_t)k);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == EWOULDBLOCK ||
		    errno == ENOBUFS) {
			c->is_blocked = true;
			return;
		}
		/* What the peer said before it left can still be read, and says
		 * more than EPIPE: the reading side ends the connection. */
		c->is_broken = true;
	}
}

/* --- up -------------------------------------------------------------- */

static void
up_ready(struct conn *c, const uint8_t *p, size_t n)
{
	int rv;

	if (c->h2 == NULL) {
		c->active_at_ms = c->now_ms;
		if (c->ev->on_bytes != NULL && !c->is_closing)
			c->ev->on_bytes(c->arg, c, p, n);
		return;
	}
	rv = h2_recv(c->h2, p, n);
	if (rv == 0 || conn_is_over(c))
		return;
	conn_io_write(c); /* the GOAWAY that says what was wrong */
	conn_end(c, rv == H2_ERR_NOMEM ? CONN_ERR_NOMEM : CONN_ERR_PROTOCOL,
	    "%s", h2_error_text(c->h2));
}

void
conn_io_up(struct conn *c, const uint8_t *p, size_t n)
{
	switch (c->state) {
	case CONN_SNIFF:
		conn_up_sniff(c, p, n);
		break;
	case CONN_READY:
	case CONN_CLOSING:
		up_ready(c, p, n);
		break;
	default:
		break;
	}
}

static int
from_tls(int error)
{
	switch (error) {
	case TLS_ERR_NOMEM:
		return CONN_ERR_NOMEM;
	case TLS_ERR_CERT:
		return CONN_ERR_CERT;
	case TLS_ERR_ALPN:
		return CONN_ERR_ALPN;
	default:
		return CONN_ERR_TLS;
	}
}

static void
end_tls(struct conn *c, int error)
{
	conn_io_write(c); /* the alert */
	conn_end(c, from_tls(error), "%s", tls_error_text(c->tls));
}

void
conn_io_plaintext(struct conn *c)
{
	uint8_t buf[READ_BYTES];
	long n;

	while (c->tls != NULL && tls_is_ready(c->tls) && !c->is_paused &&
	       !conn_is_over(c)) {
		n = tls_read(c->tls, buf, sizeof buf);
		if (n == TLS_WANT)
			return;
		if (n == TLS_EOF) {
			c->is_eof = true;
			return;
		}
		if (n < 0) {
			end_tls(c, (int)n);
			return;
		}
		conn_io_up(c, buf, (size_t)n);
	}
}

static void
recv_tls(struct conn *c, const uint8_t *p, size_t n)
{
	bool was_ready = tls_is_ready(c->tls);
	int rv;

	rv = tls_recv(c->tls, p, n);
	if (rv != 0) {
		end_tls(c, rv);
		return;
	}
	if (!was_ready && tls_is_ready(c->tls))
		conn_up_tls(c);
	conn_io_plaintext(c);
}

static void
recv_wire(struct conn *c, const uint8_t *p, size_t n)
{
	c->heard_at_ms = c->now_ms;
	c->pinged_at_ms = 0;
	if (c->is_shut)
		return; /* lingering: nobody wants it any more */
	if (c->state == CONN_PROXY)
		conn_proxy_recv(c, p, n);
	else if (c->tls != NULL)
		recv_tls(c, p, n);
	else
		conn_io_up(c, p, n);
}

static void
recv_eof(struct conn *c)
{
	c->is_eof = true;
	if (c->tls == NULL || c->is_shut)
		return;
	if (tls_recv_eof(c->tls) == 0)
		return;
	if (!tls_is_ready(c->tls) && c->state == CONN_TLS)
		conn_end(c, CONN_ERR_TLS, "%s", tls_error_text(c->tls));
	else if (!c->is_closing && (c->h2 == NULL || h2_nstreams(c->h2) > 0))
		conn_end_cut(c, tls_error_text(c->tls));
}

void
conn_io_read(struct conn *c)
{
	uint8_t buf[READ_BYTES];
	ssize_t n;
	int i;

	for (i = 0; i < READS_PER_TURN; i++) {
		if (c->fd == -1 || c->is_eof || c->is_paused || conn_is_over(c))
			return;
		n = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
		if (n > 0) {
			recv_wire(c, buf, (size_t)n);
		} else if (n == 0) {
			recv_eof(c);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		} else if (errno != EINTR) {
			conn_end_cut(c, strerror(errno));
		}
	}
}
