#include "events.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"

const char *
events_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		EVENTS_ERROR_LIST(X)
#undef X
	}
	return "no error";
}

static int
signature_error(int rc)
{
	switch (rc) {
	case EVENT_ERR_EXPIRED:
		return EVENTS_ERR_EXPIRED;
	case EVENT_ERR_NOT_YET:
		return EVENTS_ERR_NOT_YET;
	case EVENT_ERR_UNSIGNED:
	case EVENT_ERR_DATE:
		return EVENTS_ERR_UNSIGNED;
	}
	return EVENTS_ERR_SIGNATURE;
}

static int
on_envelope(const struct es_message *m, void *arg)
{
	struct events_in *in = arg;
	struct event_inner inner;
	struct es_message message;
	struct es_event event;
	int rc;

	if (in->is_over) {
		in->error = EVENTS_ERR_AFTER_END;
		return -1;
	}
	rc = event_signer_open(
	    &in->chain, m, in->date_ms, EVENTS_SKEW_MS, &inner);
	if (rc != 0) {
		in->error = signature_error(rc);
		return -1;
	}
	if (inner.len == 0) {
		in->is_over = true;
		return 0;
	}
	if (es_decode(&message, in->headers, inner.bytes, inner.len) != 0 ||
	    es_event_read(&event, &message) != 0) {
		in->error = EVENTS_ERR_FRAMING;
		return -1;
	}
	in->x->nevents_in++;
	in->on_event(in->arg, &event);
	return 0;
}

int
events_in_init(struct events_in *in, struct exchange *x, size_t max_bytes,
    void (*on_event)(void *arg, const struct es_event *e), void *arg)
{
	memset(in, 0, sizeof(*in));
	in->x = x;
	in->on_event = on_event;
	in->arg = arg;
	in->headers = calloc(ES_HEADERS_MAX, sizeof(*in->headers));
	in->decoder = es_decoder_new(max_bytes, on_envelope, in);
	if (in->headers == NULL || in->decoder == NULL ||
	    sigv4_chain_init(&in->chain, &x->la->credentials, x->auth.region,
		x->auth.service, x->auth.signature) != 0) {
		events_in_release(in);
		return EVENTS_ERR_NOMEM;
	}
	return 0;
}

void
events_in_release(struct events_in *in)
{
	es_decoder_free(in->decoder);
	free(in->headers);
	sigv4_chain_release(&in->chain);
	in->decoder = NULL;
	in->headers = NULL;
}

long
events_in_take(struct events_in *in, size_t max_bytes, int64_t now_ms)
{
	size_t n;
	const uint8_t *p = exchange_input(in->x, &n);
	int rc;

	if (in->error != 0)
		return in->error;
	if (n > max_bytes)
		n = max_bytes;
	if (n == 0)
		return 0;
	in->date_ms = now_ms;
	rc = es_decoder_feed(in->decoder, p, n);
	exchange_take(in->x, n);
	if (rc == 0)
		return (long)n;
	if (in->error == 0)
		in->error = rc == ES_ERR_NOMEM  ? EVENTS_ERR_NOMEM
		            : rc == ES_ERR_SIZE ? EVENTS_ERR_TOO_BIG
		                                : EVENTS_ERR_FRAMING;
	return in->error;
}

static int
send_message(struct exchange *x, const struct es_header *headers, size_t n,
    const void *payload, size_t payload_len)
{
	struct bytes out;
	const uint8_t *p;
	size_t len;
	int rc;

	bytes_init(&out, payload_len + 1024);
	if ((rc = es_encode(&out, headers, n, payload, payload_len)) == 0) {
		p = bytes_peek(&out, &len);
		rc = exchange_write(x, p, len);
	}
	bytes_release(&out);
	return rc;
}

bool
events_may_send(struct exchange *x, size_t n)
{
	/* Prelude, three headers and the two checksums take less than this. */
	return exchange_room(x) >= n + 256 &&
	       exchange_hook(x, HOOK_EVENT_OUT, x->nevents_out + 1);
}

int
events_send(struct exchange *x, const char *type, const char *content_type,
    const void *payload, size_t n)
{
	struct es_header headers[3];
	int rc;

	headers[0] = es_string(":event-type", type);
	headers[1] = es_string(":content-type", content_type);
	headers[2] = es_string(":message-type", "event");
	if ((rc = send_message(x, headers, 3, payload, n)) == 0)
		x->nevents_out++;
	return rc;
}

int
events_send_json(struct exchange *x, const char *type, json_t *payload)
{
	size_t len;
	char *text = json_line_dump(payload, &len);
	int rc = -1;

	json_decref(payload);
	if (text != NULL)
		rc = events_send(x, type, "application/json", text, len);
	free(text);
	return rc;
}

void
events_throw(
    struct exchange *x, const char *name, json_t *extra, const char *fmt, ...)
{
	struct es_header headers[3];
	char message[1024], *text;
	size_t len;
	json_t *body = extra == NULL ? json_object() : extra;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	log_msg(LOG_DEBUG, "stream", "%s: %s: %s", x->op->name, name, message);
	snprintf(x->error, sizeof(x->error), "%s", name);
	json_object_set_new(
	    body, x->op->service->message_key, json_string(message));
	text = json_line_dump(body, &len);
	json_decref(body);
	if (text != NULL) {
		headers[0] = es_string(":exception-type", name);
		headers[1] = es_string(":content-type", "application/json");
		headers[2] = es_string(":message-type", "exception");
		send_message(x, headers, 3, text, len);
	}
	free(text);
	exchange_finish(x);
}
