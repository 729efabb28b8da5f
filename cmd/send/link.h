/*
 * The way to the server, again and again: a connection (all addresses of the
 * name, proxy, TLS), the WebSocket on it, and the wait before the next try.
 */
#ifndef SEND_LINK_H
#define SEND_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/conn.h"
#include "aws/proxy.h"
#include "base/loop.h"
#include "url.h"
#include "ws.h"

struct link_events {
	/* The WebSocket is open. */
	void (*on_open)(void *arg);
	void (*on_text)(void *arg, char *text, size_t len);
	/* It is gone, or did not come about; `why` is a sentence.  Another try
	 * follows unless is_final. */
	void (*on_lost)(void *arg, const char *why, bool is_final, int status);
};

struct link {
	const struct url *url; /* borrowed */
	struct tls_ctx *tls;   /* owned; NULL for ws:// */
	struct proxy proxy;
	const struct link_events *events;
	void *arg;
	struct conn *conn;
	struct ws ws;
	bool has_ws;
	bool is_open;
	bool is_closing;  /* by us */
	bool needs_end;   /* the ws failed in a callback */
	bool needs_again; /* link_again() was called: why, and how soon */
	char again_why[256];
	int64_t again_ms;
	unsigned int ntries; /* in a row */
	int64_t try_at_ms;
	int64_t opened_ms, heard_ms;
};

/*
 * ca_file: PEM of trusted roots, or NULL for the system's.  0; or -1 with a
 * sentence in err (certificates or proxy settings that make no sense).
 */
int link_init(struct link *k, const struct url *url, const char *ca_file,
    const struct link_events *events, void *arg, char *err, size_t errsize);

void link_release(struct link *k);

/* Send a text message.  Something is wrong: told by on_lost later. */
void link_text(struct link *k, const char *text, size_t len);

/* Bytes that wait to leave. */
size_t link_pending(const struct link *k);

/* Cut it in the next turn and try again, after at least wait_ms. */
void link_again(struct link *k, const char *why, int64_t wait_ms);

/* Say goodbye; no try follows. */
void link_close(struct link *k);

/* Whether nothing is left of it, after link_close(). */
bool link_is_closed(const struct link *k);

void link_prepare(struct link *k, struct loop *l);

void link_dispatch(struct link *k, struct loop *l, int64_t now_ms);

#endif
