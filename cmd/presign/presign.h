/* What the two forms of the tool share: options, credentials, the printing. */
#ifndef PRESIGN_PRESIGN_H
#define PRESIGN_PRESIGN_H

#include "aws/client.h"
#include "aws/config.h"
#include "aws/credentials.h"
#include "url.h"

/* The tool's; also for opt_next(). */
extern const char presign_usage[];

struct presign {
	struct config_options config;
	struct client client;
	struct credentials *credentials;
	struct url_signer signer; /* expires_s is set before presign_open() */
};

/*
 * Find endpoint and credentials, waiting for those that must be fetched.  Dies
 * with one line and the status that tells what is missing.
 */
void presign_open(struct presign *p, enum endpoint_service service);

/*
 * Print the URL and free it; rc and err are what url_*() said, after which it
 * dies.  Returns the exit status.
 */
int presign_finish(struct presign *p, int rc, char *url, const char *err);

/* `presign transcribe` and `presign polly`; argv[0] is the form's name. */
int presign_transcribe(int argc, char **argv);

int presign_polly(int argc, char **argv);

#endif
