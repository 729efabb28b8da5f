/*
 * Credentials as other programs and services write them.  No I/O.  Source:
 * PROTOCOL 7.1.
 */
#ifndef AWS_CREDENTIALS_ANSWER_H
#define AWS_CREDENTIALS_ANSWER_H

#include "aws/credentials.h"

enum credentials_form {
	CREDENTIALS_OF_PROCESS,   /* Version 1, SessionToken */
	CREDENTIALS_OF_CONTAINER, /* Token */
	CREDENTIALS_OF_IMDS,      /* Code "Success", Token */
};

/*
 * Read a JSON answer.  A set with one reference, the caller's; or NULL with one
 * line in err that quotes nothing secret.
 */
struct credentials *credentials_from_json(enum credentials_form form,
    const void *body, size_t len, char *err, size_t errsize);

/* The same from the XML of AssumeRole and AssumeRoleWithWebIdentity. */
struct credentials *
credentials_from_sts(const void *body, size_t len, char *err, size_t errsize);

/* Unix ms of an RFC 3339 date ("2026-01-02T03:04:05.678Z", any offset), -1: it
 * is none. */
int64_t credentials_parse_time(const char *s);

#endif
