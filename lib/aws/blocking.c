#include "aws/blocking.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "aws/blocking_priv.h"
#include "aws/retry.h"
#include "base/clock.h"

const char *
blocking_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case value:                                                            \
		return text;
		BLOCKING_ERROR_LIST(X)
#undef X
	default:
		return "no error";
	}
}

void
blocking_stop(struct blocking *b)
{
	if (b->is_over)
		return;
	b->is_over = b->is_stopped = true;
	service_error_set(&b->error, SERVICE_ERROR_LOCAL, "stopped", "%s",
	    blocking_strerror(BLOCKING_ERR_STOPPED));
}

void
blocking_fail(struct blocking *b, enum service_error_class class,
    const char *name, const char *text)
{
	if (b->is_over)
		return;
	b->is_over = true;
	service_error_set(&b->error, class, name, "%s", text);
}

double
blocking_wall_ms(const struct blocking *b)
{
	return clock_wall_ms() + (double)b->offset_ms;
}

static void
note_answer(struct blocking *b, struct bidi *bidi)
{
	if (b->date[0] != '\0')
		return;
	snprintf(b->date, sizeof(b->date), "%s", bidi_date(bidi));
	snprintf(
	    b->request_id, sizeof(b->request_id), "%s", bidi_request_id(bidi));
	b->date_at_ms = clock_wall_ms();
}

static void
on_open(void *arg, struct bidi *bidi, const struct h2_header *headers, size_t n)
{
	struct blocking *b = arg;

	(void)headers;
	(void)n;
	b->heard_at_ms = clock_mono_ms();
	note_answer(b, bidi);
}

static void
on_event(void *arg, struct bidi *bidi, const struct es_event *event)
{
	struct blocking *b = arg;

	(void)bidi;
	b->heard_at_ms = clock_mono_ms();
	if (!b->is_over)
		b->op->on_event(b->op->arg, b, event);
}

static void
on_end(void *arg, struct bidi *bidi, const struct service_error *error)
{
	struct blocking *b = arg;
	bool must_say = b->op->is_complete != NULL;

	note_answer(b, bidi);
	if (b->is_over)
		return;
	/* All was said: how the stream ends after that is of no interest. */
	if (must_say && b->op->is_complete(b->op->arg)) {
		b->is_over = true;
	} else if (error != NULL) {
		b->is_over = true;
		b->error = *error;
	} else if (must_say || !b->is_sent) {
		blocking_fail(b, SERVICE_ERROR_TRANSIENT, "closed",
		    "the service closed the stream before its end");
	} else {
		b->is_over = true;
	}
}

static const struct bidi_events bidi_callbacks = {
	.on_open = on_open,
	.on_event = on_event,
	.on_end = on_end,
};

static void
on_closed(void *arg, struct conn *c, int error)
{
	enum service_error_class class = SERVICE_ERROR_TRANSIENT;

	if (error == CONN_ERR_CERT || error == CONN_ERR_ALPN)
		class = SERVICE_ERROR_UNTRUSTED;
	else if (error == CONN_ERR_TIMEOUT)
		class = SERVICE_ERROR_TIMEOUT;
	else if (error == CONN_ERR_NOMEM)
		class = SERVICE_ERROR_LOCAL;
	blocking_fail(arg, class, "connect",
	    error == 0 ? "the service closed the connection"
		       : conn_error_text(c));
}

static const struct conn_events conn_callbacks = {
	.on_closed = on_closed,
};

/* One turn of the loop with nothing in it but what was prepared. */
static bool
wait_turn(struct blocking *b)
{
	if (loop_wait(&b->loop) >= 0)
		return true;
	blocking_fail(b, SERVICE_ERROR_LOCAL, "poll", "cannot wait for events");
	return false;
}

static void
find_credentials(struct blocking *b)
{
	struct credentials_provider *p = b->client.provider;
	int state;

	while (!b->is_over) {
		state = credentials_get(p, clock_wall_ms(), &b->credentials);
		if (state == CREDENTIALS_READY)
			return;
		if (state < 0) {
			b->credentials = NULL;
			b->is_over = true;
			credentials_service_error(p, state, &b->error);
			return;
		}
		loop_begin(&b->loop);
		credentials_prepare(p, &b->loop);
		if (wait_turn(b))
			credentials_dispatch(p, &b->loop, clock_mono_ms());
	}
}

static void
dial(struct blocking *b)
{
	struct conn_config config;
	int rc;

	if (b->is_over)
		return;
	client_conn_config(&b->client, &config);
	rc = conn_dial(&b->conn, &config, &conn_callbacks, b, clock_mono_ms());
	if (rc != 0)
		blocking_fail(b,
		    rc == CONN_ERR_NOMEM ? SERVICE_ERROR_LOCAL
					 : SERVICE_ERROR_CONFIG,
		    "connect", conn_strerror(rc));
}

static void
open_stream(struct blocking *b, int64_t now_ms)
{
	const struct bidi_request request = {
		.endpoint = &b->client.endpoint,
		.path = b->op->path,
		.headers = b->op->headers,
		.nheaders = b->op->nheaders,
		.credentials = b->credentials,
		.wall_ms = blocking_wall_ms(b),
	};
	int rc;

	if (b->op->restart != NULL)
		b->op->restart(b->op->arg);
	b->heard_at_ms = now_ms;
	rc = bidi_open(&b->bidi, b->conn, &request, &bidi_callbacks, b);
	if (rc != 0)
		blocking_fail(b,
		    rc == BIDI_ERR_BUSY    ? SERVICE_ERROR_TRANSIENT
		    : rc == BIDI_ERR_INPUT ? SERVICE_ERROR_CONFIG
					   : SERVICE_ERROR_LOCAL,
		    "open", bidi_strerror(rc));
}

static void
send_more(struct blocking *b, int64_t now_ms)
{
	b->wake_ms = LOOP_NEVER;
	if (b->is_over || b->is_sent)
		return;
	switch (b->op->send(b->op->arg, b, now_ms, &b->wake_ms)) {
	case BLOCKING_SENT:
		b->is_sent = true;
		b->heard_at_ms = now_ms;
		break;
	case BLOCKING_WAITS:
		/* Nothing is owed meanwhile. */
		b->heard_at_ms = clock_mono_ms();
		break;
	case BLOCKING_FULL:
	case BLOCKING_OVER:
		break;
	}
}

static void
turn(struct blocking *b)
{
	int64_t now_ms;

	loop_begin(&b->loop);
	conn_prepare(b->conn, &b->loop);
	loop_deadline(&b->loop, b->wake_ms);
	if (b->bidi != NULL)
		loop_deadline(&b->loop, b->heard_at_ms + BLOCKING_TIMEOUT_MS);
	if (!wait_turn(b))
		return;
	now_ms = clock_mono_ms();
	conn_dispatch(b->conn, &b->loop, now_ms);
	if (b->is_over || conn_state(b->conn) != CONN_READY)
		return;
	if (b->bidi == NULL)
		open_stream(b, now_ms);
	send_more(b, now_ms);
	if (b->is_over)
		return;
	conn_flush(b->conn);
	if (clock_mono_ms() < b->heard_at_ms + BLOCKING_TIMEOUT_MS)
		return;
	/* What it began to say says more than that it took too long. */
	bidi_give_up(b->bidi);
	/* When that was the right time is not known any more. */
	b->date[0] = '\0';
	blocking_fail(
	    b, SERVICE_ERROR_TIMEOUT, "timeout", "the service does not answer");
}

/* One try, from credentials to the end of the stream. */
static void
attempt(struct blocking *b)
{
	service_error_init(&b->error);
	b->date[0] = b->request_id[0] = '\0';
	b->is_over = b->is_sent = false;
	b->wake_ms = LOOP_NEVER;
	find_credentials(b);
	dial(b);
	while (!b->is_over)
		turn(b);
	bidi_free(b->bidi);
	conn_free(b->conn);
	b->bidi = NULL;
	b->conn = NULL;
}

/* 0 <= x < 1. */
static double
random_fraction(void)
{
	unsigned char bytes[4] = { 0 };

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return 0.5;
	return (bytes[0] +
		   (bytes[1] + (bytes[2] + bytes[3] / 256.0) / 256.0) / 256.0) /
	       256.0;
}

static bool
wait_until(struct blocking *b, int64_t at_ms)
{
	while (clock_mono_ms() < at_ms) {
		loop_begin(&b->loop);
		loop_deadline(&b->loop, at_ms);
		if (loop_wait(&b->loop) < 0)
			return false;
	}
	return true;
}

/* The clock, once it is known to be wrong. */
static bool
correct_clock(struct blocking *b, double sent_ms)
{
	return retry_clock_offset(
	    b->date, NULL, sent_ms, clock_wall_ms(), &b->offset_ms);
}

/* Whether to try again, having waited and mended what can be. */
static bool
try_again(struct blocking *b, struct retry *retry, double sent_ms)
{
	int64_t delay_ms;

	if (b->error.class == SERVICE_ERROR_NONE || b->is_begun ||
	    b->is_stopped)
		return false;
	switch (retry_failed(retry, &b->error, random_fraction(), &delay_ms)) {
	case RETRY_WAIT:
		return wait_until(b, clock_mono_ms() + delay_ms);
	case RETRY_REFRESH:
		if (b->credentials == NULL)
			return false;
		credentials_invalidate(b->client.provider, b->credentials);
		return true;
	case RETRY_SKEW:
		return correct_clock(b, sent_ms);
	case RETRY_NO:
		break;
	}
	return false;
}

static void
run(struct blocking *b)
{
	struct retry_bucket bucket;
	struct retry retry;
	double sent_ms;
	bool again;

	retry_bucket_init(&bucket);
	retry_init(&retry, &bucket, b->client.config.max_attempts);
	do {
		sent_ms = clock_wall_ms();
		attempt(b);
		again = try_again(b, &retry, sent_ms);
		credentials_unref(b->credentials);
		b->credentials = NULL;
	} while (again);
}

int
blocking_run(const struct blocking_op *op, const struct config_options *options,
    struct service_error *error)
{
	struct blocking b;
	char err[sizeof(error->message)];
	int rc;

	memset(&b, 0, sizeof(b));
	b.op = op;
	loop_init(&b.loop);
	rc = client_open(
	    &b.client, op->service, options, clock_wall_ms(), err, sizeof(err));
	if (rc == 0)
		run(&b);
	else
		blocking_fail(&b,
		    rc == CLIENT_ERR_DENIED  ? SERVICE_ERROR_EXPIRED
		    : rc == CLIENT_ERR_NOMEM ? SERVICE_ERROR_LOCAL
					     : SERVICE_ERROR_CONFIG,
		    "configuration", err);
	if (op->on_over != NULL)
		op->on_over(op->arg, &b);
	client_release(&b.client);
	loop_release(&b.loop);
	*error = b.error;
	if (b.is_stopped)
		return BLOCKING_ERR_STOPPED;
	return b.error.class == SERVICE_ERROR_NONE ? 0 : BLOCKING_ERR_FAILED;
}
