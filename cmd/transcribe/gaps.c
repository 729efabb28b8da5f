#include "gaps.h"

#include <string.h>

#include "base/log.h"
#include "base/pcm.h"

/* DESIGN 6: longer gaps are heard beside the live audio, not in front of it. */
#define LATE_GAP_MS 5000
/* Where to look for a pause to cut at. */
#define CUT_SEARCH_MS 2000
/* Behind the last words of a session this much audio that is not quiet may have
 * been words. */
#define UNHEARD_MIN_MS 1000
/* Two ends that come too soon by chance are rare, three are not by chance. */
#define REHEARS_MAX 2

struct sessions_range *
gaps_spare_range(struct sessions *s)
{
	for (size_t i = 1; i < SESSIONS_MAX; i++)
		if (!s->ranges[i].is_used)
			return &s->ranges[i];
	return NULL;
}

void
gaps_tell(struct sessions *s)
{
	for (size_t i = 1; i < SESSIONS_MAX; i++) {
		struct sessions_range *r = &s->ranges[i];

		if (!r->is_used || r->is_told)
			continue;
		r->is_told = true;
		log_msg(LOG_WARN, NULL,
		    "%.1f s were missed; they are heard beside the live audio",
		    pcm_ms_of_bytes(r->until - r->from) / 1000);
	}
}

uint64_t
gaps_due(
    const struct sessions *s, const struct sessions_range *live, int64_t now_ms)
{
	uint64_t due =
	    live->due_pos + pcm_bytes_of_ms(now_ms - live->due_at_ms);

	return due < s->config.backlog->end ? due : s->config.backlog->end;
}

bool
gaps_has_advanced(const struct sessions_range *r)
{
	const uint64_t *heard = session_heard(r->session);

	for (size_t c = 0; c < SESSION_CHANNELS_MAX; c++)
		if (heard[c] > r->heard[c] && heard[c] > r->from)
			return true;
	return session_covered(r->session) > r->from;
}

/* Whether there is sound in a channel behind its last words, in at least so
 * much that was sent. */
static bool
is_loud_behind(const struct sessions *s, const struct sessions_range *r,
    uint64_t min_bytes)
{
	const uint64_t *heard = session_heard(r->session);
	const uint64_t until = session_sent_pos(r->session);
	const struct backlog *b = s->config.backlog;

	for (unsigned int c = 0; c < b->channels; c++) {
		uint64_t from = heard[c] > r->from ? heard[c] : r->from;

		if (until >= from + min_bytes &&
		    backlog_loudest_of_dbfs(b, c, from, until) >=
			SESSION_QUIET_DBFS)
			return true;
	}
	return false;
}

bool
gaps_is_unheard(const struct sessions *s, const struct sessions_range *r)
{
	return r->is_worded || session_is_speaking(r->session) ||
	       is_loud_behind(s, r, 0);
}

bool
gaps_ended_too_soon(const struct sessions *s, struct sessions_range *r)
{
	if (r->is_worded)
		return true;
	if (r->nrehears >= REHEARS_MAX ||
	    !is_loud_behind(s, r, pcm_bytes_of_ms(UNHEARD_MIN_MS)))
		return false;
	r->nrehears++;
	return true;
}

/* Whether a channel was heard further than where the range begins: its silence
 * there is this range's own. */
static bool
is_uneven(const struct sessions_range *r)
{
	for (size_t c = 0; c < SESSION_CHANNELS_MAX; c++)
		if (r->heard[c] > r->from)
			return true;
	return false;
}

/* A late range that nobody hears yet and that ends where the live one begins,
 * or a new one. */
static struct sessions_range *
late_range(struct sessions *s, const struct sessions_range *live)
{
	const uint64_t pos = live->from;
	struct sessions_range *spare = gaps_spare_range(s);

	for (size_t i = 1; i < SESSIONS_MAX; i++) {
		struct sessions_range *r = &s->ranges[i];

		if (r->is_used && r->session == NULL && r->until == pos &&
		    !is_uneven(live))
			return r;
	}
	if (spare != NULL) {
		memset(spare, 0, sizeof(*spare));
		spare->is_used = true;
		spare->from = pos;
		memcpy(spare->heard, live->heard, sizeof(spare->heard));
	}
	return spare;
}

bool
gaps_is_behind(const struct sessions *s, int64_t now_ms)
{
	const struct session *live = s->ranges[0].session;

	if (s->config.session.is_fast || s->is_input_ended || live == NULL)
		return false;
	return session_due(live, now_ms) >
	       session_reach(live, now_ms) + pcm_bytes_of_ms(LATE_GAP_MS);
}

uint64_t
gaps_cut(const struct sessions *s, uint64_t due)
{
	return backlog_quietest(
	    s->config.backlog, due - pcm_bytes_of_ms(CUT_SEARCH_MS), due);
}

bool
gaps_leave_out(struct sessions *s, uint64_t from, uint64_t until)
{
	struct sessions_range *r = gaps_spare_range(s);

	if (r == NULL)
		return false;
	memset(r, 0, sizeof(*r));
	r->is_used = r->is_told = true;
	if (gaps_spare_range(s) == NULL) {
		r->is_used = false;
		return false;
	}
	r->from = from;
	r->until = until;
	log_msg(LOG_WARN, NULL,
	    "%.1f s came late, all at once; they are heard beside the live "
	    "audio",
	    pcm_ms_of_bytes(until - from) / 1000);
	return true;
}

void
gaps_split(struct sessions *s, int64_t now_ms)
{
	struct sessions_range *live = &s->ranges[0], *late;
	uint64_t due;

	if (s->config.session.is_fast || s->is_input_ended || !s->was_ready)
		return;
	due = gaps_due(s, live, now_ms);
	if (due <= live->from ||
	    due - live->from <= pcm_bytes_of_ms(LATE_GAP_MS) ||
	    (late = late_range(s, live)) == NULL)
		return;
	late->until = gaps_cut(s, due);
	late->is_worded |= live->is_worded;
	live->is_worded = false;
	live->from = late->until;
	captions_orphans_late(s->config.captions);
}

bool
gaps_is_turn(const struct sessions *s, const struct sessions_range *r)
{
	const struct sessions_range *live = &s->ranges[0];
	size_t n = 0;

	if (r == live)
		return true;
	for (size_t i = 1; i < SESSIONS_MAX; i++)
		n += s->ranges[i].session != NULL;
	return n < SESSIONS_LATE_MAX &&
	       !(live->is_used && live->is_failing &&
		   live->from < s->config.backlog->end);
}
