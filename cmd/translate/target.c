#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job.h"

void
target_init(struct target *t, struct target_setup *setup, const char *tag)
{
	char buf[LANG_TAG_MAX];

	memset(t, 0, sizeof(*t));
	t->setup = setup;
	snprintf(t->tag, sizeof(t->tag), "%s", lang_canonical(tag, buf));
	snprintf(t->code, sizeof(t->code), "%s", lang_for_translate(tag, buf));
	t->is_on = true;
	t->last = &t->first;
	service_error_init(&t->error);
}

int
target_set_glossary(struct target *t, struct glossary *g)
{
	struct lexicon *x = lexicon_new(g, t->tag);

	if (x == NULL)
		return OUT_ERR_NOMEM;
	lexicon_unref(t->lexicon);
	t->lexicon = x;
	memset(t->nfailures, 0, sizeof(t->nfailures));
	return 0;
}

void
target_release(struct target *t)
{
	struct job *job;

	while ((job = t->first) != NULL) {
		t->first = job->next;
		job_free(job);
	}
	t->last = &t->first;
	t->npending = t->nsent = 0;
	lexicon_unref(t->lexicon);
	t->lexicon = NULL;
}

int
target_add(struct target *t, const struct utterance *u, int64_t now_ms)
{
	struct job *job = job_new(t, u, now_ms);

	if (job == NULL)
		return OUT_ERR_NOMEM;
	*t->last = job;
	t->last = &job->next;
	t->npending++;
	t->counters.utterances++;
	return 0;
}

void
target_retract(struct target *t, const json_t *id)
{
	struct job **at = &t->first, *job;

	while ((job = *at) != NULL) {
		if (!json_equal(
			json_object_get(job->utterance.line, "id"), id)) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		t->npending--;
		job_free(job);
	}
	t->last = at;
}

/* Text with nothing to translate in it. */
static bool
is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

/* Begin with it, or end it where there is nothing to ask for. */
static void
begin_job(struct job *job)
{
	struct target *t = job->target;
	const struct utterance *u = &job->utterance;

	if (is_blank(u->text) ||
	    (u->from[0] != '\0' && lang_same(u->from, t->tag)))
		job_pass(job);
	else if (t->refused_source[0] != '\0' &&
		 strcmp(t->refused_source, u->source) == 0)
		job_refuse(job, &t->refusal);
	else if (t->setup->budget->is_paused)
		job_pause(job);
	else
		job_send(job);
}

static void
expire(struct job *job)
{
	struct service_error error;

	service_error_set(&error, SERVICE_ERROR_TIMEOUT, "deadline",
	    "not translated within %lld ms",
	    (long long)job->target->setup->deadline_ms);
	job_fail(job, &error);
}

/* The oldest job that has not been sent; NULL: there is none. */
static const struct job *
find_unsent(const struct target *t)
{
	const struct job *job;

	for (job = t->first; job != NULL; job = job->next)
		if (!job->is_sent && job->done_at_ms <= 0)
			return job;
	return NULL;
}

void
target_prepare(const struct target *t, struct loop *l)
{
	const struct job *job = find_unsent(t);

	/* All calls may have ended in one turn: nothing else wakes us. */
	if (job != NULL)
		loop_deadline(l, t->nsent < TARGET_MAX_IN_FLIGHT
				     ? 0
				     : job->arrived_ms + t->setup->deadline_ms);
}

void
target_send(struct target *t, int64_t now_ms)
{
	struct job *job;

	for (job = t->first; job != NULL && t->failure == 0; job = job->next) {
		if (job->is_sent || job->done_at_ms > 0)
			continue;
		if (now_ms - job->arrived_ms >= t->setup->deadline_ms)
			expire(job);
		else if (t->nsent < TARGET_MAX_IN_FLIGHT)
			begin_job(job);
	}
}

static void
write_job(struct target *t, const struct job *job)
{
	const struct utterance *u = &job->utterance;
	struct translation line = { .lang = t->tag,
		.from = u->from,
		.text = job->text,
		.say = job->say,
		.translated_at_ms = job->done_at_ms };
	char error[1024], buf[LANG_TAG_MAX], *s;
	size_t len;

	if (job->is_paused) {
		line.text = u->text;
		line.error = "paused";
		t->counters.paused++;
	} else if (job->error.class != SERVICE_ERROR_NONE) {
		line.text = u->text;
		line.error =
		    service_error_text(&job->error, error, sizeof(error));
		t->counters.errors++;
	} else if (u->from[0] == '\0' && job->npieces > 0 &&
		   lang_is_tag(job->pieces[0].source)) {
		/* Detected by the service. */
		line.from = lang_canonical(job->pieces[0].source, buf);
	}
	s = utterance_translation(u, &line, &len);
	t->failure =
	    s != NULL ? out_line(t->setup->out, s, len) : OUT_ERR_NOMEM;
	free(s);
}

void
target_write(struct target *t)
{
	struct job *job;

	while ((job = t->first) != NULL && job->done_at_ms > 0 &&
	       t->failure == 0) {
		write_job(t, job);
		t->first = job->next;
		if (t->first == NULL)
			t->last = &t->first;
		t->npending--;
		job_free(job);
	}
}

void
target_give_up(struct target *t, const struct service_error *error)
{
	struct job *job;

	for (job = t->first; job != NULL; job = job->next)
		if (job->done_at_ms == 0)
			job_fail(job, error);
}

/* A failure that time alone does not heal. */
static bool is_for_good(enum service_error_class class)
{
	return class == SERVICE_ERROR_DENIED || class == SERVICE_ERROR_SKEW ||
	       class == SERVICE_ERROR_EXPIRED ||
	       class == SERVICE_ERROR_CONFIG ||
	       class == SERVICE_ERROR_UNTRUSTED;
}

int
target_exit_status(const struct target *t)
{
	if (t->is_degraded && (!t->has_worked || is_for_good(t->error.class)))
		return service_error_exit_status(t->error.class);
	if (t->refused_source[0] != '\0' && !t->has_worked)
		return service_error_exit_status(t->refusal.class);
	return 0;
}
