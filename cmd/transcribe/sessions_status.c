/* What sessions have to say of themselves: the part of sessions.h that only
 * looks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cost.h"
#include "base/json.h"
#include "base/pcm.h"
#include "sessions.h"

void
sessions_write_status(struct sessions *s, json_t *obj)
{
	size_t len;
	char *line;

	json_put(&obj, "audio_s",
	    json_real((double)(long)(sessions_sent_ms(s) / 100) / 10));
	json_put(&obj, "sessions", json_integer((json_int_t)s->opened));
	json_put(&obj, "lost_ms", json_ms(s->lost_ms));
	if (s->paused_ms > 0)
		json_put(&obj, "paused_s", json_ms(s->paused_ms / 1000));
	json_put(&obj, "est_usd", json_real(round(s->est_usd * 1e6) / 1e6));
	if ((line = json_line_dump(obj, &len)) == NULL ||
	    out_line(s->config.out, line, len) == OUT_ERR_NOMEM)
		captions_lose(s->config.captions);
	free(line);
	json_decref(obj);
}

void
sessions_say(
    struct sessions *s, const char *state, const char *detail, double wall_ms)
{
	json_t *obj = json_status("transcribe", state, detail, wall_ms);

	/* What is spoken is announced: booth-lines(5). */
	if (strcmp(state, "ready") == 0)
		json_put(&obj, "lang", json_string(s->config.lang));
	sessions_write_status(s, obj);
}

double
sessions_lag_ms(const struct sessions *s)
{
	const struct sessions_range *live = &s->ranges[0];
	uint64_t pos = live->session != NULL ? session_sent_pos(live->session)
	                                     : live->from;
	uint64_t end = s->config.backlog->end;

	return end > pos && !s->is_paused ? pcm_ms_of_bytes(end - pos) : 0;
}

double
sessions_sent_ms(const struct sessions *s)
{
	double ms = s->sent_ms;

	if (s->roll.next != NULL)
		ms += session_sent_ms(s->roll.next);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->ranges[i].session != NULL)
			ms += session_sent_ms(s->ranges[i].session);
	return ms;
}

static double
paid_s(const struct sessions *s, const struct session *session)
{
	if (session == NULL || !session_was_open(session) || s->cost == NULL)
		return 0;
	return cost_stream_s(s->cost, session_sent_ms(session) / 1000);
}

double
sessions_paid_s(const struct sessions *s)
{
	double sum = s->paid_s + paid_s(s, s->roll.next);

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		sum += paid_s(s, s->ranges[i].session);
	return sum;
}

void
sessions_drop(struct sessions *s, struct session *session)
{
	if (session == NULL)
		return;
	s->sent_ms += session_sent_ms(session);
	s->paid_s += paid_s(s, session);
	session_free(session);
}

uint64_t
sessions_covered(const struct sessions *s)
{
	uint64_t covered = UINT64_MAX, at;

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		const struct sessions_range *r = &s->ranges[i];

		if (!r->is_used)
			continue;
		at = r->session != NULL ? session_covered(r->session) : r->from;
		if (at < covered)
			covered = at;
	}
	return covered == UINT64_MAX ? s->config.backlog->end : covered;
}
