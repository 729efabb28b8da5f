#include "recognition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "script.h"

struct recognition {
	struct engine *engine; /* NULL: after the script */
	const struct script *script;
	size_t next;           /* entry of the script */
	const json_t *partial; /* told last and not final yet; the script's */
	double audio_ms;       /* received */
	unsigned int rate_hz;
	bool is_ended;
	bool is_over;
};

const char *
recognition_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		RECOGNITION_ERROR_LIST(X)
#undef X
	}
	return "no error";
}

int
recognition_new(struct recognition **out, const struct localaws *la,
    const char *lang, unsigned int rate_hz)
{
	struct recognition *r = calloc(1, sizeof(*r));
	const char *args[] = { "-l", lang, "--rate", NULL, NULL };
	char rate[16];

	if (r == NULL)
		return RECOGNITION_ERR_NOMEM;
	r->rate_hz = rate_hz;
	r->script = la->script;
	snprintf(rate, sizeof(rate), "%u", rate_hz);
	args[3] = rate;
	if (r->script == NULL &&
	    engine_start(&r->engine, la->engines, "asr", la->asr, args) != 0) {
		free(r);
		return RECOGNITION_ERR_START;
	}
	*out = r;
	return 0;
}

void
recognition_free(struct recognition *r)
{
	if (r == NULL)
		return;
	engine_free(r->engine);
	free(r);
}

int
recognition_write(struct recognition *r, const void *p, size_t n)
{
	int rc;

	r->audio_ms += (double)n * 1000 / 2 / r->rate_hz;
	if (r->engine == NULL)
		return 0;
	rc = engine_write(r->engine, p, n);
	return rc == ENGINE_ERR_FULL    ? RECOGNITION_ERR_FULL
	       : rc == ENGINE_ERR_NOMEM ? RECOGNITION_ERR_NOMEM
	                                : 0;
}

size_t
recognition_room(const struct recognition *r)
{
	/* An engine that left takes everything, and nothing of it. */
	return r->engine == NULL || engine_is_over(r->engine)
	           ? ENGINE_IN_BYTES
	           : engine_room(r->engine);
}

void
recognition_end(struct recognition *r)
{
	r->is_ended = true;
	if (r->engine != NULL)
		engine_end(r->engine);
}

static int
script_next(struct recognition *r, json_t **line)
{
	const struct script *s = r->script;
	json_t *last;

	if (r->next < s->n && s->entries[r->next].at_ms <= r->audio_ms) {
		*line = s->entries[r->next++].line;
		r->partial = json_is_set(*line, "final") ? NULL : *line;
		json_incref(*line);
		return 1;
	}
	if (!r->is_ended)
		return 0;
	r->is_over = true;
	if (r->partial == NULL)
		return 0;
	/* Cut off in mid-utterance: what was heard of it is final. */
	last = json_copy((json_t *)(uintptr_t)r->partial);
	r->partial = NULL;
	if (last == NULL ||
	    json_object_set_new(last, "final", json_true()) != 0)
		return RECOGNITION_ERR_NOMEM;
	*line = last;
	return 1;
}

/* One line of the engine's, or NULL when it is none of a transcript. */
static json_t *
read_line(const char *p, size_t n)
{
	char why[128];
	json_t *o = json_line_parse(p, n, why, sizeof(why));

	if (o == NULL) {
		log_msg(LOG_WARN, "asr", "not a line: %s", why);
		return NULL;
	}
	if (strcmp(json_line_type(o), "transcript") == 0 &&
	    json_str(o, "text") != NULL)
		return o;
	json_decref(o);
	return NULL;
}

static int
engine_next(struct recognition *r, json_t **line)
{
	const char *p, *eol;
	size_t n, len;

	while ((p = (const char *)engine_peek(r->engine, &n), n > 0)) {
		eol = memchr(p, '\n', n);
		if (eol == NULL && n == ENGINE_OUT_BYTES)
			return RECOGNITION_ERR_LINE;
		if (eol == NULL && !engine_is_over(r->engine))
			return 0;
		len = eol == NULL ? n : (size_t)(eol - p);
		*line = read_line(p, len);
		engine_skip(r->engine, eol == NULL ? n : len + 1);
		if (*line != NULL)
			return 1;
	}
	if (!engine_is_over(r->engine))
		return 0;
	if (engine_status(r->engine) != 0)
		return RECOGNITION_ERR_DIED;
	r->is_over = true;
	return 0;
}

int
recognition_next(struct recognition *r, json_t **line)
{
	if (r->is_over)
		return 0;
	return r->engine == NULL ? script_next(r, line) : engine_next(r, line);
}

bool
recognition_is_over(const struct recognition *r)
{
	return r->is_over;
}

const char *
recognition_complaint(const struct recognition *r)
{
	return r->engine == NULL ? "" : engine_complaint(r->engine);
}
