#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
fail(char *err, size_t errsize, const char *why)
{
	snprintf(err, errsize, "%s", why);
	return -1;
}

static int
parse_scheme(struct url *u, const char **text)
{
	static const struct {
		const char *name;
		bool is_secure;
	} schemes[] = { { "ws://", false }, { "wss://", true },
		{ "http://", false }, { "https://", true } };
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (strncmp(*text, schemes[i].name, strlen(schemes[i].name)) !=
		    0)
			continue;
		*text += strlen(schemes[i].name);
		u->is_secure = schemes[i].is_secure;
		return 0;
	}
	return -1;
}

/* "host", "host:port", "[::1]:port". */
static int
parse_authority(struct url *u, const char *s, size_t n)
{
	const char *port = NULL, *end;
	long number;
	char *rest;
	size_t len;

	if (n > 0 && s[0] == '[') {
		end = memchr(s, ']', n);
		if (end == NULL || (end + 1 < s + n && end[1] != ':'))
			return -1;
		len = (size_t)(end - s) - 1;
		s++;
		n--;
		if (end + 1 < s + n)
			port = end + 2;
	} else {
		end = memchr(s, ':', n);
		len = end != NULL ? (size_t)(end - s) : n;
		if (end != NULL)
			port = end + 1;
	}
	if (len == 0 || len >= sizeof(u->host))
		return -1;
	memcpy(u->host, s, len);
	u->host[len] = '\0';
	u->port = u->is_secure ? 443 : 80;
	if (port == NULL)
		return 0;
	number = strtol(port, &rest, 10);
	if (rest != s + n || rest == port || port[0] < '0' || port[0] > '9' ||
	    number < 1 || number > 65535)
		return -1;
	u->port = (uint16_t)number;
	return 0;
}

int
url_parse(struct url *u, const char *text, char *err, size_t errsize)
{
	const char *p;
	size_t n;

	memset(u, 0, sizeof(*u));
	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return fail(err, errsize,
			    "it holds blanks or characters beyond ASCII");
	if (parse_scheme(u, &text) != 0)
		return fail(err, errsize,
		    "it begins with wss:// or ws:// (or https://, http://)");
	if (strchr(text, '#') != NULL || strstr(text, "token=") != NULL)
		return fail(err, errsize,
		    "a token does not belong there: set BOOTH_SPEAKER_TOKEN or "
		    "say --token-file");
	n = strcspn(text, "/?");
	if (memchr(text, '@', n) != NULL)
		return fail(err, errsize, "no user and password belong there");
	if (parse_authority(u, text, n) != 0)
		return fail(err, errsize, "its host or port makes no sense");
	text += n;
	if (strlen(text) + 2 > sizeof(u->path))
		return fail(err, errsize, "it is too long");
	snprintf(
	    u->path, sizeof(u->path), "%s%s", text[0] == '/' ? "" : "/", text);
	return 0;
}
