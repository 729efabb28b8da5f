#include "aws/http.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/http_error.h"
#include "aws/http_priv.h"
#include "aws/retry.h"
#include "base/clock.h"

/* Ours: until what is new has taken over, and the dead were found. */
#define SUSPECT_MS 30000

/* libcurl waits for a socket to be writable also while HTTP/2's windows, or the
 * peer's limit of streams, let nothing be written (7.88): that is so at once,
 * and for ever.  After so many times on end it is told only now and then. */
#define WRITABLE_MAX 32
#define WRITABLE_PAUSE_MS 20

void
http_suspect(struct http *h, int64_t now_ms)
{
	h->suspect_until_ms = now_ms + SUSPECT_MS;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct http *h = arg;
	struct watch *w = NULL;
	size_t i;

	(void)easy;
	(void)unused;
	for (i = 0; i < h->nwatches; i++)
		if (h->watches[i].fd == fd)
			w = &h->watches[i];
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			w->fd = CURL_SOCKET_BAD;
		return 0;
	}
	if (w == NULL) {
		if (h->nwatches == h->watches_alloc) {
			size_t alloc = h->watches_alloc * 2 + 8;
			w = realloc(h->watches, alloc * sizeof(*w));
			/* libcurl then says nothing more of what it has. */
			if (w == NULL) {
				h->is_short = true;
				return -1;
			}
			h->watches = w;
			h->watches_alloc = alloc;
		}
		w = &h->watches[h->nwatches++];
		memset(w, 0, sizeof(*w));
		w->fd = fd;
		w->slot = -1;
	}
	w->events = 0;
	if (what == CURL_POLL_IN)
		w->nwritable = 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		w->events |= POLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		w->events |= POLLOUT;
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	h->timer_at_ms =
	    timeout_ms < 0 ? LOOP_NEVER : clock_mono_ms() + timeout_ms;
	return 0;
}

struct http *
http_new(const char *ca_bundle)
{
	struct http *h = NULL;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		goto fail;
	h->timer_at_ms = LOOP_NEVER;
	sigv4_key_init(&h->key);
	if (ca_bundle != NULL) {
		h->ca_bundle = strdup(ca_bundle);
		if (h->ca_bundle == NULL)
			goto fail;
	}
	h->multi = curl_multi_init();
	if (h->multi == NULL)
		goto fail;
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	return h;
fail:
	if (h != NULL)
		free(h->ca_bundle);
	free(h);
	curl_global_cleanup();
	return NULL;
}

void
http_free(struct http *h)
{
	struct warm_up *w;

	if (h == NULL)
		return;
	while (h->transfers != NULL)
		http_cancel(h->transfers);
	while ((w = h->warm_ups) != NULL) {
		h->warm_ups = w->next;
		free(w);
	}
	http_own_free(h);
	curl_multi_cleanup(h->multi);
	sigv4_key_release(&h->key);
	free(h->watches);
	free(h->ca_bundle);
	free(h);
	curl_global_cleanup();
}

size_t
http_active(const struct http *h)
{
	return h->nactive;
}

static void
transfer_free(struct http_transfer *t)
{
	struct http *h = t->h;

	if (t->prev != NULL)
		t->prev->next = t->next;
	else if (h->transfers == t)
		h->transfers = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	bytes_release(&t->answer);
	bytes_release(&t->fields);
	free(t->body);
	free(t);
}

void
http_cancel(struct http_transfer *t)
{
	struct http *h = t->h;

	if (t->is_own)
		http_own_cancel(t);
	else
		curl_multi_remove_handle(h->multi, t->easy);
	h->nactive--;
	transfer_free(t);
}

void
http_resume(struct http_transfer *t)
{
	/* What has an on_body goes by libcurl. */
	curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

static const char *
content_type(const struct http_transfer *t)
{
	const char *type = NULL;

	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	return type == NULL ? "" : type;
}

/* Whether this is what on_body waits for. */
static bool
is_of_type(const struct http_transfer *t)
{
	return t->body_type == NULL ||
	       strncasecmp(
		   content_type(t), t->body_type, strlen(t->body_type)) == 0;
}

static size_t
on_write(char *p, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	long status = 0;
	int rc;

	n *= size;
	if (n == 0)
		return 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->on_body != NULL && status / 100 == 2) {
		if ((t->is_other = !is_of_type(t)))
			return CURL_WRITEFUNC_ERROR;
		rc = t->on_body(t->arg, (const uint8_t *)p, n);
		t->is_aborted = rc < 0;
		if (rc > 0)
			return CURL_WRITEFUNC_PAUSE;
		return rc == 0 ? n : CURL_WRITEFUNC_ERROR;
	}
	t->is_over_cap = n > t->cap - bytes_len(&t->answer);
	if (t->is_over_cap || bytes_append(&t->answer, p, n) != 0)
		return CURL_WRITEFUNC_ERROR;
	return n;
}

const char *
http_answer_header(const struct http_answer *a, const char *name)
{
	const struct http_transfer *t = a->handle;
	struct curl_header *header;

	if (t == NULL)
		return NULL;
	if (t->is_own)
		return http_own_header(t, name);
	if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return header->value;
}

/* Whether it has what http_start() needs. */
static bool
is_valid(const struct http_request *req)
{
	size_t i;

	if (req->path == NULL || req->path[0] != '/' ||
	    req->nheaders > HTTP_MAX_HEADERS || req->on_done == NULL)
		return false;
	for (i = 0; i < req->nheaders; i++)
		if (strpbrk(req->headers[i].value, "\r\n") != NULL)
			return false;
	return true;
}

static struct http_transfer *
transfer_new(struct http *h, const struct http_request *req, double now_wall_ms)
{
	struct http_transfer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->h = h;
	t->cap = req->body_cap > 0 ? req->body_cap : HTTP_BODY_CAP;
	bytes_init(&t->answer, t->cap + 1);
	t->endpoint = *req->endpoint;
	t->protocol = req->protocol;
	t->sent_at_ms = now_wall_ms;
	t->on_body = req->on_body;
	t->body_type = req->body_type;
	t->on_done = req->on_done;
	t->arg = req->arg;
	return t;
}

/* A handle of libcurl's for it.  0 or -1: no memory. */
static int
add_easy(struct http_transfer *t)
{
	t->easy = curl_easy_init();
	if (t->easy == NULL)
		return -1;
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->text);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	return 0;
}

static void
transfer_link(struct http_transfer *t)
{
	struct http *h = t->h;

	t->next = h->transfers;
	if (t->next != NULL)
		t->next->prev = t;
	h->transfers = t;
	h->nactive++;
}

struct http_transfer *
http_start(struct http *h, const struct http_request *req,
    const struct sigv4_credentials *keys, double now_wall_ms,
    struct service_error *error)
{
	struct http_transfer *t;

	if (!is_valid(req)) {
		service_error_set(error, SERVICE_ERROR_INVALID, "request",
		    "request has a path or header that cannot be sent");
		return NULL;
	}
	service_error_set(
	    error, SERVICE_ERROR_LOCAL, "memory", "out of memory");
	t = transfer_new(h, req, now_wall_ms);
	if (t == NULL)
		return NULL;
	if (http_own_takes(h, req)) {
		if (http_own_start(t, req, keys, now_wall_ms, error) != 0) {
			transfer_free(t);
			return NULL;
		}
	} else if (add_easy(t) != 0 ||
		   http_setup(t, req, keys, now_wall_ms, error) != 0 ||
		   curl_multi_add_handle(h->multi, t->easy) != CURLM_OK) {
		transfer_free(t);
		return NULL;
	}
	transfer_link(t);
	service_error_init(error);
	return t;
}

/* The error of an HTTP answer that is not a success. */
static void
read_refusal(struct http_answer *a, enum service_protocol protocol)
{
	const char *id = http_answer_header(a, "x-amzn-requestid");

	if (id == NULL)
		id = http_answer_header(a, "x-amzn-request-id");
	service_error_from_answer(&a->error, protocol, a->status,
	    http_answer_header(a, "x-amzn-errortype"), id, a->body, a->len);
	a->error.retry_after_ms =
	    retry_parse_after(http_answer_header(a, "x-amz-retry-after"),
		http_answer_header(a, "retry-after"), clock_wall_ms());
}

/* What libcurl made of it.  True: there is an answer. */
static bool
easy_result(const struct http_transfer *t, CURLcode code, struct http_answer *a)
{
	curl_off_t total_us = 0;
	long status = 0, nconnects = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &nconnects);
	a->duration_ms = (double)total_us / 1000;
	a->is_new_connection = nconnects > 0;
	if (code == CURLE_OK) {
		a->status = (int)status;
		return true;
	}
	if (code == CURLE_OPERATION_TIMEDOUT && nconnects == 0)
		http_suspect(t->h, clock_mono_ms());
	http_error_from_curl(
	    &a->error, code, t->easy, &t->endpoint, t->text, t->h->ca_bundle);
	if (t->is_over_cap)
		service_error_set(&a->error, SERVICE_ERROR_PROTOCOL, "size",
		    "answer of %s is longer than %zu bytes",
		    t->endpoint.authority, t->cap);
	if (t->is_aborted)
		service_error_set(
		    &a->error, SERVICE_ERROR_LOCAL, "aborted", "given up");
	if (t->is_other)
		service_error_set(&a->error, SERVICE_ERROR_TRANSIENT, "answer",
		    "%s answered with '%.40s', not %s*", t->endpoint.authority,
		    content_type(t), t->body_type);
	return false;
}

/* code is libcurl's, where the transfer is. */
static void
finish(struct http_transfer *t, CURLcode code)
{
	struct http_answer a = { .handle = t, .sent_at_ms = t->sent_at_ms };
	bool has_answer;

	service_error_init(&a.error);
	has_answer =
	    t->is_own ? http_own_result(t, &a) : easy_result(t, code, &a);
	/* The NUL has its place beyond the cap. */
	if (bytes_append(&t->answer, "", 1) == 0) {
		a.body = bytes_peek(&t->answer, &a.len);
		a.len--;
	} else {
		has_answer = false;
		a.body = (const uint8_t *)"";
		service_error_set(
		    &a.error, SERVICE_ERROR_LOCAL, "memory", "out of memory");
	}
	if (has_answer && a.status / 100 != 2 && !t->is_warm_up)
		read_refusal(&a, t->protocol);
	t->on_done(t->arg, &a);
}

void
http_prepare(struct http *h, struct loop *l)
{
	struct watch *w;
	short events;
	size_t i, n = 0;

	for (i = 0; i < h->nwatches; i++) {
		if (h->watches[i].fd == CURL_SOCKET_BAD)
			continue;
		w = &h->watches[n++];
		*w = h->watches[i];
		events = w->events;
		if ((events & POLLOUT) && w->nwritable >= WRITABLE_MAX) {
			events &= ~POLLOUT;
			loop_deadline(l, w->written_at_ms + WRITABLE_PAUSE_MS);
		}
		w->slot = loop_watch(l, w->fd, events);
	}
	h->nwatches = n;
	if (h->timer_at_ms != LOOP_NEVER)
		loop_deadline(l, h->timer_at_ms);
	http_own_prepare(h, l);
}

/* The first transfer of our own that is over; NULL: there is none. */
static struct http_transfer *
find_over(struct http *h)
{
	struct http_transfer *t;

	for (t = h->transfers; t != NULL; t = t->next)
		if (t->is_own && t->is_over)
			return t;
	return NULL;
}

/* End the transfers of libcurl that it gave up, and those only: on_done may
 * start others. */
static void
end_given_up(struct http *h)
{
	struct http_transfer *t;

	h->is_short = false;
	for (t = h->transfers; t != NULL; t = t->next)
		if (!t->is_own) {
			curl_multi_remove_handle(h->multi, t->easy);
			t->is_over = true;
		}
	for (t = h->transfers; t != NULL;) {
		if (t->is_own || !t->is_over) {
			t = t->next;
			continue;
		}
		h->nactive--;
		finish(t, CURLE_OUT_OF_MEMORY);
		transfer_free(t);
		t = h->transfers;
	}
}

/* What libcurl is to be told of a socket. */
static int
events_for_curl(struct watch *w, struct loop *l, int64_t now_ms)
{
	short revents = loop_revents(l, w->slot);
	int mask = 0;

	if (revents & (POLLIN | POLLHUP))
		mask |= CURL_CSELECT_IN;
	if (revents & POLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (revents & (POLLERR | POLLNVAL))
		mask |= CURL_CSELECT_ERR;
	if ((w->events & POLLOUT) && w->nwritable >= WRITABLE_MAX &&
	    (mask != 0 || now_ms >= w->written_at_ms + WRITABLE_PAUSE_MS))
		mask |= CURL_CSELECT_OUT;
	if (mask == CURL_CSELECT_OUT) {
		w->nwritable++;
		w->written_at_ms = now_ms;
	} else if (mask != 0) {
		w->nwritable = 0;
	}
	return mask;
}

/* Tell libcurl about its sockets and its timer. */
static void
feed_events(struct http *h, struct loop *l, int64_t now_ms)
{
	int running, mask;
	size_t i;

	/* libcurl changes the array under us: slots are kept by index, and
	 * nothing is moved before http_prepare(). */
	for (i = 0; i < h->nwatches; i++) {
		mask = events_for_curl(&h->watches[i], l, now_ms);
		h->watches[i].slot = -1;
		if (mask == 0 || h->watches[i].fd == CURL_SOCKET_BAD)
			continue;
		curl_multi_socket_action(
		    h->multi, h->watches[i].fd, mask, &running);
	}
	if (h->timer_at_ms <= now_ms) {
		h->timer_at_ms = LOOP_NEVER;
		curl_multi_socket_action(
		    h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
}

void
http_dispatch(struct http *h, struct loop *l, int64_t now_ms)
{
	struct http_transfer *t;
	CURLcode code;
	CURLMsg *msg;
	int left;

	http_own_dispatch(h, l, now_ms);
	/* on_done may start and cancel others: each time from the front. */
	while (h->own != NULL && (t = find_over(h)) != NULL) {
		t->is_over = false;
		h->nactive--;
		finish(t, CURLE_OK);
		transfer_free(t);
	}
	feed_events(h, l, now_ms);
	while ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		code = msg->data.result;
		t = NULL;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
		curl_multi_remove_handle(h->multi, t->easy);
		h->nactive--;
		finish(t, code);
		transfer_free(t);
	}
	if (h->is_short)
		end_given_up(h);
}

static void
on_warm(void *arg, const struct http_answer *answer)
{
	struct warm_up *w = arg, **at = &w->h->warm_ups;
	struct http_answer a = *answer;

	w->is_ok |= answer->error.class == SERVICE_ERROR_NONE;
	if (--w->pending > 0)
		return;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (w->is_ok)
		service_error_init(&a.error);
	if (w->on_done != NULL)
		w->on_done(w->arg, &a);
	free(w);
}

int
http_warm(struct http *h, const struct endpoint *endpoint, unsigned int n,
    http_done_fn *on_done, void *arg)
{
	struct http_request req = { .method = "GET",
		.endpoint = endpoint,
		.path = "/ping",
		.timeout_ms = 2 * HTTP_CONNECT_TIMEOUT_MS,
		.on_done = on_warm };
	struct warm_up *w = calloc(1, sizeof(*w));
	struct http_transfer *t;
	struct service_error error;

	if (w == NULL)
		return -1;
	w->h = h;
	w->on_done = on_done;
	w->arg = arg;
	req.arg = w;
	for (; n > 0; n--) {
		t = http_start(h, &req, NULL, clock_wall_ms(), &error);
		if (t == NULL)
			break;
		t->is_warm_up = true;
		w->pending++;
	}
	if (w->pending == 0) {
		free(w);
		return -1;
	}
	w->next = h->warm_ups;
	h->warm_ups = w;
	return 0;
}
