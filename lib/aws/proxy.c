#include "aws/proxy.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/b64.h"

/* curl's, for a proxy URL without a port. */
#define DEFAULT_PORT 1080
#define ENTRY_MAX 256

const char *
proxy_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case value:                                                            \
		return text;
		PROXY_ERRORS(X)
#undef X
	default:
		return "no error";
	}
}

/* The n leading bits of two addresses are equal. */
static bool
same_bits(const uint8_t *a, const uint8_t *b, long n)
{
	long whole = n / 8, rest = n % 8;

	if (memcmp(a, b, (size_t)whole) != 0)
		return false;
	return rest == 0 || (a[whole] & (0xff00 >> rest) & 0xff) ==
	                        (b[whole] & (0xff00 >> rest) & 0xff);
}

/* An address or CIDR block that host, an address, is (in). */
static bool
matches_address(char *entry, const char *host)
{
	uint8_t a[16], b[16];
	char *slash = strchr(entry, '/'), *end;
	int family = strchr(entry, ':') != NULL ? AF_INET6 : AF_INET;
	long bits = family == AF_INET6 ? 128 : 32, n = bits;

	if (slash != NULL) {
		*slash = '\0';
		n = strtol(slash + 1, &end, 10);
		if (end == slash + 1 || *end != '\0' || n < 0 || n > bits)
			return false;
	}
	return inet_pton(family, entry, a) == 1 &&
	       inet_pton(family, host, b) == 1 && same_bits(a, b, n);
}

static bool
matches_name(const char *entry, const char *host)
{
	size_t n, len = strlen(host);

	if (*entry == '.')
		entry++;
	n = strlen(entry);
	while (n > 0 && entry[n - 1] == '.')
		n--;
	if (len > 0 && host[len - 1] == '.')
		len--;
	if (n == 0 || n > len || strncasecmp(host + len - n, entry, n) != 0)
		return false;
	return n == len || host[len - n - 1] == '.';
}

/* Cut ":port" and brackets off an entry; false: it is for another port. */
static bool
strip_port(char *entry, uint16_t port)
{
	char *close = *entry == '[' ? strchr(entry, ']') : NULL, *colon;

	colon = strrchr(close != NULL ? close : entry, ':');
	/* More than one colon and no brackets: an IPv6 address. */
	if (colon != NULL && (close != NULL || strchr(entry, ':') == colon)) {
		if (strtol(colon + 1, NULL, 10) != port)
			return false;
		*colon = '\0';
	}
	if (close != NULL) {
		*close = '\0';
		memmove(entry, entry + 1, strlen(entry));
	}
	return true;
}

bool
proxy_is_excepted(const char *list, const char *host, uint16_t port)
{
	char entry[ENTRY_MAX];
	size_t n;

	for (; *list != '\0'; list += n) {
		n = strspn(list, ", \t");
		if (n > 0)
			continue;
		n = strcspn(list, ", \t");
		if (n >= sizeof(entry))
			continue;
		memcpy(entry, list, n);
		entry[n] = '\0';
		if (strcmp(entry, "*") == 0)
			return true;
		if (strip_port(entry, port) &&
		    (matches_name(entry, host) || matches_address(entry, host)))
			return true;
	}
	return false;
}

/* user[:password], percent-decoded, to "Basic ..." (RFC 7617: the colon is
 * always there). */
static int
set_auth(struct proxy *p, const char *user, size_t n)
{
	bool has_colon = memchr(user, ':', n) != NULL;
	uint8_t plain[256], byte;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		byte = (uint8_t)user[i];
		if (byte == '%') {
			if (i + 2 >= n ||
			    hex_decode(&byte, user + i + 1, 1) != 0)
				return PROXY_ERR_URL;
			i += 2;
		}
		if (len == sizeof(plain))
			return PROXY_ERR_LONG;
		plain[len++] = byte;
	}
	if (!has_colon && len == sizeof(plain))
		return PROXY_ERR_LONG;
	if (!has_colon)
		plain[len++] = ':';
	memcpy(p->auth, "Basic ", 6);
	b64_encode(p->auth + 6, plain, len);
	return 0;
}

/* host[:port][/...] */
/* As for services' URLs: letters, digits, '-', '.', '_'; or an address. */
static bool
is_host(const char *p, size_t n, bool is_bracketed)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (is_bracketed ? !(isxdigit(c) || c == ':' || c == '.')
				 : !(isalnum(c) || strchr("-._", c) != NULL))
			return false;
	}
	return n > 0;
}

static int
set_host(struct proxy *p, const char *s)
{
	size_t n = strcspn(s, "/?#");
	const char *end = s + n, *colon, *host = s;
	char *rest;
	long port = DEFAULT_PORT;

	if (*s == '[') {
		host = s + 1;
		n = strcspn(host, "]");
		colon =
		    host[n] == ']' && host[n + 1] == ':' ? host + n + 1 : NULL;
		if (host[n] != ']' || (colon == NULL && host + n + 1 != end))
			return PROXY_ERR_URL;
	} else {
		colon = memchr(s, ':', n);
		n = colon != NULL ? (size_t)(colon - s) : n;
	}
	if (n >= sizeof(p->host))
		return PROXY_ERR_LONG;
	if (!is_host(host, n, host != s))
		return PROXY_ERR_URL;
	if (colon != NULL && colon + 1 < end) {
		port = strtol(colon + 1, &rest, 10);
		if (rest != end || port < 1 || port > 65535)
			return PROXY_ERR_URL;
	}
	memcpy(p->host, host, n);
	p->host[n] = '\0';
	p->port = (uint16_t)port;
	return 0;
}

static int
parse_url(struct proxy *p, const char *url)
{
	const char *scheme = strstr(url, "://"), *at;
	int rc;

	if (scheme != NULL) {
		if (scheme - url != 4 || strncasecmp(url, "http", 4) != 0)
			return PROXY_ERR_SCHEME;
		url = scheme + 3;
	}
	/* The last '@' before the path: a password may hold one. */
	at = NULL;
	for (const char *s = url; *s != '\0' && strchr("/?#", *s) == NULL; s++)
		if (*s == '@')
			at = s;
	if (at != NULL) {
		if ((rc = set_auth(p, url, (size_t)(at - url))) != 0)
			return rc;
		url = at + 1;
	}
	return set_host(p, url);
}

int
proxy_find(struct proxy *p, config_getenv *getenv, void *arg, const char *host,
    uint16_t port, bool is_https)
{
	static const char *const for_https[] = { "https_proxy", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY", NULL };
	static const char *const for_http[] = { "http_proxy", "all_proxy",
		"ALL_PROXY", NULL };
	const char *const *name = is_https ? for_https : for_http;
	const char *url = NULL, *list;
	int rc;

	memset(p, 0, sizeof(*p));
	list = getenv(arg, "no_proxy");
	if (list == NULL || *list == '\0')
		list = getenv(arg, "NO_PROXY");
	if (list != NULL && proxy_is_excepted(list, host, port))
		return 0;
	for (; *name != NULL; name++) {
		url = getenv(arg, *name);
		if (url != NULL && *url != '\0')
			break;
	}
	if (*name == NULL)
		return 0;
	snprintf(p->from, sizeof(p->from), "%s", *name);
	if ((rc = parse_url(p, url)) != 0)
		p->host[0] = '\0';
	return rc;
}
