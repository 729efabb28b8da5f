/* What http.c and http_setup.c share; nobody else's business. */
#ifndef AWS_HTTP_PRIV_H
#define AWS_HTTP_PRIV_H

#include <curl/curl.h>

#include "aws/conn.h"
#include "aws/http.h"
#include "base/bytes.h"

/* A socket that libcurl wants watched. */
struct watch {
	curl_socket_t fd; /* CURL_SOCKET_BAD: no longer wanted */
	short events;
	int slot;               /* in the loop, this turn */
	unsigned int nwritable; /* on end, that and nothing else */
	int64_t written_at_ms;  /* the last of them */
};

/* Several connections opened ahead, with one end. */
struct warm_up {
	struct http *h;
	struct warm_up *next;
	unsigned int pending;
	bool is_ok;
	http_done_fn *on_done;
	void *arg;
};

/* Bodies up to here go over the connection of our own: h2.h takes as much at
 * once. */
#define HTTP_OWN_BODY (256 * 1024)
/* Of connections that the server wants to end, while requests are on them. */
#define HTTP_OWN_OLD 4

/* The connection of http_keep_conn(). */
struct http_own {
	struct endpoint endpoint;
	struct conn_config config; /* strings are borrowed */
	struct conn *conn;         /* dialing or ready, or NULL */
	struct conn *old[HTTP_OWN_OLD];
	bool is_proven; /* it was ready */
	bool has_new;   /* requests of this turn wait to be sent */
	int64_t dial_at_ms;
	int64_t wait_ms; /* after the last dial that failed */
};

struct http {
	CURLM *multi;
	char *ca_bundle;
	struct sigv4_key key; /* cache */
	struct watch *watches;
	size_t nwatches;
	size_t watches_alloc;
	int64_t timer_at_ms; /* libcurl's; LOOP_NEVER: none */
	struct http_transfer *transfers;
	size_t nactive;
	struct warm_up *warm_ups; /* under way */
	struct http_own *own;     /* NULL: libcurl's connections only */
	int64_t suspect_until_ms; /* connections that are there may be dead */
	bool is_short; /* no memory to watch a socket: libcurl gave all up */
};

struct http_transfer {
	struct http *h;
	struct http_transfer *prev, *next;
	CURL *easy; /* NULL: is_own */
	struct curl_slist *headers;
	uint8_t *body; /* of the request, owned */
	struct bytes answer;
	size_t cap; /* of the answer's body, bytes */
	struct endpoint endpoint;
	enum service_protocol protocol;
	bool is_over_cap; /* the answer */
	bool is_aborted;  /* by on_body */
	bool is_other;    /* not of body_type */
	bool is_warm_up;  /* any answer is a success */
	double sent_at_ms;
	http_body_fn *on_body;
	const char *body_type;
	http_done_fn *on_done;
	void *arg;
	char text[CURL_ERROR_SIZE];
	/* Over the connection of our own: */
	bool is_own;
	bool is_over;      /* the stream has ended, which is to be told */
	bool is_whole;     /* the answer */
	bool is_coded;     /* and cannot be read */
	bool is_late;      /* deadline_ms has passed */
	bool is_short;     /* of memory */
	struct conn *conn; /* while the stream is there, else NULL */
	int32_t stream;
	enum h2_why why; /* without is_whole */
	uint32_t code;
	int status;
	struct bytes fields; /* of the answer: name, NUL, value, NUL, ... */
	int64_t started_at_ms;
	int64_t deadline_ms;
};

/*
 * Set up t->easy for a request: URL, method, headers, signature, connection.
 * 0, or -1 with *error.
 */
int http_setup(struct http_transfer *t, const struct http_request *req,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct service_error *error);

/* Endpoint's prefix and operation's path; to be freed.  NULL: no memory. */
char *http_path(const struct http_request *req);

/* 0, or -1 with *error. */
int http_sign(struct http *h, const struct http_request *req, const char *path,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct sigv4_signed *out, struct service_error *error);

/* A connection turned out to be dead.  Others of its age may be, too, and say
 * so only by saying nothing: for a while libcurl uses none that it has. */
void http_suspect(struct http *h, int64_t now_ms);

/* Whether the request can go over the connection of our own, now. */
bool http_own_takes(struct http *h, const struct http_request *req);

/* Send it that way.  0, or -1 with *error (set beforehand to no memory). */
int http_own_start(struct http_transfer *t, const struct http_request *req,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct service_error *error);

void http_own_cancel(struct http_transfer *t);

const char *http_own_header(const struct http_transfer *t, const char *name);

/* What came of a transfer that is over: status or error, and duration.  True:
 * there is an answer. */
bool http_own_result(const struct http_transfer *t, struct http_answer *a);

void http_own_free(struct http *h);

void http_own_prepare(struct http *h, struct loop *l);

/* Transfers that ended are marked is_over. */
void http_own_dispatch(struct http *h, struct loop *l, int64_t now_ms);

#endif
