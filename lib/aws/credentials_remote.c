#include "aws/credentials_remote.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/config_file.h"

/* STS takes 20000 characters of web identity token. */
#define TOKEN_MAX_BYTES 20000
#define METADATA_TIMEOUT_MS 1000
#define CONTAINER_TIMEOUT_MS 2000
#define STS_TIMEOUT_MS 10000
/* Ours: those that AWS gives have some fifty. */
#define URI_MAX_BYTES 400
#define CONTAINER_HOST "http://169.254.170.2"
#define IMDS_TTL_S "21600"

const char *
credentials_remote_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case CREDENTIALS_REMOTE_ERR_##name:                                    \
		return text;
		CREDENTIALS_REMOTE_ERRORS(X)
#undef X
	}
	return "unknown error";
}

static void
wipe(char *s)
{
	if (s != NULL)
		OPENSSL_cleanse(s, strlen(s));
	free(s);
}

void
credentials_remote_release(struct credentials_remote *r)
{
	free(r->path);
	wipe(r->body);
	wipe(r->token);
	memset(r, 0, sizeof(*r));
}

/* Release, say why, return code. */
__attribute__((format(printf, 5, 6))) static int
fail(struct credentials_remote *r, int code, char *err, size_t errsize,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errsize, fmt, ap);
	va_end(ap);
	credentials_remote_release(r);
	return code;
}

static int
fail_nomem(struct credentials_remote *r, char *err, size_t errsize)
{
	return fail(
	    r, CREDENTIALS_REMOTE_ERR_NOMEM, err, errsize, "out of memory");
}

/* Append "&name=value" to a form that has room for it, encoded. */
static void
add_field(char *form, const char *name, const char *value)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_.~";
	char *at = form + strlen(form);

	at += sprintf(at, "&%s=", name);
	for (; *value != '\0'; value++)
		if (strchr(unreserved, *value) != NULL)
			*at++ = *value;
		else
			at += sprintf(
			    at, "%%%02X", (unsigned int)(unsigned char)*value);
	*at = '\0';
}

struct field {
	const char *name;
	const char *value; /* NULL: left out */
};

/* POST of an STS action. */
static int
make_sts(struct credentials_remote *r, const struct config *c,
    const char *action, const struct field *fields, size_t n, char *err,
    size_t errsize)
{
	size_t size = 64, i;

	if (config_endpoint(c, ENDPOINT_STS, &r->endpoint, err, errsize) != 0) {
		credentials_remote_release(r);
		return CREDENTIALS_REMOTE_ERR_CONFIG;
	}
	for (i = 0; i < n; i++)
		if (fields[i].value != NULL)
			size += strlen(fields[i].name) + 2 +
			        3 * strlen(fields[i].value);
	r->body = malloc(size);
	if (r->body == NULL)
		return fail_nomem(r, err, errsize);
	snprintf(r->body, size, "Action=%s&Version=2011-06-15", action);
	for (i = 0; i < n; i++)
		if (fields[i].value != NULL)
			add_field(r->body, fields[i].name, fields[i].value);
	r->req.method = "POST";
	r->req.endpoint = &r->endpoint;
	r->req.path = "/";
	r->req.headers[0].name = "content-type";
	r->req.headers[0].value = "application/x-www-form-urlencoded";
	r->req.nheaders = 1;
	r->req.body = r->body;
	r->req.body_len = strlen(r->body);
	r->req.protocol = SERVICE_QUERY_XML;
	r->req.timeout_ms = STS_TIMEOUT_MS;
	return 0;
}

/* A name for the session in CloudTrail, where none is configured. */
static void
make_session_name(char *out, size_t size, double now_wall_ms)
{
	snprintf(out, size, "pipebooth-%.0f", now_wall_ms);
}

int
credentials_remote_role(struct credentials_remote *r, const struct config *c,
    const char *profile, double now_wall_ms, char *err, size_t errsize)
{
	const char *duration =
	    config_profile_get(c, profile, "duration_seconds");
	struct field fields[] = {
		{ "RoleArn", config_profile_get(c, profile, "role_arn") },
		{ "RoleSessionName",
		    config_profile_get(c, profile, "role_session_name") },
		{ "DurationSeconds", duration != NULL ? duration : "3600" },
		{ "ExternalId", config_profile_get(c, profile, "external_id") },
	};
	char name[64];

	memset(r, 0, sizeof(*r));
	if (fields[1].value == NULL) {
		make_session_name(name, sizeof(name), now_wall_ms);
		fields[1].value = name;
	}
	if (strspn(fields[2].value, "0123456789") != strlen(fields[2].value) ||
	    strlen(fields[2].value) > 6)
		return fail(r, CREDENTIALS_REMOTE_ERR_CONFIG, err, errsize,
		    "duration_seconds of profile '%s' is '%.32s', not a "
		    "number of seconds",
		    profile, fields[2].value);
	return make_sts(r, c, "AssumeRole", fields,
	    sizeof(fields) / sizeof(fields[0]), err, errsize);
}

/* A token out of a file.  0 with *token (to be wiped), or an error. */
static int
read_token(struct credentials_remote *r, const char *path, char **token,
    char *err, size_t errsize)
{
	size_t len;
	int rc = config_file_read(path, TOKEN_MAX_BYTES, token, &len);

	if (rc != 0)
		return fail(r, CREDENTIALS_REMOTE_ERR_FILE, err, errsize,
		    "cannot read token in '%s': %s", path, strerror(-rc));
	if (len == 0 || strlen(*token) != len) {
		wipe(*token);
		*token = NULL;
		return fail(r, CREDENTIALS_REMOTE_ERR_FILE, err, errsize,
		    "no token in '%s'", path);
	}
	return 0;
}

int
credentials_remote_web_identity(struct credentials_remote *r,
    const struct config *c, const char *profile, double now_wall_ms, char *err,
    size_t errsize)
{
	bool is_env = profile[0] == '\0';
	const char *file =
	    is_env ? config_env(c, "AWS_WEB_IDENTITY_TOKEN_FILE")
		   : config_profile_get(c, profile, "web_identity_token_file");
	struct field fields[] = {
		{ "RoleArn", is_env
				 ? config_env(c, "AWS_ROLE_ARN")
				 : config_profile_get(c, profile, "role_arn") },
		{ "RoleSessionName",
		    is_env
			? config_env(c, "AWS_ROLE_SESSION_NAME")
			: config_profile_get(c, profile, "role_session_name") },
		{ "WebIdentityToken", NULL },
	};
	char name[64], *token = NULL;
	size_t len;
	int rc;

	memset(r, 0, sizeof(*r));
	if (fields[1].value == NULL) {
		make_session_name(name, sizeof(name), now_wall_ms);
		fields[1].value = name;
	}
	rc = read_token(r, file, &token, err, errsize);
	if (rc != 0)
		return rc;
	/* Who writes such files may end them with a newline. */
	len = strlen(token);
	while (len > 0 && (token[len - 1] == '\n' || token[len - 1] == '\r'))
		token[--len] = '\0';
	fields[2].value = token;
	rc = make_sts(r, c, "AssumeRoleWithWebIdentity", fields,
	    sizeof(fields) / sizeof(fields[0]), err, errsize);
	wipe(token);
	return rc;
}

/* Hosts that a token may go to without TLS. */
static bool
is_local(const char *host)
{
	static const char *const hosts[] = { "localhost", "::1",
		"169.254.170.2", "169.254.170.23", "fd00:ec2::23" };
	size_t i;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (strcasecmp(host, hosts[i]) == 0)
			return true;
	return strncmp(host, "127.", 4) == 0 &&
	       strspn(host, "0123456789.") == strlen(host);
}

/* "https://host:1/a?b=c" cut into endpoint, path and query. */
static int
split_url(struct credentials_remote *r, const char *url, const char *setting,
    char *err, size_t errsize)
{
	const char *authority = strstr(url, "://");
	size_t n = authority != NULL ? (size_t)(authority - url) + 3 +
	                                   strcspn(authority + 3, "/?#")
	                             : strlen(url);
	char origin[320], *query;
	int rc = ENDPOINT_ERR_LONG;

	if (n < sizeof(origin)) {
		snprintf(origin, sizeof(origin), "%.*s", (int)n, url);
		rc = endpoint_parse(&r->endpoint, origin);
	}
	if (rc != 0 || strpbrk(url + n, "# \t\r\n") != NULL)
		return fail(r, CREDENTIALS_REMOTE_ERR_CONFIG, err, errsize,
		    "%s is '%.200s': %s", setting, url,
		    endpoint_strerror(rc != 0 ? rc : ENDPOINT_ERR_EXTRA));
	r->path = malloc(strlen(url + n) + 2);
	if (r->path == NULL)
		return fail_nomem(r, err, errsize);
	sprintf(r->path, "%s%s", url[n] == '/' ? "" : "/", url + n);
	query = strchr(r->path, '?');
	if (query != NULL)
		*query++ = '\0';
	r->req.method = "GET";
	r->req.endpoint = &r->endpoint;
	r->req.path = r->path;
	r->req.query = query;
	r->req.protocol = SERVICE_REST_JSON;
	r->req.skip_proxy = true;
	return 0;
}

/* The Authorization header, if one is configured. */
static int
add_authorization(struct credentials_remote *r, const struct config *c,
    char *err, size_t errsize)
{
	const char *file =
	    config_env(c, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *value = config_env(c, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	int rc;

	if (file != NULL) {
		rc = read_token(r, file, &r->token, err, errsize);
		if (rc != 0)
			return rc;
	} else if (value != NULL) {
		r->token = strdup(value);
		if (r->token == NULL)
			return fail_nomem(r, err, errsize);
	} else {
		return 0;
	}
	if (strpbrk(r->token, "\r\n") != NULL)
		return fail(r, CREDENTIALS_REMOTE_ERR_CONFIG, err, errsize,
		    "the token of %s has a line break in it",
		    file != NULL ? "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
				 : "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	r->req.headers[r->req.nheaders].name = "authorization";
	r->req.headers[r->req.nheaders++].value = r->token;
	return 0;
}

int
credentials_remote_container(struct credentials_remote *r,
    const struct config *c, char *err, size_t errsize)
{
	const char *relative =
	    config_env(c, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = config_env(c, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	char url[sizeof(CONTAINER_HOST) + URI_MAX_BYTES + 1];
	int rc;

	memset(r, 0, sizeof(*r));
	if (relative != NULL && strlen(relative) > URI_MAX_BYTES) {
		return fail(r, CREDENTIALS_REMOTE_ERR_CONFIG, err, errsize,
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is longer than %d "
		    "bytes",
		    URI_MAX_BYTES);
	} else if (relative != NULL) {
		snprintf(url, sizeof(url), CONTAINER_HOST "%s%s",
		    relative[0] == '/' ? "" : "/", relative);
		rc = split_url(r, url, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		    err, errsize);
	} else if (full != NULL) {
		rc = split_url(r, full, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		    err, errsize);
	} else {
		return fail(r, CREDENTIALS_REMOTE_ERR_CONFIG, err, errsize,
		    "no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI");
	}
	if (rc != 0)
		return rc;
	if (!r->endpoint.is_https && !is_local(r->endpoint.host))
		return fail(r, CREDENTIALS_REMOTE_ERR_CONFIG, err, errsize,
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI names '%s': without "
		    "https only this machine and AWS's own addresses may be "
		    "asked",
		    r->endpoint.host);
	r->req.timeout_ms = CONTAINER_TIMEOUT_MS;
	return add_authorization(r, c, err, errsize);
}

/* The metadata service's address and path. */
static int
make_imds(struct credentials_remote *r, const struct config *c,
    const char *path, const char *role, char *err, size_t errsize)
{
	const char *base = config_env(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *mode =
	    config_env(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
	char url[512];
	size_t n;

	memset(r, 0, sizeof(*r));
	if (base == NULL)
		base = config_profile_get(
		    c, c->profile, "ec2_metadata_service_endpoint");
	if (mode == NULL)
		mode = config_profile_get(
		    c, c->profile, "ec2_metadata_service_endpoint_mode");
	if (base == NULL || base[0] == '\0')
		base = mode != NULL && strcasecmp(mode, "IPv6") == 0
		           ? "http://[fd00:ec2::254]"
		           : "http://169.254.169.254";
	n = strlen(base);
	while (n > 0 && base[n - 1] == '/')
		n--;
	if (n > 200 || strlen(role) > 128 ||
	    strspn(role, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789+=,.@_-") != strlen(role))
		return fail(r, CREDENTIALS_REMOTE_ERR_CONFIG, err, errsize,
		    "instance metadata names a role that cannot be asked for");
	snprintf(url, sizeof(url), "%.*s%s%s", (int)n, base, path, role);
	return split_url(
	    r, url, "AWS_EC2_METADATA_SERVICE_ENDPOINT", err, errsize);
}

int
credentials_remote_imds_token(struct credentials_remote *r,
    const struct config *c, char *err, size_t errsize)
{
	int rc = make_imds(r, c, "/latest/api/token", "", err, errsize);

	if (rc != 0)
		return rc;
	r->req.method = "PUT";
	r->req.headers[0].name = "x-aws-ec2-metadata-token-ttl-seconds";
	r->req.headers[0].value = IMDS_TTL_S;
	r->req.nheaders = 1;
	r->req.timeout_ms = METADATA_TIMEOUT_MS;
	return 0;
}

/* A request that shows the token. */
static int
imds_get(struct credentials_remote *r, const struct config *c,
    const char *token, const char *path, const char *role, char *err,
    size_t errsize)
{
	int rc = make_imds(r, c, path, role, err, errsize);

	if (rc != 0)
		return rc;
	r->token = strdup(token);
	if (r->token == NULL)
		return fail_nomem(r, err, errsize);
	r->req.headers[0].name = "x-aws-ec2-metadata-token";
	r->req.headers[0].value = r->token;
	r->req.nheaders = 1;
	r->req.timeout_ms = METADATA_TIMEOUT_MS;
	return 0;
}

int
credentials_remote_imds_get(struct credentials_remote *r,
    const struct config *c, const char *token, const char *role, char *err,
    size_t errsize)
{
	return imds_get(r, c, token,
	    "/latest/meta-data/iam/security-credentials/", role, err, errsize);
}

int
credentials_remote_imds_region(struct credentials_remote *r,
    const struct config *c, const char *token, char *err, size_t errsize)
{
	return imds_get(r, c, token, "/latest/meta-data/placement/region", "",
	    err, errsize);
}
