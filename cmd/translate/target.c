#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "report.h"

/* A line has 64 KiB and a piece up to 10000 bytes; two neighbours are together
 * longer than that, or they would be one. */
#define MAX_PIECES 16

/* One call's part of an utterance. */
struct piece {
	struct job *job;
	size_t at; /* in the text, bytes */
	size_t len;
	struct http_call *call;    /* under way, or NULL */
	char *text;                /* translated */
	char source[LANG_TAG_MAX]; /* asked for */
	bool is_second;            /* with the detected language */
};

struct job {
	struct target *target;
	struct job *next;
	struct utterance utterance;
	int64_t arrived_ms;
	double done_at_ms; /* Unix time; 0: not done */
	bool is_sent;
	size_t npieces;
	size_t nunderway;
	struct piece pieces[MAX_PIECES];
	char *text; /* all pieces joined; NULL: failed */
	struct service_error error;
};

void
target_init(struct target *t, struct target_setup *setup, const char *tag)
{
	char buf[LANG_TAG_MAX];

	memset(t, 0, sizeof(*t));
	t->setup = setup;
	snprintf(t->tag, sizeof(t->tag), "%s", lang_canonical(tag, buf));
	snprintf(t->code, sizeof(t->code), "%s", lang_for_translate(tag, buf));
	t->last = &t->first;
	service_error_init(&t->error);
}

static void
job_cancel(struct job *job)
{
	size_t i;

	for (i = 0; i < job->npieces; i++) {
		if (job->pieces[i].call != NULL)
			http_call_cancel(job->pieces[i].call);
		job->pieces[i].call = NULL;
	}
	job->nunderway = 0;
}

static void
job_free(struct job *job)
{
	size_t i;

	job_cancel(job);
	for (i = 0; i < job->npieces; i++)
		free(job->pieces[i].text);
	utterance_release(&job->utterance);
	free(job->text);
	free(job);
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
}

int
target_add(struct target *t, const struct utterance *u, int64_t now_ms)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return OUT_ERR_NOMEM;
	job->target = t;
	utterance_copy(&job->utterance, u);
	service_error_init(&job->error);
	job->arrived_ms = now_ms;
	*t->last = job;
	t->last = &job->next;
	t->npending++;
	t->counters.utterances++;
	return 0;
}

/* Text with nothing to translate in it. */
static bool
is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

static void
end_job(struct job *job)
{
	if (job->is_sent)
		job->target->nsent--;
	job->is_sent = false;
	job->done_at_ms = clock_wall_ms();
}

/* Done without the service: the text goes out as it is. */
static void
pass_through(struct job *job)
{
	job->text = strdup(job->utterance.text);
	if (job->text == NULL)
		job->target->failure = OUT_ERR_NOMEM;
	end_job(job);
}

/* These stay, whatever the text: not to be asked for again. */
static bool
is_pair_refused(const struct service_error *e)
{
	return strcmp(e->name, "UnsupportedLanguagePairException") == 0 ||
	       strcmp(e->name, "ResourceNotFoundException") == 0;
}

static void
fail_job(struct job *job, const struct service_error *error)
{
	struct target *t = job->target;

	job_cancel(job);
	job->error = *error;
	end_job(job);
	if (!is_pair_refused(error)) {
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

/* All pieces are here: join them.  White space that the service cut off at a
 * piece's end is put back. */
static void
join(struct job *job)
{
	size_t size = 1, i, len;
	char *s;

	for (i = 0; i < job->npieces; i++)
		size += strlen(job->pieces[i].text) + 1;
	s = calloc(1, size);
	if (s == NULL) {
		job->target->failure = OUT_ERR_NOMEM;
		return;
	}
	for (i = 0, len = 0; i < job->npieces; i++) {
		const struct piece *p = &job->pieces[i];
		char end = job->utterance.text[p->at + p->len - 1];

		memcpy(s + len, p->text, strlen(p->text));
		len += strlen(p->text);
		if (i + 1 < job->npieces && len > 0 && s[len - 1] != ' ' &&
		    (end == ' ' || end == '\n'))
			s[len++] = ' ';
	}
	job->text = s;
	end_job(job);
	report_success(job->target);
}

static int send_piece(struct piece *piece, const char *source);

/* The service is not sure of the language it detected: take its word. */
static bool
ask_again(struct piece *piece, const struct service_error *error)
{
	const char *code = error->detail;

	if (strcmp(error->name, "DetectedLanguageLowConfidenceException") !=
		0 ||
	    piece->is_second || code[0] == '\0' ||
	    strlen(code) >= sizeof(piece->source))
		return false;
	piece->is_second = true;
	return send_piece(piece, code) == 0;
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
			join(job);
		return;
	}
	if (!ask_again(piece, &error))
		fail_job(job, &error);
}

/* Start one call.  0 or -1: no memory, which is noted. */
static int
send_piece(struct piece *piece, const char *source)
{
	struct job *job = piece->job;
	struct target *t = job->target;
	struct target_setup *setup = t->setup;
	struct translate_options o = setup->options;
	const char *text = job->utterance.text + piece->at;
	struct http_request req;
	char *body = NULL;
	size_t body_len, i;

	o.source = source;
	o.target = t->code;
	if (translate_body(&o, text, piece->len, &body, &body_len) != 0) {
		t->failure = OUT_ERR_NOMEM;
		return -1;
	}
	translate_request(&req, setup->endpoint, body, body_len);
	req.on_done = on_answer;
	req.arg = piece;
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
		t->counters.chars += ((unsigned char)text[i] & 0xc0) != 0x80;
	return 0;
}

static void
send_job(struct job *job)
{
	struct target *t = job->target;
	const struct utterance *u = &job->utterance;
	struct service_error error;
	size_t at = 0, len;
	struct piece *piece;

	if (is_blank(u->text) ||
	    (u->from[0] != '\0' && lang_same(u->from, t->tag))) {
		pass_through(job);
		return;
	}
	if (t->refused_source[0] != '\0' &&
	    strcmp(t->refused_source, u->source) == 0) {
		job->error = t->refusal;
		end_job(job);
		return;
	}
	job->is_sent = true;
	t->nsent++;
	while (at < u->len && job->npieces < MAX_PIECES) {
		len = translate_cut(
		    u->text + at, u->len - at, TRANSLATE_TEXT_MAX_BYTES);
		piece = &job->pieces[job->npieces++];
		piece->job = job;
		piece->at = at;
		piece->len = len;
		if (send_piece(piece, u->source) != 0)
			return;
		at += len;
	}
	if (at < u->len) {
		service_error_set(&error, SERVICE_ERROR_INVALID, "length",
		    "text is too long to be translated in one line");
		fail_job(job, &error);
	}
}

static void
expire(struct job *job)
{
	struct service_error error;

	service_error_set(&error, SERVICE_ERROR_TIMEOUT, "deadline",
	    "not translated within %lld ms",
	    (long long)job->target->setup->deadline_ms);
	fail_job(job, &error);
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
			send_job(job);
	}
}

static void
write_job(struct target *t, const struct job *job)
{
	const struct utterance *u = &job->utterance;
	bool has_failed = job->error.class != SERVICE_ERROR_NONE;
	const char *from = u->from;
	char error[1024], buf[LANG_TAG_MAX];
	size_t len;
	char *line;

	/* Detected by the service. */
	if (from[0] == '\0' && job->npieces > 0 && !has_failed &&
	    lang_is_tag(job->pieces[0].source))
		from = lang_canonical(job->pieces[0].source, buf);
	if (has_failed) {
		service_error_text(&job->error, error, sizeof(error));
		t->counters.errors++;
	}
	line = utterance_translation(u, t->tag, from,
	    has_failed ? u->text : job->text, has_failed ? error : NULL,
	    job->done_at_ms, &len);
	if (line == NULL)
		t->failure = OUT_ERR_NOMEM;
	else
		t->failure = out_line(t->setup->out, line, len);
	free(line);
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
			fail_job(job, error);
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
