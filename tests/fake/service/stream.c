/* Event streams of the scripted service: what they say, and what goes wrong. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pcm.h"
#include "service.h"

int64_t speak_ms, idle_ms;

static struct stream *streams;
static size_t nspeaking;

static void
send_message(struct stream *s, const struct es_header *headers, size_t n,
    const void *payload, size_t len)
{
	struct bytes out;
	const uint8_t *p;
	size_t size;

	if (s->is_dead)
		return;
	bytes_init(&out, MESSAGE_MAX);
	if (es_encode(&out, headers, n, payload, len) != 0)
		abort();
	p = bytes_peek(&out, &size);
	if (h2_write(s->h2, s->id, p, size) != 0)
		note("a message did not fit");
	bytes_release(&out);
}

static void
send_event(struct stream *s, const char *type, const char *content_type,
    const void *payload, size_t len)
{
	const struct es_header headers[] = {
		es_string(":event-type", type),
		es_string(":message-type", "event"),
		es_string(":content-type", content_type),
	};

	send_message(s, headers, 3, payload, len);
}

static void
send_exception(struct stream *s, const struct act *a)
{
	struct es_header headers[3];
	char body[160];

	snprintf(body, sizeof(body), "{\"Message\":\"%s\"}",
	    a->arg2[0] == '\0' ? "as the script says" : a->arg2);
	if (strcmp(a->what, "error") == 0) {
		headers[0] = es_string(":message-type", "error");
		headers[1] = es_string(":error-code", a->arg);
		headers[2] = es_string(":error-message", "as the script says");
		send_message(s, headers, 3, NULL, 0);
	} else {
		headers[0] = es_string(":message-type", "exception");
		headers[1] = es_string(":exception-type", a->arg);
		headers[2] = es_string(":content-type", "application/json");
		send_message(s, headers, 3, body, strlen(body));
	}
}

/* Half a message, or one whose checksum is wrong. */
static void
send_damaged(struct stream *s, bool is_half)
{
	const struct es_header h = es_string(":event-type", "Damaged");
	struct bytes out;
	size_t len;
	uint8_t *p;

	bytes_init(&out, MESSAGE_MAX);
	if (es_encode(&out, &h, 1, "damaged", 7) != 0)
		abort();
	p = (uint8_t *)bytes_peek(&out, &len);
	p[len - 1] ^= 1;
	(void)h2_write(s->h2, s->id, p, is_half ? len / 2 : len);
	bytes_release(&out);
}

static void
refuse(struct stream *s, const struct act *a)
{
	struct h2_header headers[] = {
		{ "x-amzn-requestid", "refused-1" },
		{ "content-type", "application/json" },
		{ "x-amzn-errortype", a->arg2 },
	};
	const char *body = "{\"Message\":\"as the script says\"}";
	bool is_html = strcmp(a->what, "html") == 0;

	if (is_html) {
		headers[1].value = "text/html";
		body = "<html><h1>Bad gateway</h1></html>";
	}
	(void)h2_respond(
	    s->h2, s->id, atoi(a->arg), headers, is_html ? 2 : 3, true);
	(void)h2_write(s->h2, s->id, body, strlen(body));
	(void)h2_end_early(s->h2, s->id);
	s->is_dead = true;
}

/* Do what the script says.  Unless it goes on the stream is then dead. */
static void
perform(struct stream *s)
{
	const struct act *a = s->act;
	const char *what = a->what;

	s->act = NULL;
	note("%s: now %s", kind_names[s->kind], what);
	if (strcmp(what, "refuse") == 0 || strcmp(what, "html") == 0) {
		refuse(s, a);
	} else if (strcmp(what, "reset") == 0) {
		h2_reset(s->h2, s->id, H2_INTERNAL_ERROR);
	} else if (strcmp(what, "cut") == 0) {
		conn_cut(s->conn);
	} else if (strcmp(what, "outage") == 0) {
		outage(atoi(a->arg));
	} else if (strcmp(what, "close") == 0) {
		(void)h2_end_early(s->h2, s->id);
	} else if (strcmp(what, "exception") == 0 ||
		   strcmp(what, "error") == 0) {
		send_exception(s, a);
		(void)h2_end_early(s->h2, s->id);
	} else if (strcmp(what, "crc") == 0) {
		send_damaged(s, false);
	} else if (strcmp(what, "half") == 0) {
		send_damaged(s, true);
		(void)h2_end_early(s->h2, s->id);
	} else if (strcmp(what, "goaway") == 0) {
		(void)h2_goaway(s->h2, H2_NO_ERROR, "as the script says");
		return;
	} else if (strcmp(what, "hang") != 0 && strcmp(what, "block") != 0) {
		usage("the script asks for what nobody knows");
	}
	s->is_dead = true;
}

static void speech_closes(struct stream *s);

/* It is time: a reset drops what waits, so what was said leaves before it. */
static void
schedule(struct stream *s)
{
	if (strcmp(s->act->what, "goaway") == 0)
		perform(s);
	else
		s->is_pending = true;
}

static bool
is_idle_limited(const struct stream *s)
{
	return idle_ms > 0 && s->kind == SPEAK && !s->is_dead &&
	       !s->is_pending && s->close_at_ms == 0;
}

/* PROTOCOL 5.1: 5 s without an event of ours. */
static void
end_idle(struct stream *s)
{
	static const struct act idle = { .what = "exception",
		.arg = "ServiceQuotaExceededException" };

	note("speak idle");
	send_exception(s, &idle);
	(void)h2_end_early(s->h2, s->id);
	s->is_dead = true;
}

void
streams_prepare(struct loop *l)
{
	for (struct stream *s = streams; s != NULL; s = s->next) {
		if (s->close_at_ms != 0)
			loop_deadline(l, s->close_at_ms);
		if (s->is_pending)
			loop_deadline(l, 0);
		if (is_idle_limited(s))
			loop_deadline(l, s->heard_at_ms + idle_ms);
	}
}

void
streams_dispatch(int64_t now_ms)
{
	for (struct stream *s = streams; s != NULL; s = s->next) {
		if (s->is_pending && h2_queued_bytes(s->h2, s->id) == 0) {
			s->is_pending = false;
			perform(s);
		}
		if (s->close_at_ms != 0 && s->close_at_ms <= now_ms)
			speech_closes(s);
		if (is_idle_limited(s) && s->heard_at_ms + idle_ms <= now_ms)
			end_idle(s);
	}
}

static bool
is_time(const struct stream *s, const char *when)
{
	return s->act != NULL && strcmp(s->act->when, when) == 0;
}

/* --- Transcribe ---------------------------------------------------------- */

static json_t *
word_item(const struct stream *s, const struct ear *e, size_t i)
{
	char word[8], speaker[8];
	json_t *item;
	int n = e->words[i] - WORD_BASE;

	snprintf(word, sizeof(word), "w%04d", n);
	item = json_pack("{s:s,s:s,s:f,s:f}", "Content", word, "Type",
	    "pronunciation", "StartTime", (double)e->from / PCM_RATE_HZ,
	    "EndTime", (double)e->to / PCM_RATE_HZ);
	snprintf(speaker, sizeof(speaker), "%u", e->nresults % 2);
	if (s->asked.speakers)
		json_object_set_new(item, "Speaker", json_string(speaker));
	if (s->asked.filter)
		json_object_set_new(
		    item, "VocabularyFilterMatch", json_boolean(n % 5 == 0));
	return item;
}

/* What goes with a result when it was asked for. */
static void
add_asked(const struct stream *s, const struct ear *e, json_t *result,
    json_t *alternative, bool is_partial)
{
	const json_t *first =
	    json_array_get(json_object_get(alternative, "Items"), 0);
	json_t *entity;

	if (s->asked.channels == 2)
		json_object_set_new(result, "ChannelId",
		    json_string(e == s->ears ? "ch_0" : "ch_1"));
	if (s->asked.language[0] != '\0') {
		json_object_set_new(
		    result, "LanguageCode", json_string(s->asked.language));
		json_object_set_new(result, "LanguageIdentification",
		    json_pack("[{s:s,s:f}]", "LanguageCode", s->asked.language,
			"Score", 0.875));
	}
	if (!s->asked.entities || is_partial)
		return;
	entity = json_pack("{s:s,s:s,s:f}", "Category", "PII", "Type", "NAME",
	    "Confidence", 0.5);
	json_object_set(entity, "Content", json_object_get(first, "Content"));
	json_object_set(
	    entity, "StartTime", json_object_get(first, "StartTime"));
	json_object_set(entity, "EndTime", json_object_get(first, "EndTime"));
	json_object_set_new(alternative, "Entities", json_pack("[o]", entity));
}

static void
send_result(struct stream *s, struct ear *e, bool is_partial)
{
	json_t *items = json_array(), *obj, *result, *alternative;
	char text[WORDS_MAX * 6 + 1], id[32];
	size_t len = 0;
	char *body;

	text[0] = '\0';
	for (size_t i = 0; i < e->nwords; i++) {
		len += (size_t)sprintf(text + len, "%sw%04d", i == 0 ? "" : " ",
		    e->words[i] - WORD_BASE);
		json_array_append_new(items, word_item(s, e, i));
	}
	snprintf(
	    id, sizeof(id), "r%u-%u", (unsigned)(e - s->ears), e->nresults);
	alternative =
	    json_pack("{s:s,s:o}", "Transcript", text, "Items", items);
	result = json_pack("{s:s,s:f,s:f,s:b,s:[O]}", "ResultId", id,
	    "StartTime", (double)e->from / PCM_RATE_HZ, "EndTime",
	    (double)e->to / PCM_RATE_HZ, "IsPartial", is_partial,
	    "Alternatives", alternative);
	add_asked(s, e, result, alternative, is_partial);
	obj = json_pack("{s:{s:[o]}}", "Transcript", "Results", result);
	json_decref(alternative);
	body = json_dumps(obj, JSON_COMPACT);
	send_event(
	    s, "TranscriptEvent", "application/json", body, strlen(body));
	free(body);
	json_decref(obj);
	if (is_partial)
		return;
	note("final %s", text);
	e->nwords = 0;
	e->nresults++;
	s->nfinals++;
}

static void
watch_final(struct stream *s)
{
	char when[24];

	snprintf(when, sizeof(when), "final=%u", s->nfinals);
	if (is_time(s, when))
		schedule(s);
}

/* One sample: half a word's worth of it is enough to know it. */
static void
hear(struct stream *s, struct ear *e, int16_t value)
{
	e->samples++;
	if (value != e->value) {
		e->value = value;
		e->run = 0;
	}
	e->run++;
	if (value != 0) {
		if (e->run == WORD_SAMPLES / 2 && e->nwords < WORDS_MAX) {
			if (e->nwords == 0)
				e->from = e->samples - e->run;
			e->words[e->nwords++] = value;
			e->to = e->samples;
			send_result(s, e, true);
		} else if (e->run > WORD_SAMPLES / 2) {
			e->to = e->samples;
		}
	} else if (e->run == WORD_SAMPLES && e->nwords > 0) {
		send_result(s, e, false);
		watch_final(s);
	}
	if (s->act != NULL && e->samples % (PCM_RATE_HZ / 1000) == 0 &&
	    atol(s->act->when) > 0 &&
	    e->samples / (PCM_RATE_HZ / 1000) >= (uint64_t)atol(s->act->when))
		schedule(s);
}

static void
client_ended(struct stream *s)
{
	if (s->is_dead || s->is_pending || s->is_ended)
		return;
	s->is_ended = true;
	note("transcribe end");
	if (is_time(s, "end"))
		schedule(s);
	if (s->is_pending)
		return;
	for (size_t i = 0; i < s->asked.channels; i++)
		if (s->ears[i].nwords > 0)
			send_result(s, &s->ears[i], false);
	if (is_time(s, "last"))
		schedule(s);
	if (!s->is_pending)
		(void)h2_end(s->h2, s->id);
}

/* --- Polly --------------------------------------------------------------- */

void
make_pcm(const char *text, uint8_t *pcm)
{
	int value = (int)strtol(text + strcspn(text, "0123456789"), NULL, 10);

	for (size_t i = 0; i < SPEECH_BYTES; i += 2) {
		pcm[i] = (uint8_t)value;
		pcm[i + 1] = (uint8_t)(value >> 8);
	}
}

static bool
is_act(const struct stream *s, const char *what)
{
	return s->act != NULL && strcmp(s->act->what, what) == 0;
}

static void
speak(struct stream *s)
{
	bool is_odd = is_act(s, "odd");
	bool is_cut;
	uint8_t pcm[SPEECH_BYTES];
	size_t n = is_odd ? 1 : 3200, end = sizeof(pcm);

	if (s->act != NULL && strcmp(s->act->what, "goaway") == 0)
		schedule(s);
	/* That was done at once, and was all. */
	is_cut = s->act != NULL && !is_odd && !is_act(s, "linger");
	if (is_cut && (size_t)atol(s->act->when) < end)
		end = (size_t)atol(s->act->when);
	make_pcm(s->text, pcm);
	while (s->spoken < end) {
		if (n > end - s->spoken)
			n = end - s->spoken;
		send_event(s, "AudioEvent", "application/octet-stream",
		    pcm + s->spoken, n);
		s->spoken += n;
		if (is_odd)
			n = n % 1000 + 2;
	}
	if (is_cut)
		schedule(s);
	else
		s->close_at_ms = clock_mono_ms() + speak_ms;
}

static void
speech_closes(struct stream *s)
{
	char body[64];

	snprintf(
	    body, sizeof(body), "{\"RequestCharacters\":%zu}", strlen(s->text));
	send_event(
	    s, "StreamClosedEvent", "application/json", body, strlen(body));
	if (!is_act(s, "linger"))
		(void)h2_end(s->h2, s->id);
	s->close_at_ms = 0;
	s->is_dead = true;
}

/* --- a stream ------------------------------------------------------------ */

static void
on_inner(struct stream *s, const struct es_message *m)
{
	const struct es_header *type = es_find(m, ":event-type");
	const char *text;
	json_t *obj;

	if (es_header_is(type, "AudioEvent")) {
		for (size_t i = 0;
		     i + 1 < m->payload_len && !s->is_dead && !s->is_pending;
		     i += 2)
			hear(s, &s->ears[i / 2 % s->asked.channels],
			    (int16_t)(m->payload[i] | m->payload[i + 1] << 8));
	} else if (es_header_is(type, "TextEvent")) {
		obj = json_loadb(
		    (const char *)m->payload, m->payload_len, 0, NULL);
		text = json_string_value(json_object_get(obj, "Text"));
		if (json_object_get(obj, "TextType") != NULL)
			note("speak type=%s", json_string_value(json_object_get(
						  obj, "TextType")));
		if (text != NULL && text[0] == '\0')
			note("speak keep");
		if (text != NULL)
			strncat(s->text, text,
			    sizeof(s->text) - strlen(s->text) - 1);
		json_decref(obj);
	} else if (es_header_is(type, "CloseStreamEvent") && !s->is_dead) {
		note("speak streams=%zu text=%s", nspeaking, s->text);
		speak(s);
	}
}

static int
on_envelope(const struct es_message *m, void *arg)
{
	struct es_header headers[ES_HEADERS_MAX];
	struct es_message inner;
	struct stream *s = arg;

	s->heard_at_ms = clock_mono_ms();
	if (m->payload_len == 0) {
		if (s->kind == TRANSCRIBE)
			client_ended(s);
	} else if (es_decode(&inner, headers, m->payload, m->payload_len) ==
		   0) {
		on_inner(s, &inner);
	} else {
		note("the client sent what cannot be decoded");
	}
	return 0;
}

static void
on_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	struct stream *s = arg;

	if (!s->is_dead && es_decoder_feed(s->decoder, p, n) != 0)
		note("the client sent a damaged message");
	if (s->act == NULL || strcmp(s->act->what, "block") != 0)
		h2_consume(h2, id, n);
}

static void
on_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	struct stream *s = arg, **at;

	(void)h2;
	(void)id;
	(void)why;
	(void)code;
	for (at = &streams; *at != s; at = &(*at)->next)
		continue;
	*at = s->next;
	nspeaking -= s->kind == SPEAK;
	es_decoder_free(s->decoder);
	free(s);
}

static const struct h2_stream_events stream_events = {
	.on_data = on_data,
	.on_close = on_close,
};

static void
read_asked(struct asked *a, const struct h2_header *h)
{
	const char *name = h->name + strlen("x-amzn-transcribe-");

	if (strncmp(h->name, "x-amzn-transcribe-", name - h->name) != 0)
		return;
	if (strcmp(name, "number-of-channels") == 0)
		a->channels = atoi(h->value) == 2 ? 2 : 1;
	else if (strcmp(name, "show-speaker-label") == 0)
		a->speakers = true;
	else if (strncmp(name, "vocabulary-filter-name", 22) == 0)
		a->filter = true;
	else if (strcmp(name, "content-identification-type") == 0)
		a->entities = true;
	else if (strcmp(name, "language-options") == 0)
		snprintf(a->language, sizeof(a->language), "%.*s",
		    (int)strcspn(h->value, ","), h->value);
}

void
on_request(void *arg, struct conn *c, struct h2 *h2, int32_t id,
    const struct h2_request *r)
{
	const struct h2_header ok[] = {
		{ "content-type", "application/vnd.amazon.eventstream" },
		{ "x-amzn-request-id", "request-1" },
		{ "x-amzn-transcribe-session-id", "session-1" },
	};
	struct stream *s = calloc(1, sizeof(*s));

	(void)arg;
	if (s == NULL)
		abort();
	s->conn = c;
	s->heard_at_ms = clock_mono_ms();
	s->h2 = h2;
	s->id = id;
	s->kind =
	    strcmp(r->path, "/v1/synthesisStream") == 0 ? SPEAK : TRANSCRIBE;
	s->decoder = es_decoder_new(MESSAGE_MAX, on_envelope, s);
	s->act = next_act(s->kind);
	s->next = streams;
	streams = s;
	nspeaking += s->kind == SPEAK;
	(void)h2_attach(h2, id, &stream_events, s);
	s->asked.channels = 1;
	for (size_t i = 0; i < r->nheaders; i++)
		read_asked(&s->asked, &r->headers[i]);
	for (size_t i = 0; i < r->nheaders; i++)
		if (strncmp(r->headers[i].name, "x-amzn-", 7) == 0)
			note("header %s=%s", r->headers[i].name,
			    r->headers[i].value);
	if (is_time(s, "headers") && !is_act(s, "odd") &&
	    !is_act(s, "linger")) {
		perform(s);
		if (s->is_dead)
			return;
	}
	(void)h2_respond(h2, id, 200, ok, 3, true);
	if (is_time(s, "open"))
		perform(s);
}
