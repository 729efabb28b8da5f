/*
 * A request's line and headers, as they came over HTTP/1.1 or HTTP/2: an owned
 * copy, and how to look things up in it.
 */
#ifndef LOCALAWS_REQUEST_H
#define LOCALAWS_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/h2.h"
#include "aws/sigv4.h"

/* Our caps.  A presigned URL of a long text is the longest target. */
#define REQUEST_TARGET_BYTES 32768
#define REQUEST_HEADERS_MAX 128

struct request {
	bool is_h2;
	bool has_body;
	const char *method;
	const char *path;  /* as on the wire, without query */
	const char *query; /* as on the wire, without '?'; NULL: none */
	/* All headers in wire order; over HTTP/2 with :authority, if it came,
	 * in front. */
	struct sigv4_header *headers;
	size_t nheaders;
	char *memory; /* holds the strings */
};

/* Copy.  0, or -1: no memory, or more than the caps allow. */
int request_init(struct request *r, const struct h2_request *from, bool is_h2);

void request_release(struct request *r);

/* Value of a header, name in lower case; of several the first.  NULL: none. */
const char *request_header(const struct request *r, const char *name);

/*
 * Value of a query parameter, decoded ('+' too), in a new string for free();
 * NULL: not there, or no memory.  A malformed escape stays as it is.
 */
char *request_param(const struct request *r, const char *name);

#endif
