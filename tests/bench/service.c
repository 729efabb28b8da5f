#define _GNU_SOURCE /* accept4 */
/*
 * The three services at no cost: what the tools ask is answered in the same
 * turn of one loop, with constants.  No signature is looked at and no engine
 * runs, so that what is left of a measured delay is the tools' own; localaws,
 * which checks and speaks, needs several milliseconds of both processors for
 * each sentence, and would be measured along.
 *
 *	service CERT KEY PERIOD_MS VOICE_MS SPEED	prints its port
 *
 * TLS on loopback, HTTP/2 only.  Transcribe hears a sentence of ten words every
 * PERIOD_MS of audio, whatever it holds: from 200 ms on, a partial result at
 * the end of each word, 200 ms apart.  Translate gives the text back.  Polly
 * speaks VOICE_MS of silence for any text: 200 ms at once, then 100 ms at a
 * time, SPEED times as fast as it plays (0: all at once).  Ends by a signal.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "aws/conn.h"
#include "aws/eventstream_event.h"
#include "aws/tls.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/pcm.h"
#include "base/stop.h"

#define CONNS_MAX 128
#define BODY_BYTES_MAX 65536
#define EVENT_BYTES_MAX (1024 * 1024)
#define AUDIO_EVENT_BYTES 8192
#define VOICE_FIRST_MS 200
#define VOICE_NEXT_MS 100
#define FIRST_MS 200
#define WORD_MS 200
#define NWORDS 10

static const char *const words[NWORDS] = { "The", "work", "goes", "on", "and",
	"nobody", "knows", "how", "it", "ends" };

enum job {
	JOB_NONE, /* an empty answer */
	JOB_TRANSCRIBE,
	JOB_TRANSLATE,
	JOB_SPEAK,
	JOB_VOICES,
};

struct service {
	struct tls_ctx *tls;
	int listener;
	struct conn *conns[CONNS_MAX];
	size_t nconns;
	long period_ms;
	long voice_ms;
	double speed;
	struct stream *speaking; /* those with audio to come */
	int64_t now_ms;
};

/* One request. */
struct stream {
	struct service *service;
	struct h2 *h2;
	int32_t id;
	enum job job;
	struct bytes body;          /* of a translation */
	struct es_decoder *decoder; /* of the others */
	struct bytes out;
	double audio_ms;     /* heard */
	unsigned long nth;   /* word to be said next, over all sentences */
	struct stream *next; /* that speaks, too */
	size_t left_bytes;   /* to speak */
	int64_t due_ms;
	bool is_closing; /* CloseStreamEvent came */
	bool is_ended;   /* the client's side */
};

/* --- answers -------------------------------------------------------------- */

static void
check(int rc)
{
	if (rc != 0)
		die(EX_SOFTWARE, "an answer cannot be sent");
}

static void
send_event(struct stream *s, const char *type, const char *content_type,
    const void *payload, size_t len)
{
	const struct es_header headers[] = {
		es_string(":event-type", type),
		es_string(":content-type", content_type),
		es_string(":message-type", "event"),
	};
	const uint8_t *p;
	size_t n;

	check(es_encode(&s->out, headers, 3, payload, len));
	p = bytes_peek(&s->out, &n);
	check(h2_write(s->h2, s->id, p, n));
	bytes_reset(&s->out);
}

static void
send_json_event(struct stream *s, const char *type, json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT);

	if (text == NULL)
		die(EX_OSERR, "out of memory");
	send_event(s, type, "application/json", text, strlen(text));
	free(text);
	json_decref(body);
}

/* A whole answer; body NULL: an empty one. */
static void
answer(struct stream *s, json_t *body)
{
	static const struct h2_header type = { "content-type",
		"application/x-amz-json-1.1" };
	char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);

	check(h2_respond(s->h2, s->id, 200, &type, 1, text != NULL));
	if (text != NULL) {
		check(h2_write(s->h2, s->id, text, strlen(text)));
		check(h2_end(s->h2, s->id));
	}
	free(text);
	json_decref(body);
}

/* --- Transcribe ----------------------------------------------------------- */

/* The first n words of the k-th sentence, as a result. */
static json_t *
result(const struct stream *s, unsigned long k, unsigned int n, bool is_partial)
{
	double start = (double)k * (double)s->service->period_ms + FIRST_MS;
	json_t *items = json_array(), *event;
	char text[128], id[32];
	size_t len = 0;

	for (unsigned int i = 0; i < n; i++) {
		double at = (start + i * WORD_MS) / 1000;

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "" : " ", words[i]);
		json_array_append_new(items,
		    json_pack("{s:s,s:f,s:f,s:s,s:b}", "Content", words[i],
			"StartTime", at, "EndTime", at + WORD_MS / 1000.0,
			"Type", "pronunciation", "VocabularyFilterMatch", 0));
	}
	snprintf(id, sizeof(id), "s%lu", k);
	event = json_pack("{s:{s:[{s:[{s:o,s:s}],s:s,s:b,s:s,s:f,s:f}]}}",
	    "Transcript", "Results", "Alternatives", "Items", items,
	    "Transcript", text, "ChannelId", "ch_0", "IsPartial", is_partial,
	    "ResultId", id, "StartTime", start / 1000, "EndTime",
	    (start + n * WORD_MS) / 1000);
	if (event == NULL)
		die(EX_OSERR, "out of memory");
	return event;
}

static void
hear(struct stream *s, size_t nbytes)
{
	unsigned long k, n;
	double end_ms;

	for (s->audio_ms += pcm_ms_of_bytes(nbytes);; s->nth++) {
		k = s->nth / NWORDS;
		n = s->nth % NWORDS + 1;
		end_ms = (double)k * (double)s->service->period_ms + FIRST_MS +
		         (double)(n * WORD_MS);
		if (end_ms > s->audio_ms)
			return;
		send_json_event(s, "TranscriptEvent",
		    result(s, k, (unsigned int)n, n < NWORDS));
	}
}

/* The end of the audio makes what was heard of a sentence final. */
static void
hear_end(struct stream *s)
{
	unsigned int n = (unsigned int)(s->nth % NWORDS);

	if (n > 0)
		send_json_event(
		    s, "TranscriptEvent", result(s, s->nth / NWORDS, n, false));
}

/* --- Polly ---------------------------------------------------------------- */

/* Once all has been said. */
static void
speak_end(struct stream *s)
{
	if (s->left_bytes > 0)
		return;
	if (s->is_closing)
		send_json_event(s, "StreamClosedEvent",
		    json_pack("{s:i}", "RequestCharacters", 1));
	s->is_closing = false;
	if (s->is_ended)
		check(h2_end(s->h2, s->id));
}

static void
speak_bytes(struct stream *s, size_t n)
{
	static const char silence[AUDIO_EVENT_BYTES];
	size_t piece;

	if (n > s->left_bytes)
		n = s->left_bytes;
	for (s->left_bytes -= n; n > 0; n -= piece) {
		piece = n < sizeof(silence) ? n : sizeof(silence);
		send_event(s, "AudioEvent", "application/octet-stream", silence,
		    piece);
	}
}

static void
speak(struct stream *s)
{
	struct service *v = s->service;

	s->left_bytes = pcm_bytes_of_ms(v->voice_ms);
	speak_bytes(
	    s, v->speed == 0 ? s->left_bytes : pcm_bytes_of_ms(VOICE_FIRST_MS));
	if (s->left_bytes == 0)
		return;
	s->due_ms = v->now_ms + (int64_t)(VOICE_NEXT_MS / v->speed);
	s->next = v->speaking;
	v->speaking = s;
}

/* Nothing more of a stream: it is through, or gone. */
static void
forget(struct stream *s)
{
	struct stream **link = &s->service->speaking;

	while (*link != NULL && *link != s)
		link = &(*link)->next;
	if (*link != NULL)
		*link = s->next;
}

/* Speak on, where it is time. */
static void
speak_due(struct service *v)
{
	struct stream *s, *next;

	for (s = v->speaking; s != NULL; s = next) {
		next = s->next;
		if (v->now_ms < s->due_ms)
			continue;
		s->due_ms += (int64_t)(VOICE_NEXT_MS / v->speed);
		speak_bytes(s, pcm_bytes_of_ms(VOICE_NEXT_MS));
		if (s->left_bytes == 0) {
			forget(s);
			speak_end(s);
		}
	}
}

static json_t *
voices(void)
{
	static const char *const table[][2] = { { "Lucia", "es-ES" },
		{ "Vicki", "de-DE" }, { "Lea", "fr-FR" }, { "Bianca", "it-IT" },
		{ "Camila", "pt-BR" }, { "Laura", "nl-NL" }, { "Ola", "pl-PL" },
		{ "Seoyeon", "ko-KR" } };
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		json_array_append_new(list,
		    json_pack("{s:s,s:s,s:s,s:s,s:[s]}", "Id", table[i][0],
			"Name", table[i][0], "LanguageCode", table[i][1],
			"Gender", "Female", "SupportedEngines", "generative"));
	return json_pack("{s:o}", "Voices", list);
}

/* --- requests ------------------------------------------------------------- */

/* An envelope; what it holds is believed. */
static int
on_message(const struct es_message *m, void *arg)
{
	struct es_header headers[ES_HEADERS_MAX];
	struct stream *s = arg;
	struct es_message inner;
	struct es_event event;

	if (m->payload_len == 0) {
		hear_end(s);
		return 0;
	}
	if (es_decode(&inner, headers, m->payload, m->payload_len) != 0 ||
	    es_event_read(&event, &inner) != 0)
		die(EX_PROTOCOL, "an event does not hold a message");
	if (es_event_is(&event, ES_KIND_EVENT, "AudioEvent"))
		hear(s, event.payload_len);
	else if (es_event_is(&event, ES_KIND_EVENT, "TextEvent"))
		speak(s);
	if (es_event_is(&event, ES_KIND_EVENT, "CloseStreamEvent")) {
		s->is_closing = true;
		speak_end(s);
	}
	return 0;
}

static void
translate(struct stream *s)
{
	char why[128];
	const uint8_t *p;
	size_t n;
	json_t *in, *out;

	p = bytes_peek(&s->body, &n);
	in = json_line_parse((const char *)p, n, why, sizeof(why));
	if (in == NULL || json_str(in, "Text") == NULL)
		die(EX_PROTOCOL, "not a request to translate");
	out = json_object();
	json_object_set(out, "TranslatedText", json_object_get(in, "Text"));
	json_object_set(out, "SourceLanguageCode",
	    json_object_get(in, "SourceLanguageCode"));
	json_object_set(out, "TargetLanguageCode",
	    json_object_get(in, "TargetLanguageCode"));
	json_decref(in);
	answer(s, out);
}

static void
on_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	struct stream *s = arg;

	(void)h2;
	(void)id;
	if (s->decoder == NULL ? bytes_append(&s->body, p, n) != 0
			       : es_decoder_feed(s->decoder, p, n) != 0)
		die(EX_PROTOCOL, "a request cannot be read");
}

static void
on_end(void *arg, struct h2 *h2, int32_t id)
{
	struct stream *s = arg;

	if (s->job == JOB_TRANSLATE)
		translate(s);
	s->is_ended = true;
	if (s->job == JOB_SPEAK)
		speak_end(s);
	else if (s->job == JOB_TRANSCRIBE)
		check(h2_end(h2, id));
}

static void
on_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	struct stream *s = arg;

	(void)h2;
	(void)id;
	(void)why;
	(void)code;
	forget(s);
	es_decoder_free(s->decoder);
	bytes_release(&s->body);
	bytes_release(&s->out);
	free(s);
}

static enum job
job_of(const struct h2_request *r)
{
	if (strncmp(r->path, "/stream-transcription", 21) == 0)
		return JOB_TRANSCRIBE;
	if (strncmp(r->path, "/v1/synthesisStream", 19) == 0)
		return JOB_SPEAK;
	if (strncmp(r->path, "/v1/voices", 10) == 0)
		return JOB_VOICES;
	return strcmp(r->method, "POST") == 0 ? JOB_TRANSLATE : JOB_NONE;
}

static void
on_request(void *arg, struct conn *c, struct h2 *h2, int32_t id,
    const struct h2_request *request)
{
	static const struct h2_header type = { "content-type",
		"application/vnd.amazon.eventstream" };
	static const struct h2_stream_events events = {
		.on_data = on_data, .on_end = on_end, .on_close = on_close
	};
	struct stream *s = xcalloc(1, sizeof(*s));

	(void)c;
	s->service = arg;
	s->h2 = h2;
	s->id = id;
	s->job = job_of(request);
	bytes_init(&s->body, BODY_BYTES_MAX);
	bytes_init(&s->out, EVENT_BYTES_MAX);
	check(h2_attach(h2, id, &events, s));
	if (s->job == JOB_VOICES || s->job == JOB_NONE) {
		answer(s, s->job == JOB_NONE ? NULL : voices());
	} else if (s->job != JOB_TRANSLATE) {
		s->decoder = es_decoder_new(EVENT_BYTES_MAX, on_message, s);
		if (s->decoder == NULL)
			die(EX_OSERR, "out of memory");
		check(h2_respond(h2, id, 200, &type, 1, true));
	}
}

/* --- connections ---------------------------------------------------------- */

static const struct conn_events conn_events = { .on_request = on_request };

static void
accept_one(struct service *s)
{
	struct conn_config config;
	struct conn *c;
	int on = 1;
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (s->nconns == CONNS_MAX) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	memset(&config, 0, sizeof(config));
	config.tls = s->tls;
	if (conn_accept(&c, fd, &config, &conn_events, s, clock_mono_ms()) == 0)
		s->conns[s->nconns++] = c;
}

static uint16_t
listen_on(struct service *s)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listener < 0 ||
	    bind(s->listener, (struct sockaddr *)&address, len) != 0 ||
	    listen(s->listener, CONNS_MAX) != 0 ||
	    getsockname(s->listener, (struct sockaddr *)&address, &len) != 0)
		die(EX_OSERR, "cannot listen: %s", strerror(errno));
	return ntohs(address.sin_port);
}

static void
turn(struct service *s, struct loop *l)
{
	size_t kept = 0;
	int slot;

	loop_begin(l);
	stop_prepare(l);
	slot = loop_watch(l, s->listener, POLLIN);
	for (const struct stream *t = s->speaking; t != NULL; t = t->next)
		loop_deadline(l, t->due_ms);
	for (size_t i = 0; i < s->nconns; i++)
		conn_prepare(s->conns[i], l);
	if (loop_wait(l) < 0)
		die(EX_OSERR, "cannot wait: %s", strerror(errno));
	s->now_ms = clock_mono_ms();
	speak_due(s);
	for (size_t i = 0; i < s->nconns; i++) {
		if (conn_dispatch(s->conns[i], l, clock_mono_ms()) ==
		    CONN_CLOSED)
			conn_free(s->conns[i]);
		else
			s->conns[kept++] = s->conns[i];
	}
	s->nconns = kept;
	if (loop_revents(l, slot) != 0)
		accept_one(s);
}

int
main(int argc, char **argv)
{
	char text[TLS_TEXT_BYTES];
	struct service s;
	struct loop loop;

	memset(&s, 0, sizeof(s));
	log_open("service");
	if (argc != 6)
		die(EX_USAGE,
		    "usage: service CERT KEY PERIOD_MS VOICE_MS SPEED");
	s.period_ms = (long)opt_num(
	    "PERIOD_MS", argv[3], FIRST_MS + NWORDS * WORD_MS, 3600000);
	s.voice_ms = (long)opt_num("VOICE_MS", argv[4], 1, 5000);
	s.speed = opt_real("SPEED", argv[5], 0, 100);
	if (tls_server_ctx_new(&s.tls, argv[1], argv[2], "h2", text) != 0)
		die(EX_CONFIG, "%s", text);
	if (stop_init() != 0)
		die(EX_OSERR, "no signals");
	printf("%u\n", (unsigned int)listen_on(&s));
	fflush(stdout);
	loop_init(&loop);
	while (stop_count() == 0)
		turn(&s, &loop);
	while (s.nconns > 0)
		conn_free(s.conns[--s.nconns]);
	close(s.listener);
	tls_ctx_free(s.tls);
	loop_release(&loop);
	return 0;
}
