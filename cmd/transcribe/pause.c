#include "pause.h"

#include <string.h>

#include "base/pcm.h"
#include "gaps.h"
#include "roll.h"

/* What was read and not heard yet is a range of its own: its session ends at
 * what it has sent; without one it is heard, late, when it goes on. */
static void
set_apart(struct sessions *s, uint64_t until)
{
	struct sessions_range *live = &s->ranges[0];
	struct sessions_range *r = gaps_spare_range(s);

	if (until <= live->from && live->session == NULL)
		return;
	if (r == NULL) {
		/* Sixteen others wait already. */
		s->lost_ms += pcm_ms_of_bytes(until - live->from);
		sessions_drop(s, live->session);
		live->session = NULL;
		return;
	}
	*r = *live;
	r->until = until;
	r->is_told = live->session != NULL;
	live->session = NULL;
	if (r->session == NULL) {
		captions_orphans_late(s->config.captions);
		return;
	}
	session_set_until(r->session, until);
	roll_follow(s, r->session);
}

void
pause_begin(struct sessions *s, int64_t now_ms)
{
	struct sessions_range *live = &s->ranges[0];
	uint64_t until;

	s->is_paused = true;
	roll_drop(s);
	if (live->session != NULL && !session_was_open(live->session)) {
		sessions_drop(s, live->session);
		live->session = NULL;
	}
	until = live->session != NULL  ? session_sent_pos(live->session)
	        : live->due_at_ms != 0 ? gaps_due(s, live, now_ms)
	                               : live->from;
	set_apart(s, until);
	if (until > live->from)
		live->from = until;
	memset(live->heard, 0, sizeof(live->heard));
	live->failures = live->broken = 0;
	live->is_failing = false;
	s->is_degraded = false;
}

void
pause_dispatch(struct sessions *s)
{
	struct sessions_range *live = &s->ranges[0];

	if (!s->is_paused)
		return;
	if (s->config.backlog->end > live->from) {
		s->paused_ms +=
		    pcm_ms_of_bytes(s->config.backlog->end - live->from);
		live->from = s->config.backlog->end;
	}
	/* Nobody will let it go on for them. */
	for (size_t i = 1; s->is_input_ended && i < SESSIONS_MAX; i++)
		if (s->ranges[i].is_used && s->ranges[i].session == NULL)
			sessions_range_lost(s, &s->ranges[i],
			    "the input ended while paid work was paused");
}

void
pause_end(struct sessions *s, int64_t now_ms)
{
	struct sessions_range *live = &s->ranges[0];

	pause_dispatch(s);
	s->is_paused = false;
	s->is_eager = true;
	live->due_pos = live->from;
	live->due_at_ms = now_ms;
	live->stuck_at_ms = live->retry_at_ms = 0;
}
