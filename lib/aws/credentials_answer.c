#include "aws/credentials_answer.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "aws/service_xml.h"
#include "aws/sigv4.h"

/* Digits of a fixed width; -1: not digits. */
static long
digits(const char *s, size_t n)
{
	long v = 0;

	for (; n > 0; n--, s++) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (*s - '0');
	}
	return v;
}

int64_t
credentials_parse_time(const char *s)
{
	char amz_date[17];
	long ms = 0, scale = 100, hours, minutes, sign;
	int64_t t;
	size_t n;

	if (strlen(s) < 20 || s[4] != '-' || s[7] != '-' ||
	    (s[10] != 'T' && s[10] != 't' && s[10] != ' ') || s[13] != ':' ||
	    s[16] != ':')
		return -1;
	snprintf(amz_date, sizeof(amz_date), "%.4s%.2s%.2sT%.2s%.2s%.2sZ", s,
	    s + 5, s + 8, s + 11, s + 14, s + 17);
	if (sigv4_date_parse(&t, amz_date) != 0)
		return -1;
	s += 19;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, scale /= 10)
			ms += (*s - '0') * scale;
	if ((*s == 'Z' || *s == 'z') && s[1] == '\0')
		return t * 1000 + ms;
	/* "+01:00"; ISO 8601 has "+0100", too. */
	n = strlen(s);
	if ((*s != '+' && *s != '-') || (n != 5 && (n != 6 || s[3] != ':')))
		return -1;
	sign = *s == '-' ? -1 : 1;
	hours = digits(s + 1, 2);
	minutes = digits(s + n - 2, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return -1;
	return (t - sign * (hours * 3600 + minutes * 60)) * 1000 + ms;
}

/* A set of its parts; any of the first two missing, or a date that is none, is
 * an error. */
static struct credentials *
make(const char *id, const char *secret, const char *token,
    const char *expiration, char *err, size_t errsize)
{
	int64_t expires_at_ms = INT64_MAX;
	struct credentials *c;

	if (id == NULL || id[0] == '\0' || secret == NULL ||
	    secret[0] == '\0') {
		snprintf(err, errsize, "answer has no %s",
		    id == NULL || id[0] == '\0' ? "AccessKeyId"
						: "SecretAccessKey");
		return NULL;
	}
	if (expiration != NULL && expiration[0] != '\0') {
		expires_at_ms = credentials_parse_time(expiration);
		if (expires_at_ms < 0) {
			snprintf(err, errsize,
			    "answer has an Expiration that is no date");
			return NULL;
		}
	}
	c = credentials_new(id, secret, token, expires_at_ms);
	if (c == NULL)
		snprintf(err, errsize, "out of memory");
	return c;
}

static const char *
str(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

struct credentials *
credentials_from_json(enum credentials_form form, const void *body, size_t len,
    char *err, size_t errsize)
{
	json_t *obj = json_loadb(body, len, 0, NULL);
	struct credentials *c = NULL;
	const char *code = str(obj, "Code"), *message = str(obj, "Message");

	if (!json_is_object(obj))
		snprintf(err, errsize, "answer is not a JSON object");
	else if (form == CREDENTIALS_OF_PROCESS &&
		 json_integer_value(json_object_get(obj, "Version")) != 1)
		snprintf(err, errsize, "answer has no \"Version\": 1");
	else if (form == CREDENTIALS_OF_IMDS && code != NULL &&
		 strcmp(code, "Success") != 0)
		snprintf(err, errsize, "%.64s%s%.160s",
		    code[0] != '\0' ? code : "an empty code",
		    message != NULL ? ": " : "",
		    message != NULL ? message : "");
	else
		c = make(str(obj, "AccessKeyId"), str(obj, "SecretAccessKey"),
		    str(obj, form == CREDENTIALS_OF_PROCESS ? "SessionToken"
							    : "Token"),
		    str(obj, "Expiration"), err, errsize);
	json_decref(obj);
	return c;
}

struct credentials *
credentials_from_sts(const void *body, size_t len, char *err, size_t errsize)
{
	char id[256], secret[256], token[8192], expiration[64];
	struct credentials *c = NULL;

	if (service_xml_text(body, len, "AccessKeyId", id, sizeof(id)) < 0 ||
	    service_xml_text(
		body, len, "SecretAccessKey", secret, sizeof(secret)) < 0 ||
	    service_xml_text(body, len, "SessionToken", token, sizeof(token)) <
		0 ||
	    service_xml_text(
		body, len, "Expiration", expiration, sizeof(expiration)) < 0)
		snprintf(err, errsize, "answer of STS has no credentials");
	else
		c = make(id, secret, token, expiration, err, errsize);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(token, sizeof(token));
	return c;
}
