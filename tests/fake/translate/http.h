/*
 * Connections of the scripted Amazon Translate (tests/fake/translate_server.c):
 * HTTP/1.1, plain or over TLS, a request at a time.
 */
#ifndef FAKE_TRANSLATE_HTTP_H
#define FAKE_TRANSLATE_HTTP_H

#include <openssl/ssl.h>
#include <stddef.h>

#include "aws/sigv4_verify.h"

#define MAX_HEADERS 64
#define MAX_HEAD 65536

struct peer {
	int fd;
	unsigned int number;
	SSL *ssl; /* NULL: plain */
	long clock_shift_s;
	int close_after; /* the connection ends with its first answer */
	char buf[MAX_HEAD];
	size_t n;
};

struct request {
	char *method, *path, *query;
	struct sigv4_header headers[MAX_HEADERS];
	size_t nheaders;
	char *body; /* to be freed */
	size_t body_len;
};

/* The header's value, or NULL. */
const char *request_header(const struct request *r, const char *name);

/* One request; its strings live in p->buf and r->body.  0 or -1: the end. */
int peer_read_request(struct peer *p, struct request *r);

/* Send an answer.  0 or -1: the end. */
int peer_answer(struct peer *p, int status, const char *content_type,
    const char *body, size_t len);

/* An error as AWS's JSON services tell it. */
int
peer_refuse(struct peer *p, int status, const char *type, const char *message);

#endif
