#include "faults_connect.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hooks.h"

/* What a proxy says to who does not speak its language. */
static const char refusal[] = "HTTP/1.1 502 Bad Gateway\r\n"
			      "content-type: text/html\r\n"
			      "connection: close\r\n\r\n"
			      "<html><h1>502 Bad Gateway</h1></html>\n";

void
faults_abort(int fd)
{
	const struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* Bytes in place of a TLS handshake; the socket's buffer takes so few. */
static void
say_and_close(int fd, const char *p, size_t n)
{
	if (send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n)
		shutdown(fd, SHUT_WR);
	close(fd);
}

static bool
obey(struct localaws *la, int fd, struct conn_config *config,
    int64_t *frozen_until_ms, const struct hook_order *o, int64_t now_ms)
{
	switch (o->action) {
	case HOOK_PASS:
		*frozen_until_ms = now_ms + o->delay_ms;
		return true;
	case HOOK_FREEZE:
		*frozen_until_ms = now_ms + o->value;
		return true;
	case HOOK_HANG:
		*frozen_until_ms = LOOP_NEVER;
		return true;
	case HOOK_WINDOW:
		config->h2.stream_window_bytes = (uint32_t)o->value;
		return true;
	case HOOK_DATA:
		config->h2.max_data_bytes = (size_t)o->value;
		return true;
	case HOOK_GARBAGE:
		say_and_close(fd, "\x13\x37 this is no TLS\r\n", 19);
		return false;
	case HOOK_HTML:
		say_and_close(fd, refusal, sizeof(refusal) - 1);
		return false;
	case HOOK_FIN:
		close(fd);
		return false;
	case HOOK_OUTAGE:
		la->outage_until_ms = now_ms + o->value;
		faults_abort(fd);
		return false;
	default:
		faults_abort(fd);
		return false;
	}
}

bool
faults_connect(struct localaws *la, int fd, struct conn_config *config,
    int64_t *frozen_until_ms, int64_t now_ms)
{
	struct hook_memory memory = { 0 };
	const struct hook_at at = { HOOK_CONNECT, "", "", la->nrequests, 0,
		&memory };
	struct hook_order order;

	if (la->hooks.ask == NULL)
		return true;
	for (;;) {
		memset(&order, 0, sizeof(order));
		la->hooks.ask(la->hooks.arg, &at, &order);
		if (order.action == HOOK_PASS && order.delay_ms == 0)
			return true;
		if (!obey(la, fd, config, frozen_until_ms, &order, now_ms))
			return false;
	}
}
