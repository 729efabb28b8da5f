/* with: cmd/send/ws.c */
/*
 * What a WebSocket server answers to send(1), in any split.  With an odd first
 * byte the upgrade is a good one, so that what follows are frames.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/send/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
on_open(void *arg)
{
	if (++*(int *)arg > 1)
		abort();
}

static void
on_text(void *arg, char *text, size_t len)
{
	if (*(int *)arg != 1 || len > WS_MESSAGE_MAX || text[len] != '\0')
		abort();
}

static int
upgrade(struct ws *w)
{
	char head[256];
	int n;

	n = snprintf(head, sizeof(head),
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	    w->accept);
	return ws_recv(w, head, (size_t)n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t step, take, len;
	struct ws w;
	int opened = 0, rc = 0;

	if (n == 0)
		return 0;
	memset(&w, 0, sizeof(w));
	w.on_open = on_open;
	w.on_text = on_text;
	w.arg = &opened;
	if (ws_start(&w, "localhost:80", "/speak?room=main") != 0)
		abort();
	if (p[0] & 1 && (upgrade(&w) != 0 || opened != 1))
		abort();
	step = (size_t)(p[0] >> 1) * 32 + 1;
	for (p++, n--; n > 0 && rc == 0 && !w.is_closed; p += take, n -= take) {
		take = n < step ? n : step;
		rc = ws_recv(&w, p, take);
		if (rc > 0 || rc != w.error)
			abort();
		while (ws_peek(&w, &len) != NULL && len > 0)
			ws_skip(&w, len);
	}
	ws_release(&w);
	return 0;
}
