/*
 * What the suites about credentials share: an environment and files of the
 * test's own, and the provider that reads them.
 */
#ifndef TEST_AWS_CREDENTIALS_H
#define TEST_AWS_CREDENTIALS_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials.h"
#include "aws_env.h"
#include "base/clock.h"

static struct env env;
static struct config config;
static struct credentials_provider *provider;
static struct credentials *creds;
static char err[512];

static inline void
setup(void)
{
	env_init(&env);
	memset(&config, 0, sizeof(config));
	provider = NULL;
	creds = NULL;
}

static inline void
teardown(void)
{
	credentials_unref(creds);
	credentials_provider_free(provider);
	config_release(&config);
	env_release(&env);
}

static inline void
load(const char *profile)
{
	struct config_options o = { .profile = profile };

	ck_assert_int_eq(
	    config_load(&config, &o, env_get, &env, err, sizeof(err)), 0);
	provider = credentials_provider_new(&config);
	ck_assert_ptr_nonnull(provider);
}

static inline int
get(double now_ms)
{
	credentials_unref(creds);
	return credentials_get(provider, now_ms, &creds);
}

/* Ask until there is an answer. */
static inline int
fetch(double now_ms)
{
	struct loop loop;
	int state;

	loop_init(&loop);
	while ((state = get(now_ms)) == CREDENTIALS_PENDING) {
		loop_begin(&loop);
		credentials_prepare(provider, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		credentials_dispatch(provider, &loop, clock_mono_ms());
	}
	loop_release(&loop);
	return state;
}

#endif
