/*
 * Settings from options, environment and the shared files, in that order:
 * region, endpoints, trusted roots, retries.  Reads files once, in
 * config_load(); the environment is asked through a function, so that a test
 * states it.  Source: PROTOCOL 7.1 (files), 7.2, 7.3.
 */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/endpoint.h"
#include "aws/ini.h"

#define CONFIG_ERRORS(X)                                                       \
	X(NOMEM, -1, "out of memory")                                          \
	X(FILE, -2, "a file cannot be read")                                   \
	X(PROFILE, -3, "no such profile")                                      \
	X(VALUE, -4, "a setting makes no sense")                               \
	X(REGION, -5, "no region")

enum config_error {
#define X(name, code, text) CONFIG_ERR_##name = code,
	CONFIG_ERRORS(X)
#undef X
};

/* Value of an environment variable, or NULL.  Must stay valid for the call. */
typedef const char *config_getenv(void *arg, const char *name);

/* The process's own environment; arg is not used. */
const char *config_environ(void *arg, const char *name);

/* What was said on the command line; NULL where nothing was. */
struct config_options {
	const char *region;
	const char *profile;
	const char *endpoint_url; /* for every service of this process */
	const char *ca_bundle;    /* PEM file */
};

struct config {
	char *region;      /* NULL: none was found (config_need_region()) */
	char *region_from; /* "AWS_REGION", "profile 'dev'", ... */
	char *profile;     /* "default" or what was asked for */
	bool profile_is_option; /* asked for by option: beats the environment's
	                           keys */
	bool profile_is_named;  /* asked for by option or variable */
	char *ca_bundle; /* PEM file of trusted roots, or NULL: the system's */
	char *ca_bundle_from; /* "AWS_CA_BUNDLE", ..., NULL with ca_bundle */
	bool use_fips;
	bool use_dualstack;
	bool ignore_endpoint_urls;
	int max_attempts; /* tries in all, at least 1 */
	bool is_adaptive; /* retry_mode: treated as standard */
	char *endpoint_option;

	/* Files: NULL path when no home directory is known, empty ini when the
	 * file is not there. */
	char *config_path;
	char *credentials_path;
	struct ini *config_ini;
	struct ini *credentials_ini;
	int config_errno; /* why the file in the home directory is not read; 0
	                     where it is, or is not there */
	int credentials_errno;

	config_getenv *getenv; /* borrowed, with its argument */
	void *getenv_arg;
};

/*
 * Load everything.  `options` is borrowed for the call (NULL: none);
 * getenv and arg until config_release().  Home is HOME, else what the user
 * database says.  Reads AWS_CONFIG_FILE (or ~/.aws/config) and
 * AWS_SHARED_CREDENTIALS_FILE (or ~/.aws/credentials); a file that is not there
 * is empty; so is one in the home directory that cannot be read, as a service
 * may run with another user's HOME: config_problem() tells of it.
 *
 * Returns 0, or CONFIG_ERR_* with one line for people in err: a file named by
 * variable that exists and cannot be read, a profile asked for that neither
 * file has, a number that is none.  A missing region is no error here.  After
 * an error config_release() is still to be called.
 */
int config_load(struct config *c, const struct config_options *options,
    config_getenv *getenv, void *arg, char *err, size_t errsize);

/* Free what it owns, secrets wiped. */
void config_release(struct config *c);

/* 0, or CONFIG_ERR_REGION with a line that says where it was looked for and
 * what to do. */
int config_need_region(const struct config *c, char *err, size_t errsize);

/*
 * Where to reach a service: option, AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, `services` block of the profile, its endpoint_url, else
 * the default host of the region.  Fills region and service to sign for.
 * 0, CONFIG_ERR_REGION, or CONFIG_ERR_VALUE with one line that names the
 * setting.
 */
int config_endpoint(const struct config *c, enum endpoint_service service,
    struct endpoint *e, char *err, size_t errsize);

/* Which setting config_endpoint() takes its URL from: "--endpoint-url",
 * "AWS_ENDPOINT_URL", "endpoint_url of profile 'dev'", ...; "": none is set,
 * the region's default is taken. */
void config_endpoint_from(const struct config *c, enum endpoint_service service,
    char *out, size_t outsize);

/* A key of a profile: the credentials file's value, else the config file's,
 * else NULL.  Borrowed until config_release(). */
const char *config_profile_get(
    const struct config *c, const char *profile, const char *key);

/* Whether either file has the profile. */
bool config_has_profile(const struct config *c, const char *profile);

/* A non-empty environment variable, or NULL. */
const char *config_env(const struct config *c, const char *name);

/*
 * The n-th thing (from 0) that was left out of the files: a line that makes no
 * sense, "file, line 3: why" in out, or a whole file that cannot be read; 0
 * when there is no such, else 1.  At most one a file.
 */
int config_problem(const struct config *c, size_t n, char *out, size_t outsize);

const char *config_strerror(int code);

#endif
