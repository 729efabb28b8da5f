/*
 * The canonical request (PROTOCOL 1.2), shared by who signs (sigv4.c) and who
 * checks (sigv4_verify.c).  Not for others.
 */
#ifndef AWS_SIGV4_CANONICAL_H
#define AWS_SIGV4_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/sigv4.h"
#include "base/bytes.h"

/*
 * Text that grows to a cap.  The first error sticks: later additions do
 * nothing, and sigv4_text_take() tells it.
 */
struct sigv4_text {
	struct bytes q;
	int rc; /* 0, SIGV4_ERR_NOMEM or SIGV4_ERR_SIZE */
};

/* Start, with room for estimate bytes, so that a good estimate leaves no copy
 * of a secret behind in memory that was outgrown. */
void sigv4_text_init(struct sigv4_text *t, size_t estimate);

/* Wipe and free. */
void sigv4_text_release(struct sigv4_text *t);

void sigv4_text_add(struct sigv4_text *t, const void *p, size_t n);

void sigv4_text_str(struct sigv4_text *t, const char *s);

/* Percent-encode n bytes: all but A-Z a-z 0-9 - _ . ~ and, with keep_slash,
 * the slash. */
void sigv4_text_encode(
    struct sigv4_text *t, const char *p, size_t n, bool keep_slash);

/* The text, NUL-ended; t is empty afterwards.  0 and *out (to be freed), or the
 * error; then t is released. */
int sigv4_text_take(struct sigv4_text *t, char **out);

/* A header that is signed: borrowed pointers. */
struct sigv4_field {
	const char *name; /* in any case */
	size_t name_len;
	const char *value;
};

/* Headers to sign: sorted by lower-case name, those of one name in the order
 * they were added. */
struct sigv4_fields {
	struct sigv4_field v[SIGV4_HEADERS_MAX];
	size_t n;
};

/* 0, or SIGV4_ERR_INPUT: no name, or too many. */
int sigv4_fields_add(struct sigv4_fields *f, const char *name, size_t name_len,
    const char *value);

/* Whether headers of that name (any case) are never signed. */
bool sigv4_is_never_signed(const char *name);

/* The value of the first header of that name (any case), or NULL. */
const char *
sigv4_request_header(const struct sigv4_request *req, const char *name);

/* "a;b;c", each name once. */
void sigv4_text_names(struct sigv4_text *t, const struct sigv4_fields *f);

/* A query parameter of signing, not encoded. */
struct sigv4_param {
	const char *name;
	const char *value;
};

/*
 * The canonical request of req with the headers f, and with nparams parameters
 * beside the query's own, of which X-Amz-Signature is left out.  0, or
 * SIGV4_ERR_NOMEM, _INPUT (method, path or query malformed, too many
 * parameters), _SIZE.
 */
int sigv4_canonical_request(char **out, const struct sigv4_request *req,
    const struct sigv4_fields *f, const struct sigv4_param *params,
    size_t nparams, const char *payload_hash);

/* The string to sign; 0 or SIGV4_ERR_NOMEM. */
int sigv4_string_to_sign(char **out, const char *amz_date, const char *scope,
    const char *canonical_request);

/* Decode %XX of n bytes into out (n bytes of room; may be p).  A '%' that no
 * two hex digits follow stands for itself, as does '+'.  Returns the length. */
size_t sigv4_percent_decode(char *out, const char *p, size_t n);

/*
 * Walk a query: *rest is at first the query.  Each call gives the next
 * parameter as it is on the wire (value NULL: no '='); false at the end.
 */
bool sigv4_query_next(const char **rest, const char **name, size_t *name_len,
    const char **value, size_t *value_len);

#endif
