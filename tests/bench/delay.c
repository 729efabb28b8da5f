#define _GNU_SOURCE /* ppoll, accept4 */
/* with: tests/bench/lib/measure.c */
/*
 * A TCP proxy on loopback that makes a distance: every byte arrives MS
 * milliseconds after it was sent, each way.
 *
 *	delay MS PORT	forwards to 127.0.0.1:PORT; prints its own port
 *
 * A new TCP connection costs a round trip, too, which the kernel spares us
 * here: the first bytes of a client are held for one more.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/opt.h"
#include "lib/measure.h"

#define LINKS_MAX 128
#define QUEUE_BYTES (8 * 1024 * 1024)
#define PIECES_MAX 4096
#define READ_BYTES 65536

/* What came in one read, and when it may leave. */
struct piece {
	size_t n;
	double at_us;
};

/* One direction of a connection. */
struct way {
	int from, to; /* the link's */
	int from_slot, to_slot;
	struct bytes q;
	struct piece pieces[PIECES_MAX]; /* a ring */
	size_t first, npieces;
	double not_before_us; /* the connection is not there yet */
	double ended_us;      /* leave to end `to`; 0: `from` goes on */
	bool is_shut;
};

struct link {
	int client, server;
	bool is_broken;
	struct way up, down;
};

struct proxy {
	int listener;
	double delay_us;
	in_port_t port;
	struct link *links[LINKS_MAX];
	size_t nlinks;
	struct pollfd fds[1 + 4 * LINKS_MAX];
	nfds_t nfds;
	double wake_us; /* 0: nothing is due */
};

static int
watch(struct proxy *p, int fd, short events)
{
	p->fds[p->nfds] = (struct pollfd){ .fd = fd, .events = events };
	return (int)p->nfds++;
}

static bool
is_ready(const struct proxy *p, int slot)
{
	return slot >= 0 && p->fds[slot].revents != 0;
}

static void
wake(struct proxy *p, double at_us)
{
	if (p->wake_us == 0 || at_us < p->wake_us)
		p->wake_us = at_us;
}

static void
way_init(struct way *w, int from, int to, double not_before_us)
{
	memset(w, 0, sizeof(*w));
	w->from = from;
	w->to = to;
	w->not_before_us = not_before_us;
	bytes_init(&w->q, QUEUE_BYTES);
}

static void
way_prepare(struct proxy *p, struct way *w, double now_us)
{
	w->from_slot = w->to_slot = -1;
	if (w->ended_us == 0 && w->npieces < PIECES_MAX &&
	    bytes_len(&w->q) + READ_BYTES <= QUEUE_BYTES)
		w->from_slot = watch(p, w->from, POLLIN);
	if (w->npieces > 0 && w->pieces[w->first].at_us <= now_us)
		w->to_slot = watch(p, w->to, POLLOUT);
	else if (w->npieces > 0)
		wake(p, w->pieces[w->first].at_us);
	else if (w->ended_us != 0 && !w->is_shut)
		wake(p, w->ended_us);
}

/* Returns false when the connection is broken. */
static bool
way_read(struct proxy *p, struct way *w)
{
	uint8_t *room = bytes_reserve(&w->q, READ_BYTES);
	double at_us;
	ssize_t n;

	if (room == NULL)
		return false;
	n = recv(w->from, room, READ_BYTES, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	at_us = measure_us() + p->delay_us;
	if (at_us < w->not_before_us)
		at_us = w->not_before_us;
	if (n == 0) {
		w->ended_us = at_us;
		return true;
	}
	bytes_commit(&w->q, (size_t)n);
	w->pieces[(w->first + w->npieces++) % PIECES_MAX] =
	    (struct piece){ (size_t)n, at_us };
	return true;
}

static bool
way_write(struct way *w, double now_us)
{
	struct piece *piece;
	const uint8_t *p;
	ssize_t n;
	size_t len;

	while (w->npieces > 0 && w->pieces[w->first].at_us <= now_us) {
		piece = &w->pieces[w->first];
		p = bytes_peek(&w->q, &len);
		n = send(w->to, p, piece->n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		bytes_skip(&w->q, (size_t)n);
		if ((piece->n -= (size_t)n) > 0)
			return true;
		w->first = (w->first + 1) % PIECES_MAX;
		w->npieces--;
	}
	if (w->npieces == 0 && w->ended_us != 0 && w->ended_us <= now_us &&
	    !w->is_shut) {
		w->is_shut = true;
		shutdown(w->to, SHUT_WR);
	}
	return true;
}

static bool
way_dispatch(struct proxy *p, struct way *w)
{
	if (is_ready(p, w->from_slot) && !way_read(p, w))
		return false;
	return way_write(w, measure_us());
}

static void
link_free(struct link *l)
{
	close(l->client);
	close(l->server);
	bytes_release(&l->up.q);
	bytes_release(&l->down.q);
	free(l);
}

static int
tcp_socket(in_port_t port, struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_port = htons(port);
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		die(EX_OSERR, "no socket: %s", strerror(errno));
	return fd;
}

static void
accept_link(struct proxy *p)
{
	int on = 1, client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	struct sockaddr_in address;
	struct link *l;
	int server;

	if (client < 0)
		return;
	server = tcp_socket(p->port, &address);
	if (p->nlinks == LINKS_MAX ||
	    connect(server, (struct sockaddr *)&address, sizeof(address)) !=
		0) {
		close(client);
		close(server);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	l = xcalloc(1, sizeof(*l));
	l->client = client;
	l->server = server;
	way_init(&l->up, client, server, measure_us() + 3 * p->delay_us);
	way_init(&l->down, server, client, 0);
	p->links[p->nlinks++] = l;
}

/* Sleep until something comes or is due, to the microsecond. */
static void
sleep_until(struct proxy *p, double now_us)
{
	struct timespec t, *timeout = NULL;
	double us = p->wake_us - now_us;

	if (p->wake_us != 0) {
		us = us < 0 ? 0 : us;
		t.tv_sec = (time_t)(us / 1e6);
		t.tv_nsec = (long)((us - (double)t.tv_sec * 1e6) * 1e3);
		timeout = &t;
	}
	if (ppoll(p->fds, p->nfds, timeout, NULL) < 0)
		p->nfds = 0; /* a signal: nothing is known to be ready */
}

static void
turn(struct proxy *p)
{
	double now_us = measure_us();
	size_t i, kept = 0;

	p->nfds = 0;
	p->wake_us = 0;
	watch(p, p->listener, POLLIN);
	for (i = 0; i < p->nlinks; i++) {
		way_prepare(p, &p->links[i]->up, now_us);
		way_prepare(p, &p->links[i]->down, now_us);
	}
	sleep_until(p, now_us);
	if (p->nfds == 0)
		return;
	for (i = 0; i < p->nlinks; i++) {
		struct link *l = p->links[i];

		if (way_dispatch(p, &l->up) && way_dispatch(p, &l->down) &&
		    !(l->up.is_shut && l->down.is_shut))
			p->links[kept++] = l;
		else
			link_free(l);
	}
	p->nlinks = kept;
	if (is_ready(p, 0))
		accept_link(p);
}

int
main(int argc, char **argv)
{
	static struct proxy p;
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	log_open("delay");
	if (argc != 3)
		die(EX_USAGE, "usage: delay MS PORT");
	p.delay_us = opt_real("MS", argv[1], 0, 10000) * 1e3;
	p.port = (in_port_t)opt_num("PORT", argv[2], 1, 65535);
	prctl(PR_SET_TIMERSLACK, 1000UL); /* nanoseconds */
	p.listener = tcp_socket(0, &address);
	if (bind(p.listener, (struct sockaddr *)&address, sizeof(address)) !=
		0 ||
	    listen(p.listener, LINKS_MAX) != 0 ||
	    getsockname(p.listener, (struct sockaddr *)&address, &len) != 0)
		die(EX_OSERR, "cannot listen: %s", strerror(errno));
	printf("%u\n", (unsigned int)ntohs(address.sin_port));
	fflush(stdout);
	for (;;)
		turn(&p);
}
