#include "stage.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "utterance.h"

void
stage_init(struct stage *s, int fd, struct target_setup *setup,
    struct targets *targets, struct audience *audience, const char *source)
{
	memset(s, 0, sizeof(*s));
	s->setup = setup;
	s->targets = targets;
	s->audience = audience;
	s->source = source;
	s->fd = fd;
	s->slot = -1;
	line_reader_init(&s->reader, LINE_MAX_BYTES);
}

void
stage_release(struct stage *s)
{
	line_reader_release(&s->reader);
}

/* Whether there is room for what one more line may bring. */
static bool
can_take(const struct stage *s)
{
	return s->failure == 0 && !out_is_full(s->setup->out) &&
	       targets_can_take(s->targets);
}

static void
drop_line(struct stage *s, const char *why)
{
	s->nbad++;
	log_msg(LOG_ERROR, NULL, "line %llu of the input: %s, dropped",
	    (unsigned long long)s->reader.number, why);
}

static void
take_line(struct stage *s, const char *line, size_t len, int64_t now_ms)
{
	struct utterance u;
	char err[256], why[320];
	json_t *obj;

	obj = json_line_parse(line, len, err, sizeof(err));
	if (obj == NULL) {
		snprintf(why, sizeof(why), "not a JSON object (%s)", err);
		drop_line(s, why);
		return;
	}
	s->failure = out_line(s->setup->out, line, len);
	if (s->failure == 0 && utterance_init(&u, obj, s->source)) {
		if (s->audience != NULL)
			audience_look(s->audience, now_ms);
		s->failure = targets_add_utterance(s->targets, &u, now_ms);
		if (s->audience != NULL)
			audience_keep(s->audience, &u, now_ms);
		utterance_release(&u);
	} else if (strcmp(json_line_type(obj), "retraction") == 0) {
		targets_retract(s->targets, json_object_get(obj, "id"));
		if (s->audience != NULL)
			audience_retract(
			    s->audience, json_object_get(obj, "id"));
	}
	json_decref(obj);
}

/* The result of line_reader_next() or _last().  False: no more for now. */
static bool
handle(struct stage *s, int rc, const char *line, size_t len, int64_t now_ms)
{
	if (rc == LINE_ERR_LONG) {
		drop_line(s, "longer than 65536 bytes");
		return true;
	}
	if (rc != 1)
		return false;
	/* An empty line is nobody's message. */
	if (len > 0)
		take_line(s, line, len, now_ms);
	return true;
}

static void
take_lines(struct stage *s, int64_t now_ms)
{
	size_t len = 0;
	char *line = NULL;
	int rc;

	while (s->has_lines && can_take(s)) {
		rc = line_reader_next(&s->reader, &line, &len);
		s->has_lines = handle(s, rc, line, len, now_ms);
	}
}

static void
end_input(struct stage *s, int64_t now_ms)
{
	size_t len = 0;
	char *line = NULL;
	int rc = line_reader_last(&s->reader, &line, &len);

	handle(s, rc, line, len, now_ms);
	s->has_ended = true;
}

void
stage_prepare(struct stage *s, struct loop *l)
{
	s->slot = -1;
	if (s->has_ended || !can_take(s))
		return;
	if (s->has_lines)
		loop_deadline(l, 0);
	else
		s->slot = loop_watch(l, s->fd, POLLIN);
}

void
stage_dispatch(struct stage *s, struct loop *l, int64_t now_ms)
{
	long n;

	if (s->has_ended)
		return;
	if (!s->has_lines && loop_revents(l, s->slot) != 0 && can_take(s)) {
		n = line_reader_read(&s->reader, s->fd);
		if (n == 0) {
			end_input(s, now_ms);
			return;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			s->input_errno = errno;
			s->has_ended = true;
			return;
		}
		s->has_lines = n > 0;
	}
	take_lines(s, now_ms);
}

void
stage_stop(struct stage *s)
{
	s->has_ended = true;
	s->has_lines = false;
}

bool
stage_is_done(const struct stage *s)
{
	return s->has_ended && !s->has_lines &&
	       targets_npending(s->targets) == 0;
}
