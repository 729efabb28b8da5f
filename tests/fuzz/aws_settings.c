/*
 * Addresses that the environment and files may name: a service's URL, a proxy,
 * the list of what goes round it, the host asked for.  A line each.  What is
 * taken can stand in a request as it is.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/endpoint.h"
#include "aws/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s))
			return false;
	return true;
}

static const char *
variable(void *arg, const char *name)
{
	char **line = arg;

	if (strcasecmp(name, "https_proxy") == 0)
		return line[1];
	return strcasecmp(name, "no_proxy") == 0 ? line[2] : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = calloc(1, n + 4), *at = text, *line[4];
	struct endpoint e;
	struct proxy proxy;

	if (text == NULL)
		return 0;
	if (n > 0)
		memcpy(text, p, n);
	for (int i = 0; i < 4; i++) {
		line[i] = at;
		at += strcspn(at, "\n");
		if (*at != '\0')
			*at++ = '\0';
	}
	if (endpoint_parse(&e, line[0]) == 0 &&
	    (e.host[0] == '\0' || e.port == 0 || !is_plain(e.host) ||
		!is_plain(e.authority) || !is_plain(e.path_prefix) ||
		(e.path_prefix[0] != '\0' && e.path_prefix[0] != '/')))
		abort();
	if (endpoint_default(&e, ENDPOINT_POLLY, line[0], false, false) == 0 &&
	    (!endpoint_region_is_valid(line[0]) || !is_plain(e.host)))
		abort();
	if (proxy_find(&proxy, variable, line, line[3], 443, true) == 0 &&
	    proxy.host[0] != '\0' &&
	    (proxy.port == 0 || !is_plain(proxy.host) ||
		strpbrk(proxy.auth, "\r\n") != NULL ||
		proxy_is_excepted(line[2], line[3], 443)))
		abort();
	free(text);
	return 0;
}
