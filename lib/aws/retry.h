/*
 * When to try again: AWS's standard mode.  No I/O, no clock, no randomness of
 * its own.  Source: PROTOCOL 7.3 (the rules of 2026: short first waits, a
 * second for throttling, one token bucket).
 */
#ifndef AWS_RETRY_H
#define AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/service_error.h"

/* AWS's numbers. */
#define RETRY_BUCKET_TOKENS 500
#define RETRY_COST 14
#define RETRY_COST_THROTTLING 5
#define RETRY_BASE_MS 50
#define RETRY_BASE_THROTTLING_MS 1000
#define RETRY_MAX_MS 20000
#define RETRY_AFTER_SLACK_MS 5000
#define RETRY_DEFAULT_ATTEMPTS 3
/* A clock that is less than this off is right (PROTOCOL 1.5). */
#define RETRY_SKEW_MIN_MS 240000

/* One a process (or a service): shared by all its calls, so that an outage is
 * not made worse by everybody trying again. */
struct retry_bucket {
	int tokens; /* 0 .. RETRY_BUCKET_TOKENS */
};

/* One a call. */
struct retry {
	struct retry_bucket *bucket; /* borrowed */
	int max_attempts;            /* tries in all */
	int attempts;                /* that failed so far */
	int cost;                    /* tokens held by the try under way */
	bool did_refresh;            /* credentials, once a call */
	bool did_skew;               /* clock, once a call */
};

void retry_bucket_init(struct retry_bucket *b);

void retry_init(struct retry *r, struct retry_bucket *b, int max_attempts);

enum retry_verdict {
	RETRY_NO,      /* give up: not retryable, no attempts or tokens left */
	RETRY_WAIT,    /* try again after *delay_ms */
	RETRY_REFRESH, /* get new credentials, then try again at once */
	RETRY_SKEW,    /* correct the clock if it is off, then try again at once
	                */
};

/*
 * A try failed with e.  `random` is in [0, 1).  Sets *delay_ms for RETRY_WAIT:
 * random * min(base * 2^i, 20 s), see retry_heed_ms().
 */
enum retry_verdict retry_failed(struct retry *r, const struct service_error *e,
    double random, int64_t *delay_ms);

/*
 * What a wait of delay_ms becomes where the service asked to be left alone for
 * longer: that long, up to 5 s more than delay_ms.
 */
int64_t retry_heed_ms(int64_t delay_ms, const struct service_error *e);

/* A try succeeded: its cost flows back, a first try gives one token. */
void retry_succeeded(struct retry *r);

/*
 * Clock offset to add to local time when signing, from the Date header of an
 * answer that came at now_ms (Unix time), request sent at sent_ms.  Returns
 * true with *offset_ms when the sample is to be trusted (a date, no Age header,
 * answer within 900 s) and the clock is at least 240 s off.  Source: PROTOCOL
 * 1.5.
 */
bool retry_clock_offset(const char *date, const char *age, double sent_ms,
    double now_ms, int64_t *offset_ms);

/*
 * The same from the text of a refusal, which names the service's time in
 * brackets: "Signature expired: T1 is now earlier than T2 (T3 - 5 min.)", times
 * as 20261121T060504Z.  Source: PROTOCOL 1.5.
 */
bool
retry_clock_offset_text(const char *text, double now_ms, int64_t *offset_ms);

/* Unix seconds of an HTTP date (IMF-fixdate, RFC 9110 5.6.7), or -1. */
int64_t retry_parse_date(const char *date);

/* Milliseconds to wait from the headers x-amz-retry-after (milliseconds) and
 * retry-after (seconds or a date), NULL where absent; -1: none. */
int64_t retry_parse_after(
    const char *amz_retry_after, const char *retry_after, double now_ms);

#endif
