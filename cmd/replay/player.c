#include "player.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line.h"
#include "base/log.h"

/* Behind by more than this (the reader stalled, the machine slept), the clock
 * is put back rather than the talk hurried up; capture(1) does the same. */
#define SLACK_MS 2000

static int
begin(struct player *p)
{
	const struct player_options *o = p->options;

	timeline_init(&p->timeline, o->speed, o->from_ms, o->max_gap_ms);
	lanes_init(&p->lanes, o->speed);
	p->last = (struct lanes_start){ NAN, 0, 0 };
	p->end_ms = 0;
	p->is_read = false;
	p->pass_lines = 0;
	if (talk_clock_init(&p->talk) != 0)
		return -1;
	return names_init(&p->names, (uint64_t)(p->wall_ms / 1000) + p->passes);
}

int
player_init(struct player *p, const struct player_options *options,
    struct intake *in, struct out *out, int64_t now_ms, double wall_ms)
{
	memset(p, 0, sizeof(*p));
	p->options = options;
	p->in = in;
	p->out = out;
	p->mono_ms = now_ms;
	p->wall_ms = wall_ms;
	return begin(p);
}

static void
end(struct player *p)
{
	lanes_release(&p->lanes);
	names_release(&p->names);
	talk_clock_release(&p->talk);
	json_decref(p->head);
	p->head = NULL;
}

void
player_release(struct player *p)
{
	end(p);
}

double
player_length_ms(const struct player *p)
{
	return fmax(p->end_ms, lanes_heard_ms(&p->lanes));
}

int
player_again(struct player *p)
{
	double ms = player_length_ms(p);

	end(p);
	p->passes++;
	p->mono_ms += (int64_t)ceil(ms);
	p->wall_ms += ceil(ms);
	return begin(p);
}

/* When the line belongs, on the clock that is followed. */
static double
line_ms(struct player *p, const json_t *line)
{
	return p->options->by_talk ? talk_clock_ms(&p->talk, line)
	                           : recorded_at_ms(line);
}

/* The line that belongs to at_ms is due: its own time of day becomes now. */
static void
note(struct player *p, const json_t *line, double at_ms, double due_ms)
{
	double wall_ms = p->options->by_talk ? recorded_at_ms(line) : at_ms;

	p->last.at_ms = at_ms;
	p->last.due_ms = due_ms;
	if (!isnan(wall_ms))
		p->last.delta_ms = p->wall_ms + due_ms - wall_ms;
}

static void
take_audio(struct player *p, json_t *line, size_t len)
{
	double at_ms = NAN, due_ms, until_ms;
	bool is_before = false;

	if (p->options->without_audio) {
		json_decref(line);
		return;
	}
	if (json_num(line, "n", 0) <= 0)
		at_ms = line_ms(p, line);
	if (!isnan(at_ms)) {
		is_before = !timeline_line(&p->timeline, &at_ms, &due_ms);
		if (!is_before)
			note(p, line, at_ms, due_ms);
	} else if (isnan(p->last.at_ms)) {
		is_before = p->options->from_ms > 0;
	}
	until_ms = lanes_add(&p->lanes, line, len, &p->last, is_before);
	if (until_ms < 0)
		p->is_failed = true;
	timeline_busy(&p->timeline, until_ms);
}

/* A new head, or a piece for a lane, or nothing. */
static void
take_line(struct player *p, json_t *line, size_t len)
{
	double at_ms, due_ms;

	if (p->options->is_fast) {
		if (p->options->without_audio && recorded_is_audio(line)) {
			json_decref(line);
			return;
		}
		at_ms = recorded_at_ms(line);
		if (!isnan(at_ms))
			p->head_delta_ms = p->now_wall_ms - at_ms;
		p->head = line;
		return;
	}
	if (recorded_is_audio(line)) {
		take_audio(p, line, len);
		return;
	}
	at_ms = line_ms(p, line);
	if (timeline_line(&p->timeline, &at_ms, &due_ms)) {
		note(p, line, at_ms, due_ms);
	} else if (recorded_is_ready(line)) {
		/* What languages there are is to be known from the start. */
		note(p, line, at_ms, 0);
	} else {
		json_decref(line);
		return;
	}
	p->head = line;
	p->head_due_ms = p->last.due_ms;
	p->head_delta_ms = p->last.delta_ms;
}

static bool
wants_line(const struct player *p)
{
	return p->head == NULL && p->lanes.bytes < LANES_MAX_BYTES;
}

static void
read_on(struct player *p)
{
	json_t *line;
	char *text;
	size_t len;

	while (wants_line(p) && !p->is_failed) {
		p->is_read = intake_next(p->in, &text, &len, &line) == 0;
		if (p->is_read)
			break;
		take_line(p, line, len);
	}
}

/* Takes `line`. */
static int
write_line(struct player *p, json_t *line, double delta_ms)
{
	char *text = NULL;
	size_t len;
	int rc = OUT_ERR_NOMEM;

	if (!p->options->is_keeping &&
	    recorded_renew(line, delta_ms, &p->names) != 0)
		goto out;
	if ((text = json_line_dump(line, &len)) == NULL)
		goto out;
	if (len >= LINE_MAX_BYTES) {
		/* A number was spelled in fewer digits than we spell it in. */
		log_msg(
		    LOG_ERROR, NULL, "a line of %zu bytes is left out", len);
		p->too_long++;
		rc = 0;
		goto out;
	}
	rc = out_line(p->out, text, len);
	p->lines++;
	p->pass_lines++;
out:
	free(text);
	json_decref(line);
	return rc;
}

/* In this pass, when something is due; INFINITY: nothing is known to be. */
static double
next_due_ms(const struct player *p)
{
	double due_ms = lanes_due_ms(&p->lanes);

	if (p->head != NULL)
		due_ms = fmin(due_ms, p->head_due_ms);
	return due_ms;
}

static int
write_next(struct player *p)
{
	double delta_ms = p->head_delta_ms;
	json_t *line = p->head;
	const char *id;

	/* Captions first: a voice does not wait for long, but behind them. */
	if (line == NULL || lanes_due_ms(&p->lanes) < p->head_due_ms) {
		line = lanes_take(&p->lanes, &delta_ms);
		return write_line(p, line, delta_ms);
	}
	p->head = NULL;
	id = json_str(line, "id");
	if (id != NULL && strcmp(json_line_type(line), "retraction") == 0)
		lanes_drop(&p->lanes, id);
	return write_line(p, line, delta_ms);
}

static bool
is_due(struct player *p, int64_t now_ms)
{
	double due_ms = next_due_ms(p), late_ms;

	if (p->options->is_fast)
		return p->head != NULL;
	if (isinf(due_ms) || (double)p->mono_ms + due_ms > (double)now_ms)
		return false;
	late_ms = (double)now_ms - (double)p->mono_ms - due_ms;
	if (late_ms > SLACK_MS) {
		p->mono_ms += (int64_t)late_ms;
		p->wall_ms += late_ms;
		p->head_delta_ms += late_ms;
		p->last.delta_ms += late_ms;
	}
	p->end_ms = fmax(p->end_ms, due_ms);
	return true;
}

void
player_prepare(struct player *p, struct loop *l)
{
	double due_ms = next_due_ms(p);

	out_prepare(p->out, l);
	if (wants_line(p))
		intake_prepare(p->in, l);
	/* A full pipe says itself when there is room. */
	if (out_is_full(p->out))
		return;
	if (p->options->is_fast && p->head != NULL)
		loop_deadline(l, 0);
	else if (!isinf(due_ms))
		loop_deadline(l, p->mono_ms + (int64_t)ceil(due_ms));
}

int
player_dispatch(struct player *p, struct loop *l, int64_t now_ms)
{
	int rc = out_dispatch(p->out, l);

	if (rc != 0)
		return rc;
	p->now_wall_ms = p->wall_ms + (double)(now_ms - p->mono_ms);
	if (wants_line(p) && intake_dispatch(p->in, l) != 0)
		return OUT_ERR_NOMEM;
	read_on(p);
	while (rc == 0 && !p->is_failed && !out_is_full(p->out) &&
	       is_due(p, now_ms)) {
		rc = write_next(p);
		read_on(p);
	}
	return p->is_failed ? OUT_ERR_NOMEM : rc;
}

bool
player_has_ended(const struct player *p)
{
	return p->in->has_ended && p->is_read && p->head == NULL &&
	       isinf(lanes_due_ms(&p->lanes));
}

int
player_stop(struct player *p)
{
	double delta_ms;
	json_t *line;
	int rc = 0;

	while (rc == 0 && (line = lanes_stop(&p->lanes, &delta_ms)) != NULL)
		rc = write_line(p, line, delta_ms);
	return rc;
}
