#define _GNU_SOURCE /* random */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"

/* Our choice.  Half of each wait is jitter. */
#define RETRY_MIN_MS 500
#define RETRY_MAX_MS 10000
/* A connection that lived so long was good. */
#define GOOD_MS 5000

/* From the connection to the WebSocket; and an open one that says nothing for
 * so long is dead: speak(1) acknowledges every second. */
#define UPGRADE_MS 15000
#define SILENCE_MS 10000

int
link_init(struct link *k, const struct url *url, const char *ca_file,
    const struct link_events *events, void *arg, char *err, size_t errsize)
{
	char text[TLS_TEXT_BYTES];
	int ret;

	memset(k, 0, sizeof(*k));
	k->url = url;
	k->events = events;
	k->arg = arg;
	ret = proxy_find(&k->proxy, config_environ, NULL, url->host, url->port,
	    url->is_secure);
	if (ret != 0) {
		snprintf(
		    err, errsize, "%s: %s", k->proxy.from, proxy_strerror(ret));
		return -1;
	}
	if (!url->is_secure)
		return 0;
	ret = tls_client_ctx_new(&k->tls, ca_file, NULL, text);
	if (ret != 0) {
		snprintf(err, errsize, "%s", text);
		return -1;
	}
	return 0;
}

static void
drop(struct link *k)
{
	conn_free(k->conn);
	k->conn = NULL;
	if (k->has_ws)
		ws_release(&k->ws);
	k->has_ws = k->is_open = k->needs_end = k->needs_again = false;
}

void
link_release(struct link *k)
{
	drop(k);
	tls_ctx_free(k->tls);
	k->tls = NULL;
}

/* --- ends ------------------------------------------------------------ */

static int64_t
wait_before_next(struct link *k)
{
	int64_t step_ms = RETRY_MIN_MS;
	unsigned int i;

	if (k->is_open && clock_mono_ms() - k->opened_ms >= GOOD_MS)
		k->ntries = 0;
	for (i = 0; i < k->ntries && step_ms < RETRY_MAX_MS; i++)
		step_ms *= 2;
	if (step_ms > RETRY_MAX_MS)
		step_ms = RETRY_MAX_MS;
	k->ntries++;
	return step_ms / 2 + random() % (step_ms / 2 + 1);
}

static void
lose(
    struct link *k, const char *why, bool is_final, int status, int64_t wait_ms)
{
	int64_t next_ms = wait_before_next(k);
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", why);
	k->try_at_ms =
	    clock_mono_ms() + (wait_ms > next_ms ? wait_ms : next_ms);
	drop(k);
	if (!k->is_closing)
		k->events->on_lost(k->arg, copy, is_final, status);
}

void
link_again(struct link *k, const char *why, int64_t wait_ms)
{
	k->needs_again = true;
	k->again_ms = wait_ms;
	snprintf(k->again_why, sizeof(k->again_why), "%s", why);
}

/* What an HTTP status other than 101 means. */
static void
lose_by_status(struct link *k, int status)
{
	char why[160];
	bool is_final = status / 100 != 5 && status != 429 && status != 408;

	snprintf(why, sizeof(why),
	    status == 429   ? "the server is full (429)"
	    : status == 404 ? "the server has no such page: '%.100s' (404)"
	    : status == 200 ? "that is a page, not a WebSocket: '%.100s' (200)"
			    : "the server answers '%.100s' with %d",
	    k->url->path, status);
	if (status == 429)
		snprintf(why, sizeof(why), "the server is full (429)");
	lose(k, why, is_final,
	    status == 401 || status == 403 ? EX_NOPERM : EX_UNAVAILABLE, 0);
}

static void
lose_by_ws(struct link *k)
{
	if (k->ws.error == WS_ERR_STATUS)
		lose_by_status(k, k->ws.status);
	else
		lose(k, ws_strerror(k->ws.error),
		    !k->is_open && k->ws.error != WS_ERR_NOMEM, EX_PROTOCOL, 0);
}

static void
lose_by_conn(struct link *k, int error)
{
	char why[512];
	char *hint;

	snprintf(why, sizeof(why), "%s",
	    error == 0 ? "the server closed the connection"
		       : conn_error_text(k->conn));
	/* Its words are for AWS's tools. */
	hint = strstr(why, "; AWS_CA_BUNDLE");
	if (hint != NULL)
		snprintf(hint, sizeof(why) - (size_t)(hint - why),
		    "; --ca names a file of trusted roots");
	lose(k, why, error != 0 && !conn_error_is_retryable(error),
	    error == CONN_ERR_PROXY_DENIED ? EX_NOPERM
	    : error == CONN_ERR_CONFIG     ? EX_CONFIG
					   : EX_PROTOCOL,
	    0);
}

/* --- the connection's events ------------------------------------------ */

static void
push(struct link *k)
{
	const uint8_t *p;
	size_t n;

	if (k->conn == NULL || conn_state(k->conn) != CONN_READY)
		return;
	p = ws_peek(&k->ws, &n);
	if (n > 0 && conn_write(k->conn, p, n) == 0)
		ws_skip(&k->ws, n);
}

static void
on_ws_open(void *arg)
{
	struct link *k = arg;

	k->is_open = true;
	k->opened_ms = clock_mono_ms();
	k->events->on_open(k->arg);
}

static void
on_ws_text(void *arg, char *text, size_t len)
{
	struct link *k = arg;

	k->events->on_text(k->arg, text, len);
}

static void
on_ready(void *arg, struct conn *c)
{
	char authority[URL_HOST_MAX + 16];
	struct link *k = arg;
	bool is_v6 = strchr(k->url->host, ':') != NULL;
	bool is_usual = k->url->port == (k->url->is_secure ? 443 : 80);
	int n;

	(void)c;
	n = snprintf(
	    authority, sizeof(authority), is_v6 ? "[%s]" : "%s", k->url->host);
	if (!is_usual)
		snprintf(authority + n, sizeof(authority) - (size_t)n, ":%u",
		    (unsigned int)k->url->port);
	k->has_ws = true;
	k->ws.on_open = on_ws_open;
	k->ws.on_text = on_ws_text;
	k->ws.arg = k;
	k->heard_ms = clock_mono_ms();
	if (ws_start(&k->ws, authority, k->url->path) != 0)
		k->needs_end = true;
	push(k);
}

static void
on_bytes(void *arg, struct conn *c, const uint8_t *p, size_t n)
{
	struct link *k = arg;

	(void)c;
	k->heard_ms = clock_mono_ms();
	if (!k->has_ws || k->needs_end)
		return;
	if (ws_recv(&k->ws, p, n) != 0)
		k->needs_end = true;
	push(k);
}

static const struct conn_events conn_callbacks = {
	.on_ready = on_ready,
	.on_bytes = on_bytes,
};

static void
try(struct link *k, int64_t now_ms)
{
	const struct proxy *proxy = &k->proxy;
	struct conn_config config = { .host = k->url->host,
		.port = k->url->port,
		.tls = k->tls,
		.proxy_host = proxy->host[0] != '\0' ? proxy->host : NULL,
		.proxy_port = proxy->port,
		.proxy_auth = proxy->auth[0] != '\0' ? proxy->auth : NULL,
		.is_raw = true };
	int ret;

	ret = conn_dial(&k->conn, &config, &conn_callbacks, k, now_ms);
	if (ret != 0) {
		k->conn = NULL;
		lose(k, conn_strerror(ret), ret == CONN_ERR_CONFIG, EX_CONFIG,
		    0);
	}
}

/* --- turns ----------------------------------------------------------- */

void
link_text(struct link *k, const char *text, size_t len)
{
	if (!k->is_open || k->needs_end)
		return;
	if (ws_text(&k->ws, text, len) != 0)
		k->needs_end = true;
	push(k);
}

size_t
link_pending(const struct link *k)
{
	size_t n = 0;

	if (k->has_ws)
		(void)ws_peek(&k->ws, &n);
	return n + (k->conn != NULL ? conn_queued_bytes(k->conn) : 0);
}

void
link_close(struct link *k)
{
	k->is_closing = true;
	if (k->conn == NULL)
		return;
	if (k->is_open && !k->needs_end)
		(void)ws_close(&k->ws);
	push(k);
	conn_close(k->conn, clock_mono_ms());
}

bool
link_is_closed(const struct link *k)
{
	return k->is_closing && k->conn == NULL;
}

static int64_t
silent_at_ms(const struct link *k)
{
	return k->heard_ms + (k->is_open ? SILENCE_MS : UPGRADE_MS);
}

void
link_prepare(struct link *k, struct loop *l)
{
	if (k->conn == NULL) {
		if (!k->is_closing)
			loop_deadline(l, k->try_at_ms);
		return;
	}
	conn_prepare(k->conn, l);
	if (k->needs_end || k->needs_again)
		loop_deadline(l, 0);
	if (k->has_ws)
		loop_deadline(l, silent_at_ms(k));
}

void
link_dispatch(struct link *k, struct loop *l, int64_t now_ms)
{
	bool is_closed;

	if (k->conn == NULL) {
		if (!k->is_closing && now_ms >= k->try_at_ms)
			try(k, now_ms);
		return;
	}
	is_closed = conn_dispatch(k->conn, l, now_ms) == CONN_CLOSED;
	push(k);
	if (k->needs_again)
		lose(k, k->again_why, false, 0, k->again_ms);
	else if (k->needs_end)
		lose_by_ws(k);
	else if (is_closed)
		lose_by_conn(k, conn_error(k->conn));
	else if (k->has_ws && !k->is_closing && now_ms >= silent_at_ms(k))
		lose(k, "the server says nothing", false, 0, 0);
}
