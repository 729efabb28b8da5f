#include "aws/endpoint.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const service_ids[] = {
#define X(name, id, signing, prefix) id,
	ENDPOINT_SERVICES(X)
#undef X
};

static const char *const signing_names[] = {
#define X(name, id, signing, prefix) signing,
	ENDPOINT_SERVICES(X)
#undef X
};

static const char *const host_prefixes[] = {
#define X(name, id, signing, prefix) prefix,
	ENDPOINT_SERVICES(X)
#undef X
};

const char *
endpoint_service_id(enum endpoint_service service)
{
	return service_ids[service];
}

const char *
endpoint_service_signing_name(enum endpoint_service service)
{
	return signing_names[service];
}

const char *
endpoint_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case ENDPOINT_ERR_##name:                                              \
		return text;
		ENDPOINT_ERRORS(X)
#undef X
	}
	return "unknown error";
}

bool
endpoint_region_is_valid(const char *region)
{
	size_t n = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && region[n] == '\0' && n < 64 && region[0] != '-' &&
	       region[n - 1] != '-';
}

/* Authority from host and port, ":port" only where it is not the scheme's. */
static void
set_authority(struct endpoint *e)
{
	const char *open = strchr(e->host, ':') != NULL ? "[" : "";
	const char *close = open[0] != '\0' ? "]" : "";

	if (e->port == (e->is_https ? 443 : 80))
		snprintf(e->authority, sizeof(e->authority), "%s%s%s", open,
		    e->host, close);
	else
		snprintf(e->authority, sizeof(e->authority), "%s%s%s:%u", open,
		    e->host, close, (unsigned int)e->port);
}

/* Letters, digits, '-', '.', '_'; or in brackets an IPv6 address. */
static int
parse_host(struct endpoint *e, const char *p, size_t n, bool is_bracketed)
{
	size_t i;

	if (n == 0 || n >= sizeof(e->host))
		return n == 0 ? ENDPOINT_ERR_HOST : ENDPOINT_ERR_LONG;
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (is_bracketed
			? !(isxdigit(c) || c == ':' || c == '.')
			: !(isalnum(c) || c == '-' || c == '.' || c == '_'))
			return ENDPOINT_ERR_HOST;
		e->host[i] = (char)tolower(c);
	}
	e->host[n] = '\0';
	return 0;
}

static int
parse_port(struct endpoint *e, const char *p, size_t n)
{
	unsigned long port = 0;
	size_t i;

	if (n == 0 || n > 5)
		return ENDPOINT_ERR_PORT;
	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return ENDPOINT_ERR_PORT;
		port = port * 10 + (unsigned long)(p[i] - '0');
	}
	if (port == 0 || port > 65535)
		return ENDPOINT_ERR_PORT;
	e->port = (uint16_t)port;
	return 0;
}

static int
parse_path(struct endpoint *e, const char *p)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-._~!$&'()*+,;=:@/%";
	size_t n = strlen(p);

	if (strspn(p, unreserved) != n)
		return ENDPOINT_ERR_PATH;
	while (n > 0 && p[n - 1] == '/')
		n--;
	if (n >= sizeof(e->path_prefix))
		return ENDPOINT_ERR_LONG;
	memcpy(e->path_prefix, p, n);
	e->path_prefix[n] = '\0';
	return 0;
}

int
endpoint_parse(struct endpoint *e, const char *url)
{
	const char *p, *host, *host_end, *path;
	bool is_bracketed;
	int rc;

	memset(e, 0, sizeof(*e));
	if (strncasecmp(url, "https://", 8) == 0) {
		e->is_https = true;
		p = url + 8;
	} else if (strncasecmp(url, "http://", 7) == 0) {
		p = url + 7;
	} else {
		return ENDPOINT_ERR_SCHEME;
	}
	e->port = e->is_https ? 443 : 80;
	path = p + strcspn(p, "/?#");
	if (memchr(p, '@', (size_t)(path - p)) != NULL ||
	    path[strcspn(path, "?#")] != '\0')
		return ENDPOINT_ERR_EXTRA;

	is_bracketed = p[0] == '[';
	host = is_bracketed ? p + 1 : p;
	host_end =
	    memchr(host, is_bracketed ? ']' : ':', (size_t)(path - host));
	if (host_end == NULL) {
		if (is_bracketed)
			return ENDPOINT_ERR_HOST;
		host_end = path;
	}
	rc = parse_host(e, host, (size_t)(host_end - host), is_bracketed);
	if (rc != 0)
		return rc;
	p = is_bracketed ? host_end + 1 : host_end;
	if (p < path) {
		if (*p != ':')
			return ENDPOINT_ERR_HOST;
		rc = parse_port(e, p + 1, (size_t)(path - p - 1));
		if (rc != 0)
			return rc;
	}
	set_authority(e);
	return parse_path(e, path);
}

/* Source: PROTOCOL 7.2, DNS suffixes; of the isolated partitions, the endpoint
 * rules of AWS's SDK for JavaScript. */
static const struct {
	const char *region; /* what its name begins with */
	const char *suffix;
	const char *dualstack;
} partitions[] = {
	{ "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
	{ "eusc-de-", "amazonaws.eu", "api.amazonwebservices.eu" },
	{ "us-iso-", "c2s.ic.gov", "api.aws.ic.gov" },
	{ "us-isob-", "sc2s.sgov.gov", "api.aws.scloud" },
	{ "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk" },
	{ "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov" },
	{ "", "amazonaws.com", "api.aws" },
};

static const char *
dns_suffix(const char *region, bool use_dualstack)
{
	size_t i = 0;

	while (strncmp(region, partitions[i].region,
		   strlen(partitions[i].region)) != 0)
		i++;
	return use_dualstack ? partitions[i].dualstack : partitions[i].suffix;
}

/* In GovCloud the only STS there is fulfils FIPS, under the plain name. */
static bool
has_fips_host(
    enum endpoint_service service, const char *region, bool use_dualstack)
{
	return service != ENDPOINT_STS || use_dualstack ||
	       strncmp(region, "us-gov-", 7) != 0;
}

int
endpoint_default(struct endpoint *e, enum endpoint_service service,
    const char *region, bool use_fips, bool use_dualstack)
{
	int n;

	memset(e, 0, sizeof(*e));
	if (!endpoint_region_is_valid(region))
		return ENDPOINT_ERR_REGION;
	n = snprintf(e->host, sizeof(e->host), "%s%s.%s.%s",
	    host_prefixes[service],
	    use_fips && has_fips_host(service, region, use_dualstack) ? "-fips"
								      : "",
	    region, dns_suffix(region, use_dualstack));
	if (n < 0 || (size_t)n >= sizeof(e->host))
		return ENDPOINT_ERR_LONG;
	e->is_https = true;
	e->port = 443;
	set_authority(e);
	snprintf(e->region, sizeof(e->region), "%s", region);
	snprintf(e->service, sizeof(e->service), "%s", signing_names[service]);
	return 0;
}
