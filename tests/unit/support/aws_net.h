/*
 * A small world for tests of what owns sockets: a listener on loopback, server
 * connections of ours that echo, client connections, a pool; all in one loop
 * with a clock that the test moves.  A turn waits for a descriptor, never for
 * time: when nothing happens for STUCK_MS of real time, the test has failed.
 */
#ifndef AWS_NET_H
#define AWS_NET_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/conn.h"
#include "aws/pool.h"
#include "aws/resolve.h"
#include "aws_pki.h"

#define STUCK_MS 10000
#define NET_CONNS 64
#define STORY_BYTES 8192

struct net {
	struct loop loop;
	int64_t now_ms;
	int listen_fd;
	uint16_t port;
	bool is_frozen; /* servers are not driven: a peer that went silent */
	struct conn_config server_config;
	struct conn *servers[NET_CONNS];
	size_t nservers; /* accepted so far */
	struct conn *clients[NET_CONNS];
	size_t nclients;
	struct pool *pool;
	struct tls_ctx *client_tls, *server_tls;
	struct pki pki;
	char story[STORY_BYTES];
	size_t story_len;
	size_t nbody; /* bytes of response bodies seen */
};

static struct net net;

__attribute__((format(printf, 1, 2))) static inline void
tell(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(net.story + net.story_len,
	    sizeof net.story - net.story_len, fmt, ap);
	va_end(ap);
	ck_assert_int_ge(n, 0);
	ck_assert_uint_lt(net.story_len + (size_t)n, sizeof net.story);
	net.story_len += (size_t)n;
}

static inline void
forget(void)
{
	net.story_len = 0;
	net.story[0] = '\0';
}

static inline bool
told(const char *what)
{
	return strstr(net.story, what) != NULL;
}

/* --- a server that echoes -------------------------------------------- */

static inline void
echo_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	ck_assert_int_eq(h2_write(h2, id, p, n), 0);
	h2_consume(h2, id, n);
}

static inline void
echo_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	(void)h2_end(h2, id);
}

static inline void
echo_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)arg;
	(void)h2;
	(void)id;
	tell("[server: stream %s %s]", h2_why_text(why), h2_code_name(code));
}

static const struct h2_stream_events echo_events = { NULL, echo_data, echo_end,
	NULL, echo_close };

/* Reads, but never says that it has: the window stays closed. */
static inline void
hold_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)h2;
	(void)id;
	(void)p;
	(void)n;
}

/* "/silent" is never answered, "/refuse" is refused, "/hold" reads nothing; all
 * else is echoed. */
static inline void
echo_request(void *arg, struct conn *c, struct h2 *h2, int32_t id,
    const struct h2_request *r)
{
	static const struct h2_stream_events hold = { NULL, hold_data, NULL,
		NULL, echo_close };

	(void)c;
	tell("[server: %s %s]", r->method, r->path);
	if (strcmp(r->path, "/refuse") == 0) {
		h2_reset(h2, id, H2_REFUSED_STREAM);
		return;
	}
	(void)h2_attach(
	    h2, id, strcmp(r->path, "/echo") == 0 ? &echo_events : &hold, arg);
	if (strcmp(r->path, "/silent") != 0)
		ck_assert_int_eq(h2_respond(h2, id, 200, NULL, 0, true), 0);
}

static inline void
server_bytes(void *arg, struct conn *c, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)c;
	tell("[server: bytes %.*s]", (int)(n < 100 ? n : 100), (const char *)p);
}

static inline void
server_closed(void *arg, struct conn *c, int error)
{
	(void)arg;
	tell("[server: closed %s]", conn_strerror(error));
	(void)c;
}

static const struct conn_events server_events = { .on_request = echo_request,
	.on_bytes = server_bytes,
	.on_closed = server_closed };

/* --- a client that tells --------------------------------------------- */

static inline void
client_ready(void *arg, struct conn *c)
{
	(void)arg;
	(void)c;
	tell("ready;");
}

static inline void
client_draining(void *arg, struct conn *c)
{
	(void)arg;
	(void)c;
	tell("draining;");
}

static inline void
client_closed(void *arg, struct conn *c, int error)
{
	(void)arg;
	(void)c;
	tell("closed: %s;", conn_strerror(error));
}

static const struct conn_events client_events = { .on_ready = client_ready,
	.on_draining = client_draining,
	.on_closed = client_closed };

static inline void
got_headers(void *arg, struct h2 *h2, int32_t id, int status,
    const struct h2_header *headers, size_t n, bool is_end)
{
	(void)arg;
	(void)h2;
	(void)id;
	(void)headers;
	(void)n;
	(void)is_end;
	tell("status %d;", status);
}

static inline void
got_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)h2;
	(void)id;
	if (net.nbody + n <= 64)
		tell("data %.*s;", (int)n, (const char *)p);
	net.nbody += n;
}

static inline void
got_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	(void)h2;
	(void)id;
	tell("end;");
}

static inline void
got_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)arg;
	(void)h2;
	(void)id;
	tell("stream %s %s;", h2_why_text(why), h2_code_name(code));
}

static const struct h2_stream_events telling = { got_headers, got_data, got_end,
	NULL, got_close };

static inline int32_t
ask(struct conn *c, const char *path)
{
	struct h2_request r = { "POST", "https", "localhost", path, NULL, 0,
		true };
	int32_t id;

	ck_assert_ptr_nonnull(conn_h2(c));
	id = h2_request(conn_h2(c), &r, &telling, NULL);
	ck_assert_int_gt(id, 0);
	return id;
}

/* --- the world ------------------------------------------------------- */

static inline int
net_listen(int family, const char *host, int backlog, uint16_t *port)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	struct sockaddr *a =
	    family == AF_INET ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6;
	socklen_t len = family == AF_INET ? sizeof a4 : sizeof a6;
	int fd = socket(family, SOCK_STREAM, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(inet_pton(family, host,
			     family == AF_INET ? (void *)&a4.sin_addr
					       : (void *)&a6.sin6_addr),
	    1);
	ck_assert_int_eq(bind(fd, a, len), 0);
	ck_assert_int_eq(listen(fd, backlog), 0);
	ck_assert_int_eq(getsockname(fd, a, &len), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	*port = ntohs(family == AF_INET ? a4.sin_port : a6.sin6_port);
	return fd;
}

static inline void
net_init(void)
{
	memset(&net, 0, sizeof net);
	loop_init(&net.loop);
	/* Far from what clock_mono_ms() says: nobody may look there. */
	net.now_ms = 1000000000;
	net.listen_fd = net_listen(AF_INET, "127.0.0.1", 64, &net.port);
}

static inline void
net_init_tls(void)
{
	net_init();
	pki_init(&net.pki);
	pki_issue(&net.pki, "server", "DNS:localhost,IP:127.0.0.1", -PKI_DAY,
	    PKI_DAY);
	ck_assert_int_eq(
	    tls_server_ctx_new(&net.server_tls,
		pki_path(&net.pki, "server.pem"),
		pki_path(&net.pki, "server.key"), "h2,http/1.1", NULL),
	    0);
	ck_assert_int_eq(tls_client_ctx_new(&net.client_tls,
			     pki_path(&net.pki, "ca.pem"), "h2", NULL),
	    0);
	net.server_config.tls = net.server_tls;
}

static inline void
net_release(void)
{
	size_t i;

	pool_free(net.pool);
	for (i = 0; i < NET_CONNS; i++) {
		conn_free(net.clients[i]);
		conn_free(net.servers[i]);
	}
	if (net.listen_fd != -1)
		(void)close(net.listen_fd);
	loop_release(&net.loop);
	tls_ctx_free(net.client_tls);
	tls_ctx_free(net.server_tls);
	if (net.pki.nfiles > 0)
		pki_release(&net.pki);
}

static inline struct conn_config
net_config(void)
{
	struct conn_config config;

	memset(&config, 0, sizeof config);
	config.host = "127.0.0.1";
	config.port = net.port;
	config.tls = net.client_tls;
	return config;
}

static inline struct conn *
net_dial_with(
    const struct conn_config *config, const struct conn_events *ev, void *arg)
{
	struct conn *c;

	ck_assert_int_eq(conn_dial(&c, config, ev, arg, net.now_ms), 0);
	ck_assert_uint_lt(net.nclients, NET_CONNS);
	net.clients[net.nclients++] = c;
	return c;
}

static inline struct conn *
net_dial(void)
{
	struct conn_config config = net_config();

	return net_dial_with(&config, &client_events, NULL);
}

static inline void
net_accept(void)
{
	int fd = accept(net.listen_fd, NULL, NULL);

	if (fd == -1)
		return;
	ck_assert_uint_lt(net.nservers, NET_CONNS);
	ck_assert_int_eq(
	    conn_accept(&net.servers[net.nservers], fd, &net.server_config,
		&server_events, NULL, net.now_ms),
	    0);
	net.nservers++;
}

/* A bare socket of the client that dialed, for a peer played by the test. */
static inline int
net_accept_bare(void)
{
	struct pollfd p = { net.listen_fd, POLLIN, 0 };

	ck_assert_int_eq(poll(&p, 1, STUCK_MS), 1);
	return accept(net.listen_fd, NULL, NULL);
}

/* Forget a client: the callback freed it, or the test does. */
static inline void
net_drop(struct conn *c)
{
	size_t i;

	for (i = 0; i < NET_CONNS; i++)
		if (net.clients[i] == c)
			net.clients[i] = NULL;
}

static inline void
net_prepare(void)
{
	size_t i;

	loop_begin(&net.loop);
	for (i = 0; i < NET_CONNS; i++) {
		if (net.clients[i] != NULL)
			conn_prepare(net.clients[i], &net.loop);
		if (net.servers[i] != NULL && !net.is_frozen)
			conn_prepare(net.servers[i], &net.loop);
	}
	if (net.pool != NULL)
		pool_prepare(net.pool, &net.loop, net.now_ms);
}

static inline void
net_dispatch(void)
{
	size_t i;

	for (i = 0; i < NET_CONNS; i++) {
		if (net.clients[i] != NULL)
			(void)conn_dispatch(
			    net.clients[i], &net.loop, net.now_ms);
		if (net.servers[i] != NULL && !net.is_frozen)
			(void)conn_dispatch(
			    net.servers[i], &net.loop, net.now_ms);
	}
	if (net.pool != NULL)
		pool_dispatch(net.pool, &net.loop, net.now_ms);
	if (!net.is_frozen)
		net_accept();
}

/* One turn; false if nothing was ready and nothing was due within wait_ms. */
static inline bool
net_turn_for(int wait_ms)
{
	bool is_due;
	int n;

	net_prepare();
	if (!net.is_frozen && net.listen_fd != -1)
		(void)loop_watch(&net.loop, net.listen_fd, POLLIN);
	is_due = net.loop.deadline_ms <= net.now_ms;
	n = poll(net.loop.fds, net.loop.n, is_due ? 0 : wait_ms);
	ck_assert_int_ge(n, 0);
	net_dispatch();
	return n > 0 || is_due;
}

static inline void
net_turn(void)
{
	ck_assert_msg(
	    net_turn_for(STUCK_MS), "nothing happens after: %s", net.story);
}

/* Turns until the story holds `what`. */
static inline void
net_until(const char *what)
{
	while (!told(what))
		net_turn();
}

/* Turns until all is quiet: nothing is ready, nothing is due. */
static inline void
net_settle(void)
{
	/* Loopback hands over at once: what is sent is there to be read. */
	while (net_turn_for(0))
		;
}

/* A stream from its opening to the end of the connection. */
static inline void
talk(struct conn *c)
{
	int32_t id;

	net_until("ready;");
	id = ask(c, "/echo");
	ck_assert_int_eq(h2_write(conn_h2(c), id, "hello", 5), 0);
	net_until("data hello;");
	ck_assert_int_eq(h2_end(conn_h2(c), id), 0);
	net_until("stream ended NO_ERROR;");
	conn_close(c, net.now_ms);
	net_until("closed: no error;");
	net_until("[server: closed no error]");
	ck_assert_int_eq(conn_state(c), CONN_CLOSED);
	ck_assert_int_eq(conn_error(c), 0);
	ck_assert_ptr_null(conn_h2(c));
}

/* --- addresses and bare sockets ----------------------------------------- */

static inline void
set_address(struct resolve_address *a, const char *host, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&a->addr;

	memset(a, 0, sizeof *a);
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	ck_assert_int_eq(inet_pton(AF_INET, host, &in->sin_addr), 1);
	a->len = sizeof *in;
}

/* A listener whose queue is full answers no SYN: the address hangs. */
static inline int
hanging_listener(uint16_t *port, int fill[4])
{
	int fd = net_listen(AF_INET, "127.0.0.1", 0, port), i;
	struct resolve_address a;

	set_address(&a, "127.0.0.1", *port);
	for (i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&a.addr, a.len);
	}
	return fd;
}

static inline int
bare_client(void)
{
	struct resolve_address a;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	/* Nagle would hold back what the test waits for. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	set_address(&a, "127.0.0.1", net.port);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a.addr, a.len), 0);
	return fd;
}

#endif
