/*
 * HTTP requests over libcurl's multi interface, many in parallel, signed with
 * SigV4 when they start.  Connections are kept and reused; HTTP/2 where a TLS
 * server offers it; proxies by libcurl's variables (HTTPS_PROXY, NO_PROXY).
 *
 * It does I/O, but does not own the loop: libcurl's sockets and timer are put
 * into the loop like any other module's, so plain loop_wait() is the only wait.
 *
 *	http_prepare(h, &loop); ...; loop_wait(&loop);
 *	http_dispatch(h, &loop, clock_mono_ms());
 *
 * This is one try of one request.  Tries, credentials and the clock are
 * http_call.h's business.
 */
#ifndef AWS_HTTP_H
#define AWS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/conn.h"
#include "aws/endpoint.h"
#include "aws/service_error.h"
#include "aws/sigv4.h"
#include "base/loop.h"

#define HTTP_MAX_HEADERS 8
/* Our choice: an answer that is held in memory (DescribeVoices: about 60 kB).
 */
#define HTTP_BODY_CAP (1024 * 1024)
#define HTTP_CONNECT_TIMEOUT_MS 3100
#define HTTP_TIMEOUT_MS 30000

struct http;          /* all requests of a process */
struct http_transfer; /* one request under way */

struct http_header {
	const char *name;
	const char *value; /* no control characters */
};

/* What came back.  Valid until on_done returns. */
struct http_answer {
	struct service_error error; /* class NONE: status 2xx, body complete */
	int status;                 /* 0: none came */
	const uint8_t *body; /* NUL-ended beyond len; empty when on_body took it
	                      */
	size_t len;
	double sent_at_ms;  /* Unix time given to http_start() */
	double duration_ms; /* start to end, without waiting for a retry */
	bool is_new_connection;
	const void *handle; /* for http_answer_header() */
};

/*
 * Body bytes of a 2xx answer as they come.  Return 0 to go on; 1 to refuse
 * these bytes for now (they come again after http_resume()); -1 to give the
 * transfer up: on_done then comes with class LOCAL, name "aborted".
 */
typedef int http_body_fn(void *arg, const uint8_t *p, size_t n);

/* The end, exactly once unless http_cancel() came first.  May start and cancel
 * other transfers. */
typedef void http_done_fn(void *arg, const struct http_answer *answer);

/* Everything is borrowed for the call of http_start(), which copies it. */
struct http_request {
	const char *method; /* "GET", "POST", "PUT" or "HEAD" */
	const struct endpoint *endpoint;
	const char *path;  /* encoded, begins with '/'; the endpoint's prefix
	                      comes in front */
	const char *query; /* encoded, without '?'; NULL or "": none */
	struct http_header
	    headers[HTTP_MAX_HEADERS]; /* without host, x-amz-date
	                                  and authorization */
	size_t nheaders;
	const void *body;
	size_t body_len;
	enum service_protocol protocol; /* how errors are written */
	bool skip_proxy;         /* metadata services are asked directly */
	bool waits_for_server;   /* for http_call: while nobody can be reached
	                            (no address, no connection), nothing was
	                            asked: that is no try, and the call goes on
	                            until its deadline, which it must have */
	size_t body_cap;         /* 0: HTTP_BODY_CAP */
	long connect_timeout_ms; /* 0: HTTP_CONNECT_TIMEOUT_MS; TLS included */
	long timeout_ms;         /* whole transfer; 0: HTTP_TIMEOUT_MS */
	http_body_fn *on_body;   /* NULL: the body is collected, up to body_cap
	                          */
	const char *body_type; /* constant; how the content-type of what on_body
	                          takes begins ("audio/"): a proxy's page is
	                          then TRANSIENT, "answer".  NULL: any */
	http_done_fn *on_done;
	void *arg;
};

/*
 * `ca_bundle`: PEM file of the only roots to trust, or NULL for the system's.
 * NULL: no memory, or libcurl could not be set up.
 */
struct http *http_new(const char *ca_bundle);

/* Cancels what is under way. */
void http_free(struct http *h);

/*
 * Keep an HTTP/2 connection to `endpoint` of our own (conn.h), dialed at once
 * and again when it ends, and send over it, while it is there, what is simple
 * and can be repeated without harm: POSTs with a body of up to 256 KiB whose
 * answer is collected.  All that are started in one turn leave together.  What
 * else there is, and all while that connection is not there, goes by libcurl,
 * so that nothing depends on it.  Measured by scripts/bench pipeline, a
 * sentence into eight languages, our own part from final to translated, p50:
 * 0.48 ms by libcurl, 0.2 ms so.
 *
 * A request that the server did not look at, because it or the network ended
 * the connection, ends with class TRANSIENT and the name HTTP_MOVED.
 *
 * `config` as client_conn_config() fills it; its strings are borrowed until
 * http_free().  No effect for an http endpoint, and the second time.  0, or -1:
 * no memory.
 */
int http_keep_conn(struct http *h, const struct endpoint *endpoint,
    const struct conn_config *config);

#define HTTP_MOVED "moved"

/* Add libcurl's sockets and deadline. */
void http_prepare(struct http *h, struct loop *l);

/* Let libcurl work; calls on_body and on_done. */
void http_dispatch(struct http *h, struct loop *l, int64_t now_ms);

/*
 * Start a request, signed for endpoint's service and region with `keys` at
 * now_wall_ms (Unix time; the clock's offset already added), or not signed
 * when keys is NULL.  Returns a transfer, valid until its on_done or
 * http_cancel(); or NULL with *error set: nothing will be called back.
 */
struct http_transfer *http_start(struct http *h, const struct http_request *req,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct service_error *error);

/* Give a transfer up; on_done is not called.  Must not be called from its own
 * on_body. */
void http_cancel(struct http_transfer *t);

/* Go on after on_body returned 1. */
void http_resume(struct http_transfer *t);

/* Number of transfers under way. */
size_t http_active(const struct http *h);

/* Value of an answer's header, any case, or NULL; valid until on_done returns.
 */
const char *http_answer_header(const struct http_answer *a, const char *name);

/*
 * Open `n` connections ahead of their use (HTTP/2: one is enough), by unsigned
 * requests of GET /ping: libcurl has no other way that leaves a connection
 * which later requests use.  Any answer will do.  on_done (may be NULL) is
 * called once, when the last has ended: class NONE when any got through, else
 * the error of the last.  0, or -1: no memory, nothing will be called back.
 */
int http_warm(struct http *h, const struct endpoint *endpoint, unsigned int n,
    http_done_fn *on_done, void *arg);

#endif
