#include "ws.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/b64.h"

/* RFC 6455, section 1.3. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#define OUT_MAX (1024 * 1024)

const char *
ws_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		WS_ERRORS(X)
#undef X
	}
	return "unknown error";
}

static int
fail(struct ws *w, int code)
{
	if (w->error == 0)
		w->error = code;
	return w->error;
}

/* --- frames ---------------------------------------------------------- */

static ssize_t
on_want(
    wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *arg)
{
	struct ws *w = arg;
	const uint8_t *p;
	size_t n;

	(void)flags;
	p = bytes_peek(&w->in, &n);
	if (n == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (n > len)
		n = len;
	memcpy(buf, p, n);
	bytes_skip(&w->in, n);
	return (ssize_t)n;
}

static ssize_t
on_send(wslay_event_context_ptr ctx, const uint8_t *p, size_t n, int flags,
    void *arg)
{
	struct ws *w = arg;

	(void)flags;
	if (bytes_append(&w->out, p, n) == 0)
		return (ssize_t)n;
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static int
on_mask(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	if (RAND_bytes(buf, (int)len) == 1)
		return 0;
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static void
on_message(wslay_event_context_ptr ctx,
    const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	static char text[WS_MESSAGE_MAX + 1];
	struct ws *w = arg;

	(void)ctx;
	if (m->opcode == WSLAY_CONNECTION_CLOSE)
		w->is_closed = true;
	if (m->opcode != WSLAY_TEXT_FRAME || m->msg_length > WS_MESSAGE_MAX)
		return;
	if (m->msg_length > 0) /* msg is NULL without */
		memcpy(text, m->msg, m->msg_length);
	text[m->msg_length] = '\0';
	w->on_text(w->arg, text, m->msg_length);
}

static int
open_frames(struct ws *w)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_want,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_msg_recv_callback = on_message,
	};

	if (wslay_event_context_client_init(&w->frames, &callbacks, w) != 0)
		return WS_ERR_NOMEM;
	wslay_event_config_set_max_recv_msg_length(w->frames, WS_MESSAGE_MAX);
	return 0;
}

/* Let wslay take what came, and write what it has to say (pongs). */
static int
turn(struct ws *w)
{
	if (wslay_event_recv(w->frames) != 0)
		return fail(w, WS_ERR_FRAME);
	if (wslay_event_send(w->frames) != 0)
		return fail(w, WS_ERR_FULL);
	/* A frame against the rules: wslay answers it and reads no more. */
	if (!wslay_event_want_read(w->frames) && !w->is_closed)
		return fail(w, WS_ERR_FRAME);
	return 0;
}

/* --- the upgrade ----------------------------------------------------- */

int
ws_start(struct ws *w, const char *authority, const char *path)
{
	char key[B64_LEN(16) + 1], joined[128], request[4096];
	uint8_t raw[16], digest[20];
	int n;

	w->frames = NULL;
	w->status = w->error = 0;
	w->is_closed = false;
	bytes_init(&w->in, 2 * WS_MESSAGE_MAX);
	bytes_init(&w->out, OUT_MAX);
	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return fail(w, WS_ERR_NOMEM);
	b64_encode(key, raw, sizeof(raw));
	snprintf(joined, sizeof(joined), "%s" ACCEPT_GUID, key);
	if (EVP_Digest(
		joined, strlen(joined), digest, NULL, EVP_sha1(), NULL) != 1)
		return fail(w, WS_ERR_NOMEM);
	b64_encode(w->accept, digest, sizeof(digest));
	n = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
	    "Sec-WebSocket-Version: 13\r\nUser-Agent: pipebooth-send\r\n\r\n",
	    path, authority, key);
	if (n < 0 || (size_t)n >= sizeof(request) ||
	    bytes_append(&w->out, request, (size_t)n) != 0)
		return fail(w, WS_ERR_NOMEM);
	return 0;
}

void
ws_release(struct ws *w)
{
	wslay_event_context_free(w->frames);
	w->frames = NULL;
	bytes_release(&w->in);
	bytes_release(&w->out);
}

/* The value of a header field in a NUL-ended head, or NULL; *len its length. */
static const char *
field(const char *head, const char *name, size_t *len)
{
	size_t n = strlen(name);
	const char *line, *end;

	for (line = strstr(head, "\r\n"); line != NULL;
	     line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		line += n + 1;
		line += strspn(line, " \t");
		end = strstr(line, "\r\n");
		*len = end != NULL ? (size_t)(end - line) : strlen(line);
		while (*len > 0 &&
		       (line[*len - 1] == ' ' || line[*len - 1] == '\t'))
			(*len)--;
		return line;
	}
	return NULL;
}

static int
judge_head(struct ws *w, const char *head)
{
	const char *value;
	size_t len;

	if (sscanf(head, "HTTP/1.%*1[01] %3d", &w->status) != 1 ||
	    w->status < 100)
		return fail(w, WS_ERR_HTTP);
	if (w->status != 101)
		return fail(w, WS_ERR_STATUS);
	value = field(head, "Upgrade", &len);
	if (value == NULL || len != 9 ||
	    strncasecmp(value, "websocket", 9) != 0)
		return fail(w, WS_ERR_ACCEPT);
	value = field(head, "Sec-WebSocket-Accept", &len);
	if (value == NULL || len != strlen(w->accept) ||
	    strncmp(value, w->accept, len) != 0)
		return fail(w, WS_ERR_ACCEPT);
	/* We offer none, so none may come. */
	if (field(head, "Sec-WebSocket-Extensions", &len) != NULL ||
	    field(head, "Sec-WebSocket-Protocol", &len) != NULL)
		return fail(w, WS_ERR_ACCEPT);
	return 0;
}

/* Look for the end of the head.  1: it was there and is taken; 0: not yet. */
static int
read_head(struct ws *w)
{
	static char head[WS_HEAD_MAX + 1];
	const uint8_t *p;
	size_t i, n;
	int ret;

	p = bytes_peek(&w->in, &n);
	for (i = 4; i <= n && i <= WS_HEAD_MAX; i++)
		if (memcmp(p + i - 4, "\r\n\r\n", 4) == 0)
			break;
	if (i > n && n < WS_HEAD_MAX)
		return 0;
	if (i > n || i > WS_HEAD_MAX || memchr(p, '\0', i) != NULL)
		return fail(w, WS_ERR_HTTP);
	memcpy(head, p, i);
	head[i] = '\0';
	bytes_skip(&w->in, i);
	ret = judge_head(w, head);
	if (ret == 0)
		ret = open_frames(w);
	return ret == 0 ? 1 : fail(w, ret);
}

int
ws_recv(struct ws *w, const void *p, size_t n)
{
	const uint8_t *bytes = p;
	size_t part;
	int ret;

	while (n > 0 && w->error == 0) {
		part = n < WS_MESSAGE_MAX ? n : WS_MESSAGE_MAX;
		if (bytes_append(&w->in, bytes, part) != 0)
			return fail(w, WS_ERR_NOMEM);
		bytes += part;
		n -= part;
		if (w->frames == NULL) {
			ret = read_head(w);
			if (ret <= 0)
				continue;
			w->on_open(w->arg);
		}
		(void)turn(w);
	}
	return w->error;
}

/* --- messages -------------------------------------------------------- */

int
ws_text(struct ws *w, const char *text, size_t len)
{
	struct wslay_event_msg m = { .opcode = WSLAY_TEXT_FRAME,
		.msg = (const uint8_t *)text,
		.msg_length = len };

	if (w->error != 0)
		return w->error;
	if (w->frames == NULL || wslay_event_queue_msg(w->frames, &m) != 0)
		return fail(w, WS_ERR_NOMEM);
	return wslay_event_send(w->frames) == 0 ? 0 : fail(w, WS_ERR_FULL);
}

int
ws_close(struct ws *w)
{
	if (w->error != 0 || w->frames == NULL)
		return w->error;
	if (wslay_event_queue_close(
		w->frames, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0) != 0)
		return fail(w, WS_ERR_NOMEM);
	return wslay_event_send(w->frames) == 0 ? 0 : fail(w, WS_ERR_FULL);
}

const uint8_t *
ws_peek(const struct ws *w, size_t *n)
{
	return bytes_peek(&w->out, n);
}

void
ws_skip(struct ws *w, size_t n)
{
	bytes_skip(&w->out, n);
}
