#include "aws/client_check.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "aws/client_priv.h"
#include "aws/region.h"
#include "base/clock.h"
#include "base/json.h"

/* The id is public, but enough of it to recognise is enough. */
#define KEY_ID_SHOWN 4
/* The longest name, with what stands around it. */
#define LINE_HEAD_BYTES 32

static void
add(struct client_check *k, enum client_check_kind kind, const char *name,
    const char *fmt, va_list ap)
{
	struct client_check_fact *f;

	if (k->n == CLIENT_CHECK_FACTS_MAX)
		return;
	f = &k->facts[k->n++];
	f->kind = kind;
	snprintf(f->name, sizeof(f->name), "%s", name);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	/* One fact, one line, whatever was in a file or a variable. */
	for (char *p = f->text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == '\x7f')
			*p = '?';
}

void
client_check_fact(
    struct client_check *k, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(k, CLIENT_CHECK_FACT, name, fmt, ap);
	va_end(ap);
}

void
client_check_warning(struct client_check *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(k, CLIENT_CHECK_WARNING, "", fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 2, 3))) static void
add_help(struct client_check *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(k, CLIENT_CHECK_HELP, "", fmt, ap);
	va_end(ap);
}

void
client_check_problem(
    struct client_check *k, int status, const char *help, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(k, CLIENT_CHECK_PROBLEM, "", fmt, ap);
	va_end(ap);
	if (help != NULL)
		add_help(k, "%s", help);
	if (k->status == 0)
		k->status = status;
}

void
client_check_init(struct client_check *k, const char *tool,
    enum endpoint_service service, const struct config_options *options)
{
	memset(k, 0, sizeof(*k));
	k->tool = tool;
	k->service = service;
	if (options != NULL)
		k->options = *options;
	loop_init(&k->loop);
}

void
client_check_release(struct client_check *k)
{
	credentials_unref(k->credentials);
	client_release(&k->client);
	loop_release(&k->loop);
}

static void
say_file(struct client_check *k, const char *name, const char *path, int unread)
{
	if (path == NULL)
		client_check_fact(k, name, "none: no home directory is known");
	else
		client_check_fact(k, name, "%s%s", path,
		    unread != 0               ? " (cannot be read)"
		    : access(path, F_OK) == 0 ? ""
					      : " (not there)");
}

/* Files and profile.  False: nothing else can be found out. */
static bool
check_files(struct client_check *k)
{
	struct config *c = &k->client.config;
	char err[512];
	int rc =
	    config_load(c, &k->options, config_environ, NULL, err, sizeof(err));

	say_file(k, "config file", c->config_path, c->config_errno);
	say_file(
	    k, "credentials file", c->credentials_path, c->credentials_errno);
	if (rc != 0) {
		client_check_problem(k,
		    rc == CONFIG_ERR_NOMEM ? EX_OSERR : EX_CONFIG, NULL, "%s",
		    err);
		return false;
	}
	client_check_fact(k, "profile", "%s (%s)", c->profile,
	    c->profile_is_option  ? "--profile"
	    : c->profile_is_named ? "AWS_PROFILE"
				  : "none was named");
	for (size_t i = 0; config_problem(c, i, err, sizeof(err)); i++)
		client_check_warning(k, "%s", err);
	return true;
}

/* Region, endpoint, roots, proxy. */
static void
check_endpoint(struct client_check *k)
{
	struct client *c = &k->client;
	char from[160], err[512];
	int rc;

	/* Out of memory is told by what follows. */
	region_of_instance(&c->config);
	if (c->config.region != NULL)
		client_check_fact(k, "region", "%s (%s)", c->config.region,
		    strcmp(c->config.region_from, "option") == 0
			? "--region"
			: c->config.region_from);
	rc = client_find_endpoint(c, k->service, err, sizeof(err));
	if (rc != 0) {
		client_check_problem(
		    k, client_exit_status(rc), NULL, "%s", err);
		return;
	}
	config_endpoint_from(&c->config, k->service, from, sizeof(from));
	client_check_fact(k, "endpoint", "%s://%s%s (%s)",
	    c->endpoint.is_https ? "https" : "http", c->endpoint.authority,
	    c->endpoint.path_prefix,
	    from[0] == '\0' ? "the region's own" : from);
	if (!c->endpoint.is_https)
		client_check_fact(k, "trusted roots", "none needed: no TLS");
	else
		client_check_fact(k, "trusted roots", "%s (%s)",
		    c->config.ca_bundle == NULL ? "the system's"
						: c->config.ca_bundle,
		    c->config.ca_bundle == NULL ? "AWS_CA_BUNDLE is not set"
						: c->config.ca_bundle_from);
	if ((rc = client_find_roots(c, err, sizeof(err))) != 0)
		client_check_problem(
		    k, client_exit_status(rc), NULL, "%s", err);
	if ((rc = client_find_proxy(c, err, sizeof(err))) != 0)
		client_check_problem(
		    k, client_exit_status(rc), NULL, "%s", err);
	else if (c->proxy.host[0] == '\0')
		client_check_fact(k, "proxy", "none");
	else
		client_check_fact(k, "proxy", "%s port %u (%s)", c->proxy.host,
		    c->proxy.port, c->proxy.from);
}

/* Fetch what has to be fetched. */
static int
wait_for_credentials(struct client_check *k)
{
	struct credentials_provider *p = k->client.provider;
	int state;

	for (;;) {
		state = credentials_get(p, clock_wall_ms(), &k->credentials);
		if (state != CREDENTIALS_PENDING)
			return state;
		loop_begin(&k->loop);
		credentials_prepare(p, &k->loop);
		if (loop_wait(&k->loop) < 0)
			return CREDENTIALS_ERR_NOMEM;
		credentials_dispatch(p, &k->loop, clock_mono_ms());
	}
}

static void
say_credentials(struct client_check *k)
{
	const struct credentials *c = k->credentials;
	double left_s = ((double)c->expires_at_ms - clock_wall_ms()) / 1000;

	client_check_fact(
	    k, "credentials", "%s", credentials_describe(k->client.provider));
	client_check_fact(k, "key id", "%.*s...%s", KEY_ID_SHOWN,
	    c->keys.access_key_id,
	    c->keys.session_token == NULL ? "" : ", with a session token");
	if (c->expires_at_ms == INT64_MAX)
		client_check_fact(k, "expiry", "none is known");
	else
		client_check_fact(k, "expiry", "in %.0f min", left_s / 60);
	if (credentials_warning(k->client.provider)[0] != '\0')
		client_check_warning(
		    k, "%s", credentials_warning(k->client.provider));
}

static void
check_credentials(struct client_check *k)
{
	struct service_error error;
	int state;

	k->client.provider = credentials_provider_new(&k->client.config);
	if (k->client.provider == NULL) {
		client_check_problem(k, EX_OSERR, NULL, "out of memory");
		return;
	}
	state = wait_for_credentials(k);
	if (state == CREDENTIALS_READY) {
		say_credentials(k);
		return;
	}
	k->credentials = NULL;
	credentials_service_error(k->client.provider, state, &error);
	client_check_problem(k, service_error_exit_status(error.class),
	    state == CREDENTIALS_ERR_FETCH
		? "try again; if it stays, look at the source named here"
		: NULL,
	    "%s", error.message);
}

int
client_check_settings(struct client_check *k)
{
	if (check_files(k)) {
		check_endpoint(k);
		check_credentials(k);
	}
	return k->status;
}

static const char *
label(const struct client_check_fact *f)
{
	return f->kind == CLIENT_CHECK_WARNING   ? "warning"
	       : f->kind == CLIENT_CHECK_PROBLEM ? "problem"
	       : f->kind == CLIENT_CHECK_HELP    ? "what to do"
	                                         : f->name;
}

char *
client_check_text(const struct client_check *k)
{
	size_t size = (k->n + 1) * LINE_HEAD_BYTES + sizeof(k->facts[0].text);
	size_t used = 0;
	char *text;

	for (size_t i = 0; i < k->n; i++)
		size += strlen(k->facts[i].text);
	if ((text = malloc(size)) == NULL)
		return NULL;
	for (size_t i = 0; i < k->n; i++)
		used += (size_t)snprintf(text + used, size - used, "%-17s %s\n",
		    label(&k->facts[i]), k->facts[i].text);
	if (k->status == 0)
		snprintf(text + used, size - used, "%-17s ready\n", "result");
	else
		snprintf(text + used, size - used,
		    "%-17s not ready (exit status %d)\n", "result", k->status);
	return text;
}

static void
add_json(json_t *obj, json_t *warnings, json_t *problems,
    const struct client_check_fact *f)
{
	json_t *problem;

	switch (f->kind) {
	case CLIENT_CHECK_FACT:
		json_object_set_new(obj, f->name, json_string(f->text));
		break;
	case CLIENT_CHECK_WARNING:
		json_array_append_new(warnings, json_string(f->text));
		break;
	case CLIENT_CHECK_PROBLEM:
		problem = json_object();
		json_object_set_new(problem, "text", json_string(f->text));
		json_array_append_new(problems, problem);
		break;
	case CLIENT_CHECK_HELP:
		problem =
		    json_array_get(problems, json_array_size(problems) - 1);
		json_object_set_new(problem, "help", json_string(f->text));
		break;
	}
}

char *
client_check_json(const struct client_check *k)
{
	json_t *obj = json_object(), *warnings = json_array();
	json_t *problems = json_array();
	char *text, *line = NULL;
	size_t len;

	json_object_set_new(obj, "tool", json_string(k->tool));
	json_object_set_new(obj, "ok", json_boolean(k->status == 0));
	json_object_set_new(obj, "status", json_integer(k->status));
	for (size_t i = 0; i < k->n; i++)
		add_json(obj, warnings, problems, &k->facts[i]);
	json_object_set_new(obj, "warnings", warnings);
	json_object_set_new(obj, "problems", problems);
	text = json_line_dump(obj, &len);
	json_decref(obj);
	if (text == NULL)
		return NULL;
	if ((line = realloc(text, len + 2)) == NULL) {
		free(text);
		return NULL;
	}
	memcpy(line + len, "\n", 2);
	return line;
}
