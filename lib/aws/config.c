#include "aws/config.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "aws/config_file.h"
#include "aws/retry.h"

/* Ours: a line of the user database. */
#define PASSWD_BYTES 4096

/* Where the text of an error goes. */
struct sink {
	char *err;
	size_t size;
};

const char *
config_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case CONFIG_ERR_##name:                                                \
		return text;
		CONFIG_ERRORS(X)
#undef X
	}
	return "unknown error";
}

__attribute__((format(printf, 3, 4))) static int
fail(const struct sink *sink, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sink->err, sink->size, fmt, ap);
	va_end(ap);
	return code;
}

static int
fail_nomem(const struct sink *sink)
{
	return fail(sink, CONFIG_ERR_NOMEM, "out of memory");
}

const char *
config_environ(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

const char *
config_env(const struct config *c, const char *name)
{
	const char *v = c->getenv(c->getenv_arg, name);

	return v != NULL && v[0] != '\0' ? v : NULL;
}

const char *
config_profile_get(const struct config *c, const char *profile, const char *key)
{
	const char *v = ini_get(c->credentials_ini, INI_PROFILE, profile, key);

	return v != NULL && v[0] != '\0'
	           ? v
	           : ini_get(c->config_ini, INI_PROFILE, profile, key);
}

bool
config_has_profile(const struct config *c, const char *profile)
{
	return ini_has_section(c->credentials_ini, INI_PROFILE, profile) ||
	       ini_has_section(c->config_ini, INI_PROFILE, profile);
}

/* A setting by environment variable or profile key (either may be NULL); NULL
 * when there is none.  *from (fromsize bytes) says which. */
static const char *
lookup(const struct config *c, const char *variable, const char *key,
    char *from, size_t fromsize)
{
	const char *v = variable != NULL ? config_env(c, variable) : NULL;

	if (v != NULL) {
		snprintf(from, fromsize, "%s", variable);
		return v;
	}
	v = key != NULL ? config_profile_get(c, c->profile, key) : NULL;
	if (v == NULL || v[0] == '\0')
		return NULL;
	snprintf(from, fromsize, "%s of profile '%s'", key, c->profile);
	return v;
}

/* The user's home directory, or NULL.  A service that an init system starts may
 * have no HOME: then the one of the user database, as in AWS's SDKs. */
static char *
find_home(const struct config *c)
{
	const char *home = config_env(c, "HOME");
	struct passwd entry, *found = NULL;
	char buf[PASSWD_BYTES];

	if (home != NULL)
		return strdup(home);
	if (getpwuid_r(getuid(), &entry, buf, sizeof(buf), &found) != 0 ||
	    found == NULL || found->pw_dir == NULL || found->pw_dir[0] == '\0')
		return NULL;
	return strdup(found->pw_dir);
}

/* "~/x" and "~" with the home directory for "~".  NULL: none is known, or no
 * memory. */
static char *
expand_home(const struct config *c, const char *path)
{
	char *home, *s;
	size_t n;

	if (path[0] != '~' || (path[1] != '/' && path[1] != '\0'))
		return strdup(path);
	home = find_home(c);
	if (home == NULL)
		return NULL;
	n = strlen(home) + strlen(path);
	s = malloc(n);
	if (s != NULL)
		snprintf(s, n, "%s%s", home, path + 1);
	free(home);
	return s;
}

static int
load_file(const struct config *c, const char *variable, const char *fallback,
    enum ini_kind kind, char **path, struct ini **ini, int *unread_errno,
    const struct sink *sink)
{
	const char *named = config_env(c, variable);
	char *text = NULL;
	size_t len = 0;
	int rc;

	*path = expand_home(c, named != NULL ? named : fallback);
	if (*path == NULL && config_env(c, "HOME") != NULL)
		return fail_nomem(sink);
	rc = *path != NULL ? config_file_read(*path, INI_MAX_BYTES, &text, &len)
	                   : -ENOENT;
	if (rc == -ENOMEM)
		return fail_nomem(sink);
	if (rc != 0 && rc != -ENOENT && rc != -ENOTDIR && named == NULL)
		*unread_errno = -rc;
	else if (rc != 0 && rc != -ENOENT && rc != -ENOTDIR)
		return fail(sink, CONFIG_ERR_FILE, "cannot read '%s': %s",
		    *path, strerror(-rc));
	rc = ini_parse(ini, kind, text, len);
	if (text != NULL)
		OPENSSL_cleanse(text, len);
	free(text);
	if (rc == INI_ERR_NOMEM)
		return fail_nomem(sink);
	if (rc != 0)
		return fail(sink, CONFIG_ERR_FILE, "cannot read '%s': %s",
		    *path, ini_strerror(rc));
	return 0;
}

static int
load_profile(
    struct config *c, const struct config_options *o, const struct sink *sink)
{
	const char *name = o->profile;

	c->profile_is_option = name != NULL;
	if (name == NULL)
		name = config_env(c, "AWS_PROFILE");
	if (name == NULL)
		name = config_env(c, "AWS_DEFAULT_PROFILE");
	c->profile_is_named = name != NULL;
	c->profile = strdup(name != NULL ? name : "default");
	if (c->profile == NULL)
		return fail_nomem(sink);
	if (name == NULL || strcmp(name, "default") == 0 ||
	    config_has_profile(c, name))
		return 0;
	return fail(sink, CONFIG_ERR_PROFILE,
	    "no profile '%s': neither [profile %s] in '%s'%s nor [%s] in "
	    "'%s'%s",
	    name, name,
	    c->config_path != NULL ? c->config_path : "~/.aws/config",
	    c->config_errno != 0 ? " (which cannot be read)" : "", name,
	    c->credentials_path != NULL ? c->credentials_path
					: "~/.aws/credentials",
	    c->credentials_errno != 0 ? " (which cannot be read)" : "");
}

static int
load_region(
    struct config *c, const struct config_options *o, const struct sink *sink)
{
	char from[160] = "option";
	const char *v = o->region;

	if (v == NULL)
		v = lookup(c, "AWS_REGION", NULL, from, sizeof(from));
	if (v == NULL)
		v = lookup(
		    c, "AWS_DEFAULT_REGION", "region", from, sizeof(from));
	if (v == NULL)
		return 0;
	if (!endpoint_region_is_valid(v))
		return fail(sink, CONFIG_ERR_VALUE,
		    "region '%s' (%s) may only have a-z, 0-9 and '-'", v, from);
	c->region = strdup(v);
	c->region_from = strdup(from);
	return c->region != NULL && c->region_from != NULL ? 0
	                                                   : fail_nomem(sink);
}

static int
load_bool(struct config *c, const char *variable, const char *key, bool *out,
    const struct sink *sink)
{
	char from[160];
	const char *v = lookup(c, variable, key, from, sizeof(from));

	*out = false;
	if (v == NULL || strcasecmp(v, "false") == 0)
		return 0;
	if (strcasecmp(v, "true") != 0)
		return fail(sink, CONFIG_ERR_VALUE,
		    "%s is '%s', it can be true or false", from, v);
	*out = true;
	return 0;
}

static int
load_retry(struct config *c, const struct sink *sink)
{
	char from[160], *end;
	const char *v =
	    lookup(c, "AWS_MAX_ATTEMPTS", "max_attempts", from, sizeof(from));
	long n;

	c->max_attempts = RETRY_DEFAULT_ATTEMPTS;
	if (v != NULL) {
		errno = 0;
		n = strtol(v, &end, 10);
		if (errno != 0 || *end != '\0' || n < 1 || n > 1000)
			return fail(sink, CONFIG_ERR_VALUE,
			    "%s is '%s', it can be a number from 1 to 1000",
			    from, v);
		c->max_attempts = (int)n;
	}
	v = lookup(c, "AWS_RETRY_MODE", "retry_mode", from, sizeof(from));
	if (v == NULL || strcasecmp(v, "standard") == 0 ||
	    strcasecmp(v, "legacy") == 0)
		return 0;
	if (strcasecmp(v, "adaptive") != 0)
		return fail(sink, CONFIG_ERR_VALUE,
		    "%s is '%s', it can be standard, adaptive or legacy", from,
		    v);
	c->is_adaptive = true;
	return 0;
}

static int
load_ca_bundle(
    struct config *c, const struct config_options *o, const struct sink *sink)
{
	char from[160] = "option";
	const char *v = o->ca_bundle;

	if (v == NULL)
		v = lookup(c, "AWS_CA_BUNDLE", "ca_bundle", from, sizeof(from));
	if (v == NULL)
		return 0;
	c->ca_bundle = expand_home(c, v);
	c->ca_bundle_from = strdup(from);
	if (c->ca_bundle == NULL || c->ca_bundle_from == NULL)
		return fail_nomem(sink);
	if (access(c->ca_bundle, R_OK) != 0)
		return fail(sink, CONFIG_ERR_FILE,
		    "cannot read certificates in '%s' (%s): %s", v, from,
		    strerror(errno));
	return 0;
}

int
config_load(struct config *c, const struct config_options *options,
    config_getenv *getenv_fn, void *arg, char *err, size_t errsize)
{
	static const struct config_options none;
	const struct config_options *o = options != NULL ? options : &none;
	const struct sink sink = { err, errsize };
	int rc;

	memset(c, 0, sizeof(*c));
	c->getenv = getenv_fn;
	c->getenv_arg = arg;
	rc = load_file(c, "AWS_CONFIG_FILE", "~/.aws/config", INI_CONFIG,
	    &c->config_path, &c->config_ini, &c->config_errno, &sink);
	if (rc == 0)
		rc = load_file(c, "AWS_SHARED_CREDENTIALS_FILE",
		    "~/.aws/credentials", INI_CREDENTIALS, &c->credentials_path,
		    &c->credentials_ini, &c->credentials_errno, &sink);
	if (rc == 0)
		rc = load_profile(c, o, &sink);
	if (rc == 0)
		rc = load_region(c, o, &sink);
	if (rc == 0)
		rc = load_bool(c, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint",
		    &c->use_fips, &sink);
	if (rc == 0)
		rc = load_bool(c, "AWS_USE_DUALSTACK_ENDPOINT",
		    "use_dualstack_endpoint", &c->use_dualstack, &sink);
	if (rc == 0)
		rc = load_bool(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		    "ignore_configured_endpoint_urls", &c->ignore_endpoint_urls,
		    &sink);
	if (rc == 0)
		rc = load_retry(c, &sink);
	if (rc == 0)
		rc = load_ca_bundle(c, o, &sink);
	if (rc == 0 && o->endpoint_url != NULL) {
		c->endpoint_option = strdup(o->endpoint_url);
		if (c->endpoint_option == NULL)
			rc = fail_nomem(&sink);
	}
	return rc;
}

void
config_release(struct config *c)
{
	free(c->region);
	free(c->region_from);
	free(c->profile);
	free(c->ca_bundle);
	free(c->ca_bundle_from);
	free(c->endpoint_option);
	free(c->config_path);
	free(c->credentials_path);
	ini_free(c->config_ini);
	ini_free(c->credentials_ini);
	memset(c, 0, sizeof(*c));
}

int
config_need_region(const struct config *c, char *err, size_t errsize)
{
	const struct sink sink = { err, errsize };

	if (c->region != NULL)
		return 0;
	return fail(&sink, CONFIG_ERR_REGION,
	    "no region: set AWS_REGION, or 'region' in profile '%s' of '%s'",
	    c->profile,
	    c->config_path != NULL ? c->config_path : "~/.aws/config");
}

/* A `services` section that is named and not there: then the URL that somebody
 * wrote down is not the one that would be used. */
static int
check_services(const struct config *c, const struct sink *sink)
{
	const char *name = config_profile_get(c, c->profile, "services");

	if (c->ignore_endpoint_urls || name == NULL || name[0] == '\0' ||
	    ini_has_section(c->config_ini, INI_SERVICES, name))
		return 0;
	return fail(sink, CONFIG_ERR_VALUE,
	    "profile '%s' has services = %s, and '%s' has no [services %s]",
	    c->profile, name,
	    c->config_path != NULL ? c->config_path : "~/.aws/config", name);
}

/* The URL that option or environment set for a service, NULL: none.  *from says
 * where. */
static const char *
find_given_url(const struct config *c, enum endpoint_service service,
    char *from, size_t fromsize)
{
	const char *v;
	char variable[64];
	int n;
	size_t i;

	if (c->endpoint_option != NULL) {
		snprintf(from, fromsize, "--endpoint-url");
		return c->endpoint_option;
	}
	if (c->ignore_endpoint_urls)
		return NULL;
	n = snprintf(variable, sizeof(variable), "AWS_ENDPOINT_URL_%s",
	    endpoint_service_id(service));
	for (i = 0; i < (size_t)n; i++)
		if (variable[i] >= 'a' && variable[i] <= 'z')
			variable[i] = (char)(variable[i] - 'a' + 'A');
	v = lookup(c, variable, NULL, from, fromsize);
	return v != NULL ? v
	                 : lookup(c, "AWS_ENDPOINT_URL", NULL, from, fromsize);
}

/* The same, that the profile sets. */
static const char *
find_profile_url(const struct config *c, enum endpoint_service service,
    char *from, size_t fromsize)
{
	const char *id = endpoint_service_id(service), *block, *v = NULL;

	if (c->ignore_endpoint_urls)
		return NULL;
	block = config_profile_get(c, c->profile, "services");
	if (block != NULL)
		v = ini_get_nested(
		    c->config_ini, INI_SERVICES, block, id, "endpoint_url");
	if (v != NULL && v[0] != '\0') {
		snprintf(from, fromsize, "%s of services '%s'", id, block);
		return v;
	}
	return lookup(c, NULL, "endpoint_url", from, fromsize);
}

int
config_endpoint(const struct config *c, enum endpoint_service service,
    struct endpoint *e, char *err, size_t errsize)
{
	const struct sink sink = { err, errsize };
	char from[160];
	const char *url;
	int rc = config_need_region(c, err, errsize);

	if (rc != 0)
		return rc;
	url = find_given_url(c, service, from, sizeof(from));
	if (url == NULL && (rc = check_services(c, &sink)) != 0)
		return rc;
	if (url == NULL)
		url = find_profile_url(c, service, from, sizeof(from));
	if (url == NULL) {
		rc = endpoint_default(
		    e, service, c->region, c->use_fips, c->use_dualstack);
		return rc == 0 ? 0
		               : fail(&sink, CONFIG_ERR_VALUE,
				     "region '%s' (%s): %s", c->region,
				     c->region_from, endpoint_strerror(rc));
	}
	if (c->use_fips || c->use_dualstack)
		return fail(&sink, CONFIG_ERR_VALUE,
		    "%s goes with an endpoint of AWS's own only, and %s sets "
		    "'%s'",
		    c->use_fips ? "FIPS" : "dual stack", from, url);
	rc = endpoint_parse(e, url);
	if (rc != 0)
		return fail(&sink, CONFIG_ERR_VALUE, "%s is '%s': %s", from,
		    url, endpoint_strerror(rc));
	snprintf(e->region, sizeof(e->region), "%s", c->region);
	snprintf(e->service, sizeof(e->service), "%s",
	    endpoint_service_signing_name(service));
	return 0;
}

void
config_endpoint_from(const struct config *c, enum endpoint_service service,
    char *out, size_t outsize)
{
	if (find_given_url(c, service, out, outsize) == NULL &&
	    find_profile_url(c, service, out, outsize) == NULL)
		out[0] = '\0';
}

int
config_problem(const struct config *c, size_t n, char *out, size_t outsize)
{
	const struct ini *inis[] = { c->config_ini, c->credentials_ini };
	const char *paths[] = { c->config_path, c->credentials_path };
	const int errnos[] = { c->config_errno, c->credentials_errno };
	const char *why;
	size_t i, line;

	for (i = 0; i < 2; i++) {
		if (errnos[i] != 0 && n-- == 0) {
			snprintf(out, outsize, "cannot read '%s': %s", paths[i],
			    strerror(errnos[i]));
			return 1;
		}
		line = ini_problem(inis[i], &why);
		if (line > 0 && n-- == 0) {
			snprintf(out, outsize, "%s, line %zu: %s", paths[i],
			    line, why);
			return 1;
		}
	}
	return 0;
}
