/* Shared by sigv4_auth.c and sigv4_verify.c.  Not for others. */
#ifndef AWS_SIGV4_REFUSE_H
#define AWS_SIGV4_REFUSE_H

#include "aws/sigv4_verify.h"

/* Say why (which may be NULL), and hand the code through. */
__attribute__((format(printf, 3, 4))) int
sigv4_refuse(struct sigv4_why *why, int code, const char *fmt, ...);

#endif
