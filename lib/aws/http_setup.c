#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/http_priv.h"
#include "aws/proxy.h"
#include "base/b64.h"
#include "base/clock.h"

/* Add "name: value" to the request.  0 or -1: no memory. */
static int
add_header(struct http_transfer *t, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	struct curl_slist *list;
	char *line = malloc(size);

	if (line == NULL)
		return -1;
	/* libcurl takes "name:" as "leave it out", "name;" as empty. */
	snprintf(line, size, value[0] != '\0' ? "%s: %s" : "%s;", name, value);
	list = curl_slist_append(t->headers, line);
	free(line);
	if (list == NULL)
		return -1;
	t->headers = list;
	return 0;
}

static bool
has_header(const struct http_request *req, const char *name)
{
	size_t i;

	for (i = 0; i < req->nheaders; i++)
		if (strcasecmp(req->headers[i].name, name) == 0)
			return true;
	return false;
}

/* The request's headers, and those of the signature. */
static int
set_headers(struct http_transfer *t, const struct http_request *req,
    const struct sigv4_signed *signed_request)
{
	struct curl_slist *list;
	size_t i;
	int rc;

	rc = add_header(t, "Host", req->endpoint->authority);
	for (i = 0; i < req->nheaders && rc == 0; i++)
		rc = add_header(t, req->headers[i].name, req->headers[i].value);
	for (i = 0; i < signed_request->nadded && rc == 0; i++)
		rc = add_header(t, signed_request->added[i].name,
		    signed_request->added[i].value);
	if (rc != 0)
		return rc;
	/* What libcurl would add on its own, and nobody wants. */
	list = curl_slist_append(t->headers, "Expect:");
	if (list != NULL && !has_header(req, "content-type")) {
		t->headers = list;
		list = curl_slist_append(t->headers, "Content-Type:");
	}
	if (list == NULL)
		return -1;
	t->headers = list;
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return 0;
}

char *
http_path(const struct http_request *req)
{
	size_t size =
	    strlen(req->endpoint->path_prefix) + strlen(req->path) + 1;
	char *path = malloc(size);

	if (path != NULL)
		snprintf(
		    path, size, "%s%s", req->endpoint->path_prefix, req->path);
	return path;
}

int
http_sign(struct http *h, const struct http_request *req, const char *path,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct sigv4_signed *out, struct service_error *error)
{
	struct sigv4_header headers[HTTP_MAX_HEADERS + 1];
	const struct sigv4_signer signer = { .credentials = keys,
		.region = req->endpoint->region,
		.service = req->endpoint->service,
		.key = &h->key };
	struct sigv4_request r = { .method = req->method,
		.path = path,
		.query = req->query,
		.headers = headers,
		.body = req->body,
		.body_len = req->body_len };
	size_t i;
	int rc;

	headers[0].name = "host";
	headers[0].value = req->endpoint->authority;
	for (i = 0; i < req->nheaders; i++) {
		headers[i + 1].name = req->headers[i].name;
		headers[i + 1].value = req->headers[i].value;
	}
	r.nheaders = req->nheaders + 1;
	rc = sigv4_sign(out, &r, &signer, (int64_t)(now_wall_ms / 1000),
	    SIGV4_ADD_PAYLOAD_HASH);
	if (rc == 0)
		return 0;
	service_error_set(error,
	    rc == SIGV4_ERR_NOMEM ? SERVICE_ERROR_LOCAL : SERVICE_ERROR_CONFIG,
	    "signing", "cannot sign the request: %s", sigv4_strerror(rc));
	return -1;
}

static int
set_url(
    struct http_transfer *t, const struct http_request *req, const char *path)
{
	bool has_query = req->query != NULL && req->query[0] != '\0';
	size_t size = strlen(req->endpoint->authority) + strlen(path) +
	              (has_query ? strlen(req->query) : 0) + 16;
	char *url = malloc(size);
	CURLcode rc;

	if (url == NULL)
		return -1;
	snprintf(url, size, "%s://%s%s%s%s",
	    req->endpoint->is_https ? "https" : "http",
	    req->endpoint->authority, path, has_query ? "?" : "",
	    has_query ? req->query : "");
	rc = curl_easy_setopt(t->easy, CURLOPT_URL, url);
	free(url);
	return rc == CURLE_OK ? 0 : -1;
}

/* Method and body. */
static int
set_method(struct http_transfer *t, const struct http_request *req)
{
	if (strcmp(req->method, "HEAD") == 0) {
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
		return 0;
	}
	if (strcmp(req->method, "GET") == 0 && req->body_len == 0) {
		curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
		return 0;
	}
	t->body = malloc(req->body_len + 1);
	if (t->body == NULL)
		return -1;
	if (req->body_len > 0)
		memcpy(t->body, req->body, req->body_len);
	curl_easy_setopt(
	    t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body_len);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body);
	if (strcmp(req->method, "POST") != 0)
		curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, req->method);
	return 0;
}

/* User and password, as they stand in "Basic ...": libcurl copies them. */
static void
set_proxy_user(CURL *e, const char *auth)
{
	char plain[sizeof(((struct proxy *)NULL)->auth)] = "", *colon;
	ssize_t n;

	if (auth[0] == '\0')
		return;
	auth += strlen("Basic ");
	n = b64_decode((uint8_t *)plain, auth, strlen(auth));
	if (n < 0)
		return;
	plain[n] = '\0';
	if ((colon = strchr(plain, ':')) != NULL)
		*colon++ = '\0';
	curl_easy_setopt(e, CURLOPT_PROXYUSERNAME, plain);
	curl_easy_setopt(e, CURLOPT_PROXYPASSWORD, colon);
	sigv4_wipe(plain, sizeof(plain));
}

/* Through a proxy or not, and which, is one question for all connections of a
 * process: libcurl's no_proxy knows no ports, and "*" only alone; and of a URL
 * that it does not like it tells the whole, password included. */
static void
set_proxy(CURL *e, const struct http_request *req)
{
	char url[sizeof(((struct proxy *)NULL)->host) + 32];
	struct proxy p = { .host = "" };
	bool is_v6;

	if (!req->skip_proxy &&
	    proxy_find(&p, config_environ, NULL, req->endpoint->host,
		req->endpoint->port, req->endpoint->is_https) != 0)
		return; /* of another scheme: libcurl may know it */
	is_v6 = strchr(p.host, ':') != NULL;
	snprintf(url, sizeof(url), "http://%s%s%s:%u", is_v6 ? "[" : "", p.host,
	    is_v6 ? "]" : "", (unsigned int)p.port);
	curl_easy_setopt(e, CURLOPT_PROXY, p.host[0] != '\0' ? url : "");
	curl_easy_setopt(e, CURLOPT_NOPROXY, "");
	set_proxy_user(e, p.auth);
	sigv4_wipe(&p, sizeof(p));
}

static void
set_connection(struct http_transfer *t, const struct http_request *req)
{
	long connect_ms = req->connect_timeout_ms > 0 ? req->connect_timeout_ms
	                                              : HTTP_CONNECT_TIMEOUT_MS;
	long timeout_ms =
	    req->timeout_ms > 0 ? req->timeout_ms : HTTP_TIMEOUT_MS;
	CURL *e = t->easy;

	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* What is compressed all the same is read. */
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "identity");
	curl_easy_setopt(e, CURLOPT_USERAGENT, "pipebooth/" BOOTH_VERSION);
	set_proxy(e, req);
	if (clock_mono_ms() < t->h->suspect_until_ms)
		curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	if (!req->endpoint->is_https) {
		curl_easy_setopt(
		    e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
		return;
	}
	/* Requests that start together wait for the first connection, to share
	 * it if it turns out to be HTTP/2. */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (t->h->ca_bundle != NULL) {
		curl_easy_setopt(e, CURLOPT_CAINFO, t->h->ca_bundle);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
}

int
http_setup(struct http_transfer *t, const struct http_request *req,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct service_error *error)
{
	struct sigv4_signed signed_request;
	char *path = http_path(req);
	int rc = -1;

	memset(&signed_request, 0, sizeof(signed_request));
	service_error_set(
	    error, SERVICE_ERROR_LOCAL, "memory", "out of memory");
	if (path == NULL)
		return -1;
	if (keys != NULL && http_sign(t->h, req, path, keys, now_wall_ms,
				&signed_request, error) != 0) {
		free(path);
		return -1;
	}
	rc = set_url(t, req, path);
	if (rc == 0)
		rc = set_method(t, req);
	if (rc == 0)
		rc = set_headers(t, req, &signed_request);
	if (rc == 0)
		set_connection(t, req);
	if (keys != NULL)
		sigv4_signed_release(&signed_request);
	free(path);
	return rc;
}
