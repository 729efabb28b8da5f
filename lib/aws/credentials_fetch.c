#include "aws/credentials_fetch.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials_answer.h"
#include "aws/credentials_process.h"
#include "aws/credentials_remote.h"
#include "aws/http_call.h"
#include "base/clock.h"

/* AWS's number of tries for containers; STS by the standard rules. */
#define MAX_ATTEMPTS 3

/* What the answer under way is to. */
enum step {
	STEP_NONE,
	STEP_STS,
	STEP_CONTAINER,
	STEP_IMDS_TOKEN,
	STEP_IMDS_ROLE,
	STEP_IMDS_KEYS,
};

struct credentials_fetch {
	const struct config *config; /* borrowed */
	struct credentials_found found;
	struct credentials_found base; /* where the first keys come from */
	char roles[CREDENTIALS_MAX_ROLES][128]; /* to assume, last one first */
	size_t nroles;                          /* still to be assumed */
	int64_t now_ms;
	double now_wall_ms;
	int state;
	struct credentials *set; /* so far; READY and not taken: the result */
	struct credentials_process *process;
	struct http_caller *caller; /* made when needed */
	enum step step;
	char *imds_token;
	bool did_imds_again; /* one new token for one 401 */
	bool is_denied;
	char text[768];
};

static void start_base(struct credentials_fetch *f);
static void start_imds(struct credentials_fetch *f);
static void start_imds_get(struct credentials_fetch *f, const char *role);

__attribute__((format(printf, 3, 4))) static void
fail(struct credentials_fetch *f, int state, const char *fmt, ...)
{
	va_list ap;

	f->state = state;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

static void
fail_nomem(struct credentials_fetch *f)
{
	fail(f, CREDENTIALS_ERR_NOMEM, "out of memory");
}

static void on_answer(void *arg, const struct http_answer *answer);

/* Send a request made by credentials_remote; releases it. */
static void
send_remote(struct credentials_fetch *f, struct credentials_remote *r,
    enum step step, struct credentials *keys)
{
	struct http *http = NULL;
	int64_t give_up_at_ms = LOOP_NEVER;

	f->step = step;
	/* Where nothing is configured this is a guess: one short try. */
	if (step == STEP_IMDS_TOKEN && f->found.kind == CREDENTIALS_KIND_IMDS)
		give_up_at_ms = clock_mono_ms() + r->req.timeout_ms;
	if (f->caller == NULL) {
		http = http_new(f->config->ca_bundle);
		if (http != NULL)
			f->caller = http_caller_new(
			    http, NULL, MAX_ATTEMPTS, (uint64_t)f->now_wall_ms);
		if (f->caller == NULL)
			http_free(http);
	}
	r->req.on_done = on_answer;
	r->req.arg = f;
	if (f->caller == NULL ||
	    http_call_start_as(f->caller, &r->req, keys, give_up_at_ms) == NULL)
		fail_nomem(f);
	credentials_remote_release(r);
}

/* A request could not be made. */
static void
fail_remote(struct credentials_fetch *f, int rc, const char *err)
{
	fail(f,
	    rc == CREDENTIALS_REMOTE_ERR_NOMEM ? CREDENTIALS_ERR_NOMEM
					       : CREDENTIALS_ERR_INVALID,
	    "%s: %s", f->found.where, err);
}

/* There are keys: the next role, or the end. */
static void
go_on(struct credentials_fetch *f)
{
	struct credentials_remote r;
	char err[512];
	int rc;

	if (f->nroles == 0) {
		f->state = CREDENTIALS_READY;
		return;
	}
	f->nroles--;
	rc = credentials_remote_role(&r, f->config, f->roles[f->nroles],
	    f->now_wall_ms, err, sizeof(err));
	if (rc != 0)
		fail_remote(f, rc, err);
	else
		send_remote(f, &r, STEP_STS, f->set);
}

/* Take a set (NULL: err says why there is none) and go on. */
static void
take(struct credentials_fetch *f, struct credentials *set, const char *err)
{
	if (set == NULL) {
		fail(f, CREDENTIALS_ERR_FETCH, "%s: %s", f->found.where, err);
		return;
	}
	credentials_unref(f->set);
	f->set = set;
	go_on(f);
}

static void
fetch_environment(struct credentials_fetch *f)
{
	const struct config *c = f->config;
	const char *expires = config_env(c, "AWS_CREDENTIAL_EXPIRATION");
	const char *id = config_env(c, "AWS_ACCESS_KEY_ID");
	const char *secret = config_env(c, "AWS_SECRET_ACCESS_KEY");
	int64_t expires_at_ms = INT64_MAX;

	if (id == NULL || secret == NULL) {
		fail(f, CREDENTIALS_ERR_INVALID,
		    "%s: credential_source is Environment, and %s is not set",
		    f->found.where,
		    id == NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY");
		return;
	}
	if (expires != NULL) {
		expires_at_ms = credentials_parse_time(expires);
		if (expires_at_ms < 0) {
			fail(f, CREDENTIALS_ERR_INVALID,
			    "AWS_CREDENTIAL_EXPIRATION is '%.64s', not a date "
			    "as 2026-01-02T03:04:05Z",
			    expires);
			return;
		}
	}
	take(f,
	    credentials_new(
		id, secret, config_env(c, "AWS_SESSION_TOKEN"), expires_at_ms),
	    "out of memory");
}

static void
fetch_static(struct credentials_fetch *f)
{
	const struct config *c = f->config;
	const char *profile = f->base.profile;

	take(f,
	    credentials_new(config_profile_get(c, profile, "aws_access_key_id"),
		config_profile_get(c, profile, "aws_secret_access_key"),
		config_profile_get(c, profile, "aws_session_token"), INT64_MAX),
	    "out of memory");
}

static void
start_process(struct credentials_fetch *f)
{
	f->process =
	    credentials_process_new(config_profile_get(f->config,
					f->base.profile, "credential_process"),
		f->now_ms);
	if (f->process == NULL)
		fail(f, CREDENTIALS_ERR_FETCH, "%s: %s", f->base.where,
		    credentials_process_strerror(
			CREDENTIALS_PROCESS_ERR_START));
}

static void
start_web_identity(struct credentials_fetch *f)
{
	struct credentials_remote r;
	char err[512];
	int rc = credentials_remote_web_identity(
	    &r, f->config, f->base.profile, f->now_wall_ms, err, sizeof(err));

	if (rc != 0)
		fail_remote(f, rc, err);
	else
		send_remote(f, &r, STEP_STS, NULL);
}

static void
start_container(struct credentials_fetch *f)
{
	struct credentials_remote r;
	char err[512];
	int rc = credentials_remote_container(&r, f->config, err, sizeof(err));

	if (rc != 0)
		fail_remote(f, rc, err);
	else
		send_remote(f, &r, STEP_CONTAINER, NULL);
}

static void
start_imds(struct credentials_fetch *f)
{
	struct credentials_remote r;
	char err[512];
	int rc = credentials_remote_imds_token(&r, f->config, err, sizeof(err));

	if (rc != 0)
		fail_remote(f, rc, err);
	else
		send_remote(f, &r, STEP_IMDS_TOKEN, NULL);
}

static void
start_imds_get(struct credentials_fetch *f, const char *role)
{
	struct credentials_remote r;
	char err[512];
	int rc = credentials_remote_imds_get(
	    &r, f->config, f->imds_token, role, err, sizeof(err));

	if (rc != 0)
		fail_remote(f, rc, err);
	else
		send_remote(f, &r,
		    role[0] == '\0' ? STEP_IMDS_ROLE : STEP_IMDS_KEYS, NULL);
}

/* The answer as a line: at most n bytes, white space cut off. */
static char *
first_word(const struct http_answer *a)
{
	char *s = strndup((const char *)a->body, a->len);

	if (s != NULL)
		s[strcspn(s, " \t\r\n")] = '\0';
	return s;
}

static void
wipe(char *s)
{
	if (s != NULL)
		OPENSSL_cleanse(s, strlen(s));
	free(s);
}

static void
on_imds_token(struct credentials_fetch *f, const struct http_answer *a)
{
	wipe(f->imds_token);
	f->imds_token = first_word(a);
	if (f->imds_token == NULL)
		fail_nomem(f);
	else
		start_imds_get(f, "");
}

static void
fail_no_role(struct credentials_fetch *f)
{
	fail(f, CREDENTIALS_ERR_NONE,
	    "no credentials: this instance has no role; give it one (an "
	    "instance profile), or set AWS_ACCESS_KEY_ID and "
	    "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile that has them");
}

static void
on_imds_role(struct credentials_fetch *f, const struct http_answer *a)
{
	char *role = first_word(a);

	if (role == NULL)
		fail_nomem(f);
	else if (role[0] == '\0')
		fail_no_role(f);
	else
		start_imds_get(f, role);
	free(role);
}

static void
on_error(struct credentials_fetch *f, const struct http_answer *a)
{
	const struct service_error *e = &a->error;
	char text[600];
	size_t n;

	service_error_text(e, text, sizeof(text));
	if (f->step == STEP_IMDS_TOKEN &&
	    f->found.kind == CREDENTIALS_KIND_IMDS) {
		/* Not an instance: then there is nothing anywhere. */
		f->state = CREDENTIALS_ERR_NONE;
		credentials_none_text(f->config, f->text, sizeof(f->text));
		n = strlen(f->text);
		snprintf(f->text + n, sizeof(f->text) - n,
		    " (instance metadata: %s)", text);
	} else if (f->step == STEP_IMDS_ROLE && a->status == 404) {
		fail_no_role(f);
	} else if ((f->step == STEP_IMDS_ROLE || f->step == STEP_IMDS_KEYS) &&
		   a->status == 401 && !f->did_imds_again) {
		f->did_imds_again = true;
		start_imds(f);
	} else if (service_error_is_retryable(e)) {
		fail(f, CREDENTIALS_ERR_FETCH, "%s: %s", f->found.where, text);
	} else if (e->class == SERVICE_ERROR_EXPIRED) {
		/* The source's keys, or a token in a file: both are renewed. */
		fail(
		    f, CREDENTIALS_ERR_EXPIRED, "%s: %s", f->found.where, text);
	} else {
		f->is_denied = e->class == SERVICE_ERROR_DENIED;
		fail(
		    f, CREDENTIALS_ERR_INVALID, "%s: %s", f->found.where, text);
	}
}

static void
on_answer(void *arg, const struct http_answer *a)
{
	struct credentials_fetch *f = arg;
	char err[256] = "";

	if (a->error.class != SERVICE_ERROR_NONE) {
		on_error(f, a);
		return;
	}
	switch (f->step) {
	case STEP_STS:
		take(f, credentials_from_sts(a->body, a->len, err, sizeof(err)),
		    err);
		break;
	case STEP_CONTAINER:
		take(f,
		    credentials_from_json(CREDENTIALS_OF_CONTAINER, a->body,
			a->len, err, sizeof(err)),
		    err);
		break;
	case STEP_IMDS_TOKEN:
		on_imds_token(f, a);
		break;
	case STEP_IMDS_ROLE:
		on_imds_role(f, a);
		break;
	case STEP_IMDS_KEYS:
		take(f,
		    credentials_from_json(
			CREDENTIALS_OF_IMDS, a->body, a->len, err, sizeof(err)),
		    err);
		break;
	case STEP_NONE:
		break;
	}
}

static void
start_base(struct credentials_fetch *f)
{
	switch (f->base.kind) {
	case CREDENTIALS_KIND_ENVIRONMENT:
		fetch_environment(f);
		break;
	case CREDENTIALS_KIND_STATIC:
		fetch_static(f);
		break;
	case CREDENTIALS_KIND_PROCESS:
		start_process(f);
		break;
	case CREDENTIALS_KIND_WEB_IDENTITY:
		start_web_identity(f);
		break;
	case CREDENTIALS_KIND_CONTAINER:
		start_container(f);
		break;
	case CREDENTIALS_KIND_IMDS:
		start_imds(f);
		break;
	case CREDENTIALS_KIND_NONE:
	case CREDENTIALS_KIND_INVALID:
	case CREDENTIALS_KIND_ROLE:
		fail(f, CREDENTIALS_ERR_INVALID, "%s", f->base.text);
		break;
	}
}

struct credentials_fetch *
credentials_fetch_new(const struct config *config,
    const struct credentials_found *found, int64_t now_ms, double now_wall_ms)
{
	struct credentials_fetch *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->config = config;
	f->found = *found;
	f->base = *found;
	f->now_ms = now_ms;
	f->now_wall_ms = now_wall_ms;
	f->state = CREDENTIALS_PENDING;
	if (found->kind == CREDENTIALS_KIND_ROLE)
		f->nroles = credentials_find_chain(
		    config, found->profile, f->roles, &f->base);
	start_base(f);
	return f;
}

void
credentials_fetch_free(struct credentials_fetch *f)
{
	if (f == NULL)
		return;
	http_caller_free(f->caller);
	credentials_process_free(f->process);
	credentials_unref(f->set);
	wipe(f->imds_token);
	free(f);
}

int
credentials_fetch_result(struct credentials_fetch *f, struct credentials **set)
{
	*set = NULL;
	if (f->state == CREDENTIALS_READY) {
		*set = f->set;
		f->set = NULL;
	}
	return f->state;
}

const char *
credentials_fetch_text(const struct credentials_fetch *f)
{
	return f->text;
}

bool
credentials_fetch_is_denied(const struct credentials_fetch *f)
{
	return f->is_denied;
}

void
credentials_fetch_prepare(struct credentials_fetch *f, struct loop *l)
{
	if (f->process != NULL)
		credentials_process_prepare(f->process, l);
	if (f->caller != NULL)
		http_caller_prepare(f->caller, l);
}

/* The child has ended, well or not. */
static void
end_process(struct credentials_fetch *f, int rc)
{
	const char *output, *end = credentials_process_end(f->process);
	char err[256] = "";
	size_t len;

	if (rc == CREDENTIALS_PROCESS_DONE) {
		output = credentials_process_output(f->process, &len);
		take(f,
		    credentials_from_json(
			CREDENTIALS_OF_PROCESS, output, len, err, sizeof(err)),
		    err);
	} else {
		fail(f, CREDENTIALS_ERR_FETCH, "%s: %s%s%s", f->base.where,
		    credentials_process_strerror(rc),
		    end[0] != '\0' ? ", " : "", end);
	}
	credentials_process_free(f->process);
	f->process = NULL;
}

void
credentials_fetch_dispatch(struct credentials_fetch *f, struct loop *l,
    int64_t now_ms, double now_wall_ms)
{
	int rc;

	f->now_ms = now_ms;
	f->now_wall_ms = now_wall_ms;
	if (f->process != NULL) {
		rc = credentials_process_dispatch(f->process, l, now_ms);
		if (rc != CREDENTIALS_PROCESS_RUNNING)
			end_process(f, rc);
	}
	if (f->caller != NULL)
		http_caller_dispatch(f->caller, l, now_ms, now_wall_ms);
}
