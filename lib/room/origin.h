/*
 * Which site's page it is that opens a WebSocket.  Browsers let any page
 * connect to any host, also to one that only the reader's machine can reach,
 * and say whose page it is in the Origin header (RFC 6455, section 10.2). Where
 * a role asks for no token that word is all that keeps a stranger's page from
 * speaking and operating in its reader's name.  No I/O.
 */
#ifndef ROOM_ORIGIN_H
#define ROOM_ORIGIN_H

#include <stdbool.h>

/*
 * Whether a page of `origin` ("https://booth.example:8443"; RFC 6454,
 * section 6.2) may connect to the host `name` at `port`, as the Host header has
 * them.  It may
 *
 *	- without an origin (NULL, ""): that is no browser;
 *	- if it is of the same host and port, where the standard ports of
 *	  http and https are one: a proxy may speak https for us;
 *	- if the list of origins, between commas or blanks, has it, or has "*".
 *
 * "null" (sandboxed frames, files) is of no host.  name, port and list may be
 * NULL.
 */
bool origin_is_allowed(
    const char *origin, const char *name, const char *port, const char *list);

/* The same from the environment of a program under websocketd: HTTP_ORIGIN,
 * SERVER_NAME, SERVER_PORT, BOOTH_ORIGINS. */
bool origin_of_environment(void);

#endif
