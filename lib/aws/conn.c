#define _GNU_SOURCE /* explicit_bzero */
#include "aws/conn_priv.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Ours: what struct conn_config leaves at 0. */
#define CONNECT_TIMEOUT_MS 10000
#define HANDSHAKE_TIMEOUT_MS 10000
#define PING_INTERVAL_MS 15000
#define CLOSE_TIMEOUT_MS 2000
#define WRITE_CAP_BYTES (1024 * 1024)
/* Ours: without TLS, what waits for the socket. */
#define OUT_CAP_BYTES (256 * 1024)
#define FIRST_CAP_BYTES 32768

const char *
conn_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		CONN_ERROR_LIST(X)
#undef X
	}
	return code == 0 ? "no error" : "unknown connection error";
}

bool
conn_error_is_retryable(int code)
{
	switch (code) {
	case CONN_ERR_CONFIG:
	case CONN_ERR_CERT:
	case CONN_ERR_ALPN:
	case CONN_ERR_PROXY_DENIED:
		return false;
	default:
		return true;
	}
}

const char *
conn_state_name(enum conn_state s)
{
	static const char *const names[] = { "resolving", "connecting",
		"asking the proxy", "TLS handshake", "waiting for the client",
		"ready", "closing", "closed" };

	return names[s];
}

/* --- life ------------------------------------------------------------ */

static bool
is_printable(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s == 0x7f)
			return false;
	return true;
}

static int
copy_string(const char **to, const char *from)
{
	*to = from == NULL ? NULL : strdup(from);
	return from == NULL || *to != NULL ? 0 : -1;
}

static void
set_default(int64_t *v, int64_t ms)
{
	if (*v == 0)
		*v = ms;
}

static int
copy_config(struct conn_config *to, const struct conn_config *from)
{
	*to = *from;
	/* Not to be freed when a copy fails before they are ours. */
	to->host = to->verify_host = to->proxy_host = to->proxy_auth = NULL;
	to->tls = from->tls == NULL ? NULL : tls_ctx_ref(from->tls);
	set_default(&to->connect_timeout_ms, CONNECT_TIMEOUT_MS);
	set_default(&to->handshake_timeout_ms, HANDSHAKE_TIMEOUT_MS);
	set_default(&to->ping_interval_ms, PING_INTERVAL_MS);
	set_default(&to->ping_timeout_ms, CONN_PING_TIMEOUT_MS);
	set_default(&to->close_timeout_ms, CLOSE_TIMEOUT_MS);
	if (to->write_cap_bytes == 0)
		to->write_cap_bytes = WRITE_CAP_BYTES;
	if (copy_string(&to->host, from->host) != 0 ||
	    copy_string(&to->verify_host,
		from->verify_host != NULL ? from->verify_host : from->host) !=
		0 ||
	    copy_string(&to->proxy_host, from->proxy_host) != 0 ||
	    copy_string(&to->proxy_auth, from->proxy_auth) != 0)
		return -1;
	return 0;
}

static struct conn *
conn_new(const struct conn_config *config, const struct conn_events *events,
    void *arg, int64_t now_ms)
{
	static const struct conn_events none;
	struct conn *c;

	c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	c->fd = c->slot = -1;
	c->ev = events != NULL ? events : &none;
	c->arg = arg;
	c->now_ms = c->heard_at_ms = c->active_at_ms = now_ms;
	c->deadline_ms = LOOP_NEVER;
	bytes_init(&c->first, FIRST_CAP_BYTES);
	bytes_init(&c->out, OUT_CAP_BYTES);
	if (copy_config(&c->config, config) != 0) {
		conn_free(c);
		return NULL;
	}
	bytes_init(&c->app, c->config.write_cap_bytes);
	return c;
}

int
conn_dial(struct conn **out, const struct conn_config *config,
    const struct conn_events *events, void *arg, int64_t now_ms)
{
	bool by_proxy = config->proxy_host != NULL;
	struct conn *c;

	if (config->host == NULL || *config->host == '\0' ||
	    config->port == 0 || (by_proxy && config->proxy_port == 0) ||
	    !is_printable(config->host) || !is_printable(config->proxy_host) ||
	    !is_printable(config->proxy_auth))
		return CONN_ERR_CONFIG;
	c = conn_new(config, events, arg, now_ms);
	if (c == NULL)
		return CONN_ERR_NOMEM;
	if (resolve_start(&c->resolve,
		by_proxy ? config->proxy_host : config->host,
		by_proxy ? config->proxy_port : config->port) != 0) {
		conn_free(c);
		return CONN_ERR_NOMEM;
	}
	conn_set_state(c, CONN_RESOLVING, c->config.connect_timeout_ms);
	*out = c;
	return 0;
}

int
conn_accept(struct conn **out, int fd, const struct conn_config *config,
    const struct conn_events *events, void *arg, int64_t now_ms)
{
	int on = 1, flags = fcntl(fd, F_GETFL);
	struct conn *c;

	c = conn_new(config, events, arg, now_ms);
	if (c == NULL || flags == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
		conn_free(c);
		(void)close(fd);
		return CONN_ERR_NOMEM;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c->fd = fd;
	c->is_server = true;
	conn_up_socket(c);
	*out = c;
	return 0;
}

void
conn_close_socket(struct conn *c)
{
	if (c->fd != -1)
		(void)close(c->fd);
	c->fd = c->slot = -1;
}

/* Let go of everything below the owner. */
void
conn_release_transport(struct conn *c)
{
	resolve_free(c->resolve);
	c->resolve = NULL;
	if (c->is_dialing)
		dial_release(&c->dial);
	c->is_dialing = false;
	conn_close_socket(c);
	h2_free(c->h2);
	c->h2 = NULL;
	tls_free(c->tls);
	c->tls = NULL;
	bytes_release(&c->first);
	bytes_release(&c->app);
	bytes_release(&c->out);
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	if (c->depth > 0) {
		c->is_dead = true;
		if (c->h2 != NULL)
			h2_mute(c->h2);
		return;
	}
	conn_release_transport(c);
	tls_ctx_free(c->config.tls);
	free((char *)(uintptr_t)c->config.host);
	free((char *)(uintptr_t)c->config.verify_host);
	free((char *)(uintptr_t)c->config.proxy_host);
	if (c->config.proxy_auth != NULL)
		explicit_bzero((char *)(uintptr_t)c->config.proxy_auth,
		    strlen(c->config.proxy_auth));
	free((char *)(uintptr_t)c->config.proxy_auth);
	free(c);
}

/* --- state ----------------------------------------------------------- */

void
conn_set_state(struct conn *c, enum conn_state s, int64_t timeout_ms)
{
	c->state = s;
	c->deadline_ms = timeout_ms < 0 ? LOOP_NEVER : c->now_ms + timeout_ms;
}

void
conn_end(struct conn *c, int code, const char *fmt, ...)
{
	va_list ap;
	size_t n = 0;

	if (c->has_ended)
		return;
	c->has_ended = true;
	c->error = code;
	if (code == 0)
		return;
	if (c->is_server)
		n = (size_t)snprintf(c->text, sizeof c->text, "%s: ", c->peer);
	else
		n = (size_t)snprintf(c->text, sizeof c->text,
		    "%.200s:%u: ", c->config.host,
		    (unsigned int)c->config.port);
	va_start(ap, fmt);
	(void)vsnprintf(c->text + n, sizeof c->text - n, fmt, ap);
	va_end(ap);
}

bool
conn_is_over(const struct conn *c)
{
	return c->is_dead || c->has_ended;
}

/* --- ends ------------------------------------------------------------ */

void
conn_close(struct conn *c, int64_t now_ms)
{
	if (conn_is_over(c) || c->is_closing)
		return;
	c->is_closing = c->needs_turn = true;
	c->now_ms = now_ms;
	if (c->state != CONN_READY && c->state != CONN_CLOSING) {
		conn_end(c, 0, " ");
		return;
	}
	if (c->h2 != NULL)
		(void)h2_goaway(c->h2, H2_NO_ERROR, NULL);
	conn_set_state(c, CONN_CLOSING, c->config.close_timeout_ms);
}

void
conn_abort(struct conn *c)
{
	struct linger hard = { 1, 0 };

	if (c->fd != -1)
		(void)setsockopt(
		    c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	conn_cut(c);
}

void
conn_cut(struct conn *c)
{
	if (conn_is_over(c))
		return;
	conn_close_socket(c);
	conn_end(c, 0, " ");
}

/* --- questions ------------------------------------------------------- */

enum conn_state
conn_state(const struct conn *c)
{
	return c->state;
}

struct h2 *
conn_h2(struct conn *c)
{
	return c->state == CONN_READY || c->state == CONN_CLOSING ? c->h2
	                                                          : NULL;
}

bool
conn_can_open(struct conn *c)
{
	return !conn_is_over(c) && c->state == CONN_READY && c->h2 != NULL &&
	       !c->is_eof && !c->is_broken && h2_can_open(c->h2);
}

bool
conn_is_draining(const struct conn *c)
{
	return c->is_draining || c->is_closing || c->has_ended;
}

int
conn_error(const struct conn *c)
{
	return c->error;
}

const char *
conn_error_text(const struct conn *c)
{
	return c->text;
}

int
conn_write(struct conn *c, const void *p, size_t n)
{
	int rv;

	if (conn_is_over(c) || !c->is_http1 || c->is_closing)
		return CONN_ERR_CLOSED;
	c->active_at_ms = c->now_ms;
	rv = bytes_append(&c->app, p, n);
	if (rv == 0)
		return 0;
	return rv == BYTES_ERR_FULL ? CONN_ERR_FULL : CONN_ERR_NOMEM;
}

size_t
conn_queued_bytes(const struct conn *c)
{
	return bytes_len(&c->app);
}

void
conn_pause(struct conn *c, bool is_paused)
{
	c->is_paused = is_paused;
	/* TLS may hold bytes that no poll would tell of. */
	c->needs_turn = true;
}

const char *
conn_peer(const struct conn *c)
{
	return c->peer;
}

void *
conn_arg(const struct conn *c)
{
	return c->arg;
}

int64_t
conn_heard_at_ms(const struct conn *c)
{
	return c->heard_at_ms;
}

int64_t
conn_ready_at_ms(const struct conn *c)
{
	return c->ready_at_ms;
}

const struct tls *
conn_tls(const struct conn *c)
{
	return c->tls;
}
