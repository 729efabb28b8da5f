/*
 * What is asked of STS, of a container's endpoint and of an instance's
 * metadata.  The requests only: no I/O but reading token files.  Source:
 * PROTOCOL 7.1.
 */
#ifndef AWS_CREDENTIALS_REMOTE_H
#define AWS_CREDENTIALS_REMOTE_H

#include "aws/config.h"
#include "aws/http.h"

#define CREDENTIALS_REMOTE_ERRORS(X)                                           \
	X(NOMEM, -1, "out of memory")                                          \
	X(CONFIG, -2, "a setting makes no sense")                              \
	X(FILE, -3, "a token file cannot be read")

enum credentials_remote_error {
#define X(name, code, text) CREDENTIALS_REMOTE_ERR_##name = code,
	CREDENTIALS_REMOTE_ERRORS(X)
#undef X
};

/* One request, with the memory that it points to. */
struct credentials_remote {
	struct http_request req; /* without on_done and arg */
	struct endpoint endpoint;
	char *path;
	char *body;
	char *token; /* value of a header */
};

/* Wipes tokens. */
void credentials_remote_release(struct credentials_remote *r);

/*
 * AssumeRole for role_arn of `profile`, to be signed with the source's keys.
 * All of these: 0, or CREDENTIALS_REMOTE_ERR_* with one line in err, and then
 * there is nothing to release.
 */
int
credentials_remote_role(struct credentials_remote *r, const struct config *c,
    const char *profile, double now_wall_ms, char *err, size_t errsize);

/* AssumeRoleWithWebIdentity for `profile`, or "" for the environment's; not to
 * be signed. */
int credentials_remote_web_identity(struct credentials_remote *r,
    const struct config *c, const char *profile, double now_wall_ms, char *err,
    size_t errsize);

/* The container's endpoint. */
int credentials_remote_container(struct credentials_remote *r,
    const struct config *c, char *err, size_t errsize);

/* IMDSv2: a session token (step 1); with it, the name of the role (step 2), and
 * the credentials of the role (step 3). */
int credentials_remote_imds_token(struct credentials_remote *r,
    const struct config *c, char *err, size_t errsize);

int credentials_remote_imds_get(struct credentials_remote *r,
    const struct config *c, const char *token, const char *role, char *err,
    size_t errsize);

/* With such a token: the name of the region. */
int credentials_remote_imds_region(struct credentials_remote *r,
    const struct config *c, const char *token, char *err, size_t errsize);

const char *credentials_remote_strerror(int code);

#endif
