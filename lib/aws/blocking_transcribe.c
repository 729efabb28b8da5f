/* A recording to text, by Transcribe's bidirectional stream. */
#include <string.h>

#include "aws/blocking_priv.h"

/* Our choice within the service's 50 to 200 ms (PROTOCOL 4.2). */
#define CHUNK_MS 100
/* How far ahead of real time: enough for a hiccup, and little against the five
 * minutes after which an event's signature is too old. */
#define LEAD_MS 6000
/* The service's highest rate, two channels of 16 bits. */
#define CHUNK_BYTES_MAX (48000 / 1000 * CHUNK_MS * 2 * 2)

struct hear {
	const struct blocking_recording *recording;
	unsigned int frame_bytes;
	size_t chunk_bytes;
	uint8_t chunk[CHUNK_BYTES_MAX];
	size_t len; /* of the chunk that is to be sent */
	bool is_ended;
	uint64_t nchunks; /* sent */
	int64_t started_at_ms;
};

/* Read a whole chunk, or what there is left.  False: stop. */
static bool
fill(struct hear *h)
{
	const struct blocking_recording *r = h->recording;
	size_t room;
	long n;

	while (!h->is_ended && h->len < h->chunk_bytes) {
		room = h->chunk_bytes - h->len;
		n = r->read(r->arg, h->chunk + h->len, room);
		if (n < 0 || (size_t)n > room)
			return false;
		h->is_ended = n == 0;
		h->len += (size_t)n;
	}
	/* Half a frame at the end of a file is none. */
	if (h->is_ended)
		h->len -= h->len % h->frame_bytes;
	return true;
}

/* When the next chunk may be sent. */
static int64_t
due_at_ms(const struct hear *h)
{
	return h->started_at_ms + (int64_t)(h->nchunks * CHUNK_MS) - LEAD_MS;
}

static int
send_chunk(struct hear *h, struct blocking *b)
{
	int rc = bidi_send(b->bidi, TRANSCRIBE_AUDIO_EVENT,
	    TRANSCRIBE_AUDIO_TYPE, h->chunk, h->len, blocking_wall_ms(b));

	if (rc == 0) {
		h->len = 0;
		h->nchunks++;
	}
	return rc;
}

static enum blocking_step
hear_send(void *arg, struct blocking *b, int64_t now_ms, int64_t *wake_ms)
{
	struct hear *h = arg;
	int rc = 0;

	/* A request that is refused must not have eaten any audio. */
	if (!bidi_is_open(b->bidi))
		return BLOCKING_FULL;
	if (!b->is_begun)
		h->started_at_ms = now_ms;
	b->is_begun = true;
	while (rc == 0) {
		if (!fill(h)) {
			blocking_stop(b);
			return BLOCKING_OVER;
		}
		if (h->len == 0)
			break;
		*wake_ms = due_at_ms(h);
		if (!h->recording->is_fast && *wake_ms > now_ms)
			return BLOCKING_WAITS;
		rc = send_chunk(h, b);
	}
	*wake_ms = LOOP_NEVER;
	if (rc == 0)
		rc = bidi_end(b->bidi, blocking_wall_ms(b));
	if (rc == 0)
		return BLOCKING_SENT;
	/* Ended: the service's reason is on its way. */
	if (rc == BIDI_ERR_FULL || rc == BIDI_ERR_ENDED)
		return BLOCKING_FULL;
	blocking_fail(b, SERVICE_ERROR_LOCAL, "send", bidi_strerror(rc));
	return BLOCKING_OVER;
}

static void
hear_event(void *arg, struct blocking *b, const struct es_event *event)
{
	const struct blocking_recording *r = ((struct hear *)arg)->recording;
	struct transcribe_results results;
	int rc;

	if (!es_event_is(event, ES_KIND_EVENT, "TranscriptEvent"))
		return;
	rc = transcribe_results_parse(
	    &results, event->payload, event->payload_len);
	if (rc != 0) {
		blocking_fail(b,
		    rc == TRANSCRIBE_ERR_NOMEM ? SERVICE_ERROR_LOCAL
					       : SERVICE_ERROR_PROTOCOL,
		    "transcript", transcribe_strerror(rc));
		return;
	}
	for (size_t i = 0; i < results.n && !b->is_over; i++)
		if (r->on_result(r->arg, &results.results[i]) != 0)
			blocking_stop(b);
	transcribe_results_release(&results);
}

int
blocking_transcribe(const struct config_options *options,
    const struct transcribe_params *params,
    const struct blocking_recording *recording, struct service_error *error)
{
	struct h2_header headers[BIDI_HEADERS_MAX];
	struct transcribe_scratch scratch;
	struct blocking_op op;
	struct hear h;
	char why[128];
	int n;

	n = transcribe_headers(params, &scratch, headers, why, sizeof(why));
	if (n < 0) {
		service_error_set(error, SERVICE_ERROR_CONFIG, "parameters",
		    "%s", n == TRANSCRIBE_ERR_PARAMS ? why : "out of memory");
		return BLOCKING_ERR_FAILED;
	}
	memset(&h, 0, sizeof(h));
	h.recording = recording;
	h.frame_bytes = params->channels == 2 ? 4 : 2;
	h.chunk_bytes =
	    (size_t)params->sample_rate_hz * CHUNK_MS / 1000 * h.frame_bytes;
	memset(&op, 0, sizeof(op));
	op.service = ENDPOINT_TRANSCRIBE_STREAMING;
	op.path = TRANSCRIBE_PATH;
	op.headers = headers;
	op.nheaders = (size_t)n;
	op.send = hear_send;
	op.on_event = hear_event;
	op.arg = &h;
	return blocking_run(&op, options, error);
}
