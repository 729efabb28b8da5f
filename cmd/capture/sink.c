#include "sink.h"

#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pcm.h"
#include "base/stop.h"

/* For a reader that is there but slow, once we were told to stop. */
#define GRACE_MS 2000

int
sink_init(struct sink *s, int fd, uint64_t max_frames, struct meter *meter)
{
	memset(s, 0, sizeof(*s));
	s->meter = meter;
	s->left_frames = max_frames;
	/* Nothing is queued while something waits: the pipe is the buffer. */
	return out_init(&s->out, fd, 0);
}

void
sink_release(struct sink *s)
{
	out_release(&s->out);
}

static int
sink_note(struct sink *s, int rc)
{
	if (s->error == 0)
		s->error = rc;
	return s->error;
}

int
sink_put(struct sink *s, const int16_t *pcm, size_t n)
{
	if (n > s->left_frames)
		n = (size_t)s->left_frames;
	if (s->left_frames != UINT64_MAX)
		s->left_frames -= n;
	s->frames += n;
	if (n == 0)
		return 0;
	if (s->meter != NULL)
		meter_feed(s->meter, pcm, n);
	return sink_note(s, out_bytes(&s->out, pcm, n * PCM_FRAME_BYTES));
}

void
sink_prepare(struct sink *s, struct loop *l)
{
	out_prepare(&s->out, l);
}

int
sink_dispatch(struct sink *s, struct loop *l)
{
	return sink_note(s, out_dispatch(&s->out, l));
}

bool
sink_is_done(const struct sink *s)
{
	return s->left_frames == 0;
}

bool
sink_is_full(const struct sink *s)
{
	return out_is_full(&s->out);
}

/* What became of the output, as an exit status. */
static int
judge(const struct sink *s, int status)
{
	switch (s->error) {
	case 0:
		return status;
	case OUT_ERR_GONE:
		/* `capture | head -c N` is no accident worth a line. */
		log_msg(LOG_DEBUG, NULL, "the reader of the pipe left");
		return EX_IOERR;
	case OUT_ERR_IO:
		log_msg(LOG_ERROR, NULL, "cannot write: %s",
		    strerror(out_errno(&s->out)));
		return EX_IOERR;
	default:
		log_msg(LOG_ERROR, NULL, "out of memory");
		return EX_OSERR;
	}
}

int
sink_finish(struct sink *s, struct loop *l, int status)
{
	int64_t deadline_ms = LOOP_NEVER;

	while (s->error == 0 && out_pending(&s->out) > 0) {
		if (stop_count() > 0 && deadline_ms == LOOP_NEVER)
			deadline_ms = clock_mono_ms() + GRACE_MS;
		if (stop_count() > 1 || clock_mono_ms() >= deadline_ms) {
			log_msg(LOG_ERROR, NULL,
			    "stopped before the reader took the last %.0f ms",
			    pcm_ms_of_bytes(out_pending(&s->out)));
			return stop_count() > 1 ? 128 + stop_signal()
			                        : EX_IOERR;
		}
		loop_begin(l);
		stop_prepare(l);
		sink_prepare(s, l);
		loop_deadline(l, deadline_ms);
		if (loop_wait(l) < 0) {
			log_msg(LOG_ERROR, NULL, "cannot wait");
			return EX_OSERR;
		}
		sink_dispatch(s, l);
	}
	return judge(s, status);
}
