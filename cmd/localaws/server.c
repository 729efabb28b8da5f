#define _GNU_SOURCE /* accept4 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "client.h"
#include "faults_connect.h"

/* Rounds of pumping in a turn before descriptors are looked at again. */
#define ROUNDS_MAX 4
/* Pause after accept(2) found no descriptor free. */
#define ACCEPT_PAUSE_MS 200

struct server {
	struct localaws *la;
	struct tls_ctx *tls; /* borrowed */
	int fds[2];          /* 127.0.0.1, ::1 */
	int slots[2];
	uint16_t port;
	struct client **clients;
	size_t nclients;
	int64_t accept_at_ms; /* not before */
	bool is_busy;         /* do not wait: there is more to pump */
	bool is_out;          /* a fault: who connects is turned away */
};

static int
listen_on(int family, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *sa = family == AF_INET
	                                ? (const struct sockaddr *)&v4
	                                : (const struct sockaddr *)&v6;
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd, on = 1, saved;

	v4.sin_port = v6.sin6_port = htons(port);
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v6.sin6_addr = in6addr_loopback;
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, sa, len) == 0 && listen(fd, 128) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
server_new(struct server **out, struct localaws *la, struct tls_ctx *tls,
    uint16_t port)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	s->la = la;
	s->tls = tls;
	s->fds[1] = -1;
	s->slots[0] = s->slots[1] = -1;
	s->clients = calloc(SERVER_CLIENTS_MAX, sizeof(struct client *));
	s->fds[0] = listen_on(AF_INET, port);
	if (s->clients == NULL || s->fds[0] < 0 ||
	    getsockname(s->fds[0], (struct sockaddr *)&sa, &len) != 0) {
		server_free(s);
		return -1;
	}
	s->port = ntohs(sa.sin_port);
	/* A machine without IPv6, or with that port taken, does without. */
	s->fds[1] = listen_on(AF_INET6, s->port);
	*out = s;
	return 0;
}

void
server_free(struct server *s)
{
	int saved = errno;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->nclients; i++)
		client_free(s->clients[i]);
	free(s->clients);
	for (int i = 0; i < 2; i++)
		if (s->fds[i] >= 0)
			close(s->fds[i]);
	free(s);
	errno = saved;
}

uint16_t
server_port(const struct server *s)
{
	return s->port;
}

void
server_prepare(struct server *s, struct loop *l)
{
	for (int i = 0; i < 2; i++)
		s->slots[i] = -1;
	if (s->accept_at_ms != 0)
		loop_deadline(l, s->accept_at_ms);
	else if (s->nclients < SERVER_CLIENTS_MAX)
		for (int i = 0; i < 2; i++)
			s->slots[i] = loop_watch(l, s->fds[i], POLLIN);
	for (size_t i = 0; i < s->nclients; i++)
		client_prepare(s->clients[i], l);
	if (s->is_busy)
		loop_deadline(l, 0);
}

static void
server_accept(struct server *s, int listener, int64_t now_ms)
{
	struct client *c;
	int fd, on = 1;

	while (s->nclients < SERVER_CLIENTS_MAX) {
		fd =
		    accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOMEM || errno == ENOBUFS) {
				log_msg(LOG_WARN, "server",
				    "cannot accept a connection: %s",
				    strerror(errno));
				s->accept_at_ms = now_ms + ACCEPT_PAUSE_MS;
			}
			return;
		}
		if (now_ms < s->la->outage_until_ms) {
			faults_abort(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if ((c = client_new(s->la, s->tls, fd, now_ms)) != NULL)
			s->clients[s->nclients++] = c;
	}
}

static void
server_sweep(struct server *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nclients; i++) {
		if (client_is_over(s->clients[i]))
			client_free(s->clients[i]);
		else
			s->clients[n++] = s->clients[i];
	}
	s->nclients = n;
}

/* An outage takes all connections along when it begins. */
static void
server_fail(struct server *s, int64_t now_ms)
{
	bool was_out = s->is_out;

	s->is_out = now_ms < s->la->outage_until_ms;
	if (!s->is_out || was_out)
		return;
	for (size_t i = 0; i < s->nclients; i++)
		client_abort(s->clients[i]);
	s->is_busy = true;
}

void
server_dispatch(struct server *s, struct loop *l, int64_t now_ms)
{
	if (now_ms >= s->accept_at_ms)
		s->accept_at_ms = 0;
	for (size_t i = 0; i < s->nclients; i++)
		client_dispatch(s->clients[i], l, now_ms);
	for (int i = 0; i < 2; i++)
		if (loop_revents(l, s->slots[i]) != 0)
			server_accept(s, s->fds[i], now_ms);
	s->is_busy = true;
	for (int round = 0; s->is_busy && round < ROUNDS_MAX; round++) {
		s->is_busy = false;
		for (size_t i = 0; i < s->nclients; i++)
			if (client_pump(s->clients[i], now_ms))
				s->is_busy = true;
	}
	server_fail(s, now_ms);
	server_sweep(s);
}
