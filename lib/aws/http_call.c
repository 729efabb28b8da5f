#include "aws/http_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREDENTIALS_POLL_MS 100
/* With so much time left a try gets this part of it, so that there is one more
 * for an answer that never comes.  Less is not divided: a service that is slow
 * would be asked, and paid, twice for nothing. */
#define DIVIDE_MS 6000
#define TRY_PERCENT 60
/* How often a server that cannot be reached is looked for; our choice. */
#define AWAY_BASE_MS 100
#define AWAY_MAX_MS 1000

enum call_state {
	CALL_WAITING, /* for credentials, or for at_ms */
	CALL_SENT,
	CALL_DEAD, /* ended or cancelled: freed by sweep() */
};

struct http_caller {
	struct http *http;
	struct credentials_provider *provider;
	struct retry_bucket bucket;
	int max_attempts;
	uint64_t random;
	int64_t clock_offset_ms;
	int64_t now_ms;     /* of the dispatch under way */
	double now_wall_ms; /* of the same */
	struct http_call *calls;
};

struct http_call {
	struct http_caller *caller;
	struct http_call *next;
	enum call_state state;
	struct http_request req; /* own copy: its strings are in `store` */
	struct endpoint endpoint;
	char *store;
	http_body_fn *on_body; /* the caller's */
	http_done_fn *on_done;
	void *arg;
	struct retry retry;
	int64_t at_ms; /* CALL_WAITING: not before */
	int64_t give_up_at_ms;
	struct http_transfer *transfer;
	struct credentials *credentials;       /* of the try under way */
	struct credentials_provider *provider; /* NULL: `credentials` stay */
	int attempts;
	int64_t away_ms;   /* the next wait for a server; 0: none so far */
	int64_t offset_ms; /* of the clock, in the signature of the last try */
	struct service_error error; /* of the try before this one */
	bool needs_credentials;
	bool has_body;  /* on_body was given bytes */
	bool has_moved; /* it went out again on another connection */
};

struct http_caller *
http_caller_new(struct http *http, struct credentials_provider *provider,
    int max_attempts, uint64_t seed)
{
	struct http_caller *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->http = http;
	c->provider = provider;
	c->max_attempts = max_attempts;
	c->random = seed != 0 ? seed : 1;
	retry_bucket_init(&c->bucket);
	return c;
}

static void
call_free(struct http_call *call)
{
	credentials_unref(call->credentials);
	free(call->store);
	free(call);
}

void
http_caller_free(struct http_caller *c)
{
	struct http_call *call;

	if (c == NULL)
		return;
	while ((call = c->calls) != NULL) {
		c->calls = call->next;
		if (call->transfer != NULL)
			http_cancel(call->transfer);
		call_free(call);
	}
	http_free(c->http);
	free(c);
}

struct http *
http_caller_http(struct http_caller *c)
{
	return c->http;
}

int64_t
http_caller_clock_offset_ms(const struct http_caller *c)
{
	return c->clock_offset_ms;
}

/* In [0, 1): xorshift64*, by Vigna.  Jitter needs no better. */
static double
next_random(struct http_caller *c)
{
	uint64_t x = c->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	c->random = x;
	return (double)((x * 2685821657736338717ULL) >> 11) /
	       (double)(1ULL << 53);
}

/* Copy n bytes to *at, move it on. */
static const char *
put(char **at, const void *p, size_t n)
{
	char *to = *at;

	if (n > 0)
		memcpy(to, p, n);
	to[n] = '\0';
	*at += n + 1;
	return to;
}

/* A copy that owns its strings.  0 or -1. */
static int
copy_request(struct http_call *call, const struct http_request *req)
{
	struct http_request *r = &call->req;
	const char *query = req->query != NULL ? req->query : "";
	size_t size = strlen(req->method) + strlen(req->path) + strlen(query) +
	              req->body_len + 4;
	size_t i;
	char *at;

	for (i = 0; i < req->nheaders; i++)
		size += strlen(req->headers[i].name) +
		        strlen(req->headers[i].value) + 2;
	call->store = malloc(size);
	if (call->store == NULL)
		return -1;
	at = call->store;
	*r = *req;
	call->endpoint = *req->endpoint;
	r->endpoint = &call->endpoint;
	r->method = put(&at, req->method, strlen(req->method));
	r->path = put(&at, req->path, strlen(req->path));
	r->query = put(&at, query, strlen(query));
	r->body = put(&at, req->body, req->body_len);
	for (i = 0; i < req->nheaders; i++) {
		r->headers[i].name = put(
		    &at, req->headers[i].name, strlen(req->headers[i].name));
		r->headers[i].value = put(
		    &at, req->headers[i].value, strlen(req->headers[i].value));
	}
	return 0;
}

static int
on_call_body(void *arg, const uint8_t *p, size_t n)
{
	struct http_call *call = arg;
	int rc = call->on_body(call->arg, p, n);

	if (rc == 0)
		call->has_body = true;
	return rc;
}

static void
finish(struct http_call *call, const struct http_answer *answer)
{
	call->transfer = NULL;
	call->state = CALL_DEAD;
	call->on_done(call->arg, answer);
}

/* An end that no server had a part in. */
static void
finish_with(struct http_call *call, const struct service_error *error)
{
	struct http_answer answer;

	memset(&answer, 0, sizeof(answer));
	answer.error = *error;
	answer.body = (const uint8_t *)"";
	finish(call, &answer);
}

/* The clock's offset as this answer shows it; true: it is far off. */
static bool
sees_skew(const struct http_call *call, const struct http_answer *a,
    int64_t *offset_ms)
{
	/* sent_at_ms has the offset in it that was known then, which another
	 * call may have corrected since; now_wall_ms has none. */
	return retry_clock_offset(http_answer_header(a, "date"),
	    http_answer_header(a, "age"),
	    a->sent_at_ms - (double)call->offset_ms, call->caller->now_wall_ms,
	    offset_ms);
}

/* Whether the request was signed with another time than the answer's. */
static bool
was_signed_off(const struct http_call *call, const struct http_answer *a)
{
	int64_t offset_ms;

	return sees_skew(call, a, &offset_ms) &&
	       llabs(offset_ms - call->offset_ms) >= RETRY_SKEW_MIN_MS;
}

/* Whether the request should go out again because of its signature's time. */
static bool
correct_clock(struct http_call *call, const struct http_answer *a)
{
	struct http_caller *c = call->caller;
	int64_t offset_ms;

	if (sees_skew(call, a, &offset_ms)) {
		c->clock_offset_ms = offset_ms;
		return true;
	}
	if (c->clock_offset_ms != call->offset_ms)
		return true; /* another call did it */
	if (c->clock_offset_ms != 0) {
		/* It was off, and is not any more. */
		c->clock_offset_ms = 0;
		return true;
	}
	/* The clock is right: then it is the session token that expired. */
	if (strcmp(a->error.name, "RequestExpired") == 0 &&
	    call->provider != NULL && call->credentials != NULL &&
	    call->credentials->keys.session_token != NULL) {
		credentials_invalidate(call->provider, call->credentials);
		return true;
	}
	return false;
}

/* Whether there was nobody to ask. */
static bool
is_away(const struct service_error *e)
{
	return e->class == SERVICE_ERROR_TRANSIENT &&
	       (strcmp(e->name, "connect") == 0 ||
		   strcmp(e->name, "name") == 0);
}

static bool
wait_for_server(struct http_call *call)
{
	struct http_caller *c = call->caller;

	if (call->away_ms == 0)
		call->away_ms = AWAY_BASE_MS;
	/* Not all calls at once. */
	call->at_ms = c->now_ms + (int64_t)((1 + next_random(c)) / 2 *
					    (double)call->away_ms);
	call->away_ms *= 2;
	if (call->away_ms > AWAY_MAX_MS)
		call->away_ms = AWAY_MAX_MS;
	return call->at_ms < call->give_up_at_ms;
}

/* What an error asks for: true when the call goes on. */
static bool
try_again(struct http_call *call, const struct http_answer *a)
{
	struct http_caller *c = call->caller;
	struct service_error error = a->error;
	int64_t delay_ms;

	if (call->has_body)
		return false;
	/* Nobody looked at it: that is no failure of the service. */
	if (strcmp(error.name, HTTP_MOVED) == 0 && !call->has_moved) {
		call->has_moved = true;
		call->at_ms = c->now_ms;
		return true;
	}
	if (call->req.waits_for_server && is_away(&error))
		return wait_for_server(call);
	/* Some services say no more than "denied" to a signature from another
	 * time. */
	if (error.class == SERVICE_ERROR_DENIED && was_signed_off(call, a))
		error.class = SERVICE_ERROR_SKEW;
	switch (retry_failed(&call->retry, &error, next_random(c), &delay_ms)) {
	case RETRY_WAIT:
		call->at_ms = c->now_ms + delay_ms;
		return call->at_ms < call->give_up_at_ms;
	case RETRY_REFRESH:
		call->at_ms = c->now_ms;
		if (call->provider == NULL || call->credentials == NULL)
			return false;
		credentials_invalidate(call->provider, call->credentials);
		return true;
	case RETRY_SKEW:
		call->at_ms = c->now_ms;
		return correct_clock(call, a);
	case RETRY_NO:
		break;
	}
	return false;
}

static void
on_call_done(void *arg, const struct http_answer *a)
{
	struct http_call *call = arg;

	call->transfer = NULL;
	if (a->error.class == SERVICE_ERROR_NONE) {
		retry_succeeded(&call->retry);
	} else if (try_again(call, a)) {
		call->state = CALL_WAITING;
		call->error = a->error;
		return;
	} else if (a->error.class == SERVICE_ERROR_TIMEOUT &&
		   call->attempts > 1 &&
		   call->caller->now_ms >= call->give_up_at_ms) {
		/* A last try cut short says less than the one before. */
		finish_with(call, &call->error);
		return;
	}
	finish(call, a);
}

/* Begin a try if it is time and there are credentials. */
static void
step(struct http_call *call)
{
	struct http_caller *c = call->caller;
	struct http_request req = call->req;
	struct service_error error;
	const struct sigv4_credentials *keys = NULL;
	struct credentials *creds;
	int64_t left_ms;
	int rc;

	if (c->now_ms >= call->give_up_at_ms) {
		finish_with(call, &call->error);
		return;
	}
	if (c->now_ms < call->at_ms && !call->needs_credentials)
		return;
	if (call->provider != NULL) {
		rc = credentials_get(call->provider, c->now_wall_ms, &creds);
		call->needs_credentials = rc == CREDENTIALS_PENDING;
		if (rc == CREDENTIALS_PENDING) {
			/* Their dispatch wakes the loop; this is for a loop
			 * that has them in the wrong order. */
			call->at_ms = c->now_ms + CREDENTIALS_POLL_MS;
			return;
		}
		if (rc < 0) {
			credentials_service_error(call->provider, rc, &error);
			finish_with(call, &error);
			return;
		}
		credentials_unref(call->credentials);
		call->credentials = creds;
	}
	if (call->credentials != NULL)
		keys = &call->credentials->keys;
	left_ms = call->give_up_at_ms - c->now_ms;
	if (req.timeout_ms == 0)
		req.timeout_ms = HTTP_TIMEOUT_MS;
	if (left_ms >= DIVIDE_MS &&
	    call->retry.attempts + 1 < c->max_attempts && req.on_body == NULL)
		left_ms = left_ms / 100 * TRY_PERCENT;
	if (left_ms < req.timeout_ms)
		req.timeout_ms = (long)left_ms;
	call->attempts++;
	call->offset_ms = c->clock_offset_ms;
	call->state = CALL_SENT;
	call->transfer = http_start(c->http, &req, keys,
	    c->now_wall_ms + (double)c->clock_offset_ms, &error);
	if (call->transfer == NULL)
		finish_with(call, &error);
}

void
http_caller_prepare(struct http_caller *c, struct loop *l)
{
	struct http_call *call;

	http_prepare(c->http, l);
	for (call = c->calls; call != NULL; call = call->next) {
		if (call->state != CALL_WAITING)
			continue;
		loop_deadline(l, call->at_ms);
		if (call->give_up_at_ms != LOOP_NEVER)
			loop_deadline(l, call->give_up_at_ms);
	}
}

/* Free what has ended. */
static void
sweep(struct http_caller *c)
{
	struct http_call **at = &c->calls, *call;

	while ((call = *at) != NULL) {
		if (call->state != CALL_DEAD) {
			at = &call->next;
			continue;
		}
		*at = call->next;
		call_free(call);
	}
}

void
http_caller_dispatch(
    struct http_caller *c, struct loop *l, int64_t now_ms, double now_wall_ms)
{
	struct http_call *call;

	c->now_ms = now_ms;
	c->now_wall_ms = now_wall_ms;
	/* Nothing is freed in these passes, and new calls come in front. */
	for (call = c->calls; call != NULL; call = call->next)
		if (call->state == CALL_WAITING)
			step(call);
	http_dispatch(c->http, l, now_ms);
	sweep(c);
}

struct http_call *
http_call_start_as(struct http_caller *c, const struct http_request *req,
    struct credentials *credentials, int64_t give_up_at_ms)
{
	struct http_call *call = calloc(1, sizeof(*call));

	if (call == NULL)
		return NULL;
	if (copy_request(call, req) != 0) {
		free(call);
		return NULL;
	}
	call->caller = c;
	if (credentials != NULL)
		call->credentials = credentials_ref(credentials);
	call->give_up_at_ms = give_up_at_ms;
	call->on_body = req->on_body;
	call->on_done = req->on_done;
	call->arg = req->arg;
	call->req.on_body = req->on_body != NULL ? on_call_body : NULL;
	call->req.on_done = on_call_done;
	call->req.arg = call;
	retry_init(&call->retry, &c->bucket, c->max_attempts);
	service_error_set(&call->error, SERVICE_ERROR_TIMEOUT, "deadline",
	    "not done in time");
	call->next = c->calls;
	c->calls = call;
	return call;
}

struct http_call *
http_call_start(struct http_caller *c, const struct http_request *req,
    int64_t give_up_at_ms)
{
	struct http_call *call =
	    http_call_start_as(c, req, NULL, give_up_at_ms);

	if (call != NULL)
		call->provider = c->provider;
	return call;
}

void
http_call_cancel(struct http_call *call)
{
	if (call->transfer != NULL)
		http_cancel(call->transfer);
	call->transfer = NULL;
	call->state = CALL_DEAD;
}

void
http_call_resume(struct http_call *call)
{
	if (call->transfer != NULL)
		http_resume(call->transfer);
}

int
http_call_attempts(const struct http_call *call)
{
	return call->attempts;
}
