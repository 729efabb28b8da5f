/*
 * One accepted connection: TLS and HTTP/2 by conn, HTTP/1.1 by http1, and the
 * exchanges that run on it.
 */
#ifndef LOCALAWS_CLIENT_H
#define LOCALAWS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/tls.h"
#include "base/loop.h"
#include "localaws.h"

/* Our choices.  A connection without a stream may stay this long; an HTTP/1.1
 * request's line and headers must be complete this soon. */
#define CLIENT_IDLE_MS 180000
#define CLIENT_HEAD_MS 20000
/* Bytes of further HTTP/1.1 requests taken while one is answered. */
#define CLIENT_AHEAD_BYTES 65536
/* Silence before an HTTP/2 client is asked by PING, and then until it is given
 * up. */
#define CLIENT_PING_MS 60000

struct client;

/* Serve fd (taken, also on error).  NULL: no memory, or a fault. */
struct client *
client_new(struct localaws *la, struct tls_ctx *tls, int fd, int64_t now_ms);

/* Close and free at once, with all its exchanges. */
void client_free(struct client *c);

void client_prepare(struct client *c, struct loop *l);

void client_dispatch(struct client *c, struct loop *l, int64_t now_ms);

/*
 * Let the exchanges do what they can, and send what they made.  True: there may
 * be more to do at once.
 */
bool client_pump(struct client *c, int64_t now_ms);

/* Whether it has ended and is to be freed. */
bool client_is_over(const struct client *c);

/* Cut it off by a TCP reset; it is over soon after. */
void client_abort(struct client *c);

#endif
