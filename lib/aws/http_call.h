/*
 * Signed calls as a caller wants them: waits for credentials, signs, sends,
 * and tries again by AWS's rules: back-off, new credentials once when they have
 * expired, the clock corrected once when it is off.  One caller a process; its
 * calls share connections, retry tokens and clock.
 */
#ifndef AWS_HTTP_CALL_H
#define AWS_HTTP_CALL_H

#include <stdint.h>

#include "aws/credentials.h"
#include "aws/http.h"
#include "aws/retry.h"
#include "base/loop.h"

struct http_caller;
struct http_call; /* one call, however many tries */

/*
 * Owns `http`, borrows `provider` (which keeps its own place in the loop; NULL:
 * nothing is signed).  max_attempts counts tries in all.  `seed` makes the
 * jitter.  NULL: no memory (http is then still the caller's).
 */
struct http_caller *http_caller_new(struct http *http,
    struct credentials_provider *provider, int max_attempts, uint64_t seed);

/* Cancels all calls, frees the http given to new. */
void http_caller_free(struct http_caller *c);

void http_caller_prepare(struct http_caller *c, struct loop *l);

/* After the provider's dispatch.  now_ms is monotonic, now_wall_ms Unix time.
 */
void http_caller_dispatch(
    struct http_caller *c, struct loop *l, int64_t now_ms, double now_wall_ms);

struct http *http_caller_http(struct http_caller *c);

/* To be added to local Unix time for signing, in ms; 0 until a service's Date
 * proved the clock wrong.  Streams should use it too. */
int64_t http_caller_clock_offset_ms(const struct http_caller *c);

/*
 * Start a call.  `req` is copied; its on_body and on_done are called as http.h
 * says, on_done once, after the last try.  A call whose on_body has been given
 * bytes is not tried again.  No try begins, or goes on, past give_up_at_ms
 * (monotonic; LOOP_NEVER: no such limit); where there are six seconds or more
 * till then, a try that may be followed by another gets three fifths of them.
 * NULL: no memory, nothing will be called back.
 */
struct http_call *http_call_start(struct http_caller *c,
    const struct http_request *req, int64_t give_up_at_ms);

/* The same, signed with `credentials` (a reference is taken; NULL: not signed)
 * in place of the provider's. */
struct http_call *
http_call_start_as(struct http_caller *c, const struct http_request *req,
    struct credentials *credentials, int64_t give_up_at_ms);

/* Valid until on_done; which is then not called. */
void http_call_cancel(struct http_call *call);

/* Go on after on_body returned 1. */
void http_call_resume(struct http_call *call);

/* Number of tries begun so far; the call's own on_done may ask. */
int http_call_attempts(const struct http_call *call);

#endif
