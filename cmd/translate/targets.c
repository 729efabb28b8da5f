#include "targets.h"

#include <stdlib.h>
#include <string.h>

void
targets_init(struct targets *s, struct target_setup *setup)
{
	memset(s, 0, sizeof(*s));
	s->setup = setup;
}

void
targets_release(struct targets *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		target_release(s->list[i]);
		free(s->list[i]);
	}
	glossary_unref(s->glossary);
	memset(s, 0, sizeof(*s));
}

struct target *
targets_find(const struct targets *s, const char *tag)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->list[i]->tag, tag) == 0)
			return s->list[i];
	return NULL;
}

struct target *
targets_add(struct targets *s, const char *tag)
{
	struct target *t = NULL;

	if (s->n < TARGETS_MAX)
		t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	target_init(t, s->setup, tag);
	if (s->glossary != NULL && target_set_glossary(t, s->glossary) != 0) {
		free(t);
		return NULL;
	}
	s->list[s->n++] = t;
	return t;
}

int
targets_set_glossary(struct targets *s, struct glossary *g)
{
	size_t i;
	int rc = 0;

	glossary_ref(g);
	glossary_unref(s->glossary);
	s->glossary = g;
	for (i = 0; i < s->n && rc == 0; i++)
		rc = target_set_glossary(s->list[i], g);
	return rc;
}

bool
targets_can_take(const struct targets *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->list[i]->npending >= TARGET_MAX_PENDING)
			return false;
	return true;
}

int
targets_add_utterance(
    struct targets *s, const struct utterance *u, int64_t now_ms)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < s->n && rc == 0; i++)
		if (s->list[i]->is_on)
			rc = target_add(s->list[i], u, now_ms);
	return rc;
}

void
targets_retract(struct targets *s, const json_t *id)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		target_retract(s->list[i], id);
}

void
targets_prepare(const struct targets *s, struct loop *l)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		target_prepare(s->list[i], l);
}

void
targets_send(struct targets *s, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		target_send(s->list[i], now_ms);
}

void
targets_write(struct targets *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		target_write(s->list[i]);
}

void
targets_give_up(struct targets *s, const struct service_error *error)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		target_give_up(s->list[i], error);
		target_write(s->list[i]);
	}
}

size_t
targets_npending(const struct targets *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->list[i]->npending;
	return n;
}

int
targets_failure(const struct targets *s)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < s->n && rc == 0; i++)
		rc = s->list[i]->failure;
	return rc;
}

int
targets_exit_status(const struct targets *s)
{
	size_t i;
	int status = 0;

	for (i = 0; i < s->n && status == 0; i++)
		status = target_exit_status(s->list[i]);
	return status;
}

struct target_counters
targets_counters(const struct targets *s)
{
	struct target_counters sum;
	size_t i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < s->n; i++) {
		const struct target_counters *c = &s->list[i]->counters;

		sum.utterances += c->utterances;
		sum.chars += c->chars;
		sum.calls += c->calls;
		sum.retries += c->retries;
		sum.errors += c->errors;
		sum.paused += c->paused;
		sum.glossary_missed += c->glossary_missed;
	}
	return sum;
}
