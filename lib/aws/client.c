#include "aws/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "aws/client_priv.h"
#include "aws/region.h"

enum {
	OPT_REGION = 1000,
	OPT_ENDPOINT_URL,
	OPT_PROFILE,
};

const struct option client_options[] = {
	{ "region", required_argument, NULL, OPT_REGION },
	{ "endpoint-url", required_argument, NULL, OPT_ENDPOINT_URL },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ NULL, 0, NULL, 0 },
};

const char *
client_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case value:                                                            \
		return text;
		CLIENT_ERROR_LIST(X)
#undef X
	default:
		return "no error";
	}
}

bool
client_option(struct config_options *o, int c, const char *value)
{
	switch (c) {
	case OPT_REGION:
		o->region = value;
		return true;
	case OPT_ENDPOINT_URL:
		o->endpoint_url = value;
		return true;
	case OPT_PROFILE:
		o->profile = value;
		return true;
	default:
		return false;
	}
}

static int
out_of_memory(char *err, size_t errsize)
{
	snprintf(err, errsize, "out of memory");
	return CLIENT_ERR_NOMEM;
}

int
client_find_endpoint(
    struct client *c, enum endpoint_service service, char *err, size_t errsize)
{
	int rc =
	    config_endpoint(&c->config, service, &c->endpoint, err, errsize);

	return rc == 0                  ? 0
	       : rc == CONFIG_ERR_NOMEM ? CLIENT_ERR_NOMEM
	                                : CLIENT_ERR_CONFIG;
}

int
client_find_roots(struct client *c, char *err, size_t errsize)
{
	char text[TLS_TEXT_BYTES];
	int rc;

	if (!c->endpoint.is_https)
		return 0;
	rc = tls_client_ctx_new(&c->tls, c->config.ca_bundle, "h2", text);
	if (rc == TLS_ERR_NOMEM)
		return out_of_memory(err, errsize);
	if (rc == 0)
		return 0;
	snprintf(err, errsize, "%s", text);
	return CLIENT_ERR_CONFIG;
}

int
client_find_proxy(struct client *c, char *err, size_t errsize)
{
	int rc = proxy_find(&c->proxy, c->config.getenv, c->config.getenv_arg,
	    c->endpoint.host, c->endpoint.port, c->endpoint.is_https);

	if (rc == 0)
		return 0;
	/* The value may hold a password: the name has to do. */
	snprintf(err, errsize, "%s: %s", c->proxy.from, proxy_strerror(rc));
	return CLIENT_ERR_CONFIG;
}

/* Whether there are credentials, or may be once they are fetched. */
static int
look_for_credentials(
    struct client *c, double wall_ms, char *err, size_t errsize)
{
	struct credentials *credentials;
	int state;

	c->provider = credentials_provider_new(&c->config);
	if (c->provider == NULL)
		return out_of_memory(err, errsize);
	state = credentials_get(c->provider, wall_ms, &credentials);
	if (state == CREDENTIALS_READY)
		credentials_unref(credentials);
	if (state >= 0 || state == CREDENTIALS_ERR_FETCH)
		return 0;
	snprintf(err, errsize, "%s", credentials_error(c->provider));
	return state == CREDENTIALS_ERR_EXPIRED ? CLIENT_ERR_DENIED
	       : state == CREDENTIALS_ERR_NOMEM ? CLIENT_ERR_NOMEM
	                                        : CLIENT_ERR_CONFIG;
}

int
client_open(struct client *c, enum endpoint_service service,
    const struct config_options *options, double wall_ms, char *err,
    size_t errsize)
{
	int rc;

	memset(c, 0, sizeof(*c));
	rc = config_load(
	    &c->config, options, config_environ, NULL, err, errsize);
	if (rc == 0 && region_of_instance(&c->config) != 0)
		return out_of_memory(err, errsize);
	if (rc != 0)
		return rc == CONFIG_ERR_NOMEM ? CLIENT_ERR_NOMEM
		                              : CLIENT_ERR_CONFIG;
	if ((rc = client_find_endpoint(c, service, err, errsize)) != 0 ||
	    (rc = client_find_roots(c, err, errsize)) != 0 ||
	    (rc = client_find_proxy(c, err, errsize)) != 0)
		return rc;
	return look_for_credentials(c, wall_ms, err, errsize);
}

void
client_conn_config(const struct client *c, struct conn_config *config)
{
	memset(config, 0, sizeof(*config));
	config->host = c->endpoint.host;
	config->port = c->endpoint.port;
	config->tls = c->tls;
	if (c->proxy.host[0] == '\0')
		return;
	config->proxy_host = c->proxy.host;
	config->proxy_port = c->proxy.port;
	config->proxy_auth = c->proxy.auth[0] == '\0' ? NULL : c->proxy.auth;
}

bool
client_warning(const struct client *c, size_t n, char *out, size_t outsize)
{
	const char *text = credentials_warning(c->provider);

	if (config_problem(&c->config, n, out, outsize))
		return true;
	if (text[0] == '\0' ||
	    (n > 0 && !config_problem(&c->config, n - 1, out, outsize)))
		return false;
	snprintf(out, outsize, "%s", text);
	return true;
}

int
client_exit_status(int code)
{
	switch (code) {
	case 0:
		return EX_OK;
	case CLIENT_ERR_DENIED:
		return EX_NOPERM;
	case CLIENT_ERR_NOMEM:
		return EX_OSERR;
	default:
		return EX_CONFIG;
	}
}

void
client_release(struct client *c)
{
	credentials_provider_free(c->provider);
	tls_ctx_free(c->tls);
	config_release(&c->config);
	memset(c, 0, sizeof(*c));
}
