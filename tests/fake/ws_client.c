/* with: cmd/send/ws.c */
/*
 * A page without a browser: lines of standard input are text messages, messages
 * that come are lines of standard output.
 *
 *	ws_client PORT PATH [HEADER]...
 *
 * A line "!text N" is a text message of N bytes, "!binary N" a binary one,
 * "!bytes HEX" a text message of these bytes, "!half N" the first half of one;
 * "!wait WORD" waits for a line that holds WORD, "!leave" leaves without a
 * word, "!deaf" stays and reads nothing any more.  After the last line it stays
 * until the server ends.  Exits 0 then, 1 when there is no WebSocket.  A HEADER
 * ("Origin: null") goes into the request.
 */
#include "../../cmd/send/ws.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/line.h"

static bool is_open;
static char awaited[256];

static void
on_open(void *arg)
{
	(void)arg;
	is_open = true;
}

static void
on_text(void *arg, char *text, size_t len)
{
	(void)arg;
	printf("%.*s%s", (int)len, text,
	    len > 0 && text[len - 1] == '\n' ? "" : "\n");
	fflush(stdout);
	if (awaited[0] != '\0' && strstr(text, awaited) != NULL)
		awaited[0] = '\0';
}

/* What the server does not take any more, it does not: its last words may still
 * be read. */
static void
send_all(int fd, const uint8_t *p, size_t n)
{
	ssize_t done;

	for (; n > 0; p += done, n -= (size_t)done) {
		done = send(fd, p, n, MSG_NOSIGNAL);
		if (done <= 0)
			return;
	}
}

static void
flush(struct ws *w, int fd)
{
	const uint8_t *p;
	size_t n;

	p = ws_peek(w, &n);
	send_all(fd, p, n);
	ws_skip(w, n);
}

/* One frame of any size, masked by zeros (RFC 6455, section 5.2); `sent` bytes
 * of it go. */
static void
say_big(int fd, int opcode, uint64_t n, uint64_t sent)
{
	uint8_t head[14] = { (uint8_t)(0x80 | opcode), 0x80 | 127 };
	uint8_t *bytes = malloc(n + 1);
	int i;

	if (bytes == NULL)
		exit(1);
	for (i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)(n >> (56 - 8 * i));
	memset(bytes, opcode == WSLAY_TEXT_FRAME ? 'x' : 0xff, n);
	send_all(fd, head, sizeof(head));
	send_all(fd, bytes, sent);
	free(bytes);
}

/* A text message of bytes that are given in hexadecimal. */
static void
say_bytes(int fd, const char *hex)
{
	uint8_t frame[6 + 125] = { 0x81, 0x80 };
	size_t n = 0;
	unsigned int byte;

	while (n < 125 && sscanf(hex, "%2x", &byte) == 1) {
		frame[6 + n++] = (uint8_t)byte;
		hex += strnlen(hex, 2);
	}
	frame[1] |= (uint8_t)n;
	send_all(fd, frame, 6 + n);
}

/* What ws_start() has put together, with more headers at its end. */
static void
send_request(struct ws *w, int fd, char **headers)
{
	size_t n;
	const uint8_t *p = ws_peek(w, &n);

	send_all(fd, p, n - 2);
	for (; *headers != NULL; headers++) {
		send_all(fd, (const uint8_t *)*headers, strlen(*headers));
		send_all(fd, (const uint8_t *)"\r\n", 2);
	}
	send_all(fd, (const uint8_t *)"\r\n", 2);
	ws_skip(w, n);
}

static void
obey(struct ws *w, int fd, char *line, size_t len)
{
	if (strncmp(line, "!text ", 6) == 0)
		say_big(fd, WSLAY_TEXT_FRAME, strtoul(line + 6, NULL, 10),
		    strtoul(line + 6, NULL, 10));
	else if (strncmp(line, "!binary ", 8) == 0)
		say_big(fd, WSLAY_BINARY_FRAME, strtoul(line + 8, NULL, 10),
		    strtoul(line + 8, NULL, 10));
	else if (strncmp(line, "!half ", 6) == 0)
		say_big(fd, WSLAY_TEXT_FRAME, strtoul(line + 6, NULL, 10),
		    strtoul(line + 6, NULL, 10) / 2);
	else if (strncmp(line, "!bytes ", 7) == 0)
		say_bytes(fd, line + 7);
	else if (strcmp(line, "!leave") == 0)
		exit(0);
	else if (strcmp(line, "!deaf") == 0)
		pause();
	else if (strncmp(line, "!wait ", 6) == 0)
		snprintf(awaited, sizeof(awaited), "%s", line + 6);
	else if (ws_text(w, line, len) != 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), has_input = 1;
	struct ws w = { .on_open = on_open, .on_text = on_text };
	struct pollfd fds[2];
	struct line_reader in;
	char buf[65536], *line;
	size_t len;
	ssize_t n;

	/* Run by `timeout`, which may be killed: a deaf one would stay. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc < 3)
		return 64;
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	signal(SIGPIPE, SIG_IGN);
	line_reader_init(&in, 65536);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
	    ws_start(&w, "localhost", argv[2]) != 0)
		return 1;
	send_request(&w, fd, argv + 3);
	for (;;) {
		while (is_open && awaited[0] == '\0' &&
		       line_reader_next(&in, &line, &len) == 1) {
			obey(&w, fd, line, len);
			flush(&w, fd);
		}
		flush(&w, fd);
		fds[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
		fds[1] = (struct pollfd){
			.fd =
			    has_input && is_open && awaited[0] == '\0' ? 0 : -1,
			.events = POLLIN
		};
		if (poll(fds, 2, -1) == -1)
			return 1;
		if (fds[1].revents != 0 && line_reader_read(&in, 0) <= 0)
			has_input = 0;
		if (fds[0].revents == 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		if (ws_recv(&w, buf, (size_t)n) != 0) {
			fprintf(stderr, "ws_client: %s (%d)\n",
			    ws_strerror(w.error), w.status);
			is_open = false;
			break;
		}
	}
	ws_release(&w);
	line_reader_release(&in);
	close(fd);
	return is_open ? 0 : 1;
}
