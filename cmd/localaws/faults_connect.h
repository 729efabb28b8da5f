/* What faults do to a connection before a byte of it has been read. */
#ifndef LOCALAWS_FAULTS_CONNECT_H
#define LOCALAWS_FAULTS_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/conn.h"
#include "localaws.h"

/*
 * An accepted socket: ask the hooks, set config's h2, and *frozen_until_ms: no
 * byte is to be read or written before it.  False: fd was closed.
 */
bool faults_connect(struct localaws *la, int fd, struct conn_config *config,
    int64_t *frozen_until_ms, int64_t now_ms);

/* Close fd by a TCP reset. */
void faults_abort(int fd);

#endif
