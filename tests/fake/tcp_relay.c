/*
 * A way between two programs that can be cut: what comes to one port of this
 * machine goes to another, both ways.  Killed, all its connections are.
 *
 *	tcp_relay PORT TARGET_PORT
 *	tcp_relay PORT connect
 *
 * PORT 0 is any free one; it is printed when it listens.  "connect" is an HTTP
 * proxy: CONNECT names the target, and "CONNECT host:port" is printed, too.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS 64

static int ends[PAIRS][2];
static int npairs;

static struct sockaddr_in
local(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return to;
}

static int
fail(const char *what)
{
	perror(what);
	exit(1);
}

static int
dial(int port)
{
	struct sockaddr_in to = local(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1)
		fail("socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The port that a client's CONNECT names, answered. */
static int
asked_port(int fd)
{
	static const char yes[] = "HTTP/1.1 200 OK\r\n\r\n";
	char head[4096], host[256];
	size_t len = 0;
	int port;

	while (len < sizeof(head) - 1 && read(fd, head + len, 1) == 1) {
		head[++len] = '\0';
		if (len >= 4 && strcmp(head + len - 4, "\r\n\r\n") == 0)
			break;
	}
	if (sscanf(head, "CONNECT %255[^: ]:%d HTTP/1.1", host, &port) != 2)
		return -1;
	printf("CONNECT %s:%d\n", host, port);
	fflush(stdout);
	return write(fd, yes, sizeof(yes) - 1) > 0 ? port : -1;
}

static void
accept_one(int listener, int target)
{
	int fd = accept(listener, NULL, NULL), other = -1, port = target;

	if (fd == -1)
		return;
	if (target == -1)
		port = asked_port(fd);
	if (port != -1 && npairs < PAIRS)
		other = dial(port);
	if (other == -1) {
		close(fd);
		return;
	}
	ends[npairs][0] = fd;
	ends[npairs++][1] = other;
}

/* Move what is there; whether the pair lives on. */
static bool
move(int from, int to)
{
	char buf[65536];
	ssize_t n = read(from, buf, sizeof(buf)), done, at = 0;

	for (; at < n; at += done) {
		done = write(to, buf + at, (size_t)(n - at));
		if (done <= 0)
			return false;
	}
	return n > 0;
}

int
main(int argc, char **argv)
{
	struct pollfd fds[1 + 2 * PAIRS];
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int listener, target, on = 1, i, k;
	bool is_alive;

	if (argc != 3)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	target = strcmp(argv[2], "connect") == 0 ? -1 : atoi(argv[2]);
	at = local(atoi(argv[1]));
	listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) == -1)
		fail("bind");
	if (listen(listener, 16) == -1 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) == -1)
		fail("listen");
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (;;) {
		fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (i = 0; i < 2 * npairs; i++)
			fds[1 + i] = (struct pollfd){ .fd = ends[i / 2][i % 2],
				.events = POLLIN };
		if (poll(fds, (nfds_t)(1 + 2 * npairs), -1) == -1)
			fail("poll");
		for (i = npairs - 1; i >= 0; i--) {
			is_alive = true;
			for (k = 0; k < 2 && is_alive; k++)
				if (fds[1 + 2 * i + k].revents != 0)
					is_alive =
					    move(ends[i][k], ends[i][1 - k]);
			if (is_alive)
				continue;
			close(ends[i][0]);
			close(ends[i][1]);
			npairs--;
			memcpy(ends[i], ends[npairs], sizeof(ends[i]));
		}
		if (fds[0].revents != 0)
			accept_one(listener, target);
	}
}
