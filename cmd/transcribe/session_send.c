/* What a session sends, and when: the pace of the talk, and silence where the
 * input stalls. */
#include <string.h>

#include "base/pcm.h"
#include "session_priv.h"

/* Our choice within the service's 50 to 200 ms (PROTOCOL 4.2). */
#define CHUNK_MS 100
#define CHUNK_BYTES (CHUNK_MS * PCM_BYTES_PER_MS)
/* The input has stalled: from here silence is sent, in real time, so that what
 * was being said is finished and the service's 15 s never pass. */
#define STALL_MS 1000
/* So late for that, it was this process that stood still. */
#define OWN_STALL_MS 250

uint64_t
session_available(const struct session *s)
{
	uint64_t end = s->config->backlog->end, limit;

	if (s->is_standby)
		return 0;
	if (s->until < end)
		end = s->until;
	if (s->limit_ms > 0) {
		limit = pcm_bytes_of_ms(s->limit_ms);
		limit = limit > s->timeline.sent ? limit - s->timeline.sent : 0;
		if (s->pos + limit < end)
			end = s->pos + limit;
	}
	/* Half a sample waits for its other half. */
	return end > s->pos ? (end - s->pos) & ~(uint64_t)1 : 0;
}

bool
session_is_exhausted(const struct session *s)
{
	return s->is_finishing || s->pos >= s->until;
}

/* Whether the service may get one more chunk at now_ms; else *at_ms says when.
 */
static bool
is_due(const struct session *s, int64_t now_ms, int64_t *at_ms)
{
	int64_t sent_ms = (int64_t)(s->timeline.sent / PCM_BYTES_PER_MS);

	*at_ms = s->started_at_ms + sent_ms - s->config->lead_ms;
	return s->config->is_fast || *at_ms <= now_ms;
}

/* Whether silence stands in for input that does not come, and from when. */
static bool
stall_due(const struct session *s, int64_t now_ms, int64_t *at_ms)
{
	bool was_silence = s->timeline.n > 0 &&
	                   s->timeline.spans[s->timeline.n - 1].is_silence;

	*at_ms = s->sent_at_ms + (was_silence ? CHUNK_MS : STALL_MS);
	return *at_ms <= now_ms;
}

/* A program that was not run does not know whether its input stalled: the one
 * that reads the talk may have stood still as well, and have it.  It gets time
 * to bring it, once. */
static void
forgive_stall(struct session *s, int64_t now_ms)
{
	int64_t at_ms;

	if (s->is_forgiven || !stall_due(s, now_ms - OWN_STALL_MS, &at_ms))
		return;
	s->is_forgiven = true;
	s->sent_at_ms = now_ms;
}

/* What a channel has already said it is not to say again: a copy of n (of each
 * channel) from s->pos, with silence there. */
static void
copy_unheard(const struct session *s, uint8_t *out, const uint8_t *p, size_t n)
{
	const size_t channels = s->config->backlog->channels;

	memcpy(out, p, n * channels);
	for (size_t c = 0; c < channels && channels > 1; c++)
		for (size_t i = 0; i < n && s->pos + i < s->heard[c];
		     i += PCM_FRAME_BYTES)
			memset(out + i * channels + c * PCM_FRAME_BYTES, 0,
			    PCM_FRAME_BYTES);
}

/* n bytes of each channel; p is NULL for silence. */
static int
send_chunk(struct session *s, const uint8_t *p, size_t n, int64_t now_ms,
    double wall_ms)
{
	uint8_t chunk[CHUNK_BYTES * SESSION_CHANNELS_MAX] = { 0 };
	const bool is_silence = p == NULL;
	int rc;

	if (p != NULL)
		copy_unheard(s, chunk, p, n);
	rc = bidi_send(s->bidi, TRANSCRIBE_AUDIO_EVENT, TRANSCRIBE_AUDIO_TYPE,
	    chunk, n * s->config->backlog->channels, wall_ms);

	if (rc == BIDI_ERR_FULL)
		return rc;
	if (rc == 0 && timeline_add(&s->timeline, s->pos, n, is_silence) != 0)
		rc = BIDI_ERR_NOMEM;
	if (rc != 0) {
		session_fail(s, SERVICE_ERROR_LOCAL, "send", bidi_strerror(rc));
		return rc;
	}
	if (!is_silence) {
		if (s->due_at_ms == 0) {
			s->due_at_ms = now_ms;
			s->due_pos = s->pos;
		}
		if (backlog_loudest_dbfs(s->config->backlog, s->pos,
			s->pos + n) >= SESSION_QUIET_DBFS)
			s->loud_ms += CHUNK_MS;
		s->pos += n;
	}
	s->given += n * s->config->backlog->channels;
	s->sent_at_ms = now_ms;
	s->is_forgiven = false;
	return 0;
}

uint64_t
session_due(const struct session *s, int64_t now_ms)
{
	const uint64_t end = s->config->backlog->end;
	uint64_t due;

	if (s->due_at_ms == 0)
		return s->pos;
	due = s->due_pos + pcm_bytes_of_ms(now_ms - s->due_at_ms);
	return due < end ? due : end;
}

void
session_inherit_due(struct session *s, const struct session *before)
{
	s->due_pos = before->due_pos;
	s->due_at_ms = before->due_at_ms;
}

uint64_t
session_reach(const struct session *s, int64_t now_ms)
{
	int64_t at_ms;

	(void)is_due(s, now_ms, &at_ms);
	return at_ms < now_ms ? s->pos + pcm_bytes_of_ms(now_ms - at_ms)
	                      : s->pos;
}

bool
session_is_paced(const struct session *s)
{
	return s->bidi != NULL && !s->is_over &&
	       session_available(s) >= CHUNK_BYTES &&
	       bidi_has_room(
		   s->bidi, CHUNK_BYTES * s->config->backlog->channels);
}

enum session_step
session_next_step(const struct session *s, int64_t now_ms, int64_t *wake_ms)
{
	uint64_t have = session_available(s);

	*wake_ms = LOOP_NEVER;
	if (session_is_exhausted(s))
		return s->is_end_sent || !bidi_has_room(s->bidi, 0)
		           ? SESSION_STEP_WAIT
		           : SESSION_STEP_END;
	if (!bidi_has_room(s->bidi, CHUNK_BYTES * s->config->backlog->channels))
		return SESSION_STEP_WAIT;
	/* A short rest waits for more, unless it is the end of all. */
	if (have >= CHUNK_BYTES || (have > 0 && s->pos + have >= s->until))
		return is_due(s, now_ms, wake_ms) ? SESSION_STEP_AUDIO
		                                  : SESSION_STEP_WAIT;
	if (!stall_due(s, now_ms, wake_ms))
		return SESSION_STEP_WAIT;
	return have > 0 ? SESSION_STEP_AUDIO : SESSION_STEP_SILENCE;
}

void
session_send(struct session *s, int64_t now_ms, double wall_ms)
{
	const uint8_t *p;
	int64_t wake_ms;
	size_t n;

	forgive_stall(s, now_ms);
	for (;;) {
		switch (s->is_over ? SESSION_STEP_WAIT
				   : session_next_step(s, now_ms, &wake_ms)) {
		case SESSION_STEP_AUDIO:
			n = session_available(s) < CHUNK_BYTES
			        ? (size_t)session_available(s)
			        : CHUNK_BYTES;
			p = backlog_peek(s->config->backlog, s->pos, n, &n);
			if (send_chunk(s, p, n, now_ms, wall_ms) != 0)
				return;
			/* It was short: the stall began before it. */
			if (n < CHUNK_BYTES)
				s->sent_at_ms = now_ms - STALL_MS;
			break;
		case SESSION_STEP_SILENCE:
			if (send_chunk(s, NULL, CHUNK_BYTES, now_ms, wall_ms) !=
			    0)
				return;
			break;
		case SESSION_STEP_END:
			if (bidi_end(s->bidi, wall_ms) != 0)
				return;
			s->is_end_sent = true;
			s->heard_at_ms = now_ms;
			break;
		case SESSION_STEP_WAIT:
			return;
		}
	}
}
