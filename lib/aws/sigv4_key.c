#include "aws/sigv4_key.h"

#include <stdio.h>
#include <string.h>

#define TIME_MAX_S 253402300799 /* 9999-12-31T23:59:59Z */

/* Days since 1970-01-01 of a date of the Gregorian calendar, from 1970 on. */
static int64_t
days_of(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
		273, 304, 334 };
	int y = year - 1;
	int64_t days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 - 719162;
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days + before[month - 1] + (month > 2 && is_leap) + day - 1;
}

static void
put_digits(char *p, int value, size_t n)
{
	while (n > 0) {
		p[--n] = (char)('0' + value % 10);
		value /= 10;
	}
}

int
sigv4_date_format(char out[17], int64_t time_s)
{
	int64_t days = time_s / 86400;
	int second = (int)(time_s % 86400), year, month = 12;

	if (time_s < 0 || time_s > TIME_MAX_S)
		return SIGV4_ERR_DATE;
	/*
	 * Not gmtime_r() and strftime(), which take a lock and a locale: a
	 * stream asks once a second.  The year is guessed as if there were no
	 * leap days, so never too low.
	 */
	year = 1970 + (int)(days / 365);
	while (days_of(year, 1, 1) > days)
		year--;
	while (days_of(year, month, 1) > days)
		month--;
	put_digits(out, year, 4);
	put_digits(out + 4, month, 2);
	put_digits(out + 6, (int)(days - days_of(year, month, 1)) + 1, 2);
	out[8] = 'T';
	put_digits(out + 9, second / 3600, 2);
	put_digits(out + 11, second / 60 % 60, 2);
	put_digits(out + 13, second % 60, 2);
	out[15] = 'Z';
	out[16] = '\0';
	return 0;
}

static int
two_digits(const char *p)
{
	return (p[0] - '0') * 10 + p[1] - '0';
}

int
sigv4_date_parse(int64_t *time_s, const char *text)
{
	static const char form[] = "00000000T000000Z";
	char again[17];
	int year, month, day;

	if (strlen(text) != sizeof(form) - 1)
		return SIGV4_ERR_DATE;
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9'
				   : text[i] != form[i])
			return SIGV4_ERR_DATE;
	}
	year = two_digits(text) * 100 + two_digits(text + 2);
	month = two_digits(text + 4);
	day = two_digits(text + 6);
	if (year < 1970 || month < 1 || month > 12)
		return SIGV4_ERR_DATE;
	*time_s = days_of(year, month, day) * 86400 +
	          two_digits(text + 9) * 3600 + two_digits(text + 11) * 60 +
	          two_digits(text + 13);
	/* What is out of range (February 30, 24:00) comes back as another
	 * date. */
	if (sigv4_date_format(again, *time_s) != 0 || strcmp(again, text) != 0)
		return SIGV4_ERR_DATE;
	return 0;
}

/* Region or service: what can stand in a scope and in a host name. */
static bool
is_name(const char *s)
{
	size_t n;

	if (s == NULL)
		return false;
	n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "0123456789-_.");
	return n > 0 && n < SIGV4_NAME_MAX && s[n] == '\0';
}

int
sigv4_scope_format(char out[SIGV4_SCOPE_MAX], const char *amz_date,
    const char *region, const char *service)
{
	if (!is_name(region) || !is_name(service))
		return SIGV4_ERR_SCOPE;
	snprintf(out, SIGV4_SCOPE_MAX, "%.8s/%s/%s/aws4_request", amz_date,
	    region, service);
	return 0;
}

void
sigv4_key_init(struct sigv4_key *k)
{
	memset(k, 0, sizeof(*k));
}

void
sigv4_key_release(struct sigv4_key *k)
{
	sigv4_wipe(k, sizeof(*k));
}

void
sigv4_secret_init(struct sigv4_hmac *secret, const char *secret_access_key)
{
	size_t n = strlen(secret_access_key);
	struct sigv4_sha256 h;
	uint8_t key[64] = "AWS4";

	/* RFC 2104: a key longer than a block is its own digest. */
	if (n + 4 > sizeof(key)) {
		sigv4_sha256_init(&h);
		sigv4_sha256_update(&h, key, 4);
		sigv4_sha256_update(&h, secret_access_key, n);
		sigv4_sha256_final(&h, key);
		n = SIGV4_HASH_BYTES;
		sigv4_wipe(&h, sizeof(h));
	} else {
		memcpy(key + 4, secret_access_key, n);
		n += 4;
	}
	sigv4_hmac_init(secret, key, n);
	sigv4_wipe(key, sizeof(key));
}

void
sigv4_key_derive(
    struct sigv4_hmac *key, const struct sigv4_hmac *secret, const char *scope)
{
	struct sigv4_hmac step = *secret;
	uint8_t mac[SIGV4_HASH_BYTES];
	size_t n;

	for (;;) {
		n = strcspn(scope, "/");
		sigv4_hmac(&step, mac, scope, n);
		sigv4_hmac_init(&step, mac, sizeof(mac));
		if (scope[n] == '\0')
			break;
		scope += n + 1;
	}
	*key = step;
	sigv4_wipe(&step, sizeof(step));
	sigv4_wipe(mac, sizeof(mac));
}

void
sigv4_key_set(struct sigv4_key *k, const char *secret, const char *scope)
{
	struct sigv4_hmac base;

	/* Two blocks to hash, so that the plain secret need not be kept. */
	sigv4_secret_init(&base, secret);
	if (!k->is_set || strcmp(k->scope, scope) != 0 ||
	    !sigv4_equal(
		&base.inner.h, &k->secret.inner.h, sizeof(base.inner.h))) {
		k->secret = base;
		sigv4_key_derive(&k->key, &base, scope);
		snprintf(k->scope, sizeof(k->scope), "%s", scope);
		k->is_set = true;
	}
	sigv4_wipe(&base, sizeof(base));
}
