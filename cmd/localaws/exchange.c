#include "exchange.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "faults_exchange.h"
#include "ids.h"

/* Headers that an operation may add to its answer. */
#define EXTRA_MAX 40
/* Less than any two events take. */
#define HOOK_SLICE_BYTES 256

struct exchange *
exchange_new(struct localaws *la, const struct h2_request *rq, bool is_h2,
    const struct exchange_link *link, void *transport, int32_t stream,
    int64_t now_ms)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	if (request_init(&x->req, rq, is_h2) != 0) {
		free(x);
		return NULL;
	}
	x->la = la;
	x->link = link;
	x->transport = transport;
	x->stream = stream;
	x->op = route(&x->req);
	x->now_ms = x->started_ms = now_ms;
	x->start_at_ms = x->wake_at_ms = LOOP_NEVER;
	x->number = ++la->nrequests;
	x->is_input_over = !x->req.has_body;
	bytes_init(&x->in, EXCHANGE_BODY_BYTES);
	uuid_make(x->id);
	return x;
}

void
exchange_data(struct exchange *x, const uint8_t *p, size_t n)
{
	if (x->phase == EXCHANGE_FINISHED || x->is_too_large) {
		x->link->consume(x, n);
		return;
	}
	if (faults_swallow(x, n))
		return;
	if (bytes_append(&x->in, p, n) != 0) {
		/* A plain body that is too large; a stream's window is no
		 * larger than the queue. */
		x->is_too_large = true;
		x->link->consume(x, n + bytes_len(&x->in));
		bytes_reset(&x->in);
	}
	if (!x->op->is_stream && !x->is_too_large)
		x->link->consume(x, n);
}

void
exchange_input_end(struct exchange *x)
{
	x->is_input_over = true;
}

static void
exchange_log(const struct exchange *x)
{
	log_msg(LOG_DEBUG, "request",
	    "%s %s, operation=%s status=%d ms=%lld error=%s bytes=%llu "
	    "http=%s id=%s",
	    x->req.method, x->req.path,
	    x->op->name[0] == '\0' ? "-" : x->op->name, x->status,
	    (long long)(clock_mono_ms() - x->started_ms),
	    x->error[0] != '\0'             ? x->error
	    : x->phase != EXCHANGE_FINISHED ? "(client left)"
					    : "-",
	    (unsigned long long)x->nbytes_out, x->req.is_h2 ? "2" : "1.1",
	    x->id);
}

void
exchange_free(struct exchange *x)
{
	if (x == NULL)
		return;
	exchange_log(x);
	if (x->op->stop != NULL && x->state != NULL)
		x->op->stop(x);
	if (x->is_checked)
		sigv4_auth_release(&x->auth);
	faults_release(x);
	request_release(&x->req);
	bytes_release(&x->in);
	free(x);
}

/* --- answers -------------------------------------------------------------- */

/* "Sat, 21 Nov 2026 05:00:00 GMT": clients correct their clocks by it. */
static void
http_date(char out[40], int64_t wall_ms)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t now = (time_t)(wall_ms / 1000);
	struct tm tm;

	/* Not strftime: names must not depend on the locale. */
	gmtime_r(&now, &tm);
	snprintf(out, 40, "%s, %02d %s %04d %02d:%02d:%02d GMT",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static size_t
add(struct h2_header *list, size_t n, const char *name, const char *value)
{
	assert(n < EXTRA_MAX + 8);
	list[n] = (struct h2_header){ name, value };
	return n + 1;
}

/* Headers of every answer, then `extra`; -1: the transport took it not. */
static int
respond(struct exchange *x, int status, const char *type, const char *length,
    const struct h2_header *extra, bool has_body)
{
	struct h2_header list[EXTRA_MAX + 8];
	char date[40], after[24];
	size_t n = 0;

	http_date(date, exchange_wall_ms(x));
	n = add(list, n, "date", date);
	n = add(list, n, "x-amzn-requestid", x->id);
	if (type != NULL)
		n = add(list, n, "content-type", type);
	if (length != NULL)
		n = add(list, n, "content-length", length);
	/* Whole seconds the way of HTTP, all else the way of AWS. */
	if (x->retry_after_ms > 0) {
		bool is_whole = x->retry_after_ms % 1000 == 0;

		snprintf(after, sizeof(after), "%lld",
		    (long long)x->retry_after_ms / (is_whole ? 1000 : 1));
		n = add(list, n, is_whole ? "retry-after" : "x-amz-retry-after",
		    after);
	}
	for (size_t i = 0; extra != NULL && extra[i].name != NULL; i++)
		n = add(list, n, extra[i].name, extra[i].value);
	x->status = status;
	return x->link->respond(x, status, list, n, has_body);
}

void
exchange_reply(struct exchange *x, int status, const char *type, const void *p,
    size_t n, const struct h2_header *extra)
{
	char length[24];

	snprintf(length, sizeof(length), "%zu", n);
	if (respond(x, status, type, length, extra, n > 0) != 0 ||
	    (n > 0 && x->link->write(x, p, n) != 0)) {
		x->link->reset(x, H2_INTERNAL_ERROR);
	}
	x->nbytes_out += n;
	exchange_finish(x);
}

static const char *
json_type_of(const struct exchange *x)
{
	return x->op->service->protocol == PROTOCOL_JSON_11
	           ? "application/x-amz-json-1.1"
	           : "application/json";
}

void
exchange_reply_json(struct exchange *x, int status, json_t *body)
{
	size_t len;
	char *text = json_line_dump(body, &len);

	json_decref(body);
	if (text == NULL) {
		x->link->reset(x, H2_INTERNAL_ERROR);
		exchange_finish(x);
		return;
	}
	exchange_reply(x, status, json_type_of(x), text, len, NULL);
	free(text);
}

static void
refuse(struct exchange *x, int status, const char *name, json_t *extra,
    const char *key, const char *message)
{
	struct h2_header headers[2] = { { "x-amzn-errortype", name },
		{ NULL, NULL } };
	bool in_body = x->op->service->protocol == PROTOCOL_JSON_11;
	json_t *body = extra == NULL ? json_object() : extra;
	size_t len;
	char *text;

	snprintf(x->error, sizeof(x->error), "%s", name);
	log_msg(LOG_DEBUG, "request", "%s %s refused: %s: %s", x->req.method,
	    x->req.path, name, message);
	if (in_body)
		json_object_set_new(body, "__type", json_string(name));
	json_object_set_new(body, key, json_string(message));
	text = json_line_dump(body, &len);
	json_decref(body);
	exchange_reply(x, status, json_type_of(x), text == NULL ? "" : text,
	    text == NULL ? 0 : len, in_body ? NULL : headers);
	free(text);
}

void
exchange_refuse(struct exchange *x, int status, const char *name, json_t *extra,
    const char *fmt, ...)
{
	char message[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	refuse(x, status, name, extra, x->op->service->message_key, message);
}

void
exchange_open(struct exchange *x, const struct h2_header *headers)
{
	if (respond(x, 200, NULL, NULL, headers, true) != 0) {
		x->link->reset(x, H2_INTERNAL_ERROR);
		exchange_finish(x);
	}
}

int
exchange_write(struct exchange *x, const void *p, size_t n)
{
	int rc;

	if (x->phase == EXCHANGE_FINISHED)
		return -1;
	if ((rc = x->link->write(x, p, n)) == 0)
		x->nbytes_out += n;
	return rc;
}

size_t
exchange_room(struct exchange *x)
{
	return x->phase == EXCHANGE_FINISHED ? 0 : x->link->room(x);
}

void
exchange_finish(struct exchange *x)
{
	if (x->phase == EXCHANGE_FINISHED)
		return;
	x->phase = EXCHANGE_FINISHED;
	x->finished_ms = x->now_ms;
	x->link->end(x);
	/* Whatever else comes is let in and dropped. */
	x->link->consume(x, bytes_len(&x->in));
	bytes_reset(&x->in);
}

const uint8_t *
exchange_input(const struct exchange *x, size_t *n)
{
	return bytes_peek(&x->in, n);
}

void
exchange_take(struct exchange *x, size_t n)
{
	/* Taking may have ended the exchange, which empties the queue. */
	if (x->phase == EXCHANGE_FINISHED)
		return;
	bytes_skip(&x->in, n);
	x->link->consume(x, n);
}

int64_t
exchange_wall_ms(const struct exchange *x)
{
	return (int64_t)clock_wall_ms() + x->clock_offset_ms;
}

size_t
exchange_slice(const struct exchange *x, size_t most)
{
	return x->la->hooks.ask != NULL && most > HOOK_SLICE_BYTES
	           ? HOOK_SLICE_BYTES
	           : most;
}

void
exchange_wake(struct exchange *x, int64_t at_ms)
{
	if (at_ms < x->wake_at_ms)
		x->wake_at_ms = at_ms;
}

/* --- its course ----------------------------------------------------------- */

void
exchange_prepare(struct exchange *x, struct loop *l)
{
	if (faults_prepare(x, l))
		return;
	switch (x->phase) {
	case EXCHANGE_BODY:
		loop_deadline(l, x->started_ms + EXCHANGE_BODY_MS);
		break;
	case EXCHANGE_DELAYED:
		loop_deadline(l, x->start_at_ms);
		break;
	case EXCHANGE_FINISHED:
		if (!x->is_input_over && !x->is_half_closed)
			loop_deadline(l, x->finished_ms + EXCHANGE_LINGER_MS);
		break;
	case EXCHANGE_RUNNING:
		break;
	}
	loop_deadline(l, x->wake_at_ms);
}

static bool
check_signature(struct exchange *x)
{
	struct sigv4_request rq = { 0 };
	struct sigv4_why why = { "" };
	const struct localaws *la = x->la;
	struct sigv4_credentials known = la->credentials;
	bool is_ours;
	size_t n;
	int rc;

	rq.method = x->req.method;
	rq.path = x->req.path;
	rq.query = x->req.query;
	rq.headers = x->req.headers;
	rq.nheaders = x->req.nheaders;
	if (!x->op->is_stream) {
		rq.body = bytes_peek(&x->in, &n);
		rq.body_len = n;
	}
	if ((rc = sigv4_auth_parse(&x->auth, &rq, &why)) == 0) {
		x->is_checked = true;
		is_ours = strcmp(x->auth.access_key_id,
			      la->credentials.access_key_id) == 0;
		faults_token(x, &known);
		rc = sigv4_auth_check(&x->auth, &rq, is_ours ? &known : NULL,
		    la->region, x->op->service->signing_name,
		    exchange_wall_ms(x) / 1000,
		    x->op->is_stream ? SIGV4_VERIFY_STREAM : 0, &why);
	}
	if (rc == 0)
		return !faults_refuse_token(x);
	refuse(x, sigv4_verify_status(rc), sigv4_verify_name(rc), NULL,
	    "message", why.text);
	return false;
}

static int64_t
delay_of(const struct exchange *x)
{
	if (x->op->service == &translate_service)
		return x->la->translate_delay_ms;
	if (x->op->service == &polly_service && !x->op->is_stream)
		return x->la->polly_delay_ms;
	return 0;
}

/* Nobody can know what its body is, or who it should be signed for: as at AWS
 * that is told at once, also to a client that waits for it before it sends. */
static bool
is_unknown(const struct exchange *x)
{
	return x->op->name[0] == '\0';
}

/* The request is as complete as its operation needs it: check and start. */
static void
admit(struct exchange *x)
{
	if (!exchange_hook(x, HOOK_REQUEST, 0))
		return;
	if (x->is_too_large) {
		exchange_refuse(x, 413, "RequestEntityTooLargeException", NULL,
		    "Request body is larger than %d bytes",
		    EXCHANGE_BODY_BYTES);
		return;
	}
	if (is_unknown(x)) {
		x->op->start(x);
		return;
	}
	if (!check_signature(x))
		return;
	if (x->op->is_stream && !x->req.is_h2) {
		exchange_refuse(x, 400,
		    x->op->service == &polly_service ? "ValidationException"
						     : "BadRequestException",
		    NULL, "%s needs HTTP/2: offer h2 in the TLS handshake",
		    x->op->name);
		return;
	}
	x->phase = EXCHANGE_DELAYED;
	x->start_at_ms = x->now_ms + delay_of(x);
}

static void
go_on(struct exchange *x, int64_t now_ms)
{
	if (x->phase == EXCHANGE_BODY) {
		if (x->op->is_stream || is_unknown(x) || x->is_input_over ||
		    x->is_too_large)
			admit(x);
		else if (now_ms - x->started_ms >= EXCHANGE_BODY_MS)
			exchange_refuse(x, 400, "RequestTimeoutException", NULL,
			    "Request was not complete after %d s",
			    EXCHANGE_BODY_MS / 1000);
	}
	if (x->phase == EXCHANGE_DELAYED && now_ms >= x->start_at_ms &&
	    exchange_hook(x, HOOK_RESPONSE, 0)) {
		x->phase = EXCHANGE_RUNNING;
		x->op->start(x);
	}
	if (x->phase == EXCHANGE_RUNNING && x->op->pump != NULL)
		x->op->pump(x, now_ms);
}

void
exchange_pump(struct exchange *x, int64_t now_ms)
{
	x->now_ms = now_ms;
	x->wake_at_ms = LOOP_NEVER;
	if (faults_settle(x))
		go_on(x, now_ms);
	/* Not earlier: start() and pump() may still be using it. */
	if (x->phase == EXCHANGE_FINISHED && x->state != NULL) {
		x->op->stop(x);
		x->state = NULL;
	}
	/* A client that goes on sending after our end is told to stop. */
	if (x->phase == EXCHANGE_FINISHED && !x->is_input_over &&
	    !x->is_half_closed && now_ms - x->finished_ms >= EXCHANGE_LINGER_MS)
		x->link->reset(x, H2_NO_ERROR);
}
