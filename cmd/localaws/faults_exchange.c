#include "faults_exchange.h"

#include <stdio.h>
#include <string.h>

#include "events.h"
#include "faults_slow.h"

/* How soon to look again whether what was said has left. */
#define FLUSH_MS 2
/* No event of ours that is damaged on purpose is larger. */
#define DAMAGED_BYTES 2048

#define EXPIRED "ExpiredTokenException"

static const char page[] = "<html><head><title>Proxy Error</title></head>"
			   "<body><h1>502 Proxy Error</h1>"
			   "<p>The proxy could not reach the server.</p>"
			   "</body></html>\n";

/* Neither JSON, nor UTF-8, nor an event: the checksum of its prelude is not. */
static const char garbage[] = "\x00\x00\x01\x00\xfe\xff\x13\x37\xde\xad\xbe\xef"
			      "}{\"Transcript\":]\x80\xc0 this is no answer";

bool
link_fault(const struct exchange_link *link, struct exchange *x,
    enum link_fault what, int64_t value)
{
	return link->fault == NULL || link->fault(x, what, value);
}

static bool
is_json(const struct exchange *x)
{
	return x->op->service->protocol == PROTOCOL_JSON_11;
}

/* --- in the body ---------------------------------------------------------- */

/* An event that would be believed, were it whole. */
static size_t
damaged_event(const struct exchange *x, uint8_t out[DAMAGED_BYTES])
{
	static const char result[] =
	    "{\"Transcript\":{\"Results\":[{\"ResultId\":\"damaged\","
	    "\"StartTime\":0.0,\"EndTime\":1.0,\"IsPartial\":false,"
	    "\"Alternatives\":[{\"Transcript\":\"damaged\",\"Items\":[]}]}]}}";
	static const char samples[640] = "damaged";
	bool is_speech = x->op->service == &polly_service;
	struct es_header headers[3];
	struct bytes event;
	const uint8_t *p;
	size_t n = 0;

	headers[0] = es_string(
	    ":event-type", is_speech ? "AudioEvent" : "TranscriptEvent");
	headers[1] = es_string(":content-type",
	    is_speech ? "application/octet-stream" : "application/json");
	headers[2] = es_string(":message-type", "event");
	bytes_init(&event, DAMAGED_BYTES);
	if (es_encode(&event, headers, 3, is_speech ? samples : result,
		is_speech ? sizeof(samples) : sizeof(result) - 1) == 0) {
		p = bytes_peek(&event, &n);
		memcpy(out, p, n);
		out[n - 1] ^= 1;
	}
	bytes_release(&event);
	return n;
}

static void
damage(struct exchange *x, bool is_half)
{
	uint8_t event[DAMAGED_BYTES];
	size_t n = damaged_event(x, event);

	exchange_write(x, event, is_half ? n / 2 : n);
}

static void
send_error(struct exchange *x, const struct hook_order *o)
{
	const struct es_header headers[] = {
		es_string(":message-type", "error"),
		es_string(":error-code", o->name),
		es_string(":error-message", o->message),
	};
	struct bytes event;
	const uint8_t *p;
	size_t n;

	bytes_init(&event, DAMAGED_BYTES);
	if (es_encode(&event, headers, 3, NULL, 0) == 0) {
		p = bytes_peek(&event, &n);
		exchange_write(x, p, n);
	}
	bytes_release(&event);
	snprintf(x->error, sizeof(x->error), "%.79s", o->name);
	exchange_finish(x);
}

/* Members that Polly's exceptions have beside the message (PROTOCOL 5.1). */
static json_t *
members(const struct exchange *x, const char *name)
{
	if (x->op->service != &polly_service)
		return NULL;
	if (strcmp(name, "ValidationException") == 0)
		return json_pack("{s:s,s:[]}", "reason", "other", "fields");
	if (strcmp(name, "ServiceQuotaExceededException") == 0)
		return json_pack("{s:s,s:s}", "quotaCode",
		    "input-stream-timeout", "serviceCode", "polly");
	if (strcmp(name, "ThrottlingException") == 0)
		return json_pack("{s:[{s:s,s:s}]}", "throttlingReasons",
		    "reason", "concurrencyLimitExceeded", "resource",
		    x->op->name);
	return NULL;
}

/* From now on nobody gets in with this token. */
static void
expire(struct exchange *x)
{
	const char *token = request_header(&x->req, "x-amz-security-token");

	if (token != NULL)
		snprintf(x->la->expired_token, sizeof(x->la->expired_token),
		    "%s", token);
}

void
faults_token(const struct exchange *x, struct sigv4_credentials *known)
{
	if (x->la->hooks.ask != NULL)
		known->session_token = x->auth.token;
}

bool
faults_refuse_token(struct exchange *x)
{
	const char *expired = x->la->expired_token;

	if (x->auth.token == NULL || expired[0] == '\0' ||
	    strncmp(x->auth.token, expired, LOCALAWS_TOKEN_BYTES - 1) != 0)
		return false;
	exchange_refuse(x, 403, EXPIRED, NULL,
	    "The security token included in the request is expired");
	return true;
}

static void
refuse(struct exchange *x, const struct hook_order *o)
{
	json_t *extra = members(x, o->name);

	if (strcmp(o->name, EXPIRED) == 0)
		expire(x);
	x->retry_after_ms = o->retry_after_ms;
	if (x->status == 0) {
		exchange_refuse(x, o->status, o->name, extra, "%s", o->message);
	} else if (x->op->is_stream) {
		events_throw(x, o->name, extra, "%s", o->message);
	} else {
		json_decref(extra);
		x->link->cut(x);
		exchange_finish(x);
	}
}

/* --- in place of an answer ------------------------------------------------ */

/* A body that is shorter than was promised. */
static void
reply_short(struct exchange *x)
{
	static const char body[] = "{\"TranslatedText\":\"half of it is mis";
	const struct h2_header headers[] = {
		{ "content-type", is_json(x) ? "application/x-amz-json-1.1"
					     : "application/json" },
		{ "content-length", "400" },
	};

	x->status = 200;
	if (x->link->respond(x, 200, headers, 2, true) == 0)
		x->link->write(x, body, sizeof(body) - 1);
	x->nbytes_out += sizeof(body) - 1;
	/* HTTP/1.1 cannot end a body early but by closing. */
	if (!x->req.is_h2)
		x->link->reset(x, H2_INTERNAL_ERROR);
	exchange_finish(x);
}

static void
truncate_it(struct exchange *x)
{
	if (x->status == 0) {
		reply_short(x);
		return;
	}
	if (x->op->is_stream)
		damage(x, true);
	else
		x->link->reset(x, H2_INTERNAL_ERROR);
	exchange_finish(x);
}

static void
put_garbage(struct exchange *x)
{
	const char *type = x->op->is_stream ? "application/vnd.amazon."
	                                      "eventstream"
	                   : is_json(x)     ? "application/x-amz-json-1.1"
	                                    : "application/json";

	if (x->status == 0) {
		exchange_reply(
		    x, 200, type, garbage, sizeof(garbage) - 1, NULL);
		return;
	}
	exchange_write(x, garbage, sizeof(garbage) - 1);
	x->is_mute = true;
}

static void
end_early(struct exchange *x)
{
	if (x->status == 0)
		exchange_open(x, NULL);
	exchange_finish(x);
}

/* --- orders --------------------------------------------------------------- */

static void
go_mute(struct exchange *x, bool is_deaf)
{
	x->is_mute = true;
	x->is_blocked = is_deaf;
	if (!is_deaf)
		faults_swallow(x, 0);
}

/* Those after which the request goes on. */
static void
adjust(struct exchange *x, const struct hook_order *o)
{
	switch (o->action) {
	case HOOK_GOAWAY:
		x->link->goaway(x, o->h2_code);
		break;
	case HOOK_WINDOW:
		link_fault(x->link, x, LINK_WINDOW, o->value);
		break;
	case HOOK_DATA:
		link_fault(x->link, x, LINK_DATA, o->value);
		break;
	case HOOK_FREEZE:
		link_fault(x->link, x, LINK_FREEZE, x->now_ms + o->value);
		break;
	case HOOK_SLOW:
		slow_new(x, (uint64_t)o->value);
		break;
	case HOOK_CHUNK:
		x->chunk_bytes = (size_t)o->value;
		break;
	case HOOK_CLOCK:
		x->clock_offset_ms = o->value * 1000;
		break;
	default:
		break;
	}
}

/* The end of a stream or of a connection, without a word. */
static void
break_off(struct exchange *x, const struct hook_order *o)
{
	switch (o->action) {
	case HOOK_RESET:
		x->link->reset(x, o->h2_code);
		break;
	case HOOK_UNSEEN:
		link_fault(x->link, x, LINK_UNSEEN, o->h2_code);
		break;
	case HOOK_FIN:
		link_fault(x->link, x, LINK_FIN, 0);
		break;
	case HOOK_OUTAGE:
		x->la->outage_until_ms = x->now_ms + o->value;
		x->link->cut(x);
		break;
	default:
		x->link->cut(x);
		break;
	}
	exchange_finish(x);
}

/* True: the request goes on. */
static bool
obey(struct exchange *x, const struct hook_order *o)
{
	switch (o->action) {
	case HOOK_PASS:
	case HOOK_GOAWAY:
	case HOOK_WINDOW:
	case HOOK_DATA:
	case HOOK_SLOW:
	case HOOK_CHUNK:
	case HOOK_CLOCK:
	case HOOK_FREEZE:
		adjust(x, o);
		return true;
	case HOOK_REFUSE:
		refuse(x, o);
		break;
	case HOOK_ERROR:
		send_error(x, o);
		break;
	case HOOK_HALF_CLOSE:
		x->is_half_closed = true;
		end_early(x);
		break;
	case HOOK_END:
		end_early(x);
		break;
	case HOOK_TRUNCATE:
		truncate_it(x);
		break;
	case HOOK_DAMAGE:
		damage(x, false);
		x->is_mute = true;
		break;
	case HOOK_GARBAGE:
		put_garbage(x);
		break;
	case HOOK_HTML:
		exchange_reply(
		    x, o->status, "text/html", page, sizeof(page) - 1, NULL);
		break;
	case HOOK_HANG:
	case HOOK_BLOCK:
		go_mute(x, o->action == HOOK_BLOCK);
		break;
	case HOOK_RESET:
	case HOOK_UNSEEN:
	case HOOK_FIN:
	case HOOK_CUT:
	case HOOK_OUTAGE:
		break_off(x, o);
		break;
	}
	return false;
}

/* Whether what was said before is to arrive first: these would take it along.
 */
static bool
is_sudden(const struct hook_order *o)
{
	return o->action == HOOK_FREEZE || o->action == HOOK_RESET ||
	       o->action == HOOK_UNSEEN || o->action == HOOK_FIN ||
	       o->action == HOOK_CUT || o->action == HOOK_OUTAGE;
}

/* To be obeyed once all has left: the plan may have gone by then. */
static void
keep(struct exchange *x, const struct hook_order *o)
{
	x->order = *o;
	x->order.name = x->order.message = NULL;
	x->is_ordered = true;
}

bool
exchange_hook(struct exchange *x, enum hook_phase phase, uint64_t n)
{
	struct hook_at at = { phase, x->op->service->signing_name, x->op->name,
		x->number, n, &x->memory };
	struct hook_order order;

	if (x->la->hooks.ask == NULL)
		return true;
	if (x->phase == EXCHANGE_FINISHED || x->is_mute || x->is_ordered ||
	    x->hold_until_ms > x->now_ms)
		return false;
	for (;;) {
		memset(&order, 0, sizeof(order));
		x->la->hooks.ask(x->la->hooks.arg, &at, &order);
		if (order.action == HOOK_PASS && order.delay_ms == 0)
			return true;
		if (order.action == HOOK_PASS) {
			x->hold_until_ms = x->now_ms + order.delay_ms;
			return false;
		}
		if (is_sudden(&order)) {
			keep(x, &order);
			return faults_settle(x);
		}
		if (!obey(x, &order))
			return false;
	}
}

bool
faults_settle(struct exchange *x)
{
	slow_pump(x);
	if (x->is_ordered) {
		if (!link_fault(x->link, x, LINK_IS_FLUSHED, 0))
			return false;
		x->is_ordered = false;
		return obey(x, &x->order);
	}
	return !x->is_mute && x->hold_until_ms <= x->now_ms;
}

bool
faults_prepare(const struct exchange *x, struct loop *l)
{
	slow_prepare(x, l);
	if (x->is_ordered)
		loop_deadline(l, x->now_ms + FLUSH_MS);
	else if (x->hold_until_ms > x->now_ms)
		loop_deadline(l, x->hold_until_ms);
	else
		return x->is_mute && x->phase != EXCHANGE_FINISHED;
	return true;
}

bool
faults_swallow(struct exchange *x, size_t n)
{
	if (!x->is_mute)
		return false;
	if (!x->is_blocked) {
		x->link->consume(x, n + bytes_len(&x->in));
		bytes_reset(&x->in);
	}
	return true;
}

void
faults_release(struct exchange *x)
{
	slow_free(x);
}
