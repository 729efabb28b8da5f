#define _GNU_SOURCE /* accept4, pipe2 */
/* with: tests/bench/lib/measure.c */
/*
 * From the start of a program to the first byte of audio that it sends, and in
 * turn with it, a bare TLS handshake with the same server.
 *
 *	first_byte CERT KEY ROUNDS COMMAND...
 *
 * The server is here: TLS on loopback with CERT (PEM, also what the client
 * trusts), HTTP/2, every stream answered with 200.  COMMAND (transcribe) gets
 * sound on standard input and its settings by environment.  Rows, microseconds:
 *
 *	total		start of COMMAND, to the first DATA of its stream
 *	loaded		start of COMMAND, to its connection
 *	handshake	its connection, to the end of its TLS handshake
 *	request		that, to the first DATA
 *	bare		connect(2), to the end of TLS, by OpenSSL alone
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "aws/conn.h"
#include "aws/tls.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "lib/measure.h"

#define LIMIT_MS 20000
#define SOUND_BYTES 32000

struct server {
	int listener;
	struct sockaddr_in address;
	struct tls_ctx *tls;
	struct loop loop;
	struct conn *conn;                     /* NULL: nobody */
	double accepted_us, ready_us, data_us; /* 0: not yet */
	SSL_CTX *bare;
};

/* --- its connections ------------------------------------------------------ */

static void
on_data(void *arg, struct h2 *h2, int32_t stream, const uint8_t *p, size_t n)
{
	struct server *s = arg;

	(void)h2;
	(void)stream;
	(void)p;
	(void)n;
	if (s->data_us == 0)
		s->data_us = measure_us();
}

static void
on_request(void *arg, struct conn *c, struct h2 *h2, int32_t stream,
    const struct h2_request *request)
{
	static const struct h2_header type = { "content-type",
		"application/vnd.amazon.eventstream" };
	static const struct h2_stream_events events = { .on_data = on_data };

	(void)c;
	(void)request;
	if (h2_attach(h2, stream, &events, arg) != 0 ||
	    h2_respond(h2, stream, 200, &type, 1, true) != 0)
		die(EX_SOFTWARE, "a request cannot be answered");
}

static void
on_ready(void *arg, struct conn *c)
{
	struct server *s = arg;

	(void)c;
	s->ready_us = measure_us();
}

static const struct conn_events conn_events = {
	.on_ready = on_ready,
	.on_request = on_request,
};

static void
accept_one(struct server *s)
{
	struct conn_config config;
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	s->accepted_us = measure_us();
	memset(&config, 0, sizeof(config));
	config.tls = s->tls;
	if (conn_accept(
		&s->conn, fd, &config, &conn_events, s, clock_mono_ms()) != 0)
		die(EX_SOFTWARE, "a connection cannot be served");
}

/* Turn until *mark is set or fd (-1: none) is readable. */
static void
serve_until(struct server *s, const double *mark, int fd)
{
	int64_t end_ms = clock_mono_ms() + LIMIT_MS;
	int listener, other;

	for (;;) {
		loop_begin(&s->loop);
		loop_deadline(&s->loop, end_ms);
		listener = s->conn == NULL
		               ? loop_watch(&s->loop, s->listener, POLLIN)
		               : -1;
		other = loop_watch(&s->loop, fd, POLLIN);
		if (s->conn != NULL)
			conn_prepare(s->conn, &s->loop);
		loop_wait(&s->loop);
		if (loop_revents(&s->loop, listener) != 0)
			accept_one(s);
		else if (s->conn != NULL)
			conn_dispatch(s->conn, &s->loop, clock_mono_ms());
		if (*mark != 0 || loop_revents(&s->loop, other) != 0)
			return;
		if (clock_mono_ms() >= end_ms)
			die(EX_UNAVAILABLE, "nothing comes");
	}
}

static void
hang_up(struct server *s)
{
	conn_free(s->conn);
	s->conn = NULL;
}

static void
begin(struct server *s)
{
	s->accepted_us = s->ready_us = s->data_us = 0;
}

/* --- its clients ---------------------------------------------------------- */

static void
run_command(struct server *s, char **command)
{
	static const char sound[SOUND_BYTES];
	int in[2], nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	double from_us;
	pid_t pid;

	if (nowhere < 0 || pipe2(in, O_CLOEXEC) != 0 ||
	    write(in[1], sound, sizeof(sound)) != sizeof(sound))
		die(EX_OSERR, "no pipe: %s", strerror(errno));
	begin(s);
	from_us = measure_us();
	pid = measure_start(command, in[0], nowhere);
	serve_until(s, &s->data_us, -1);
	measure_kill(pid);
	close(in[0]);
	close(in[1]);
	close(nowhere);
	hang_up(s);
	printf("total %.1f\nloaded %.1f\nhandshake %.1f\nrequest %.1f\n",
	    s->data_us - from_us, s->accepted_us - from_us,
	    s->ready_us - s->accepted_us, s->data_us - s->ready_us);
}

/* In a process of its own, as a client is. */
static double
shake_hands(const struct server *s)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL *ssl = SSL_new(s->bare);
	double from_us = measure_us();

	if (fd < 0 || ssl == NULL ||
	    connect(fd, (const struct sockaddr *)&s->address,
		sizeof(s->address)) != 0 ||
	    SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
		return -1;
	return measure_us() - from_us;
}

static void
run_bare(struct server *s)
{
	double us = -1, never = 0;
	int out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		die(EX_OSERR, "no process: %s", strerror(errno));
	if (pid == 0) {
		us = shake_hands(s);
		_exit(write(out[1], &us, sizeof(us)) != sizeof(us));
	}
	close(out[1]);
	begin(s);
	serve_until(s, &never, out[0]);
	if (read(out[0], &us, sizeof(us)) != sizeof(us) || us < 0)
		die(EX_UNAVAILABLE, "the bare handshake failed");
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	close(out[0]);
	hang_up(s);
	printf("bare %.1f\n", us);
}

/* --- set-up --------------------------------------------------------------- */

static void
listen_on(struct server *s)
{
	socklen_t len = sizeof(s->address);

	s->address.sin_family = AF_INET;
	s->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listener < 0 ||
	    bind(s->listener, (struct sockaddr *)&s->address, len) != 0 ||
	    listen(s->listener, 8) != 0 ||
	    getsockname(s->listener, (struct sockaddr *)&s->address, &len) != 0)
		die(EX_OSERR, "cannot listen: %s", strerror(errno));
}

static void
set_environment(const struct server *s, const char *cert)
{
	char url[64];

	snprintf(url, sizeof(url), "https://127.0.0.1:%u",
	    (unsigned int)ntohs(s->address.sin_port));
	setenv("AWS_ENDPOINT_URL", url, 1);
	setenv("AWS_CA_BUNDLE", cert, 1);
	setenv("AWS_REGION", "eu-west-1", 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "benchmark", 1);
}

static void
set_up(struct server *s, const char *cert, const char *key)
{
	char text[TLS_TEXT_BYTES];

	if (tls_server_ctx_new(&s->tls, cert, key, "h2", text) != 0)
		die(EX_CONFIG, "%s", text);
	s->bare = SSL_CTX_new(TLS_client_method());
	if (s->bare == NULL ||
	    SSL_CTX_load_verify_locations(s->bare, cert, NULL) != 1 ||
	    SSL_CTX_set_alpn_protos(
		s->bare, (const unsigned char *)"\x02h2", 3) != 0)
		die(EX_CONFIG, "OpenSSL cannot use '%s'", cert);
	SSL_CTX_set_verify(s->bare, SSL_VERIFY_PEER, NULL);
	loop_init(&s->loop);
	listen_on(s);
	set_environment(s, cert);
}

int
main(int argc, char **argv)
{
	struct server s;
	long rounds;

	memset(&s, 0, sizeof(s));
	log_open("first_byte");
	if (argc < 5)
		die(EX_USAGE, "usage: first_byte CERT KEY ROUNDS COMMAND...");
	rounds = (long)opt_num("ROUNDS", argv[3], 1, 100000);
	set_up(&s, argv[1], argv[2]);
	while (rounds-- > 0) {
		run_command(&s, argv + 4);
		run_bare(&s);
		fflush(stdout);
	}
	close(s.listener);
	SSL_CTX_free(s.bare);
	tls_ctx_free(s.tls);
	loop_release(&s.loop);
	return 0;
}
