/* The steps of client_open(), each with its own line for people, for
 * client_check.c, which goes on where client_open() gives up. */
#ifndef AWS_CLIENT_PRIV_H
#define AWS_CLIENT_PRIV_H

#include "aws/client.h"

/* All: 0 or a CLIENT_ERR with one line in err. */
int client_find_endpoint(
    struct client *c, enum endpoint_service service, char *err, size_t errsize);

/* Roots to trust, for an https endpoint. */
int client_find_roots(struct client *c, char *err, size_t errsize);

int client_find_proxy(struct client *c, char *err, size_t errsize);

#endif
