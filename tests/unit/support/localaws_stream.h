/*
 * What the suites about localaws's two bidirectional streams share: a stream
 * that is opened, signed events in, and what came back so far.
 */
#ifndef TESTS_LOCALAWS_STREAM_H
#define TESTS_LOCALAWS_STREAM_H

#include "aws/event_signer.h"
#include "aws/eventstream_event.h"
#include "base/clock.h"
#include "localaws_link.h"

/* Wall time is real, since signatures are looked at; the loop's is ours. */
static int64_t now_ms;
static struct sigv4_chain chain;
static char names[1024]; /* of the events that came back, with spaces */
static char last[8192];  /* payload of the last of them */
static size_t audio_bytes;

/* A stream's request, signed, with its headers ("name" or NULL, value). */
static void
open_stream(const char *service, const char *path,
    const struct h2_header *own_headers, size_t n)
{
	struct sigv4_header list[16] = { { "host", "localhost:1" } };
	struct h2_header headers[16];
	struct sigv4_request rq = { .method = "POST",
		.path = path,
		.headers = list,
		.nheaders = 1,
		.payload_hash = SIGV4_EVENTS };
	struct sigv4_signer signer = { &own, "us-east-1", service, NULL };
	struct sigv4_signed s;
	struct h2_request h2 = { "POST", "https", "localhost:1", path, headers,
		0, true };

	for (size_t i = 0; i < n; i++) {
		list[rq.nheaders++] =
		    (struct sigv4_header){ own_headers[i].name,
			    own_headers[i].value };
		headers[h2.nheaders++] = own_headers[i];
	}
	ck_assert_int_eq(
	    sigv4_sign(&s, &rq, &signer, (int64_t)(clock_wall_ms() / 1000),
		SIGV4_ADD_PAYLOAD_HASH),
	    0);
	for (size_t i = 0; i < s.nadded; i++)
		headers[h2.nheaders++] =
		    (struct h2_header){ s.added[i].name, s.added[i].value };
	ck_assert_int_eq(
	    sigv4_chain_init(&chain, &own, "us-east-1", service, s.signature),
	    0);
	now_ms = 1000;
	x = exchange_new(&la, &h2, true, &fake, NULL, 1, now_ms);
	ck_assert_ptr_nonnull(x);
	sigv4_signed_release(&s);
	exchange_pump(x, now_ms);
}

static void
push(struct bytes *out)
{
	size_t n;
	const uint8_t *p = bytes_peek(out, &n);

	exchange_data(x, p, n);
	bytes_release(out);
	exchange_pump(x, now_ms);
}

static void
send_at(const char *type, const void *p, size_t n, double wall_ms)
{
	struct es_header headers[3] = { es_string(":event-type", type),
		es_string(":message-type", "event"),
		es_string(":content-type", "application/json") };
	struct bytes out;

	bytes_init(&out, n + 1024);
	ck_assert_int_eq(
	    event_signer_append(&chain, event_date_ms((int64_t)wall_ms),
		headers, 3, p, n, &out),
	    0);
	push(&out);
}

static void
send_event(const char *type, const void *p, size_t n)
{
	send_at(type, p, n, clock_wall_ms());
}

static void
send_text(const char *json)
{
	send_event("TextEvent", json, strlen(json));
}

static void
send_end(void)
{
	struct bytes out;

	bytes_init(&out, 1024);
	ck_assert_int_eq(event_signer_append_end(&chain,
			     event_date_ms((int64_t)clock_wall_ms()), &out),
	    0);
	push(&out);
}

static int
on_message(const struct es_message *m, void *arg)
{
	struct es_event e;

	(void)arg;
	ck_assert_int_eq(es_event_read(&e, m), 0);
	snprintf(names + strlen(names), sizeof(names) - strlen(names), "%.*s ",
	    (int)e.type_len, e.type);
	if (es_event_is(&e, ES_KIND_EVENT, "AudioEvent"))
		audio_bytes += e.payload_len;
	snprintf(last, sizeof(last), "%.*s", (int)e.payload_len,
	    (const char *)e.payload);
	return 0;
}

/* Read what came back so far. */
static void
look(void)
{
	struct es_decoder *d = es_decoder_new(0, on_message, NULL);

	names[0] = last[0] = '\0';
	audio_bytes = 0;
	ck_assert_int_eq(es_decoder_feed(d, wire.body, wire.len), 0);
	ck_assert(es_decoder_is_idle(d));
	es_decoder_free(d);
}

static void
pass(int64_t ms)
{
	now_ms += ms;
	exchange_pump(x, now_ms);
}

static void
assert_thrown(const char *name, const char *part)
{
	look();
	ck_assert_msg(strstr(names, name) != NULL, "%s: %s", names, last);
	ck_assert_msg(strstr(last, part) != NULL, "%s", last);
	ck_assert_int_eq(wire.nends, 1);
	ck_assert_str_eq(x->error, name);
}

#define P "x-amzn-transcribe-"
static const struct h2_header listening[] = { { P "language-code", "en-US" },
	{ P "sample-rate", "16000" }, { P "media-encoding", "pcm" } };

static void
hear(int ms)
{
	static uint8_t silence[32000];

	send_event("AudioEvent", silence, (size_t)ms * 32);
}

static const struct h2_header speaking[] = { { "x-amzn-engine", "generative" },
	{ "x-amzn-voiceid", "Lucia" }, { "x-amzn-outputformat", "pcm" } };

static void
speak(void)
{
	open_stream("polly", "/v1/synthesisStream", speaking, 3);
}

#endif
