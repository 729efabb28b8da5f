/* Content codings of an answer: "identity" is asked for, but servers and what
 * is in front of them compress all the same.  No I/O. */
#ifndef AWS_HTTP_CODING_H
#define AWS_HTTP_CODING_H

#include "base/bytes.h"

/*
 * Undo `coding`, the value of content-encoding (NULL: none), on the whole body
 * in q, which may not grow beyond its cap.  0, or -1: a coding that is not
 * known, a body that is damaged or cut, too much of it, or no memory; q is then
 * as it was.  Source: RFC 9110, section 8.4.1.
 */
int http_coding_undo(struct bytes *q, const char *coding);

#endif
