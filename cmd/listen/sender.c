#include "sender.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

/* Our choice, beyond the pipe's own 64 KiB: 3 s of PCM wait at most... */
#define SLOW_BYTES (128 * 1024)
/* ... and so much must have gone before audio is sent again. */
#define CAUGHT_UP_BYTES (16 * 1024)
/* Captions that wait here and not in their ring. */
#define HIGH_BYTES (256 * 1024)

int
sender_init(struct sender *s, int fd, int64_t now_ms)
{
	memset(s, 0, sizeof(*s));
	s->sent_ms = s->room_ms = s->pinged_ms = now_ms;
	return out_init(&s->out, fd, HIGH_BYTES);
}

void
sender_release(struct sender *s)
{
	out_release(&s->out);
}

static void
note(struct sender *s, int ret)
{
	if (ret != 0 && s->error == 0)
		s->error = ret;
}

void
sender_dispatch(struct sender *s, struct loop *loop)
{
	note(s, out_dispatch(&s->out, loop));
}

bool
sender_is_full(const struct sender *s)
{
	return out_is_full(&s->out);
}

/* Send a line of our own; takes obj, NULL: there was no memory for it. */
static void
send_object(struct sender *s, json_t *obj, int64_t now_ms)
{
	char *text = NULL;
	size_t len = 0;

	if (obj != NULL)
		text = json_line_dump(obj, &len);
	note(s, text != NULL ? out_line(&s->out, text, len) : OUT_ERR_NOMEM);
	free(text);
	json_decref(obj);
	s->sent_ms = now_ms;
}

void
sender_status(struct sender *s, const char *state, const char *detail,
    json_t *more, int64_t now_ms)
{
	json_t *obj;

	obj = json_status("listen", state, detail, clock_wall_ms());
	if (obj != NULL && more != NULL)
		json_object_update(obj, more);
	json_decref(more);
	send_object(s, obj, now_ms);
}

void
sender_about(struct sender *s, const char *state, const char *detail,
    json_t *about, int64_t now_ms)
{
	if (about == NULL)
		note(s, OUT_ERR_NOMEM);
	else
		sender_status(s, state, detail, about, now_ms);
}

void
sender_ping(struct sender *s, int64_t now_ms)
{
	send_object(s,
	    json_pack("{s:s, s:o}", "type", "ping", "at_ms",
		json_ms(clock_wall_ms())),
	    now_ms);
	s->pinged_ms = now_ms;
}

/* Decide about one audio line; say so when the answer changes. */
static bool
skips_audio(struct sender *s, int64_t now_ms)
{
	size_t pending = out_pending(&s->out);
	bool is_late, is_slow;

	is_late = acks_is_behind(&s->acks, now_ms);
	is_slow = pending > (s->is_skipping ? CAUGHT_UP_BYTES : SLOW_BYTES);
	if ((is_late || is_slow) && !s->is_skipping) {
		s->is_skipping = true;
		s->skipped = 0;
		sender_status(s, "skipping",
		    is_late ? "acknowledgements are late; audio is skipped"
			    : "the reader is slow; audio is skipped",
		    NULL, now_ms);
	} else if (!is_late && !is_slow && s->is_skipping) {
		s->is_skipping = false;
		sender_status(s, "resumed", NULL,
		    json_pack("{s:I}", "skipped_lines", (json_int_t)s->skipped),
		    now_ms);
	}
	return s->is_skipping;
}

void
sender_line(struct sender *s, const struct ring_line *line, const char *text,
    int64_t now_ms)
{
	if ((line->kind & RING_AUDIO) && skips_audio(s, now_ms)) {
		s->skipped++;
		return;
	}
	acks_sent(&s->acks, line->seq, now_ms);
	note(s, out_bytes(&s->out, text, line->len));
	s->sent_ms = s->room_ms = now_ms;
}
