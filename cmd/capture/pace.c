#include "pace.h"

#include <string.h>

#include "base/pcm.h"

void
pace_init(struct pace *p, int64_t now_ms)
{
	memset(p, 0, sizeof(*p));
	p->start_ms = now_ms;
}

int64_t
pace_due_ms(const struct pace *p)
{
	return p->start_ms + (int64_t)(p->frames * 1000 / PCM_RATE_HZ);
}

void
pace_release(struct pace *p, uint64_t nframes, int64_t now_ms)
{
	int64_t late_ms = now_ms - pace_due_ms(p);

	if (late_ms > PACE_SLACK_MS) {
		p->start_ms += late_ms;
		p->lost_ms += (uint64_t)late_ms;
	}
	p->frames += nframes;
}
