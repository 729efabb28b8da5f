/*
 * Which source of credentials the configuration names: the decision alone, no
 * I/O.  Source: PROTOCOL 7.1.
 */
#ifndef AWS_CREDENTIALS_FIND_H
#define AWS_CREDENTIALS_FIND_H

#include "aws/config.h"

enum credentials_kind {
	CREDENTIALS_KIND_NONE,    /* nothing is configured anywhere */
	CREDENTIALS_KIND_INVALID, /* something is, and cannot be used: `text` */
	CREDENTIALS_KIND_ENVIRONMENT,
	CREDENTIALS_KIND_STATIC, /* keys of `profile` */
	CREDENTIALS_KIND_ROLE,   /* role_arn of `profile`, from a source */
	CREDENTIALS_KIND_WEB_IDENTITY, /* of `profile`, or "": environment */
	CREDENTIALS_KIND_PROCESS,      /* credential_process of `profile` */
	CREDENTIALS_KIND_CONTAINER,
	CREDENTIALS_KIND_IMDS, /* to be tried: nothing else is there */
};

struct credentials_found {
	enum credentials_kind kind;
	char profile[128];
	char where[256];   /* "profile 'dev' of /home/a/.aws/credentials" */
	char text[768];    /* NONE, INVALID: one line for people, else "" */
	char warning[160]; /* "" or one line */
};

/* Follow the chain from the start. */
void credentials_find(const struct config *c, struct credentials_found *found);

/*
 * The source that a profile names.  `as_source`: it is asked for as a
 * source_profile, so that static keys come before role_arn, as in AWS's SDKs
 * and command line.
 */
void credentials_find_profile(const struct config *c, const char *profile,
    bool as_source, struct credentials_found *found);

#define CREDENTIALS_MAX_ROLES 8

/*
 * The way to a profile of kind ROLE: roles to be assumed one after the other,
 * the last one first, with what `base` gives to begin with.  Returns their
 * number, or 0 with base->kind INVALID and its text: a circle, too many, or an
 * end without credentials.
 */
size_t credentials_find_chain(const struct config *c, const char *profile,
    char roles[CREDENTIALS_MAX_ROLES][128], struct credentials_found *base);

/* The line that says where was looked, for a chain that ended without any. */
void credentials_none_text(const struct config *c, char *out, size_t outsize);

#endif
