/*
 * An HTTP/1.1 server on loopback for one test: a thread that takes one
 * connection after another, keeps each request as it came, and sends the
 * answers it was given, in order, bytes for bytes.
 */
#ifndef AWS_PEER_H
#define AWS_PEER_H

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEER_MAX 16
#define PEER_BYTES 65536

struct peer {
	int fd;
	unsigned int port;
	pthread_t thread;
	const char *answers[PEER_MAX]; /* "": close without one */
	size_t nanswers;
	char *requests[PEER_MAX]; /* head and body */
	size_t nrequests;
	size_t nconnections;
};

/* One request off the connection; NULL: it ended. */
static inline char *
peer_read(int fd)
{
	char *buf = calloc(1, PEER_BYTES), *end = NULL, *length;
	size_t n = 0, want = 0;
	ssize_t got;

	for (;;) {
		end = strstr(buf, "\r\n\r\n");
		if (end != NULL) {
			length = strcasestr(buf, "\r\ncontent-length:");
			want = (size_t)(end + 4 - buf) +
			       (length != NULL ? strtoul(length + 17, NULL, 10)
					       : 0);
			if (n >= want)
				return buf;
		}
		got = recv(fd, buf + n, PEER_BYTES - 1 - n, 0);
		if (got <= 0) {
			free(buf);
			return NULL;
		}
		n += (size_t)got;
	}
}

static inline void *
peer_run(void *arg)
{
	struct peer *p = arg;
	const char *answer;
	char *request;
	int fd;

	while (p->nrequests < p->nanswers) {
		fd = accept(p->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		p->nconnections++;
		while (p->nrequests < p->nanswers &&
		       (request = peer_read(fd)) != NULL) {
			answer = p->answers[p->nrequests];
			p->requests[p->nrequests++] = request;
			if (answer[0] == '\0' ||
			    send(fd, answer, strlen(answer), MSG_NOSIGNAL) <
				0 ||
			    strstr(answer, "Connection: close") != NULL)
				break;
		}
		close(fd);
	}
	return NULL;
}

/* Take a port.  Until peer_listen() who comes is refused. */
static inline void
peer_bind(struct peer *p)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(p->fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(getsockname(p->fd, (struct sockaddr *)&sa, &len), 0);
	p->port = ntohs(sa.sin_port);
}

static inline void
peer_listen(struct peer *p)
{
	ck_assert_int_eq(listen(p->fd, 8), 0);
	ck_assert_int_eq(pthread_create(&p->thread, NULL, peer_run, p), 0);
}

static inline void
peer_start(struct peer *p)
{
	peer_bind(p);
	peer_listen(p);
}

/* Wait for the thread, which has sent all its answers. */
static inline void
peer_stop(struct peer *p)
{
	size_t i;

	shutdown(p->fd, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->fd);
	for (i = 0; i < p->nrequests; i++)
		free(p->requests[i]);
}

/* Value of a header of request i, in a static buffer; NULL: not there. */
static inline const char *
peer_header(const struct peer *p, size_t i, const char *name)
{
	static char value[4096];
	char needle[128];
	const char *at, *end;

	snprintf(needle, sizeof(needle), "\r\n%s: ", name);
	at = strcasestr(p->requests[i], needle);
	if (at == NULL)
		return NULL;
	at += strlen(needle);
	end = strstr(at, "\r\n");
	snprintf(value, sizeof(value), "%.*s", (int)(end - at), at);
	return value;
}

static inline const char *
peer_body(const struct peer *p, size_t i)
{
	return strstr(p->requests[i], "\r\n\r\n") + 4;
}

#endif
