#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/b64.h"

static char *
put(char **at, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = *at;

	memcpy(p, s, n);
	*at += n;
	return p;
}

int
request_init(struct request *r, const struct h2_request *from, bool is_h2)
{
	size_t size, n = 0;
	char *at, *query;

	memset(r, 0, sizeof(*r));
	if (from->nheaders > REQUEST_HEADERS_MAX ||
	    strlen(from->path) > REQUEST_TARGET_BYTES)
		return -1;
	size = strlen(from->method) + strlen(from->path) + 2;
	if (from->authority != NULL)
		size += sizeof(":authority") + strlen(from->authority) + 1;
	for (size_t i = 0; i < from->nheaders; i++)
		size += strlen(from->headers[i].name) +
		        strlen(from->headers[i].value) + 2;
	r->memory = malloc(size);
	r->headers = calloc(from->nheaders + 1, sizeof(*r->headers));
	if (r->memory == NULL || r->headers == NULL) {
		request_release(r);
		return -1;
	}
	at = r->memory;
	r->is_h2 = is_h2;
	r->has_body = from->has_body;
	r->method = put(&at, from->method);
	r->path = put(&at, from->path);
	if ((query = strchr(r->path, '?')) != NULL) {
		*query = '\0';
		r->query = query + 1;
	}
	if (is_h2 && from->authority != NULL) {
		r->headers[n].name = put(&at, ":authority");
		r->headers[n++].value = put(&at, from->authority);
	}
	for (size_t i = 0; i < from->nheaders; i++) {
		r->headers[n].name = put(&at, from->headers[i].name);
		r->headers[n++].value = put(&at, from->headers[i].value);
	}
	r->nheaders = n;
	return 0;
}

void
request_release(struct request *r)
{
	free(r->memory);
	free(r->headers);
	memset(r, 0, sizeof(*r));
}

const char *
request_header(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

/* Decode n bytes of s into out, NUL-ended; returns the length. */
static size_t
decode(char *out, const char *s, size_t n)
{
	size_t len = 0;
	uint8_t byte;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%' && n - i > 2 &&
		    hex_decode(&byte, s + i + 1, 1) == 0) {
			out[len++] = (char)byte;
			i += 2;
		} else {
			out[len++] = s[i] == '+' ? ' ' : s[i];
		}
	}
	out[len] = '\0';
	return len;
}

char *
request_param(const struct request *r, const char *name)
{
	const char *p = r->query, *end, *eq;
	char *buf = p == NULL ? NULL : malloc(strlen(p) + 1);

	if (buf == NULL)
		return NULL;
	for (;; p = end + 1) {
		end = p + strcspn(p, "&");
		eq = memchr(p, '=', (size_t)(end - p));
		decode(buf, p, (size_t)((eq == NULL ? end : eq) - p));
		if (strcmp(buf, name) == 0) {
			if (eq == NULL)
				buf[0] = '\0';
			else
				decode(buf, eq + 1, (size_t)(end - eq - 1));
			return buf;
		}
		if (*end == '\0')
			break;
	}
	free(buf);
	return NULL;
}
