/*
 * What whoever calls a service needs first, in one step: settings, endpoint,
 * trusted roots, and where credentials come from.
 */
#ifndef AWS_CLIENT_H
#define AWS_CLIENT_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include "aws/config.h"
#include "aws/conn.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/proxy.h"
#include "aws/tls.h"

#define CLIENT_ERROR_LIST(X)                                                   \
	X(CLIENT_ERR_CONFIG, -1, "a setting is missing or makes no sense")     \
	X(CLIENT_ERR_DENIED, -2, "the credentials have expired")               \
	X(CLIENT_ERR_NOMEM, -3, "out of memory")

enum client_error {
#define X(name, code, text) name = (code),
	CLIENT_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *client_strerror(int code);

struct client {
	struct config config;
	struct endpoint endpoint;
	struct tls_ctx *tls; /* offers h2; NULL for an http endpoint */
	struct proxy proxy;  /* for connections to the endpoint */
	struct credentials_provider *provider;
};

/*
 * Open for a service, from options (NULL: none), the process's environment and
 * the shared files; where these name no region, the instance's metadata is
 * asked for it, which takes up to two seconds;the credentials are looked for at
 * wall_ms, so that their absence is found out before anything is read or sent
 * (those that have to be fetched may still fail later).
 *
 * 0, or a code with one line for people in err.  client_release() is to be
 * called either way.
 */
int client_open(struct client *c, enum endpoint_service service,
    const struct config_options *options, double wall_ms, char *err,
    size_t errsize);

void client_release(struct client *c);

/*
 * The n-th thing (from 0) that is worth a warning, as one line: lines of the
 * shared files that make no sense, keys that win over a profile.  False: there
 * is no such.
 */
bool
client_warning(const struct client *c, size_t n, char *out, size_t outsize);

/* Exit status of <sysexits.h> of a tool whose client_open() gave this code. */
int client_exit_status(int code);

/* Where and how to connect: fills host, port, tls and proxy, which borrow from
 * c, and zeroes the rest (defaults). */
void client_conn_config(const struct client *c, struct conn_config *config);

/* --region, --endpoint-url, --profile: for getopt_long(3), with values above
 * those of any program's own. */
extern const struct option client_options[];

/* Take one of these into o (value is borrowed).  False: c is none of them. */
bool client_option(struct config_options *o, int c, const char *value);

#endif
