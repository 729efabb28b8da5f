#include "room/origin.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS ", \t"

struct site {
	const char *host; /* without brackets */
	size_t nhost;
	const char *port; /* ended by what follows */
	size_t nport;
};

/* The host's name, and its port if it has one. */
static void
split(struct site *s, const char *p)
{
	const char *end;

	if (*p == '[') {
		s->host = p + 1;
		s->nhost = strcspn(s->host, "]");
		end = s->host + s->nhost + (s->host[s->nhost] == ']');
	} else {
		s->host = p;
		s->nhost = strcspn(p, ":");
		end = p + s->nhost;
	}
	s->port = *end == ':' ? end + 1 : end;
	s->nport = strlen(s->port);
}

static bool
is_standard(const char *port, size_t n)
{
	return (n == 2 && memcmp(port, "80", 2) == 0) ||
	       (n == 3 && memcmp(port, "443", 3) == 0);
}

static bool
is_same_site(const char *origin, const char *name, const char *port)
{
	struct site page, server;
	bool has_tls = strncasecmp(origin, "https://", 8) == 0;

	if (!has_tls && strncasecmp(origin, "http://", 7) != 0)
		return false;
	split(&page, origin + (has_tls ? 8 : 7));
	if (page.nport == 0) {
		page.port = has_tls ? "443" : "80";
		page.nport = strlen(page.port);
	}
	/* An IPv6 address comes with and without brackets, but no port. */
	server.host = name;
	server.nhost = strlen(name);
	if (name[0] == '[')
		split(&server, name);
	if (page.nhost == 0 || page.nhost != server.nhost ||
	    strncasecmp(page.host, server.host, page.nhost) != 0)
		return false;
	return (strlen(port) == page.nport &&
		   memcmp(port, page.port, page.nport) == 0) ||
	       (is_standard(port, strlen(port)) &&
		   is_standard(page.port, page.nport));
}

static bool
is_listed(const char *origin, const char *list)
{
	size_t n, len = strlen(origin);

	for (list += strspn(list, BLANKS); *list != '\0';
	     list += strspn(list, BLANKS)) {
		n = strcspn(list, BLANKS);
		if ((n == 1 && *list == '*') ||
		    (n == len && strncasecmp(list, origin, n) == 0))
			return true;
		list += n;
	}
	return false;
}

bool
origin_is_allowed(
    const char *origin, const char *name, const char *port, const char *list)
{
	if (origin == NULL || origin[0] == '\0')
		return true;
	if (list != NULL && is_listed(origin, list))
		return true;
	return name != NULL && port != NULL && name[0] != '\0' &&
	       is_same_site(origin, name, port);
}

bool
origin_of_environment(void)
{
	return origin_is_allowed(getenv("HTTP_ORIGIN"), getenv("SERVER_NAME"),
	    getenv("SERVER_PORT"), getenv("BOOTH_ORIGINS"));
}
