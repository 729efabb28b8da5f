/*
 * Which HTTP proxy a connection goes through, by the variables that libcurl
 * heeds: https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY, http_proxy (lower case
 * only: CGI owns the other), no_proxy and NO_PROXY; lower case first.  No I/O.
 * Source: curl(1), ENVIRONMENT; libcurl-env(3).
 */
#ifndef AWS_PROXY_H
#define AWS_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/config.h"

#define PROXY_ERRORS(X)                                                        \
	X(URL, -1, "proxy URL makes no sense")                                 \
	X(SCHEME, -2, "only http:// proxies can be used")                      \
	X(LONG, -3, "proxy URL is too long")

enum proxy_error {
#define X(name, code, text) PROXY_ERR_##name = code,
	PROXY_ERRORS(X)
#undef X
};

struct proxy {
	char host[256]; /* "": connect directly; without brackets */
	uint16_t port;  /* 1080 where the URL has none, as in curl */
	char auth[512]; /* value of Proxy-Authorization, or ""; secret */
	char from[16];  /* the variable that named it, for people */
};

/*
 * The proxy for a connection to `host` (name or address, no brackets) and
 * `port`.  0 with *p (host "" means none), or PROXY_ERR_*; p->from is set then,
 * too.
 */
int proxy_find(struct proxy *p, config_getenv *getenv, void *arg,
    const char *host, uint16_t port, bool is_https);

/*
 * Whether a no_proxy list keeps host from the proxy: "*", names (which stand
 * for what ends in ".name", too, with or without a dot in front), addresses and
 * CIDR blocks, between commas or blanks; ":port" behind limits an entry to it.
 */
bool proxy_is_excepted(const char *list, const char *host, uint16_t port);

const char *proxy_strerror(int code);

#endif
