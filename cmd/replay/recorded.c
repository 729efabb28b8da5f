#include "recorded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/pcm.h"

/* A new talk begins at 0: time that falls back by more than this, or the
 * "ready" line of another transcribe(1). */
#define FALLS_BACK_MS 10000.0
/* Before the first utterance; above 0, where no time is. */
#define TALK_BEGINS_MS 1.0

/* A year 2100 in an archive is no time, but damage. */
#define TIME_MAX_MS 4.1e12

static bool
is_type(const json_t *line, const char *type)
{
	return strcmp(json_line_type(line), type) == 0;
}

double
recorded_at_ms(const json_t *line)
{
	const char *key = "at_ms";
	double ms;

	if (is_type(line, "transcript"))
		key = json_is_set(line, "final") ? "final_at_ms"
		                                 : "captured_at_ms";
	else if (is_type(line, "translation"))
		key = "translated_at_ms";
	else if (is_type(line, "audio"))
		key = "voiced_at_ms";
	ms = json_num(line, key, NAN);
	return ms > 0 && ms < TIME_MAX_MS ? ms : NAN;
}

bool
recorded_is_audio(const json_t *line)
{
	return is_type(line, "audio");
}

double
recorded_sound_ms(const json_t *line)
{
	const json_t *data = json_object_get(line, "data");
	double rate = json_num(line, "rate_hz", PCM_RATE_HZ);
	const char *encoding = json_str(line, "encoding");
	double samples;

	if (!(rate >= 1000))
		rate = PCM_RATE_HZ;
	if (encoding != NULL && strcmp(encoding, "pcm_s16le") == 0)
		samples = (double)(json_string_length(data) / 4 * 3 /
				   PCM_FRAME_BYTES);
	else
		samples = json_num(line, "samples", 0);
	/* No line holds a minute. */
	return samples > 0 && samples < rate * 60 ? samples * 1000 / rate : 0;
}

bool
recorded_is_ready(const json_t *line)
{
	const char *state = json_str(line, "state");

	return is_type(line, "status") && state != NULL &&
	       strcmp(state, "ready") == 0;
}

int
talk_clock_init(struct talk_clock *c)
{
	c->base_ms = TALK_BEGINS_MS;
	c->last_ms = NAN;
	c->ends = json_object();
	return c->ends == NULL ? -1 : 0;
}

void
talk_clock_release(struct talk_clock *c)
{
	json_decref(c->ends);
	c->ends = NULL;
}

static double
transcript_ms(struct talk_clock *c, const json_t *line)
{
	const char *id = json_str(line, "id");
	double ms = json_num(line, "end_ms", NAN);

	if (!(ms >= 0 && ms < TIME_MAX_MS))
		return NAN;
	if (!json_is_set(line, "late") &&
	    c->base_ms + ms < c->last_ms - FALLS_BACK_MS)
		c->base_ms = c->last_ms;
	ms += c->base_ms;
	c->last_ms = isnan(c->last_ms) ? ms : fmax(c->last_ms, ms);
	if (id != NULL)
		json_object_set_new(c->ends, id, json_real(ms));
	return ms;
}

double
talk_clock_ms(struct talk_clock *c, const json_t *line)
{
	const char *id = json_str(line, "id"), *stage;

	if (is_type(line, "transcript"))
		return transcript_ms(c, line);
	stage = json_str(line, "stage");
	if (recorded_is_ready(line) && stage != NULL &&
	    strcmp(stage, "transcribe") == 0 && !isnan(c->last_ms))
		c->base_ms = c->last_ms;
	return id == NULL ? NAN : json_num(c->ends, id, NAN);
}

int
names_init(struct names *n, uint64_t base)
{
	n->base = base;
	n->map = json_object();
	return n->map == NULL ? -1 : 0;
}

void
names_release(struct names *n)
{
	json_decref(n->map);
	n->map = NULL;
}

static json_t *
new_name(struct names *n, const char *id)
{
	json_t *name = json_object_get(n->map, id);
	char text[40];

	if (name != NULL)
		return json_incref(name);
	snprintf(text, sizeof(text), "%llx-%zx", (unsigned long long)n->base,
	    json_object_size(n->map) + 1);
	name = json_string(text);
	if (json_object_set(n->map, id, name) != 0) {
		json_decref(name);
		return NULL;
	}
	return name;
}

static bool
is_time_of_day(const char *key)
{
	size_t len = strlen(key);

	return strcmp(key, "at_ms") == 0 ||
	       (len > 6 && strcmp(key + len - 6, "_at_ms") == 0);
}

int
recorded_renew(json_t *line, double delta_ms, struct names *names)
{
	const char *key, *id = json_str(line, "id");
	json_t *value;
	void *next;

	json_object_foreach_safe(line, next, key, value)
	{
		if (!is_time_of_day(key) || !json_is_number(value))
			continue;
		value = json_ms(json_number_value(value) + delta_ms);
		if (json_object_set_new(line, key, value) != 0)
			return -1;
	}
	if (id == NULL)
		return 0;
	return json_object_set_new(line, "id", new_name(names, id));
}
