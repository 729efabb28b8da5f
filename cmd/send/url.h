/* Where to send: ws://host[:port]/path?query, or wss://. */
#ifndef SEND_URL_H
#define SEND_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_HOST_MAX 256
#define URL_PATH_MAX 1024

struct url {
	bool is_secure;
	char host[URL_HOST_MAX]; /* name or address, without brackets */
	uint16_t port;
	char path[URL_PATH_MAX]; /* and query; begins with '/' */
};

/*
 * Take one apart (http and https stand for ws and wss).  0, or -1 with a
 * sentence in err: no such scheme, user information, a token in the query, a
 * fragment, blanks or control characters, too long.
 */
int url_parse(struct url *u, const char *text, char *err, size_t errsize);

#endif
