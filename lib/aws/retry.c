#include "aws/retry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/sigv4.h"

/* AWS's number (PROTOCOL 1.5). */
#define SKEW_MAX_ANSWER_MS 900000

void
retry_bucket_init(struct retry_bucket *b)
{
	b->tokens = RETRY_BUCKET_TOKENS;
}

void
retry_init(struct retry *r, struct retry_bucket *b, int max_attempts)
{
	memset(r, 0, sizeof(*r));
	r->bucket = b;
	r->max_attempts = max_attempts;
}

/* random * min(base * 2^i, 20 s) */
static int64_t
backoff_ms(int64_t base_ms, int i, double random)
{
	int64_t ceiling_ms = base_ms;

	while (i-- > 0 && ceiling_ms < RETRY_MAX_MS)
		ceiling_ms *= 2;
	if (ceiling_ms > RETRY_MAX_MS)
		ceiling_ms = RETRY_MAX_MS;
	return (int64_t)(random * (double)ceiling_ms);
}

int64_t
retry_heed_ms(int64_t delay_ms, const struct service_error *e)
{
	int64_t most_ms = delay_ms + RETRY_AFTER_SLACK_MS;

	if (e->retry_after_ms > most_ms)
		return most_ms;
	return e->retry_after_ms > delay_ms ? e->retry_after_ms : delay_ms;
}

enum retry_verdict
retry_failed(struct retry *r, const struct service_error *e, double random,
    int64_t *delay_ms)
{
	bool is_throttling = e->class == SERVICE_ERROR_THROTTLING;
	int cost = is_throttling ? RETRY_COST_THROTTLING : RETRY_COST;

	*delay_ms = 0;
	if (e->class == SERVICE_ERROR_EXPIRED && !r->did_refresh) {
		r->did_refresh = true;
		return RETRY_REFRESH;
	}
	if (e->class == SERVICE_ERROR_SKEW && !r->did_skew) {
		r->did_skew = true;
		return RETRY_SKEW;
	}
	r->attempts++;
	if (!service_error_is_retryable(e) || r->attempts >= r->max_attempts ||
	    r->bucket->tokens < cost)
		return RETRY_NO;
	r->bucket->tokens -= cost;
	r->cost = cost;
	*delay_ms = retry_heed_ms(
	    backoff_ms(is_throttling ? RETRY_BASE_THROTTLING_MS : RETRY_BASE_MS,
		r->attempts - 1, random),
	    e);
	return RETRY_WAIT;
}

void
retry_succeeded(struct retry *r)
{
	r->bucket->tokens += r->cost > 0 ? r->cost : 1;
	if (r->bucket->tokens > RETRY_BUCKET_TOKENS)
		r->bucket->tokens = RETRY_BUCKET_TOKENS;
	r->cost = 0;
}

int64_t
retry_parse_date(const char *date)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned int day, year, hour, minute, second;
	char month[4], zone[4], amz_date[40];
	const char *at;
	int64_t t;
	int end = 0;

	if (sscanf(date, "%*3[A-Za-z], %2u %3[A-Za-z] %4u %2u:%2u:%2u %3s%n",
		&day, month, &year, &hour, &minute, &second, zone, &end) != 7 ||
	    date[end] != '\0' || strcmp(zone, "GMT") != 0)
		return -1;
	at = strstr(months, month);
	if (strlen(month) != 3 || at == NULL || (at - months) % 3 != 0)
		return -1;
	snprintf(amz_date, sizeof(amz_date), "%04u%02u%02uT%02u%02u%02uZ", year,
	    (unsigned int)(at - months) / 3 + 1, day, hour, minute, second);
	return sigv4_date_parse(&t, amz_date) == 0 ? t : -1;
}

/* Whether the clock is so far off that it matters. */
static bool
is_off(int64_t t_s, double now_ms, int64_t *offset_ms)
{
	double offset = (double)t_s * 1000 - now_ms;

	if (offset > -RETRY_SKEW_MIN_MS && offset < RETRY_SKEW_MIN_MS)
		return false;
	*offset_ms = (int64_t)offset;
	return true;
}

bool
retry_clock_offset_text(const char *text, double now_ms, int64_t *offset_ms)
{
	const char *at = strchr(text, '(');
	char amz_date[17];
	int64_t t_s;

	for (; at != NULL; at = strchr(at + 1, '(')) {
		snprintf(amz_date, sizeof(amz_date), "%s", at + 1);
		if (sigv4_date_parse(&t_s, amz_date) == 0)
			return is_off(t_s, now_ms, offset_ms);
	}
	return false;
}

bool
retry_clock_offset(const char *date, const char *age, double sent_ms,
    double now_ms, int64_t *offset_ms)
{
	int64_t t_s = date != NULL ? retry_parse_date(date) : -1;

	if (t_s < 0 || age != NULL || now_ms - sent_ms > SKEW_MAX_ANSWER_MS)
		return false;
	return is_off(t_s, now_ms, offset_ms);
}

/* A whole decimal number, at most a day of milliseconds; -1: something else. */
static int64_t
parse_count(const char *s)
{
	int64_t n = 0;

	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		n = n * 10 + (*s - '0');
		if (n > 86400000)
			n = 86400000;
	}
	return n;
}

int64_t
retry_parse_after(
    const char *amz_retry_after, const char *retry_after, double now_ms)
{
	int64_t n = -1;

	if (amz_retry_after != NULL)
		n = parse_count(amz_retry_after);
	if (n >= 0 || retry_after == NULL)
		return n;
	n = parse_count(retry_after);
	if (n >= 0)
		return n * 1000;
	n = retry_parse_date(retry_after);
	if (n < 0)
		return -1;
	n = n * 1000 - (int64_t)now_ms;
	return n > 0 ? n : 0;
}
