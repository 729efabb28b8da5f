/* The part of client_check.h that asks the service. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "aws/blocking_priv.h"
#include "aws/client_check.h"
#include "aws/http_call.h"
#include "aws/retry.h"
#include "base/clock.h"
#include "base/pcm.h"

/* A person waits. */
#define CALL_TIMEOUT_MS 30000
/* An answer's date has whole seconds, and took its time. */
#define CLOCK_SLACK_MS 5000
/* What the service is given to hear. */
#define SILENCE_MS 100

/* It was not reached, or not in time. */
static void
help_to_reach(const struct client_check *k, char *out, size_t outsize)
{
	const struct proxy *proxy = &k->client.proxy;
	char from[160];

	config_endpoint_from(&k->client.config, k->service, from, sizeof(from));
	if (proxy->host[0] == '\0' && from[0] != '\0')
		snprintf(out, outsize,
		    "see that something serves there, by %s: the address is "
		    "from %s",
		    k->client.endpoint.is_https ? "https" : "http", from);
	else if (proxy->host[0] == '\0')
		snprintf(out, outsize,
		    "check the network, and whether region '%s' has this "
		    "service; behind a proxy, set HTTPS_PROXY",
		    k->client.config.region);
	else
		snprintf(out, outsize,
		    "check the proxy that %s names (as http://USER:PASSWORD@"
		    "HOST:PORT where it wants a password), and whether it lets "
		    "%s through; NO_PROXY lists hosts that need none",
		    proxy->from, k->client.endpoint.authority);
}

/* What to do about an error, where the service does not say it. */
static void
say_help(const struct client_check *k, const struct service_error *e,
    const char *action, char *out, size_t outsize)
{
	const char *service = k->client.endpoint.service;

	out[0] = '\0';
	switch (e->class) {
	case SERVICE_ERROR_TRANSIENT:
	case SERVICE_ERROR_TIMEOUT:
		if (e->http_status == 0)
			help_to_reach(k, out, outsize);
		else
			snprintf(out, outsize,
			    "the service is there, but has a problem of its "
			    "own: try again later");
		break;
	case SERVICE_ERROR_THROTTLING:
		snprintf(out, outsize,
		    "wait, or ask AWS for a higher quota of this service");
		break;
	case SERVICE_ERROR_UNTRUSTED:
		snprintf(out, outsize,
		    "set AWS_CA_BUNDLE to the roots to trust (of localaws: its "
		    "ca.pem); if it is HTTP/2 that is missing, a proxy between "
		    "takes it away");
		break;
	case SERVICE_ERROR_EXPIRED:
		snprintf(out, outsize, "renew the credentials of: %s",
		    credentials_describe(k->client.provider));
		break;
	case SERVICE_ERROR_SKEW:
		snprintf(out, outsize,
		    "the secret key does not belong to the key id, or this "
		    "machine's clock is wrong");
		break;
	case SERVICE_ERROR_DENIED:
		snprintf(out, outsize,
		    "allow the action %s:%s to this key in IAM, or use another "
		    "key; a key id that is not known here may be of another "
		    "partition, or its session token is missing",
		    service, action);
		break;
	default:
		break;
	}
}

static void
say_failure(
    struct client_check *k, const char *action, const struct service_error *e)
{
	char text[800], help[512];

	service_error_text(e, text, sizeof(text));
	say_help(k, e, action, help, sizeof(help));
	client_check_problem(k, service_error_exit_status(e->class),
	    help[0] == '\0' ? NULL : help, "%s: %s", action, text);
}

/* What the answer's date says of our clock. */
static void
say_clock(struct client_check *k, const char *date, double now_ms)
{
	int64_t date_s = date == NULL ? -1 : retry_parse_date(date);
	double off_ms = (double)date_s * 1000 - now_ms;

	if (date_s < 0)
		return;
	if (off_ms > -CLOCK_SLACK_MS && off_ms < CLOCK_SLACK_MS)
		client_check_fact(k, "clock", "right");
	else
		client_check_warning(k,
		    "this machine's clock is %.0f s %s: from four minutes on "
		    "signatures are corrected for it, but times in lines are "
		    "not",
		    off_ms > 0 ? off_ms / 1000 : -off_ms / 1000,
		    off_ms > 0 ? "slow" : "fast");
}

struct call {
	struct client_check *check;
	const char *action;
	const struct http_request *request;
	int64_t started_at_ms;
	bool is_done;
};

static void
on_done(void *arg, const struct http_answer *a)
{
	struct call *call = arg;
	struct client_check *k = call->check;
	const char *id = http_answer_header(a, "x-amzn-requestid");

	call->is_done = true;
	say_clock(k, http_answer_header(a, "date"), clock_wall_ms());
	if (a->error.class != SERVICE_ERROR_NONE)
		say_failure(k, call->action, &a->error);
	else
		client_check_fact(k, call->action,
		    "answered after %lld ms, request %s",
		    (long long)(clock_mono_ms() - call->started_at_ms),
		    id == NULL ? "without an id" : id);
	if (call->request->on_done != NULL)
		call->request->on_done(call->request->arg, a);
}

/* One turn; false: the machine has no more memory. */
static bool
turn(struct client_check *k, struct http_caller *caller)
{
	int64_t now_ms;

	loop_begin(&k->loop);
	credentials_prepare(k->client.provider, &k->loop);
	http_caller_prepare(caller, &k->loop);
	if (loop_wait(&k->loop) < 0)
		return false;
	now_ms = clock_mono_ms();
	credentials_dispatch(k->client.provider, &k->loop, now_ms);
	http_caller_dispatch(caller, &k->loop, now_ms, clock_wall_ms());
	return true;
}

int
client_check_call(struct client_check *k, const char *action,
    const struct http_request *request)
{
	struct call call = { k, action, request, clock_mono_ms(), false };
	struct http *http = http_new(k->client.config.ca_bundle);
	struct http_caller *caller = NULL;
	struct http_request req = *request;

	req.endpoint = &k->client.endpoint;
	req.on_done = on_done;
	req.arg = &call;
	if (http != NULL)
		caller = http_caller_new(http, k->client.provider,
		    k->client.config.max_attempts, (uint64_t)clock_wall_ms());
	if (caller == NULL)
		http_free(http);
	else if (http_call_start(caller, &req,
		     call.started_at_ms + CALL_TIMEOUT_MS) != NULL)
		while (!call.is_done && turn(k, caller))
			continue;
	if (!call.is_done)
		client_check_problem(k, EX_OSERR, NULL, "out of memory");
	http_caller_free(caller);
	return k->status;
}

/* A stream with Transcribe that hears a moment of silence. */
struct hearing {
	struct client_check *check;
	size_t len;
	bool is_sent;
	char date[64];
	char request_id[80];
	double date_at_ms;
};

static void
hear_restart(void *arg)
{
	((struct hearing *)arg)->is_sent = false;
}

static enum blocking_step
hear_send(void *arg, struct blocking *b, int64_t now_ms, int64_t *wake_ms)
{
	static const uint8_t silence[SILENCE_MS * PCM_BYTES_PER_MS * 2];
	struct hearing *h = arg;
	int rc = 0;

	(void)now_ms;
	*wake_ms = LOOP_NEVER;
	/* What is refused has cost nothing. */
	if (!bidi_is_open(b->bidi))
		return BLOCKING_FULL;
	if (!h->is_sent)
		rc = bidi_send(b->bidi, TRANSCRIBE_AUDIO_EVENT,
		    TRANSCRIBE_AUDIO_TYPE, silence, h->len,
		    blocking_wall_ms(b));
	h->is_sent = rc == 0;
	if (rc == 0)
		rc = bidi_end(b->bidi, blocking_wall_ms(b));
	if (rc == 0)
		return BLOCKING_SENT;
	if (rc == BIDI_ERR_FULL || rc == BIDI_ERR_ENDED)
		return BLOCKING_FULL;
	blocking_fail(b, SERVICE_ERROR_LOCAL, "send", bidi_strerror(rc));
	return BLOCKING_OVER;
}

static void
hear_event(void *arg, struct blocking *b, const struct es_event *event)
{
	(void)arg;
	(void)b;
	(void)event;
}

static void
hear_over(void *arg, const struct blocking *b)
{
	struct hearing *h = arg;

	snprintf(h->date, sizeof(h->date), "%s", b->date);
	snprintf(h->request_id, sizeof(h->request_id), "%s", b->request_id);
	h->date_at_ms = b->date_at_ms;
}

int
client_check_transcribe(
    struct client_check *k, const struct transcribe_params *params)
{
	struct h2_header headers[BIDI_HEADERS_MAX];
	struct hearing h = { .check = k,
		.len = (size_t)SILENCE_MS * PCM_BYTES_PER_MS *
		       (params->channels == 2 ? 2 : 1) };
	struct blocking_op op = { .service = ENDPOINT_TRANSCRIBE_STREAMING,
		.path = TRANSCRIBE_PATH,
		.headers = headers,
		.restart = hear_restart,
		.send = hear_send,
		.on_event = hear_event,
		.on_over = hear_over,
		.arg = &h };
	struct transcribe_scratch scratch;
	int64_t started_at_ms = clock_mono_ms();
	struct service_error error;
	char why[128];
	int n;

	n = transcribe_headers(params, &scratch, headers, why, sizeof(why));
	if (n < 0) {
		client_check_problem(k, EX_USAGE, NULL, "%s", why);
		return k->status;
	}
	op.nheaders = (size_t)n;
	n = blocking_run(&op, &k->options, &error);
	say_clock(k, h.date, h.date_at_ms);
	if (n != 0)
		say_failure(k, "StartStreamTranscription", &error);
	else
		client_check_fact(k, "stream",
		    "opened, heard and ended after %lld ms, request %s",
		    (long long)(clock_mono_ms() - started_at_ms),
		    h.request_id[0] == '\0' ? "without an id" : h.request_id);
	return k->status;
}
