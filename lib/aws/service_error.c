#include "aws/service_error.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "aws/service_xml.h"
#include "base/utf8.h"

/* Of a body that is not the protocol's: enough to know a proxy by. */
#define QUOTE_MAX_BYTES 240

void
service_error_init(struct service_error *e)
{
	memset(e, 0, sizeof(*e));
	e->retry_after_ms = -1;
}

/* Length of the white space, control character or (with skip_tags) tag at p; 0:
 * there is text. */
static size_t
gap_len(const unsigned char *p, size_t n, bool skip_tags)
{
	const unsigned char *end;

	if (p[0] <= ' ' || p[0] == 0x7f)
		return 1;
	if (!skip_tags || p[0] != '<')
		return 0;
	end = memchr(p, '>', n);
	return end != NULL ? (size_t)(end - p) + 1 : n;
}

/*
 * Copy foreign text as one line of valid UTF-8: a gap becomes one space, a byte
 * that is no UTF-8 '?'.  Cut at a character's border.
 */
static void
copy_text(char *out, size_t outsize, const char *s, size_t n, bool skip_tags)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t at = 0, i = 0, len, gap;
	bool after_gap = false, is_bad;

	while (i < n) {
		gap = gap_len(p + i, n - i, skip_tags);
		if (gap > 0) {
			i += gap;
			after_gap = at > 0;
			continue;
		}
		len = utf8_sequence(s + i, n - i);
		is_bad = len == 0;
		if (is_bad)
			len = 1;
		if (at + (after_gap ? 1 : 0) + len + 1 > outsize)
			break;
		if (after_gap)
			out[at++] = ' ';
		memcpy(out + at, is_bad ? "?" : s + i, len);
		at += len;
		i += len;
		after_gap = false;
	}
	out[at] = '\0';
}

void
service_error_clean_name(char *out, size_t outsize, const char *name)
{
	const char *hash;
	size_t n = strcspn(name, ",:"), i;

	hash = memchr(name, '#', n);
	if (hash != NULL) {
		n -= (size_t)(hash + 1 - name);
		name = hash + 1;
	}
	for (i = 0; i + 1 < outsize && i < n; i++)
		out[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
	out[i] = '\0';
}

/* Whether name is in a NULL-ended list. */
static bool
is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* Source: PROTOCOL 7.3. */
static const char *const throttling_names[] = { "Throttling",
	"ThrottlingException", "ThrottledException", "RequestThrottled",
	"RequestThrottledException", "TooManyRequestsException",
	"LimitExceededException", "RequestLimitExceeded",
	"BandwidthLimitExceeded", "ProvisionedThroughputExceededException",
	"TransactionInProgressException", "SlowDown", "EC2ThrottledException",
	NULL };

/* The services' words for "our fault, not yours", some of them with a status
 * that does not say so.  Source: PROTOCOL 4.4, 5.1, 6, 7.3, 7.4. */
static const char *const transient_names[] = { "RequestTimeout",
	"RequestTimeoutException", "PriorRequestNotComplete", "InternalFailure",
	"InternalFailureException", "InternalServerError",
	"InternalServerException", "InternalServerErrorException",
	"ServiceUnavailable", "ServiceUnavailableException",
	"ServiceFailureException", "ServiceQuotaExceededException",
	"IDPCommunicationError", "IDPCommunicationErrorException",
	"ConflictException", NULL };

/* Source: PROTOCOL 1.5.  RequestExpired is here: a clock that is off makes it
 * too, and correcting the clock costs nothing. */
static const char *const skew_names[] = { "RequestTimeTooSkewed",
	"RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
	"SignatureDoesNotMatch", "AuthFailure", NULL };

static const char *const expired_names[] = { "ExpiredToken",
	"ExpiredTokenException", "TokenRefreshRequired", NULL };

/* Source: PROTOCOL 7.4. */
static const char *const denied_names[] = { "AccessDenied",
	"AccessDeniedException", "UnrecognizedClientException",
	"InvalidClientTokenId", "InvalidAccessKeyId",
	"MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"IncompleteSignature", "IncompleteSignatureException", "OptInRequired",
	"NotAuthorized", "UnauthorizedOperation", NULL };

enum service_error_class
service_error_classify(const char *name, int http_status)
{
	if (is_one_of(name, expired_names))
		return SERVICE_ERROR_EXPIRED;
	if (is_one_of(name, skew_names))
		return SERVICE_ERROR_SKEW;
	if (is_one_of(name, throttling_names) || http_status == 429)
		return SERVICE_ERROR_THROTTLING;
	if (is_one_of(name, denied_names))
		return SERVICE_ERROR_DENIED;
	if (is_one_of(name, transient_names))
		return SERVICE_ERROR_TRANSIENT;
	if (http_status == 401 || http_status == 403 || http_status == 407)
		return SERVICE_ERROR_DENIED;
	if (http_status == 408)
		return SERVICE_ERROR_TIMEOUT;
	if (http_status == 500 || http_status == 502 || http_status == 503 ||
	    http_status == 504)
		return SERVICE_ERROR_TRANSIENT;
	if (http_status >= 400)
		return SERVICE_ERROR_INVALID;
	if (http_status > 0)
		return SERVICE_ERROR_PROTOCOL;
	/* An exception in a stream that nobody told us about: as
	 * InternalFailure, but for names that say whose fault it is. */
	if (strstr(name, "BadRequest") != NULL ||
	    strstr(name, "Validation") != NULL ||
	    strstr(name, "Invalid") != NULL ||
	    strstr(name, "NotSupported") != NULL ||
	    strstr(name, "Serialization") != NULL)
		return SERVICE_ERROR_INVALID;
	return SERVICE_ERROR_TRANSIENT;
}

/* The string at one of two keys, or NULL. */
static const char *
either(const json_t *obj, const char *a, const char *b)
{
	const char *s = json_string_value(json_object_get(obj, a));

	return s != NULL ? s : json_string_value(json_object_get(obj, b));
}

/* The member that callers act on. */
static const char *
find_detail(const json_t *obj)
{
	static const char *const keys[] = { "DetectedLanguageCode", "quotaCode",
		"reason", NULL };
	const json_t *list, *first;
	const char *s;
	size_t i;

	for (i = 0; keys[i] != NULL; i++) {
		s = json_string_value(json_object_get(obj, keys[i]));
		if (s != NULL)
			return s;
	}
	list = json_object_get(obj, "throttlingReasons");
	first = json_array_get(list, 0);
	return json_string_value(json_object_get(first, "reason"));
}

/* Message and detail of a JSON object. */
static void
read_object(struct service_error *e, const json_t *obj)
{
	const char *text = either(obj, "message", "Message");
	const char *detail = find_detail(obj);
	const json_t *field;
	const char *name, *why;
	size_t len;

	if (text != NULL)
		copy_text(
		    e->message, sizeof(e->message), text, strlen(text), false);
	if (detail != NULL)
		copy_text(e->detail, sizeof(e->detail), detail, strlen(detail),
		    false);
	/* Polly says only here which field it did not like. */
	field = json_array_get(json_object_get(obj, "fields"), 0);
	name = json_string_value(json_object_get(field, "name"));
	why = json_string_value(json_object_get(field, "message"));
	len = strlen(e->message);
	if (name != NULL && why != NULL && len + 8 < sizeof(e->message)) {
		char buf[256];

		snprintf(buf, sizeof(buf), " (%s: %s)", name, why);
		e->message[len] = ' ';
		copy_text(e->message + len + 1, sizeof(e->message) - len - 1,
		    buf, strlen(buf), false);
	}
}

/* Name, in the protocol's order, and message of a JSON body. */
static void
read_json(struct service_error *e, enum service_protocol protocol,
    const char *errortype, const json_t *obj)
{
	const char *name;

	if (protocol == SERVICE_JSON_1_1) {
		name = either(obj, "__type", "code");
		if (name == NULL)
			name = errortype;
	} else {
		name = errortype;
		if (name == NULL || name[0] == '\0')
			name = either(obj, "code", "__type");
	}
	if (name != NULL)
		service_error_clean_name(e->name, sizeof(e->name), name);
	read_object(e, obj);
}

static void
read_xml(struct service_error *e, const char *body, size_t len)
{
	char name[sizeof(e->name)], text[sizeof(e->message)];

	if (service_xml_text(body, len, "Code", name, sizeof(name)) > 0)
		service_error_clean_name(e->name, sizeof(e->name), name);
	if (service_xml_text(body, len, "Message", text, sizeof(text)) > 0)
		copy_text(
		    e->message, sizeof(e->message), text, strlen(text), false);
	if (e->request_id[0] == '\0' && service_xml_text(body, len, "RequestId",
					    text, sizeof(e->request_id)) > 0)
		copy_text(e->request_id, sizeof(e->request_id), text,
		    strlen(text), false);
}

void
service_error_from_answer(struct service_error *e,
    enum service_protocol protocol, int http_status, const char *errortype,
    const char *request_id, const void *body, size_t len)
{
	json_t *obj = NULL;

	service_error_init(e);
	e->http_status = http_status;
	if (request_id != NULL)
		copy_text(e->request_id, sizeof(e->request_id), request_id,
		    strlen(request_id), false);
	if (protocol == SERVICE_QUERY_XML)
		read_xml(e, body, len);
	else if (len > 0)
		obj = json_loadb(body, len, JSON_ALLOW_NUL, NULL);
	if (json_is_object(obj))
		read_json(e, protocol, errortype, obj);
	if (e->name[0] == '\0' && errortype != NULL)
		service_error_clean_name(e->name, sizeof(e->name), errortype);
	if (e->name[0] == '\0')
		snprintf(e->name, sizeof(e->name), "HTTP %d", http_status);
	if (e->message[0] == '\0' && !json_is_object(obj) && len > 0)
		copy_text(e->message, QUOTE_MAX_BYTES, body, len, true);
	e->class = service_error_classify(e->name, http_status);
	json_decref(obj);
}

void
service_error_from_exception(struct service_error *e, const char *name,
    const char *request_id, const void *payload, size_t len)
{
	json_t *obj = NULL;

	service_error_init(e);
	if (name != NULL)
		service_error_clean_name(e->name, sizeof(e->name), name);
	if (e->name[0] == '\0')
		snprintf(e->name, sizeof(e->name), "UnknownError");
	if (request_id != NULL)
		copy_text(e->request_id, sizeof(e->request_id), request_id,
		    strlen(request_id), false);
	if (len > 0)
		obj = json_loadb(payload, len, JSON_ALLOW_NUL, NULL);
	if (json_is_object(obj))
		read_object(e, obj);
	else if (len > 0)
		copy_text(e->message, sizeof(e->message), payload, len, false);
	e->class = service_error_classify(e->name, 0);
	json_decref(obj);
}

void
service_error_set(struct service_error *e, enum service_error_class class,
    const char *name, const char *fmt, ...)
{
	char buf[sizeof(e->message)];
	va_list ap;

	service_error_init(e);
	e->class = class;
	snprintf(e->name, sizeof(e->name), "%s", name);
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	copy_text(e->message, sizeof(e->message), buf, strlen(buf), false);
}

bool
service_error_is_retryable(const struct service_error *e)
{
	return e->class == SERVICE_ERROR_TRANSIENT ||
	       e->class == SERVICE_ERROR_THROTTLING ||
	       e->class == SERVICE_ERROR_TIMEOUT;
}

int service_error_exit_status(enum service_error_class class)
{
	switch (class) {
#define X(name, text, status)                                                  \
	case SERVICE_ERROR_##name:                                             \
		return status;
		SERVICE_ERROR_CLASSES(X)
#undef X
	}
	return 70;
}

const char *service_error_class_text(enum service_error_class class)
{
	switch (class) {
#define X(name, text, status)                                                  \
	case SERVICE_ERROR_##name:                                             \
		return text;
		SERVICE_ERROR_CLASSES(X)
#undef X
	}
	return "unknown error";
}

char *
service_error_text(const struct service_error *e, char *out, size_t outsize)
{
	const char *text = e->message[0] != '\0'
	                       ? e->message
	                       : service_error_class_text(e->class);
	char status[24] = "", request[sizeof(e->request_id) + 16] = "";
	const char *open = "", *comma = "", *close = "";

	/* Ours name no service: the message says it all. */
	if (e->name[0] >= 'a' && e->name[0] <= 'z' && e->http_status == 0) {
		snprintf(out, outsize, "%s", text);
		return out;
	}
	if (e->http_status > 0 && strncmp(e->name, "HTTP ", 5) != 0)
		snprintf(status, sizeof(status), "HTTP %d", e->http_status);
	if (e->request_id[0] != '\0')
		snprintf(request, sizeof(request), "request %s", e->request_id);
	if (status[0] != '\0' || request[0] != '\0') {
		open = " (";
		close = ")";
	}
	if (status[0] != '\0' && request[0] != '\0')
		comma = ", ";
	snprintf(out, outsize, "%s: %s%s%s%s%s%s", e->name, text, open, status,
	    comma, request, close);
	return out;
}
