#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

static int
peer_read(struct peer *p, void *to, size_t n)
{
	return p->ssl != NULL ? SSL_read(p->ssl, to, (int)n)
	                      : (int)recv(p->fd, to, n, 0);
}

static int
peer_write(struct peer *p, const char *s, size_t n)
{
	int rc;

	for (; n > 0; s += rc, n -= (size_t)rc) {
		rc = p->ssl != NULL ? SSL_write(p->ssl, s, (int)n)
		                    : (int)send(p->fd, s, n, MSG_NOSIGNAL);
		if (rc <= 0)
			return -1;
	}
	return 0;
}

const char *
request_header(const struct request *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

/* Cut the head, ended by an empty line, into r.  0 or -1. */
static int
parse_head(struct request *r, char *head)
{
	char *line = head, *end, *colon, *rest;

	memset(r, 0, sizeof(*r));
	for (; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
		*end = '\0';
		if (line == head) {
			r->method = strtok_r(line, " ", &rest);
			r->path = strtok_r(NULL, " ", &rest);
			continue;
		}
		colon = strchr(line, ':');
		if (line[0] == '\0' || colon == NULL ||
		    r->nheaders == MAX_HEADERS)
			break;
		*colon = '\0';
		for (colon++; *colon == ' '; colon++)
			;
		r->headers[r->nheaders].name = line;
		r->headers[r->nheaders++].value = colon;
	}
	if (r->method == NULL || r->path == NULL)
		return -1;
	r->query = strchr(r->path, '?');
	if (r->query != NULL)
		*r->query++ = '\0';
	return 0;
}

static const char no_http[] =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

int
peer_read_request(struct peer *p, struct request *r)
{
	char *end = NULL;
	const char *length;
	size_t head, have;
	int got;

	p->n = 0;
	while (end == NULL) {
		if (p->n + 1 >= sizeof(p->buf))
			return -1;
		got = peer_read(p, p->buf + p->n, sizeof(p->buf) - 1 - p->n);
		if (got <= 0)
			return -1;
		p->n += (size_t)got;
		p->buf[p->n] = '\0';
		/* TLS, spoken to a plain server. */
		if (p->buf[0] < 'A' || p->buf[0] > 'Z') {
			peer_write(p, no_http, sizeof(no_http) - 1);
			return -1;
		}
		end = strstr(p->buf, "\r\n\r\n");
	}
	head = (size_t)(end + 4 - p->buf);
	have = p->n - head;
	end[2] = '\0'; /* where parse_head() stops; the body begins behind */
	if (parse_head(r, p->buf) != 0)
		return -1;
	length = request_header(r, "content-length");
	r->body_len = length != NULL ? strtoul(length, NULL, 10) : 0;
	r->body = calloc(1, r->body_len + 1);
	if (r->body == NULL || have > r->body_len)
		return -1;
	memcpy(r->body, p->buf + head, have);
	while (have < r->body_len) {
		got = peer_read(p, r->body + have, r->body_len - have);
		if (got <= 0)
			return -1;
		have += (size_t)got;
	}
	return 0;
}

int
peer_answer(struct peer *p, int status, const char *content_type,
    const char *body, size_t len)
{
	time_t now = time(NULL) + p->clock_shift_s;
	char date[64], *out = malloc(len + 512);
	struct tm tm;
	int n, rc;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	n = snprintf(out, 512,
	    "HTTP/1.1 %d Status\r\nDate: %s\r\nContent-Type: %s\r\n"
	    "x-amzn-RequestId: req-%u\r\nContent-Length: %zu\r\n%s\r\n",
	    status, date, content_type, p->number, len,
	    p->close_after ? "Connection: close\r\n" : "");
	memcpy(out + n, body, len);
	/* In one piece, or Nagle and delayed acknowledgements add 40 ms. */
	rc = peer_write(p, out, (size_t)n + len);
	free(out);
	return rc;
}

int
peer_refuse(struct peer *p, int status, const char *type, const char *message)
{
	char body[1024];
	int n = snprintf(body, sizeof(body),
	    "{\"__type\":\"%s\",\"Message\":\"%s\","
	    "\"DetectedLanguageCode\":\"it\"}",
	    type, message);

	return peer_answer(
	    p, status, "application/x-amz-json-1.1", body, (size_t)n);
}
