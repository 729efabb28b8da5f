#include "aws/credentials_find.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A key of a profile that is not empty, or NULL. */
static const char *
get(const struct config *c, const char *profile, const char *key)
{
	const char *v = config_profile_get(c, profile, key);

	return v != NULL && v[0] != '\0' ? v : NULL;
}

__attribute__((format(printf, 3, 4))) static void
set(struct credentials_found *f, enum credentials_kind kind, const char *fmt,
    ...)
{
	bool is_error = kind == CREDENTIALS_KIND_INVALID;
	va_list ap;

	f->kind = kind;
	va_start(ap, fmt);
	vsnprintf(is_error ? f->text : f->where,
	    is_error ? sizeof(f->text) : sizeof(f->where), fmt, ap);
	va_end(ap);
}

/* The file that a profile's key comes from. */
static const char *
file_of(const struct config *c, const char *profile, const char *key)
{
	const char *v = ini_get(c->credentials_ini, INI_PROFILE, profile, key);

	return v != NULL && v[0] != '\0' ? c->credentials_path : c->config_path;
}

/* Static keys.  True: found, whole or not. */
static bool
find_static(
    const struct config *c, const char *profile, struct credentials_found *f)
{
	const char *id = get(c, profile, "aws_access_key_id");
	const char *secret = get(c, profile, "aws_secret_access_key");

	if (id == NULL && secret == NULL)
		return false;
	if (id == NULL || secret == NULL)
		set(f, CREDENTIALS_KIND_INVALID,
		    "profile '%s' of '%s' has no %s", profile,
		    file_of(c, profile,
			id != NULL ? "aws_access_key_id"
				   : "aws_secret_access_key"),
		    id != NULL ? "aws_secret_access_key" : "aws_access_key_id");
	else
		set(f, CREDENTIALS_KIND_STATIC, "profile '%s' of %s", profile,
		    file_of(c, profile, "aws_secret_access_key"));
	return true;
}

/* role_arn with a source.  True: found, usable or not. */
static bool
find_role(
    const struct config *c, const char *profile, struct credentials_found *f)
{
	const char *role = get(c, profile, "role_arn");
	const char *source = get(c, profile, "source_profile");
	const char *named = get(c, profile, "credential_source");

	if (role == NULL || (source == NULL && named == NULL))
		return false;
	if (source != NULL && named != NULL)
		set(f, CREDENTIALS_KIND_INVALID,
		    "profile '%s' has both source_profile and "
		    "credential_source: one of them is too much",
		    profile);
	else if (get(c, profile, "mfa_serial") != NULL)
		set(f, CREDENTIALS_KIND_INVALID,
		    "profile '%s' has mfa_serial, and nobody is here to type a "
		    "code: get a session token first, or use another profile",
		    profile);
	else if (source != NULL && !config_has_profile(c, source))
		set(f, CREDENTIALS_KIND_INVALID,
		    "profile '%s' has source_profile '%s', which is in neither "
		    "file",
		    profile, source);
	else if (named != NULL && strcmp(named, "Environment") != 0 &&
		 strcmp(named, "Ec2InstanceMetadata") != 0 &&
		 strcmp(named, "EcsContainer") != 0)
		set(f, CREDENTIALS_KIND_INVALID,
		    "profile '%s' has credential_source '%s': it can be "
		    "Environment, Ec2InstanceMetadata or EcsContainer",
		    profile, named);
	else
		set(f, CREDENTIALS_KIND_ROLE, "role of profile '%s'", profile);
	return true;
}

/* Kinds that other programs have and these tools do not. */
static bool
find_unsupported(
    const struct config *c, const char *profile, struct credentials_found *f)
{
	static const char *const keys[] = { "sso_session", "sso_start_url",
		"sso_account_id", "login_session" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (get(c, profile, keys[i]) == NULL)
			continue;
		set(f, CREDENTIALS_KIND_INVALID,
		    "profile '%s' signs in by %s, which is not supported: run "
		    "'aws configure export-credentials --profile %s --format "
		    "env' and use what it prints",
		    profile,
		    strncmp(keys[i], "sso", 3) == 0 ? "SSO" : "'aws login'",
		    profile);
		return true;
	}
	return false;
}

void
credentials_find_profile(const struct config *c, const char *profile,
    bool as_source, struct credentials_found *f)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->profile, sizeof(f->profile), "%s", profile);
	if (strlen(profile) >= sizeof(f->profile)) {
		set(f, CREDENTIALS_KIND_INVALID,
		    "profile name of more than %zu bytes",
		    sizeof(f->profile) - 1);
		return;
	}
	if (!as_source && find_role(c, profile, f))
		return;
	if (find_static(c, profile, f))
		return;
	if (as_source && find_role(c, profile, f))
		return;
	if (get(c, profile, "role_arn") != NULL &&
	    get(c, profile, "web_identity_token_file") != NULL)
		set(f, CREDENTIALS_KIND_WEB_IDENTITY,
		    "web identity of profile '%s'", profile);
	else if (get(c, profile, "credential_process") != NULL)
		set(f, CREDENTIALS_KIND_PROCESS,
		    "credential_process of profile '%s'", profile);
	else if (!find_unsupported(c, profile, f) &&
		 get(c, profile, "role_arn") != NULL)
		set(f, CREDENTIALS_KIND_INVALID,
		    "profile '%s' has role_arn, and nothing that says whose "
		    "keys assume it: source_profile, credential_source or "
		    "web_identity_token_file",
		    profile);
}

/* The environment's keys.  True: found, whole or not. */
static bool
find_environment(const struct config *c, struct credentials_found *f)
{
	const char *id = config_env(c, "AWS_ACCESS_KEY_ID");
	const char *secret = config_env(c, "AWS_SECRET_ACCESS_KEY");

	if (id == NULL || secret == NULL)
		return false;
	set(f, CREDENTIALS_KIND_ENVIRONMENT, "environment (AWS_ACCESS_KEY_ID)");
	if (c->profile_is_named)
		snprintf(f->warning, sizeof(f->warning),
		    "AWS_ACCESS_KEY_ID is set and used; profile '%.64s' is "
		    "not",
		    c->profile);
	return true;
}

/* What credential_source names. */
static void
find_named(const char *named, struct credentials_found *f)
{
	memset(f, 0, sizeof(*f));
	if (strcmp(named, "Environment") == 0)
		set(f, CREDENTIALS_KIND_ENVIRONMENT, "environment");
	else if (strcmp(named, "EcsContainer") == 0)
		set(f, CREDENTIALS_KIND_CONTAINER, "container");
	else
		set(f, CREDENTIALS_KIND_IMDS, "instance metadata");
}

size_t
credentials_find_chain(const struct config *c, const char *profile,
    char roles[CREDENTIALS_MAX_ROLES][128], struct credentials_found *base)
{
	const char *source = NULL;
	size_t n = 0, i;

	for (; n < CREDENTIALS_MAX_ROLES; profile = source) {
		for (i = 0; i < n; i++)
			if (strcmp(roles[i], profile) == 0) {
				set(base, CREDENTIALS_KIND_INVALID,
				    "source_profile of profile '%s' leads "
				    "back to profile '%s'",
				    roles[n - 1], profile);
				return 0;
			}
		snprintf(roles[n++], sizeof(roles[0]), "%s", profile);
		source = get(c, profile, "credential_source");
		if (source != NULL) {
			find_named(source, base);
			return n;
		}
		source = get(c, profile, "source_profile");
		credentials_find_profile(c, source, true, base);
		if (base->kind == CREDENTIALS_KIND_NONE)
			set(base, CREDENTIALS_KIND_INVALID,
			    "profile '%s', source_profile of '%s', has no "
			    "credentials",
			    source, profile);
		if (base->kind == CREDENTIALS_KIND_INVALID)
			return 0;
		if (base->kind != CREDENTIALS_KIND_ROLE)
			return n;
	}
	set(base, CREDENTIALS_KIND_INVALID,
	    "more than %d profiles follow one another as source_profile",
	    CREDENTIALS_MAX_ROLES);
	return 0;
}

/* Web identity from the environment takes two variables: the missing one. */
static const char *
missing_of_web_identity(const struct config *c)
{
	bool has_file = config_env(c, "AWS_WEB_IDENTITY_TOKEN_FILE") != NULL;
	bool has_role = config_env(c, "AWS_ROLE_ARN") != NULL;

	return has_file == has_role ? ""
	       : has_file           ? " (AWS_ROLE_ARN is not set)"
	                  : " (AWS_WEB_IDENTITY_TOKEN_FILE is not set)";
}

static bool
is_imds_disabled(const struct config *c)
{
	const char *v = config_env(c, "AWS_EC2_METADATA_DISABLED");

	return v != NULL && strcasecmp(v, "true") == 0;
}

void
credentials_none_text(const struct config *c, char *out, size_t outsize)
{
	const char *id = config_env(c, "AWS_ACCESS_KEY_ID");
	const char *secret = config_env(c, "AWS_SECRET_ACCESS_KEY");

	snprintf(out, outsize,
	    "no credentials: looked for %s in the environment, profile '%s' in "
	    "%s%s and %s%s, web identity%s, container%s; set AWS_ACCESS_KEY_ID "
	    "and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile that has "
	    "them",
	    id != NULL && secret == NULL ? "AWS_SECRET_ACCESS_KEY"
	    : id == NULL && secret != NULL
		? "AWS_ACCESS_KEY_ID"
		: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
	    c->profile,
	    c->credentials_path != NULL ? c->credentials_path
					: "~/.aws/credentials",
	    c->credentials_errno != 0 ? " (which cannot be read)" : "",
	    c->config_path != NULL ? c->config_path : "~/.aws/config",
	    c->config_errno != 0 ? " (which cannot be read)" : "",
	    missing_of_web_identity(c),
	    is_imds_disabled(c) ? "" : " and instance metadata");
}

void
credentials_find(const struct config *c, struct credentials_found *f)
{
	memset(f, 0, sizeof(*f));
	if (!c->profile_is_option && find_environment(c, f))
		return;
	credentials_find_profile(c, c->profile, false, f);
	if (f->kind != CREDENTIALS_KIND_NONE)
		return;
	f->profile[0] = '\0';
	if (config_env(c, "AWS_WEB_IDENTITY_TOKEN_FILE") != NULL &&
	    config_env(c, "AWS_ROLE_ARN") != NULL)
		set(f, CREDENTIALS_KIND_WEB_IDENTITY,
		    "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)");
	else if (config_env(c, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") !=
		     NULL ||
		 config_env(c, "AWS_CONTAINER_CREDENTIALS_FULL_URI") != NULL)
		set(f, CREDENTIALS_KIND_CONTAINER, "container");
	else if (!is_imds_disabled(c))
		set(f, CREDENTIALS_KIND_IMDS, "instance metadata");
	if (f->kind == CREDENTIALS_KIND_NONE)
		credentials_none_text(c, f->text, sizeof(f->text));
}
