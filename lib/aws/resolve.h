/*
 * Names to addresses without blocking the loop: getaddrinfo(3) in a thread of
 * its own, which does nothing else and tells by an eventfd.  An IP address
 * (an IPv6 one with or without brackets) takes no thread.
 */
#ifndef AWS_RESOLVE_H
#define AWS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/loop.h"

#define RESOLVE_ERROR_LIST(X)                                                  \
	X(RESOLVE_ERR_NOMEM, -1, "out of memory, threads or descriptors")      \
	X(RESOLVE_ERR_NONAME, -2, "the name does not exist")                   \
	X(RESOLVE_ERR_AGAIN, -3, "the name server did not answer")             \
	X(RESOLVE_ERR_FAIL, -4, "the name cannot be resolved")

enum resolve_error {
#define X(name, code, text) name = (code),
	RESOLVE_ERROR_LIST(X)
#undef X
};

const char *resolve_strerror(int code);

/* Our choice: more addresses of a name than this are left out. */
#define RESOLVE_MAX 16

struct resolve_address {
	struct sockaddr_storage addr;
	socklen_t len;
};

struct resolve;

/* Begin.  host is copied.  0 and *out, or RESOLVE_ERR_NOMEM. */
int resolve_start(struct resolve **out, const char *host, uint16_t port);

/* At any time: a lookup that still runs is left to end by itself. */
void resolve_free(struct resolve *r);

void resolve_prepare(struct resolve *r, struct loop *l);

/*
 * 1 when the addresses are there, 0 not yet, or a negative code.  IPv6 and IPv4
 * alternate, beginning with the family that the system prefers (RFC 8305,
 * section 4).
 */
int resolve_dispatch(struct resolve *r, struct loop *l);

/* The addresses once resolve_dispatch() said 1; borrowed until resolve_free().
 */
const struct resolve_address *
resolve_addresses(const struct resolve *r, size_t *n);

#endif
