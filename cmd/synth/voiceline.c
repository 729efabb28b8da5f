#include "voiceline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pcm.h"

/* Of a line of Opus, its keys and numbers, but not the strings that vary. */
#define ENVELOPE_BYTES 320
/* Of one sentence at most: what a lane keeps of it. */
#define PACKETS_BYTES_MAX (4 * 1024 * 1024)

enum {
	PCM,
	OPUS
};

static const char *const encodings[] = { "pcm_s16le", "opus" };

void
voiceline_writer_init(struct voiceline_writer *w, struct out *out)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
	bytes_init(&w->packets, PACKETS_BYTES_MAX);
}

void
voiceline_writer_release(struct voiceline_writer *w)
{
	opus_encode_free(w->encoder);
	w->encoder = NULL;
	bytes_release(&w->packets);
}

static json_t *
envelope(const struct voicelines *v, const struct voiceline_head *head,
    int encoding, size_t n, bool is_last)
{
	json_t *obj = json_object();
	unsigned int number = v->n[encoding];

	json_put(&obj, "type", json_string("audio"));
	json_put(&obj, "id", json_string(head->id));
	json_put(&obj, "lang", json_string(head->lang));
	json_put(&obj, "voice", json_string(head->voice));
	json_put(&obj, "n", json_integer((json_int_t)number));
	json_put(&obj, "last", json_boolean(is_last));
	json_put(&obj, "encoding", json_string(encodings[encoding]));
	json_put(&obj, "rate_hz", json_integer(PCM_RATE_HZ));
	json_put(&obj, "speed", json_real(head->speed));
	json_put(&obj, "translated_at_ms", json_ms(head->translated_at_ms));
	if (number == 0 && n > 0)
		json_put(&obj, "voiced_at_ms", json_ms(head->voiced_at_ms));
	if (head->error != NULL && is_last)
		json_put(&obj, "error", json_string(head->error));
	return obj;
}

/* Takes obj. */
static int
write_line(struct voicelines *v, struct voiceline_writer *w, int encoding,
    json_t *obj, const uint8_t *data, size_t n)
{
	char *line = NULL;
	size_t len;
	int rc = OUT_ERR_NOMEM;

	if (obj != NULL &&
	    (line = json_line_dump_data(obj, data, n, &len)) != NULL)
		rc = out_line(w->out, line, len);
	free(line);
	json_decref(obj);
	v->n[encoding]++;
	v->begun |= 1u << encoding;
	return rc;
}

static int
write_pcm(struct voicelines *v, struct voiceline_writer *w,
    const struct voiceline_head *head, const uint8_t *pcm, size_t n,
    bool is_last)
{
	return write_line(
	    v, w, PCM, envelope(v, head, PCM, n, is_last), pcm, n);
}

/* The packets at the front that fit one line: their bytes; *n of them. */
static size_t
packets_that_fit(
    const uint8_t *p, size_t len, const struct voiceline_head *head, size_t *n)
{
	size_t strings =
	    strlen(head->id) + strlen(head->lang) + strlen(head->voice);
	size_t room = 0, take = 0, size;

	if (strings + ENVELOPE_BYTES < VOICELINE_OPUS_BYTES_MAX)
		room = (VOICELINE_OPUS_BYTES_MAX - strings - ENVELOPE_BYTES) /
		       4 * 3;
	for (*n = 0; take < len; (*n)++) {
		size = 2 + ((size_t)p[take] << 8 | p[take + 1]);
		/* One goes even with an absurd id. */
		if (take > 0 && take + size > room)
			break;
		take += size;
	}
	return take;
}

/* Samples of speech that the packets up to now hold, when those before them
 * held samples_out; the end is padding. */
static uint64_t
samples_of_line(const struct voicelines *v, unsigned int pre_skip)
{
	uint64_t decoded = v->npackets * OPUS_ENCODE_FRAME_SAMPLES;

	decoded = decoded > pre_skip ? decoded - pre_skip : 0;
	if (decoded > v->samples_in)
		decoded = v->samples_in;
	return decoded - v->samples_out;
}

static int
write_packets(struct voicelines *v, struct voiceline_writer *w,
    const struct voiceline_head *head, bool is_last)
{
	unsigned int pre_skip = opus_encode_pre_skip(w->encoder);
	size_t len, take, n;
	const uint8_t *p;
	uint64_t samples;
	json_t *obj;
	int rc = 0;

	do {
		p = bytes_peek(&w->packets, &len);
		take = packets_that_fit(p, len, head, &n);
		if (n == 0 && !is_last)
			break;
		obj = envelope(v, head, OPUS, n, is_last && take == len);
		v->npackets += n;
		samples = samples_of_line(v, pre_skip);
		v->samples_out += samples;
		json_put(&obj, "packets", json_integer((json_int_t)n));
		json_put(&obj, "samples", json_integer((json_int_t)samples));
		if (v->n[OPUS] == 0 && n > 0)
			json_put(&obj, "pre_skip", json_integer(pre_skip));
		rc = write_line(v, w, OPUS, obj, p, take);
		bytes_skip(&w->packets, take);
	} while (rc == 0 && bytes_len(&w->packets) > 0);
	return rc;
}

/* A sentence begins to be heard as Opus. */
static int
begin_opus(struct voiceline_writer *w)
{
	if (w->encoder == NULL && opus_encode_new(&w->encoder) != 0)
		return OUT_ERR_NOMEM;
	opus_encode_reset(w->encoder);
	bytes_reset(&w->packets);
	return 0;
}

static int
write_opus(struct voicelines *v, struct voiceline_writer *w,
    const struct voiceline_head *head, const uint8_t *pcm, size_t n,
    bool is_last)
{
	int rc = 0;

	if (!(v->begun & VOICE_OPUS) && (rc = begin_opus(w)) != 0)
		return rc;
	v->samples_in += n / PCM_FRAME_BYTES;
	rc = opus_encode_feed(w->encoder, pcm, n, &w->packets);
	/* A sentence without a sound has no packets either. */
	if (rc >= 0 && is_last && v->samples_in > 0)
		rc = opus_encode_finish(w->encoder, &w->packets);
	if (rc < 0) {
		log_msg(LOG_WARN, head->lang, "%s, id=%s",
		    opus_encode_strerror(rc), head->id);
		bytes_reset(&w->packets);
		opus_encode_reset(w->encoder);
	}
	return write_packets(v, w, head, is_last);
}

int
voicelines_write(struct voicelines *v, struct voiceline_writer *w,
    const struct voiceline_head *head, unsigned int formats, const uint8_t *pcm,
    size_t n, bool is_last)
{
	int rc = 0;

	formats |= v->begun;
	if (formats & VOICE_PCM)
		rc = write_pcm(v, w, head, pcm, n, is_last);
	if (rc == 0 && formats & VOICE_OPUS)
		rc = write_opus(v, w, head, pcm, n, is_last);
	return rc;
}

int
voicelines_cut(struct voicelines *v, struct voiceline_writer *w,
    const struct voiceline_head *head, unsigned int formats)
{
	json_t *obj;
	int rc = 0;

	if (v->begun != 0)
		formats = v->begun;
	if (formats & VOICE_PCM)
		rc = write_pcm(v, w, head, NULL, 0, true);
	if (rc == 0 && formats & VOICE_OPUS) {
		bytes_reset(&w->packets);
		obj = envelope(v, head, OPUS, 0, true);
		json_put(&obj, "packets", json_integer(0));
		json_put(&obj, "samples", json_integer(0));
		rc = write_line(v, w, OPUS, obj, NULL, 0);
	}
	return rc;
}
