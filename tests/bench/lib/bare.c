#include "bare.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "aws/bidi.h"
#include "aws/client.h"
#include "aws/polly_stream.h"
#include "aws/pool.h"
#include "aws/translate.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "measure.h"

#define TARGET "AWSShineFrontendService_20170701.TranslateText"

struct lane {
	struct bare *b;
	const char *tag;
	double asked_us;
	/* its translation */
	int32_t stream; /* 0: none runs */
	/* its voice */
	struct conn *conn; /* leased; NULL: none */
	struct bidi *bidi;
	bool is_heard;
	bool is_over;     /* to be tidied up after the callback */
	bool wants_voice; /* the translation has come */
};

struct bare {
	struct client translate, polly;
	struct pool *texts, *voices;
	struct conn *text_conn; /* leased for good; NULL: not yet */
	struct lane lanes[BARE_LANGS_MAX];
	size_t nlanes;
	const char *text;
	bool is_cascade;
	bare_row *on_row;
	void *arg;
};

const char *
bare_voice(const char *tag)
{
	static const char *const voices[][2] = {
		{ "es-ES", "Lucia" },
		{ "de-DE", "Vicki" },
		{ "fr-FR", "Lea" },
		{ "it-IT", "Bianca" },
		{ "pt-BR", "Camila" },
		{ "nl-NL", "Laura" },
		{ "pl-PL", "Ola" },
		{ "ko-KR", "Seoyeon" },
	};

	for (size_t i = 0; i < sizeof(voices) / sizeof(voices[0]); i++)
		if (strcmp(voices[i][0], tag) == 0)
			return voices[i][1];
	return NULL;
}

static void
open_client(struct client *c, enum endpoint_service service)
{
	char err[512];

	if (client_open(c, service, NULL, clock_wall_ms(), err, sizeof(err)) !=
	    0)
		die(EX_CONFIG, "%s", err);
}

static struct pool *
open_pool(const struct client *c, size_t n)
{
	struct pool_config config;
	struct pool *pool;

	memset(&config, 0, sizeof(config));
	config.conn.host = c->endpoint.host;
	config.conn.port = c->endpoint.port;
	config.conn.tls = c->endpoint.is_https ? c->tls : NULL;
	config.warm = config.max = n;
	if (pool_new(&pool, &config) != 0)
		die(EX_OSERR, "out of memory");
	return pool;
}

struct bare *
bare_new(char *const *tags, size_t n, bare_row *on_row, void *arg)
{
	struct bare *b = xcalloc(1, sizeof(*b));

	b->on_row = on_row;
	b->arg = arg;
	b->nlanes = n;
	for (size_t i = 0; i < n; i++) {
		b->lanes[i].b = b;
		b->lanes[i].tag = tags[i];
	}
	open_client(&b->translate, ENDPOINT_TRANSLATE);
	open_client(&b->polly, ENDPOINT_POLLY);
	b->texts = open_pool(&b->translate, 1);
	b->voices = open_pool(&b->polly, n);
	return b;
}

static void
lane_end_voice(struct lane *l)
{
	bidi_free(l->bidi);
	if (l->conn != NULL)
		pool_return(l->b->voices, l->conn, clock_mono_ms());
	l->bidi = NULL;
	l->conn = NULL;
	l->is_over = false;
}

void
bare_free(struct bare *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->nlanes; i++)
		lane_end_voice(&b->lanes[i]);
	pool_free(b->voices);
	pool_free(b->texts);
	client_release(&b->polly);
	client_release(&b->translate);
	free(b);
}

/* --- voices --------------------------------------------------------------- */

static void
on_event(void *arg, struct bidi *bidi, const struct es_event *event)
{
	double now_us = measure_us();
	struct polly_stream_event e;
	struct lane *l = arg;

	(void)bidi;
	polly_stream_event_read(&e, event);
	if (e.kind != POLLY_STREAM_AUDIO || l->is_heard)
		return;
	l->is_heard = true;
	l->b->on_row(l->b->arg, BARE_VOICED, l->tag, now_us - l->asked_us);
}

static void
on_end(void *arg, struct bidi *bidi, const struct service_error *error)
{
	struct lane *l = arg;

	(void)bidi;
	if (error != NULL)
		die(EX_UNAVAILABLE, "%s: %s", error->name, error->message);
	l->is_over = true;
}

static const struct bidi_events voice_events = {
	.on_event = on_event,
	.on_end = on_end,
};

static struct credentials *
keys(struct client *c)
{
	struct credentials *out;

	if (credentials_get(c->provider, clock_wall_ms(), &out) !=
	    CREDENTIALS_READY)
		die(EX_CONFIG, "%s", credentials_error(c->provider));
	return out;
}

static void
lane_send_text(struct lane *l, double wall_ms)
{
	char *json;

	if (polly_stream_text_event(
		l->b->text, strlen(l->b->text), false, false, &json) != 0 ||
	    bidi_send(l->bidi, POLLY_STREAM_TEXT_EVENT,
		POLLY_STREAM_CONTENT_TYPE, json, strlen(json), wall_ms) != 0 ||
	    bidi_send(l->bidi, POLLY_STREAM_CLOSE_EVENT,
		POLLY_STREAM_CONTENT_TYPE, POLLY_STREAM_CLOSE_PAYLOAD,
		strlen(POLLY_STREAM_CLOSE_PAYLOAD), wall_ms) != 0 ||
	    bidi_end(l->bidi, wall_ms) != 0)
		die(EX_SOFTWARE, "a sentence cannot be sent");
	free(json);
}

/* False: no connection is ready. */
static bool
lane_speak(struct lane *l, int64_t now_ms)
{
	const struct polly_stream_params params = {
		.engine = "generative",
		.voice_id = bare_voice(l->tag),
		.output_format = "pcm",
		.sample_rate = "16000",
	};
	struct h2_header headers[BIDI_HEADERS_MAX];
	struct bidi_request request;
	double wall_ms = clock_wall_ms();

	if ((l->conn = pool_lease(l->b->voices, now_ms)) == NULL)
		return false;
	memset(&request, 0, sizeof(request));
	request.endpoint = &l->b->polly.endpoint;
	request.path = POLLY_STREAM_PATH;
	request.headers = headers;
	request.nheaders = polly_stream_headers(&params, headers);
	request.credentials = keys(&l->b->polly);
	request.wall_ms = wall_ms;
	if (bidi_open(&l->bidi, l->conn, &request, &voice_events, l) != 0)
		die(EX_SOFTWARE, "a stream cannot be opened");
	credentials_unref(request.credentials);
	lane_send_text(l, wall_ms);
	l->is_heard = false;
	/* All is signed and queued: from here on it is not ours. */
	l->asked_us = measure_us();
	conn_flush(l->conn);
	return true;
}

/* --- translations --------------------------------------------------------- */

static void
on_headers(void *arg, struct h2 *h2, int32_t stream, int status,
    const struct h2_header *headers, size_t nheaders, bool is_end)
{
	(void)arg;
	(void)h2;
	(void)stream;
	(void)headers;
	(void)nheaders;
	(void)is_end;
	if (status != 200)
		die(EX_UNAVAILABLE, "a translation is refused: %d", status);
}

static void
on_answered(void *arg, struct h2 *h2, int32_t stream)
{
	double now_us = measure_us();
	struct lane *l = arg;

	(void)h2;
	(void)stream;
	l->b->on_row(l->b->arg, BARE_TRANSLATED, l->tag, now_us - l->asked_us);
	l->wants_voice = l->b->is_cascade;
}

static void
on_close(
    void *arg, struct h2 *h2, int32_t stream, enum h2_why why, uint32_t code)
{
	struct lane *l = arg;

	(void)h2;
	(void)stream;
	(void)code;
	if (why != H2_WHY_DONE)
		die(EX_UNAVAILABLE, "a translation: %s", h2_why_text(why));
	l->stream = 0;
}

static const struct h2_stream_events text_events = {
	.on_headers = on_headers,
	.on_end = on_answered,
	.on_close = on_close,
};

static void
lane_request(struct lane *l, const char *body, size_t len)
{
	const struct endpoint *e = &l->b->translate.endpoint;
	const struct sigv4_header signed_headers[] = {
		{ "host", e->authority },
		{ "content-type", "application/x-amz-json-1.1" },
		{ "x-amz-target", TARGET },
	};
	struct credentials *credentials = keys(&l->b->translate);
	const struct sigv4_signer signer = { .credentials = &credentials->keys,
		.region = e->region,
		.service = e->service };
	const struct sigv4_request r = { .method = "POST",
		.path = "/",
		.headers = signed_headers,
		.nheaders = 3,
		.body = body,
		.body_len = len };
	struct h2_header headers[2 + SIGV4_ADDED_MAX] = {
		{ signed_headers[1].name, signed_headers[1].value },
		{ signed_headers[2].name, signed_headers[2].value },
	};
	struct h2_request request = { .method = "POST",
		.scheme = e->is_https ? "https" : "http",
		.authority = e->authority,
		.path = "/",
		.headers = headers,
		.nheaders = 2,
		.has_body = true };
	struct h2 *h2 = conn_h2(l->b->text_conn);
	struct sigv4_signed s;

	if (sigv4_sign(&s, &r, &signer, (int64_t)(clock_wall_ms() / 1000),
		SIGV4_ADD_PAYLOAD_HASH) != 0)
		die(EX_SOFTWARE, "a request cannot be signed");
	for (size_t i = 0; i < s.nadded; i++)
		headers[request.nheaders++] =
		    (struct h2_header){ s.added[i].name, s.added[i].value };
	l->stream = h2_request(h2, &request, &text_events, l);
	if (l->stream <= 0 || h2_write(h2, l->stream, body, len) != 0 ||
	    h2_end(h2, l->stream) != 0)
		die(EX_SOFTWARE, "a translation cannot be asked for");
	sigv4_signed_release(&s);
	credentials_unref(credentials);
}

static void
lane_translate(struct lane *l)
{
	char code[LANG_TAG_MAX], *body;
	const struct translate_options options = { .source = "en",
		.target = lang_for_translate(l->tag, code) };
	size_t len;

	if (translate_body(
		&options, l->b->text, strlen(l->b->text), &body, &len) != 0)
		die(EX_SOFTWARE, "a request cannot be made");
	lane_request(l, body, len);
	free(body);
}

/* --- both ----------------------------------------------------------------- */

bool
bare_is_idle(const struct bare *b)
{
	for (size_t i = 0; i < b->nlanes; i++) {
		const struct lane *l = &b->lanes[i];

		if (l->stream != 0 || l->conn != NULL || l->wants_voice)
			return false;
	}
	return true;
}

static bool
is_ready(const struct bare *b)
{
	return bare_is_idle(b) && pool_nready(b->voices) == b->nlanes;
}

bool
bare_fire(struct bare *b, const char *text)
{
	double now_us;

	if (!is_ready(b) || b->text_conn == NULL ||
	    !conn_can_open(b->text_conn))
		return false;
	b->text = text;
	b->is_cascade = true;
	for (size_t i = 0; i < b->nlanes; i++)
		lane_translate(&b->lanes[i]);
	now_us = measure_us();
	for (size_t i = 0; i < b->nlanes; i++)
		b->lanes[i].asked_us = now_us;
	conn_flush(b->text_conn);
	return true;
}

bool
bare_speak(struct bare *b, const char *text)
{
	if (!is_ready(b))
		return false;
	b->text = text;
	b->is_cascade = false;
	for (size_t i = 0; i < b->nlanes; i++)
		b->lanes[i].wants_voice = true;
	for (size_t i = 0; i < b->nlanes; i++)
		if (lane_speak(&b->lanes[i], clock_mono_ms()))
			b->lanes[i].wants_voice = false;
	return true;
}

void
bare_prepare(struct bare *b, struct loop *l, int64_t now_ms)
{
	pool_prepare(b->texts, l, now_ms);
	pool_prepare(b->voices, l, now_ms);
}

void
bare_dispatch(struct bare *b, struct loop *loop, int64_t now_ms)
{
	pool_dispatch(b->texts, loop, now_ms);
	pool_dispatch(b->voices, loop, now_ms);
	if (b->text_conn != NULL && conn_state(b->text_conn) != CONN_READY) {
		pool_return(b->texts, b->text_conn, now_ms);
		b->text_conn = NULL;
	}
	if (b->text_conn == NULL)
		b->text_conn = pool_lease(b->texts, now_ms);
	for (size_t i = 0; i < b->nlanes; i++) {
		struct lane *l = &b->lanes[i];

		if (l->is_over)
			lane_end_voice(l);
		if (l->wants_voice && l->conn == NULL && lane_speak(l, now_ms))
			l->wants_voice = false;
	}
}
