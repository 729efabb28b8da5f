/*
 * Where a service is reached: parsed from a URL, or made from a region.  No
 * I/O.  Sources: PROTOCOL 4.1, 5, 6, 7.2; RFC 3986.
 */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* id in files, signing name, host prefix.  Source: PROTOCOL 1.1 and 7.2. */
#define ENDPOINT_SERVICES(X)                                                   \
	X(TRANSCRIBE_STREAMING, "transcribe_streaming", "transcribe",          \
	    "transcribestreaming")                                             \
	X(POLLY, "polly", "polly", "polly")                                    \
	X(TRANSLATE, "translate", "translate", "translate")                    \
	X(STS, "sts", "sts", "sts")

enum endpoint_service {
#define X(name, id, signing, prefix) ENDPOINT_##name,
	ENDPOINT_SERVICES(X)
#undef X
};

#define ENDPOINT_ERRORS(X)                                                     \
	X(SCHEME, -1, "URL does not begin with https:// or http://")           \
	X(HOST, -2, "URL has no valid host name")                              \
	X(PORT, -3, "URL's port is not a number from 1 to 65535")              \
	X(EXTRA, -4, "URL has a user name, a query or a fragment")             \
	X(LONG, -5, "URL is too long")                                         \
	X(PATH, -6, "URL's path has characters that need percent-encoding")    \
	X(REGION, -7, "region may only have a-z, 0-9 and '-'")

enum endpoint_error {
#define X(name, code, text) ENDPOINT_ERR_##name = code,
	ENDPOINT_ERRORS(X)
#undef X
};

struct endpoint {
	bool is_https;
	uint16_t port;
	char host[256];        /* name or address, without brackets */
	char authority[272];   /* host as in Host: and :authority: ":port" only
	                          where it is not the scheme's, IPv6 in brackets
	                        */
	char path_prefix[256]; /* "" or "/prefix", encoded, no slash at its end;
	                          goes in front of the operation's path and is
	                          signed */
	char region[64];       /* to sign for; endpoint_parse() leaves it "" */
	char service[16];      /* to sign for; endpoint_parse() leaves it "" */
};

/* Parse an absolute http or https URL.  0 or ENDPOINT_ERR_*. */
int endpoint_parse(struct endpoint *e, const char *url);

/*
 * The service's default host in `region`, with region and service filled in.
 * 0, ENDPOINT_ERR_REGION or ENDPOINT_ERR_LONG.
 */
int endpoint_default(struct endpoint *e, enum endpoint_service service,
    const char *region, bool use_fips, bool use_dualstack);

/* Whether it is made of a-z, 0-9 and '-', and short enough for a host name. */
bool endpoint_region_is_valid(const char *region);

const char *endpoint_service_id(enum endpoint_service service);

const char *endpoint_service_signing_name(enum endpoint_service service);

const char *endpoint_strerror(int code);

#endif
