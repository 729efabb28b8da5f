/*
 * What a proxy answers to CONNECT, in HTTP/1.1.  No I/O.
 * Source: RFC 9110, section 9.3.6; RFC 9112.
 */
#ifndef AWS_PROXY_ANSWER_H
#define AWS_PROXY_ANSWER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Look at the n bytes that have come so far.  The status, 200 to 999, and its
 * head is *len bytes, the blank line included, and so are interim answers (1xx)
 * before it; 0: more is needed; -1: this is not HTTP/1.
 */
int proxy_answer(const uint8_t *p, size_t n, size_t *len);

#endif
