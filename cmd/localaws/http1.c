#include "http1.h"

#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "request.h"

enum phase {
	PHASE_IDLE,     /* between two requests */
	PHASE_HEAD,     /* the first byte came */
	PHASE_BODY,     /* on_request was called */
	PHASE_COMPLETE, /* on_end was called */
};

/* Where a header stands in `head`; both are NUL-ended. */
struct field {
	size_t name, value;
};

struct http1 {
	http_parser parser;
	struct http1_events events;
	void *arg;
	struct bytes in, out;
	enum phase phase;
	bool is_responded, is_ended; /* of the answer */
	bool is_chunked, is_bodyless;
	bool is_keep_alive;
	bool is_closing;
	int error; /* fatal */
	/* Request line and headers, piece by piece: target, NUL, then name,
	 * NUL, value, NUL. */
	struct bytes head;
	struct field fields[REQUEST_HEADERS_MAX];
	size_t nfields;
	bool is_in_value;
};

const char *
http1_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		HTTP1_ERROR_LIST(X)
#undef X
	}
	return "no error";
}

struct http1 *
http1_new(const struct http1_events *events, void *arg)
{
	struct http1 *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->events = *events;
	h->arg = arg;
	bytes_init(&h->in, HTTP1_IN_BYTES);
	bytes_init(&h->out, HTTP1_OUT_BYTES);
	bytes_init(&h->head, HTTP1_HEAD_BYTES);
	http_parser_init(&h->parser, HTTP_REQUEST);
	h->parser.data = h;
	return h;
}

void
http1_free(struct http1 *h)
{
	if (h == NULL)
		return;
	bytes_release(&h->in);
	bytes_release(&h->out);
	bytes_release(&h->head);
	free(h);
}

/* --- what the parser tells ------------------------------------------------ */

static int
head_add(struct http1 *h, const char *p, size_t n)
{
	int rc = bytes_append(&h->head, p, n);

	if (rc != 0)
		h->error =
		    rc == BYTES_ERR_FULL ? HTTP1_ERR_LARGE : HTTP1_ERR_NOMEM;
	return rc == 0 ? 0 : -1;
}

static int
on_message_begin(http_parser *parser)
{
	struct http1 *h = parser->data;

	h->phase = PHASE_HEAD;
	h->is_responded = h->is_ended = false;
	h->is_keep_alive = false;
	bytes_reset(&h->head);
	h->nfields = 0;
	h->is_in_value = true; /* so that a name ends the target */
	return 0;
}

static int
on_url(http_parser *parser, const char *p, size_t n)
{
	return head_add(parser->data, p, n);
}

static int
on_header_field(http_parser *parser, const char *p, size_t n)
{
	struct http1 *h = parser->data;

	if (h->is_in_value) {
		if (h->nfields == REQUEST_HEADERS_MAX) {
			h->error = HTTP1_ERR_LARGE;
			return -1;
		}
		if (head_add(h, "", 1) != 0)
			return -1;
		h->fields[h->nfields].name = bytes_len(&h->head);
		h->fields[h->nfields++].value = 0;
		h->is_in_value = false;
	}
	return head_add(h, p, n);
}

static int
on_header_value(http_parser *parser, const char *p, size_t n)
{
	struct http1 *h = parser->data;

	/* Trailers of a chunked body come here too: they are not looked at. */
	if (h->nfields == 0)
		return 0;
	if (!h->is_in_value) {
		if (head_add(h, "", 1) != 0)
			return -1;
		h->fields[h->nfields - 1].value = bytes_len(&h->head);
		h->is_in_value = true;
	}
	return head_add(h, p, n);
}

/* What http_parser takes for a header value may end in blanks. */
static void
trim(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
}

static int
on_headers_complete(http_parser *parser)
{
	struct http1 *h = parser->data;
	struct h2_header headers[REQUEST_HEADERS_MAX];
	struct h2_request request = { 0 };
	bool expects = false;
	size_t len;
	char *head;

	if (parser->method == HTTP_CONNECT) {
		h->error = HTTP1_ERR_SYNTAX;
		return -1;
	}
	/* No upgrade is offered: the request is served as HTTP/1.1. */
	parser->upgrade = 0;
	if (head_add(h, "", 1) != 0)
		return -1;
	head = (char *)(uintptr_t)bytes_peek(&h->head, &len);
	for (size_t i = 0; i < h->nfields; i++) {
		headers[i].name = head + h->fields[i].name;
		headers[i].value =
		    h->fields[i].value == 0 ? "" : head + h->fields[i].value;
		if (h->fields[i].value != 0)
			trim(head + h->fields[i].value);
		expects =
		    expects ||
		    (strcasecmp(headers[i].name, "expect") == 0 &&
			strcasecmp(headers[i].value, "100-continue") == 0);
	}
	request.method = http_method_str((enum http_method)parser->method);
	request.scheme = "https";
	request.path = head;
	request.headers = headers;
	request.nheaders = h->nfields;
	request.has_body = (parser->flags & F_CHUNKED) != 0 ||
	                   (parser->content_length > 0 &&
			       parser->content_length != UINT64_MAX);
	h->phase = PHASE_BODY;
	h->is_bodyless = parser->method == HTTP_HEAD;
	h->is_chunked = parser->http_major == 1 && parser->http_minor >= 1;
	h->events.on_request(h->arg, &request);
	if (expects && h->is_chunked && request.has_body && !h->is_responded &&
	    bytes_append(&h->out, "HTTP/1.1 100 Continue\r\n\r\n", 25) != 0) {
		h->error = HTTP1_ERR_FULL;
		return -1;
	}
	return 0;
}

static int
on_body(http_parser *parser, const char *p, size_t n)
{
	struct http1 *h = parser->data;

	h->events.on_body(h->arg, (const uint8_t *)p, n);
	return 0;
}

static int
on_message_complete(http_parser *parser)
{
	struct http1 *h = parser->data;

	h->phase = PHASE_COMPLETE;
	if (!h->is_responded)
		h->is_keep_alive = http_should_keep_alive(parser) != 0;
	h->events.on_end(h->arg);
	http_parser_pause(parser, 1);
	return 0;
}

static const http_parser_settings settings = {
	.on_message_begin = on_message_begin,
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

/* --- in ------------------------------------------------------------------- */

/* Refuse what cannot be read; an answer under way is left as it is. */
static int
give_up(struct http1 *h)
{
	static const char bad[] = "HTTP/1.1 400 Bad Request\r\n"
				  "Content-Length: 0\r\n"
				  "Connection: close\r\n\r\n";
	static const char large[] =
	    "HTTP/1.1 431 Request Header Fields Too Large\r\n"
	    "Content-Length: 0\r\n"
	    "Connection: close\r\n\r\n";

	if (h->error == 0)
		h->error = HTTP1_ERR_SYNTAX;
	if (h->phase < PHASE_BODY && h->error == HTTP1_ERR_LARGE)
		bytes_append(&h->out, large, sizeof(large) - 1);
	else if (h->phase < PHASE_BODY && h->error == HTTP1_ERR_SYNTAX)
		bytes_append(&h->out, bad, sizeof(bad) - 1);
	h->is_closing = true;
	return h->error;
}

static int
parse(struct http1 *h)
{
	const uint8_t *p;
	size_t n, done;
	enum http_errno e;

	while (h->error == 0 && !h->is_closing && h->phase != PHASE_COMPLETE &&
	       (p = bytes_peek(&h->in, &n), n > 0)) {
		done = http_parser_execute(
		    &h->parser, &settings, (const char *)p, n);
		e = HTTP_PARSER_ERRNO(&h->parser);
		if (e != HPE_OK && e != HPE_PAUSED) {
			if (e == HPE_HEADER_OVERFLOW)
				h->error = HTTP1_ERR_LARGE;
			return give_up(h);
		}
		bytes_skip(&h->in, done > n ? n : done);
		if (e == HPE_PAUSED)
			http_parser_pause(&h->parser, 0);
	}
	return h->error;
}

int
http1_recv(struct http1 *h, const uint8_t *p, size_t n)
{
	int rc;

	if (h->error != 0)
		return h->error;
	if (h->is_closing)
		return 0;
	if ((rc = bytes_append(&h->in, p, n)) != 0) {
		h->error =
		    rc == BYTES_ERR_FULL ? HTTP1_ERR_FULL : HTTP1_ERR_NOMEM;
		return give_up(h);
	}
	return parse(h);
}

bool
http1_is_reading(const struct http1 *h)
{
	return h->phase == PHASE_HEAD || h->phase == PHASE_BODY;
}

bool
http1_is_answering(const struct http1 *h)
{
	return h->phase >= PHASE_BODY && !h->is_ended;
}

bool
http1_is_answered(const struct http1 *h)
{
	return h->phase >= PHASE_BODY && h->is_ended;
}

size_t
http1_waiting_bytes(const struct http1 *h)
{
	return bytes_len(&h->in);
}

int
http1_next(struct http1 *h)
{
	if (!http1_is_answered(h) || h->is_closing)
		return h->error;
	h->phase = PHASE_IDLE;
	h->is_responded = h->is_ended = false;
	return parse(h);
}

/* --- out ------------------------------------------------------------------ */

static int
out_error(int rc)
{
	return rc == BYTES_ERR_FULL ? HTTP1_ERR_FULL : HTTP1_ERR_NOMEM;
}

static int
put_line(struct http1 *h, const char *name, const char *value)
{
	int rc;

	if ((rc = bytes_append(&h->out, name, strlen(name))) != 0 ||
	    (rc = bytes_append(&h->out, ": ", 2)) != 0 ||
	    (rc = bytes_append(&h->out, value, strlen(value))) != 0 ||
	    (rc = bytes_append(&h->out, "\r\n", 2)) != 0)
		return out_error(rc);
	return 0;
}

static const char *
reason_of(int status)
{
	switch (status) {
#define XX(num, name, string)                                                  \
	case num:                                                              \
		return #string;
		HTTP_STATUS_MAP(XX)
#undef XX
	}
	return "Unknown";
}

int
http1_respond(struct http1 *h, int status, const struct h2_header *headers,
    size_t nheaders, bool has_body)
{
	char line[128];
	bool has_length = false;
	int n, rc;

	if (h->phase < PHASE_BODY || h->is_responded)
		return HTTP1_ERR_STATE;
	n = snprintf(line, sizeof(line), "HTTP/1.1 %d %s\r\n", status,
	    reason_of(status));
	if ((rc = bytes_append(&h->out, line, (size_t)n)) != 0)
		return out_error(rc);
	for (size_t i = 0; i < nheaders; i++) {
		if (strcasecmp(headers[i].name, "content-length") == 0)
			has_length = true;
		if ((rc = put_line(h, headers[i].name, headers[i].value)) != 0)
			return rc;
	}
	if (h->phase != PHASE_COMPLETE)
		h->is_keep_alive = false;
	if (!has_body || has_length) {
		h->is_chunked = false;
	} else if (!h->is_chunked) {
		/* HTTP/1.0: the end of the connection ends the body. */
		h->is_keep_alive = false;
	} else if ((rc = put_line(h, "Transfer-Encoding", "chunked")) != 0) {
		return rc;
	}
	if ((rc = put_line(h, "Connection",
		 h->is_keep_alive ? "keep-alive" : "close")) != 0)
		return rc;
	if ((rc = bytes_append(&h->out, "\r\n", 2)) != 0)
		return out_error(rc);
	h->is_responded = true;
	h->is_bodyless = h->is_bodyless || !has_body;
	return 0;
}

int
http1_write(struct http1 *h, const void *p, size_t n)
{
	char size[24];
	int len, rc;

	if (!h->is_responded || h->is_ended)
		return HTTP1_ERR_STATE;
	if (h->is_bodyless || n == 0)
		return 0;
	if (n + sizeof(size) > HTTP1_OUT_BYTES - bytes_len(&h->out))
		return HTTP1_ERR_FULL;
	if (!h->is_chunked) {
		rc = bytes_append(&h->out, p, n);
		return rc == 0 ? 0 : out_error(rc);
	}
	len = snprintf(size, sizeof(size), "%zx\r\n", n);
	if ((rc = bytes_append(&h->out, size, (size_t)len)) != 0 ||
	    (rc = bytes_append(&h->out, p, n)) != 0 ||
	    (rc = bytes_append(&h->out, "\r\n", 2)) != 0)
		return out_error(rc);
	return 0;
}

int
http1_end(struct http1 *h)
{
	int rc = 0;

	if (!h->is_responded || h->is_ended)
		return HTTP1_ERR_STATE;
	if (h->is_chunked && !h->is_bodyless)
		rc = bytes_append(&h->out, "0\r\n\r\n", 5);
	h->is_ended = true;
	if (!h->is_keep_alive || rc != 0)
		h->is_closing = true;
	return rc == 0 ? 0 : out_error(rc);
}

void
http1_cut(struct http1 *h)
{
	h->is_ended = true;
	h->is_closing = true;
}

bool
http1_is_closing(const struct http1 *h)
{
	return h->is_closing;
}

const uint8_t *
http1_peek(const struct http1 *h, size_t *n)
{
	return bytes_peek(&h->out, n);
}

void
http1_skip(struct http1 *h, size_t n)
{
	bytes_skip(&h->out, n);
}
