/*
 * What the suites about http and http_call share: one http, an endpoint that is
 * the peer of aws_peer.h, and what the last answers were.
 */
#ifndef AWS_HTTP_CLIENT_H
#define AWS_HTTP_CLIENT_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/http_call.h"
#include "aws_peer.h"
#include "base/clock.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define NOW_MS 1767323045000.0 /* 20260102T030405Z, as in the vectors */

static struct peer peer;
static struct loop loop;
static struct http *http;
static struct endpoint endpoint;
static const struct sigv4_credentials keys = { "AKIDEXAMPLE",
	"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL };

/* What on_done saw. */
static struct {
	int n;
	struct service_error error;
	int status;
	char body[4096];
	size_t len;
	char type[64];
	int attempts;
} seen;
static struct http_call *call;

static inline void
on_done(void *arg, const struct http_answer *a)
{
	const char *type = http_answer_header(a, "X-TYPE");

	(void)arg;
	seen.n++;
	seen.error = a->error;
	seen.status = a->status;
	seen.len = a->len;
	snprintf(seen.body, sizeof(seen.body), "%s", (const char *)a->body);
	snprintf(seen.type, sizeof(seen.type), "%s", type != NULL ? type : "");
	if (call != NULL)
		seen.attempts = http_call_attempts(call);
}

static inline void
setup(void)
{
	memset(&peer, 0, sizeof(peer));
	memset(&seen, 0, sizeof(seen));
	call = NULL;
	loop_init(&loop);
	http = http_new(NULL);
	ck_assert_ptr_nonnull(http);
}

static inline void
teardown(void)
{
	http_free(http);
	loop_release(&loop);
}

/* An endpoint that is the peer, bound or started, signed as Translate. */
static inline void
address_peer(void)
{
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer.port);
	ck_assert_int_eq(endpoint_parse(&endpoint, url), 0);
	strcpy(endpoint.region, "us-east-1");
	strcpy(endpoint.service, "translate");
}

static inline void
reach_peer(void)
{
	peer_start(&peer);
	address_peer();
}

static inline void
run_until(int n)
{
	while (seen.n < n) {
		loop_begin(&loop);
		http_prepare(http, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		http_dispatch(http, &loop, clock_mono_ms());
	}
}

static inline struct http_request
get_request(const char *path)
{
	struct http_request req = { .method = "GET",
		.endpoint = &endpoint,
		.path = path,
		.on_done = on_done };

	return req;
}

static inline struct http_transfer *
start(const struct http_request *req)
{
	struct service_error error;

	return http_start(http, req, NULL, NOW_MS, &error);
}
/* A body taken in pieces, with one refusal. */
static struct {
	char text[64];
	bool has_refused;
	struct http_transfer *transfer;
} stream;

static inline int
on_body(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	if (!stream.has_refused) {
		stream.has_refused = true;
		return 1;
	}
	strncat(stream.text, (const char *)p, n);
	return 0;
}

/* What the user's own settings must not lead astray. */
static inline void
forget_proxies(void)
{
	unsetenv("http_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
}

#endif
