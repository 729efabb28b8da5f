/*
 * Credentials: found once, kept, replaced before they expire.  Finding them
 * may need other programs and services, so a provider is asynchronous: ask
 * credentials_get() whenever something is to be signed, and give it a part in
 * the loop.
 *
 *	switch (credentials_get(p, clock_wall_ms(), &creds)) {
 *	case CREDENTIALS_READY:   sign with creds, then credentials_unref(creds)
 *	case CREDENTIALS_PENDING: go on with the loop, ask again after dispatch
 *	default:                  credentials_error(p) says why
 *	}
 *
 * Order (PROTOCOL 7.1): environment; profile (role_arn with source_profile or
 * credential_source, static keys, web identity, credential_process); web
 * identity from the environment; container; IMDSv2.  A profile asked for by
 * option beats the environment's keys.
 */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/config.h"
#include "aws/service_error.h"
#include "aws/sigv4.h"
#include "base/loop.h"

/* One set of keys.  Never changes once made; counted references, so that a
 * stream can pin the set it was opened with (PROTOCOL 3.3). */
struct credentials {
	struct sigv4_credentials keys; /* strings live as long as a reference */
	int64_t expires_at_ms; /* Unix time; INT64_MAX: never, or not known */
	unsigned int refs;
};

/*
 * Make a set from copies of the strings; session_token may be NULL or "".
 * One reference, the caller's; NULL: no memory.
 */
struct credentials *
credentials_new(const char *access_key_id, const char *secret_access_key,
    const char *session_token, int64_t expires_at_ms);

/* One more reference; returns c. */
struct credentials *credentials_ref(struct credentials *c);

/* One less; the last overwrites and frees.  NULL does nothing. */
void credentials_unref(struct credentials *c);

#define CREDENTIALS_STATES(X)                                                  \
	X(READY, 0, "ready")                                                   \
	X(PENDING, 1, "being fetched")                                         \
	X(ERR_NONE, -1, "no credentials found")                                \
	X(ERR_INVALID, -2, "credentials are configured wrongly")               \
	X(ERR_EXPIRED, -3, "credentials have expired")                         \
	X(ERR_FETCH, -4, "credentials cannot be fetched now")                  \
	X(ERR_NOMEM, -5, "out of memory")

enum credentials_state {
#define X(name, code, text) CREDENTIALS_##name = code,
	CREDENTIALS_STATES(X)
#undef X
};

struct credentials_provider;

/*
 * A provider over `config`, borrowed until credentials_provider_free().
 * Looks at nothing yet.  NULL: no memory.
 */
struct credentials_provider *
credentials_provider_new(const struct config *config);

void credentials_provider_free(struct credentials_provider *p);

/*
 * A set to sign with at now_wall_ms (Unix time).  CREDENTIALS_READY with *out,
 * a reference of the caller's; CREDENTIALS_PENDING; or CREDENTIALS_ERR_*:
 * NONE and INVALID stay until the configuration changes; after FETCH and
 * EXPIRED asking again later tries again (not more often than once a second).
 * A source that gave a set once is not said to be NONE, and INVALID only when
 * it is refused (access denied): else it is FETCH.
 * A set is replaced ahead of its expiry (15 minutes, or the last third of a
 * shorter life); while that goes on the old one is given out.
 * now_wall_ms may be corrected by what a service says of the time: expiry is
 * judged by the clock of who asks.
 */
int credentials_get(struct credentials_provider *p, double now_wall_ms,
    struct credentials **out);

/*
 * The service said that `c` has expired (or is not known any more): the next
 * credentials_get() finds a new set.  Ignored unless `c` is what the provider
 * gives out now, so that many requests that fail together cause one fetch.
 */
void credentials_invalidate(
    struct credentials_provider *p, const struct credentials *c);

/* What is being fetched waits for this; nothing when nothing is. */
void credentials_prepare(struct credentials_provider *p, struct loop *l);

void credentials_dispatch(
    struct credentials_provider *p, struct loop *l, int64_t now_ms);

/* "environment (AWS_ACCESS_KEY_ID)" or "profile 'dev' of ~/.aws/credentials":
 * where the set given out comes from; never a secret.  "" before READY. */
const char *credentials_describe(const struct credentials_provider *p);

/* Whether the source may give other credentials while this process runs: false
 * for keys in its own environment, which nobody can change any more. */
bool credentials_may_change(const struct credentials_provider *p);

/* One line for people: what was looked for where and what to do, or what went
 * wrong.  "" when nothing did. */
const char *credentials_error(const struct credentials_provider *p);

/* Something worth a warning, such as keys in the environment winning over
 * AWS_PROFILE; "" when there is none. */
const char *credentials_warning(const struct credentials_provider *p);

/*
 * The same as a service_error, for callers that pass errors on: ERR_NONE and
 * ERR_INVALID are CONFIG, ERR_EXPIRED is EXPIRED, ERR_FETCH is TRANSIENT.
 */
void credentials_service_error(
    const struct credentials_provider *p, int state, struct service_error *e);

const char *credentials_strerror(int code);

#endif
