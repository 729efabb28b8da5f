#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/translate.h"
#include "base/clock.h"
#include "base/log.h"
#include "report.h"

/* A way that failed so often on end is not tried any more. */
#define MAX_FAILURES 2

struct job *
job_new(struct target *t, const struct utterance *u, int64_t now_ms)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->target = t;
	utterance_copy(&job->utterance, u);
	if (t->lexicon != NULL)
		job->lexicon = lexicon_ref(t->lexicon);
	service_error_init(&job->error);
	job->arrived_ms = now_ms;
	return job;
}

/* Take back the calls that were made so far. */
static void
drop_calls(struct job *job)
{
	size_t i;

	for (i = 0; i < job->npieces; i++) {
		if (job->pieces[i].call != NULL)
			http_call_cancel(job->pieces[i].call);
		free(job->pieces[i].text);
	}
	memset(job->pieces, 0, sizeof(job->pieces));
	job->npieces = job->nunderway = 0;
}

/* And the text that was made for them. */
static void
drop_pieces(struct job *job)
{
	drop_calls(job);
	if (job->is_protected)
		protect_release(&job->protect);
	job->is_protected = false;
}

static void
end(struct job *job)
{
	if (job->is_sent)
		job->target->nsent--;
	job->is_sent = false;
	job->done_at_ms = clock_wall_ms();
}

void
job_free(struct job *job)
{
	if (job->is_sent)
		job->target->nsent--;
	drop_pieces(job);
	utterance_release(&job->utterance);
	lexicon_unref(job->lexicon);
	free(job->text);
	free(job->say);
	free(job);
}

/* Done, with the text (taken). */
static void
succeed(struct job *job, char *text)
{
	job->text = text;
	if (text == NULL || (job->lexicon != NULL &&
				lexicon_say(job->lexicon, text, &job->say) < 0))
		job->target->failure = OUT_ERR_NOMEM;
	end(job);
}

void
job_pass(struct job *job)
{
	char *text = NULL;

	if (job->lexicon == NULL)
		text = strdup(job->utterance.text);
	else
		protect_same(job->lexicon, job->utterance.from,
		    job->utterance.text, &text);
	succeed(job, text);
}

void
job_pause(struct job *job)
{
	drop_pieces(job);
	job->is_paused = true;
	end(job);
}

void
job_refuse(struct job *job, const struct service_error *error)
{
	drop_pieces(job);
	job->error = *error;
	end(job);
}

/* These stay, whatever the text: not to be asked for again.  What one text was
 * taken for says nothing about the next. */
static bool
is_pair_refused(const struct job *job, const struct service_error *e)
{
	if (strcmp(e->name, "UnsupportedLanguagePairException") == 0)
		return strcmp(job->utterance.source, UTTERANCE_AUTO) != 0;
	return strcmp(e->name, "ResourceNotFoundException") == 0;
}

void
job_fail(struct job *job, const struct service_error *error)
{
	struct target *t = job->target;

	job_refuse(job, error);
	if (!is_pair_refused(job, error)) {
		report_failure(t, error);
		return;
	}
	/* Others of the pair may have been on their way. */
	if (strcmp(t->refused_source, job->utterance.source) == 0)
		return;
	snprintf(t->refused_source, sizeof(t->refused_source), "%s",
	    job->utterance.source);
	report_refusal(t, error);
}

/* What is sent, in pieces. */
static const char *
sent_text(const struct job *job)
{
	return job->is_protected ? job->protect.text : job->utterance.text;
}

/* The translations of all pieces as one, to be freed by free(); NULL: no
 * memory.  White space that the service cut off at a piece's end is put back.
 */
static char *
join(const struct job *job)
{
	const char *sent = sent_text(job);
	size_t size = 1, i, len;
	char *s;

	for (i = 0; i < job->npieces; i++)
		size += strlen(job->pieces[i].text) + 1;
	s = calloc(1, size);
	if (s == NULL)
		return NULL;
	for (i = 0, len = 0; i < job->npieces; i++) {
		const struct piece *p = &job->pieces[i];
		char last = sent[p->at + p->len - 1];

		memcpy(s + len, p->text, strlen(p->text));
		len += strlen(p->text);
		if (i + 1 < job->npieces && len > 0 && s[len - 1] != ' ' &&
		    (last == ' ' || last == '\n'))
			s[len++] = ' ';
	}
	return s;
}

static void send_protected(struct job *job, enum protect_way way);

/* The glossary's renderings are put where they belong.  Returns the text to go
 * out (taken from `translation`), or NULL: no memory, or asked again. */
static char *
restore(struct job *job, char *translation)
{
	struct target *t = job->target;
	enum protect_way way = job->protect.way;
	size_t nmissed;
	char *text;
	int rc;

	rc = protect_finish(&job->protect, translation, &text, &nmissed);
	free(translation);
	if (rc == PROTECT_ERR_NOMEM)
		t->failure = OUT_ERR_NOMEM;
	if (rc == PROTECT_DAMAGED) {
		t->nfailures[way]++;
		log_msg(LOG_DEBUG, t->tag,
		    "terms of the glossary did not come through, way=%d", way);
		if (t->setup->budget->is_paused)
			job_pause(job);
		else
			send_protected(job, way + 1);
		return NULL;
	}
	if (job->protect.nhits > 0)
		t->nfailures[way] = 0;
	t->counters.glossary_missed += nmissed;
	return text;
}

/* All pieces are here. */
static void
take_answers(struct job *job)
{
	char *text = join(job);

	if (text == NULL)
		job->target->failure = OUT_ERR_NOMEM;
	else if (job->is_protected)
		text = restore(job, text);
	if (text == NULL)
		return;
	succeed(job, text);
	report_success(job->target);
}

static int send_piece(struct piece *piece, const char *source);

/* The service is not sure of the language it detected: take its word. */
static bool
believe(struct piece *piece, const struct service_error *error)
{
	struct job *job = piece->job;
	const char *code = error->detail;

	if (strcmp(error->name, "DetectedLanguageLowConfidenceException") !=
		0 ||
	    piece->is_second || !lang_is_tag(code) ||
	    strlen(code) >= sizeof(piece->source))
		return false;
	piece->is_second = true;
	if (!lang_same(code, job->target->tag))
		return send_piece(piece, code) == 0;
	snprintf(piece->source, sizeof(piece->source), "%s", code);
	piece->text = strndup(sent_text(job) + piece->at, piece->len);
	if (piece->text == NULL)
		job->target->failure = OUT_ERR_NOMEM;
	else if (job->nunderway == 0)
		take_answers(job);
	return true;
}

static void send_pieces(struct job *job);

/* It takes less at once than it did, or than it should: all of the text again,
 * in smaller pieces, and what follows, too. */
static bool
cut_smaller(struct piece *piece, const struct service_error *error)
{
	struct job *job = piece->job;
	size_t *max = &job->target->setup->max_bytes;

	if (strcmp(error->name, "TextSizeLimitExceededException") != 0 ||
	    piece->len / 2 < JOB_MIN_PIECE_BYTES)
		return false;
	if (piece->len / 2 < *max)
		*max = piece->len / 2;
	drop_calls(job);
	send_pieces(job);
	return true;
}

static void
on_answer(void *arg, const struct http_answer *answer)
{
	struct piece *piece = arg;
	struct job *job = piece->job;
	struct target *t = job->target;
	struct service_error error = answer->error;
	struct translate_answer result;
	int attempts = http_call_attempts(piece->call);

	piece->call = NULL;
	job->nunderway--;
	t->counters.retries += attempts > 1 ? (uint64_t)attempts - 1 : 0;
	log_msg(LOG_DEBUG, t->tag, "answer, status=%d ms=%.1f tries=%d new=%d",
	    answer->status, answer->duration_ms, attempts,
	    answer->is_new_connection);
	if (error.class == SERVICE_ERROR_NONE &&
	    translate_answer_parse(
		&result, answer->body, answer->len, &error) == 0) {
		piece->text = result.text;
		result.text = NULL;
		snprintf(
		    piece->source, sizeof(piece->source), "%s", result.source);
		translate_answer_release(&result);
		if (job->nunderway == 0)
			take_answers(job);
	} else if (!believe(piece, &error) && !cut_smaller(piece, &error)) {
		job_fail(job, &error);
	}
	/* At once: who voices it need not wait for the other languages'
	 * answers, which may have come together.  The job may be gone then. */
	target_write(t);
}

/* Start one call.  0 or -1: no memory, which is noted. */
static int
send_piece(struct piece *piece, const char *source)
{
	struct job *job = piece->job;
	struct target *t = job->target;
	struct target_setup *setup = t->setup;
	struct translate_options o = setup->options;
	const char *text = sent_text(job) + piece->at;
	struct http_request req;
	char *body = NULL;
	size_t body_len, chars = 0, i;

	o.source = source;
	o.target = t->code;
	if (translate_body(&o, text, piece->len, &body, &body_len) != 0) {
		t->failure = OUT_ERR_NOMEM;
		return -1;
	}
	translate_request(&req, setup->endpoint, body, body_len);
	req.on_done = on_answer;
	req.arg = piece;
	/* A network that is gone may be back in a moment.  While it stays away
	 * nobody is to wait so long for each sentence. */
	req.waits_for_server = t->has_worked && !t->is_degraded;
	piece->call = http_call_start(
	    setup->caller, &req, job->arrived_ms + setup->deadline_ms);
	free(body);
	if (piece->call == NULL) {
		t->failure = OUT_ERR_NOMEM;
		return -1;
	}
	job->nunderway++;
	t->counters.calls++;
	for (i = 0; i < piece->len; i++)
		chars += ((unsigned char)text[i] & 0xc0) != 0x80;
	t->counters.chars += chars;
	budget_spend(setup->budget, COST_TRANSLATE_CHAR, (double)chars);
	return 0;
}

static void
send_pieces(struct job *job)
{
	const struct utterance *u = &job->utterance;
	const char *text = sent_text(job);
	size_t len = strlen(text), at = 0, n;
	struct service_error error;
	struct piece *piece;

	while (at < len && job->npieces < JOB_MAX_PIECES) {
		n = translate_cut(
		    text + at, len - at, job->target->setup->max_bytes);
		piece = &job->pieces[job->npieces++];
		piece->job = job;
		piece->at = at;
		piece->len = n;
		if (send_piece(piece, u->source) != 0)
			return;
		at += n;
	}
	if (at < len) {
		service_error_set(&error, SERVICE_ERROR_INVALID, "length",
		    "text is too long to be translated in one line");
		job_fail(job, &error);
	}
}

/* Send it `way`, or the next one that is open to it. */
static void
send_protected(struct job *job, enum protect_way way)
{
	const struct utterance *u = &job->utterance;
	int rc = PROTECT_UNFIT;

	drop_pieces(job);
	for (; rc == PROTECT_UNFIT; way++) {
		if (way != PROTECT_NONE &&
		    job->target->nfailures[way] >= MAX_FAILURES)
			continue;
		rc = protect_init(
		    &job->protect, job->lexicon, way, u->from, u->text);
	}
	if (rc != 0) {
		job->target->failure = OUT_ERR_NOMEM;
		return;
	}
	job->is_protected = true;
	send_pieces(job);
}

void
job_send(struct job *job)
{
	job->is_sent = true;
	job->target->nsent++;
	if (job->lexicon != NULL)
		send_protected(job, PROTECT_MASK);
	else
		send_pieces(job);
}
