/* The endpoint: listens on loopback, and runs the clients. */
#ifndef LOCALAWS_SERVER_H
#define LOCALAWS_SERVER_H

#include <stdint.h>

#include "aws/tls.h"
#include "base/loop.h"
#include "localaws.h"

/* Our choice: connections at once; more wait to be accepted. */
#define SERVER_CLIENTS_MAX 512

struct server;

/*
 * Listen on 127.0.0.1 and, where there is one, ::1; port 0: a free one.  tls is
 * borrowed.  0 and *out, or -1 with errno set.
 */
int server_new(struct server **out, struct localaws *la, struct tls_ctx *tls,
    uint16_t port);

void server_free(struct server *s);

/* The port listened on. */
uint16_t server_port(const struct server *s);

void server_prepare(struct server *s, struct loop *l);

void server_dispatch(struct server *s, struct loop *l, int64_t now_ms);

#endif
