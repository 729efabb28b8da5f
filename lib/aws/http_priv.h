/* What http.c and http_setup.c share; nobody else's business. */
#ifndef AWS_HTTP_PRIV_H
#define AWS_HTTP_PRIV_H

#include <curl/curl.h>

#include "aws/http.h"
#include "base/bytes.h"

/* A socket that libcurl wants watched. */
struct watch {
	curl_socket_t fd; /* CURL_SOCKET_BAD: no longer wanted */
	short events;
	int slot; /* in the loop, this turn */
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
};

struct http_transfer {
	struct http *h;
	struct http_transfer *prev, *next;
	CURL *easy;
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
};

/*
 * Set up t->easy for a request: URL, method, headers, signature, connection.
 * 0, or -1 with *error.
 */
int http_setup(struct http_transfer *t, const struct http_request *req,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct service_error *error);

#endif
