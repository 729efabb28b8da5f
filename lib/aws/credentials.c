#include "aws/credentials.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials_fetch.h"
#include "aws/credentials_find.h"
#include "base/clock.h"

/* Tries begin this long before expiry, as botocore's do; for a set that lives
 * shorter, with the last third of its life: STS gives them from 15 min on, and
 * metadata services the same one again until shortly before its end. */
#define REFRESH_AHEAD_MS (15 * 60 * 1000)
#define REFRESH_PART 3
/* Between tries that failed. */
#define RETRY_MS 1000
#define RETRY_AHEAD_MS 10000

struct credentials_provider {
	const struct config *config; /* borrowed */
	struct config fresh;         /* read again for a second fetch */
	bool has_fresh;
	struct credentials *current;
	bool is_stale;        /* the service does not take `current` any more */
	double refresh_at_ms; /* Unix time */
	double clock_ahead_ms; /* of whoever asks, before the machine's: it may
	                          be corrected by what services say */
	struct credentials_found found;
	struct credentials_fetch *fetch; /* under way, or NULL */
	double next_try_ms;              /* Unix time */
	int state; /* CREDENTIALS_READY or the last error */
	char error[1024];
};

const char *
credentials_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case CREDENTIALS_##name:                                               \
		return text;
		CREDENTIALS_STATES(X)
#undef X
	}
	return "unknown error";
}

static char *
copy(const char *s)
{
	return s != NULL && s[0] != '\0' ? strdup(s) : NULL;
}

static void
wipe(const char *s)
{
	if (s == NULL)
		return;
	OPENSSL_cleanse((char *)s, strlen(s));
	free((char *)s);
}

struct credentials *
credentials_new(const char *access_key_id, const char *secret_access_key,
    const char *session_token, int64_t expires_at_ms)
{
	struct credentials *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->refs = 1;
	c->expires_at_ms = expires_at_ms;
	c->keys.access_key_id = copy(access_key_id);
	c->keys.secret_access_key = copy(secret_access_key);
	c->keys.session_token = copy(session_token);
	if (c->keys.access_key_id == NULL ||
	    c->keys.secret_access_key == NULL ||
	    (session_token != NULL && session_token[0] != '\0' &&
		c->keys.session_token == NULL)) {
		credentials_unref(c);
		return NULL;
	}
	return c;
}

struct credentials *
credentials_ref(struct credentials *c)
{
	c->refs++;
	return c;
}

void
credentials_unref(struct credentials *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	wipe(c->keys.access_key_id);
	wipe(c->keys.secret_access_key);
	wipe(c->keys.session_token);
	free(c);
}

struct credentials_provider *
credentials_provider_new(const struct config *config)
{
	struct credentials_provider *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->config = config;
	return p;
}

void
credentials_provider_free(struct credentials_provider *p)
{
	if (p == NULL)
		return;
	credentials_fetch_free(p->fetch);
	credentials_unref(p->current);
	if (p->has_fresh)
		config_release(&p->fresh);
	free(p);
}

static int
set_error(struct credentials_provider *p, int state, const char *text)
{
	p->state = state;
	snprintf(p->error, sizeof(p->error), "%s",
	    text[0] != '\0' ? text : credentials_strerror(state));
	return state;
}

static bool
is_usable(const struct credentials_provider *p, double now_wall_ms)
{
	return p->current != NULL && !p->is_stale &&
	       (double)p->current->expires_at_ms > now_wall_ms;
}

static double
refresh_at(const struct credentials *set, double now_wall_ms)
{
	double expires_at_ms = (double)set->expires_at_ms;
	double ahead_ms = (expires_at_ms - now_wall_ms) / REFRESH_PART;

	return expires_at_ms -
	       (ahead_ms < REFRESH_AHEAD_MS ? ahead_ms : REFRESH_AHEAD_MS);
}

static bool
is_same(const struct credentials *a, const struct credentials *b)
{
	const char *x = a->keys.session_token, *y = b->keys.session_token;

	return strcmp(a->keys.access_key_id, b->keys.access_key_id) == 0 &&
	       strcmp(a->keys.secret_access_key, b->keys.secret_access_key) ==
	           0 &&
	       (x == NULL || y == NULL ? x == y : strcmp(x, y) == 0);
}

/* What gave credentials once is not configured wrongly: a file is being
 * written, a host does not answer.  Asking later may help. */
static int
fail_for_now(struct credentials_provider *p, int state, const char *text)
{
	if (p->current != NULL &&
	    (state == CREDENTIALS_ERR_NONE || state == CREDENTIALS_ERR_INVALID))
		state = CREDENTIALS_ERR_FETCH;
	return set_error(p, state, text);
}

/* The configuration to look into: as loaded the first time, read anew later, so
 * that keys renewed in a file are seen. */
static const struct config *
reload(struct credentials_provider *p)
{
	struct config_options o = { .profile = p->config->profile_is_option
		                                   ? p->config->profile
		                                   : NULL,
		.region = p->config->region,
		.endpoint_url = p->config->endpoint_option,
		.ca_bundle = p->config->ca_bundle };
	char err[512];

	if (p->current == NULL && p->state == CREDENTIALS_READY)
		return p->config;
	if (p->has_fresh)
		config_release(&p->fresh);
	p->has_fresh = true;
	if (config_load(&p->fresh, &o, p->config->getenv, p->config->getenv_arg,
		err, sizeof(err)) == 0)
		return &p->fresh;
	fail_for_now(p, CREDENTIALS_ERR_INVALID, err);
	return NULL;
}

/* The fetch may have ended: take what it brought. */
static void
complete(struct credentials_provider *p, double now_wall_ms)
{
	struct credentials *set = NULL;
	char text[768];
	int state = credentials_fetch_result(p->fetch, &set);

	if (state == CREDENTIALS_PENDING)
		return;
	p->next_try_ms =
	    now_wall_ms +
	    (is_usable(p, now_wall_ms) ? RETRY_AHEAD_MS : RETRY_MS);
	if (state != CREDENTIALS_READY) {
		if (credentials_fetch_is_denied(p->fetch))
			set_error(p, state, credentials_fetch_text(p->fetch));
		else
			fail_for_now(
			    p, state, credentials_fetch_text(p->fetch));
	} else if ((p->is_stale && is_same(set, p->current)) ||
		   (double)set->expires_at_ms <= now_wall_ms) {
		snprintf(text, sizeof(text),
		    "credentials of %s have expired: %s", p->found.where,
		    credentials_may_change(p)
			? "renew them there"
			: "set new ones and start again, or use a profile, "
			  "which is read anew");
		set_error(p, CREDENTIALS_ERR_EXPIRED, text);
		credentials_unref(set);
	} else {
		credentials_unref(p->current);
		p->current = set;
		p->refresh_at_ms = refresh_at(set, now_wall_ms);
		p->is_stale = false;
		p->state = CREDENTIALS_READY;
		p->error[0] = '\0';
	}
	credentials_fetch_free(p->fetch);
	p->fetch = NULL;
}

static void
start(struct credentials_provider *p, double now_wall_ms)
{
	const struct config *config = reload(p);

	p->next_try_ms = now_wall_ms + RETRY_MS;
	if (config == NULL)
		return;
	credentials_find(config, &p->found);
	if (p->found.kind == CREDENTIALS_KIND_NONE ||
	    p->found.kind == CREDENTIALS_KIND_INVALID) {
		fail_for_now(p,
		    p->found.kind == CREDENTIALS_KIND_NONE
			? CREDENTIALS_ERR_NONE
			: CREDENTIALS_ERR_INVALID,
		    p->found.text);
		return;
	}
	p->fetch = credentials_fetch_new(
	    config, &p->found, clock_mono_ms(), now_wall_ms);
	if (p->fetch == NULL)
		set_error(p, CREDENTIALS_ERR_NOMEM, "");
	else
		complete(p, now_wall_ms);
}

int
credentials_get(struct credentials_provider *p, double now_wall_ms,
    struct credentials **out)
{
	bool has_just_ended =
	    p->state == CREDENTIALS_READY && !is_usable(p, now_wall_ms);

	*out = NULL;
	p->clock_ahead_ms = now_wall_ms - clock_wall_ms();
	if (p->fetch == NULL &&
	    (has_just_ended || now_wall_ms >= p->next_try_ms) &&
	    (!is_usable(p, now_wall_ms) || now_wall_ms >= p->refresh_at_ms))
		start(p, now_wall_ms);
	if (is_usable(p, now_wall_ms)) {
		*out = credentials_ref(p->current);
		return CREDENTIALS_READY;
	}
	if (p->fetch != NULL)
		return CREDENTIALS_PENDING;
	return p->state < 0 ? p->state : CREDENTIALS_ERR_EXPIRED;
}

void
credentials_invalidate(
    struct credentials_provider *p, const struct credentials *c)
{
	if (c == NULL || c != p->current)
		return;
	p->is_stale = true;
	p->next_try_ms = 0;
}

void
credentials_prepare(struct credentials_provider *p, struct loop *l)
{
	if (p->fetch != NULL)
		credentials_fetch_prepare(p->fetch, l);
}

void
credentials_dispatch(
    struct credentials_provider *p, struct loop *l, int64_t now_ms)
{
	double now_wall_ms = clock_wall_ms();

	if (p->fetch == NULL)
		return;
	credentials_fetch_dispatch(p->fetch, l, now_ms, now_wall_ms);
	complete(p, now_wall_ms + p->clock_ahead_ms);
}

const char *
credentials_describe(const struct credentials_provider *p)
{
	return p->current != NULL ? p->found.where : "";
}

bool
credentials_may_change(const struct credentials_provider *p)
{
	return p->found.kind != CREDENTIALS_KIND_ENVIRONMENT;
}

const char *
credentials_error(const struct credentials_provider *p)
{
	return p->error;
}

const char *
credentials_warning(const struct credentials_provider *p)
{
	return p->found.warning;
}

void
credentials_service_error(
    const struct credentials_provider *p, int state, struct service_error *e)
{
	enum service_error_class class = SERVICE_ERROR_CONFIG;

	if (state == CREDENTIALS_ERR_FETCH)
		class = SERVICE_ERROR_TRANSIENT;
	else if (state == CREDENTIALS_ERR_EXPIRED)
		class = SERVICE_ERROR_EXPIRED;
	else if (state == CREDENTIALS_ERR_NOMEM)
		class = SERVICE_ERROR_LOCAL;
	service_error_set(e, class, "credentials", "%s",
	    p->error[0] != '\0' ? p->error : credentials_strerror(state));
}
