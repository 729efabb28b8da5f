/*
 * What went wrong with a call to a service, in one fixed-size struct that
 * needs no release: the service's own name, text and request id where a
 * service answered, ours where the network failed before it could.  And what
 * that means to who called: its class.
 *
 * No I/O.  Sources: PROTOCOL 5.4 (REST-JSON), 6 (JSON 1.1), 7.1 (STS), 7.3,
 * 7.4 and 8.
 */
#ifndef AWS_SERVICE_ERROR_H
#define AWS_SERVICE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * name, text, and the exit status (STYLE 9) of a tool whose work ended with it.
 * The order has no meaning but that NONE is 0.
 */
#define SERVICE_ERROR_CLASSES(X)                                               \
	X(NONE, "no error", 0)                                                 \
	X(TRANSIENT, "temporary failure", 75)                                  \
	X(THROTTLING, "throttled", 75)                                         \
	X(TIMEOUT, "timed out", 75)                                            \
	X(EXPIRED, "credentials have expired", 77)                             \
	X(SKEW, "signature or clock refused", 77)                              \
	X(DENIED, "not allowed", 77)                                           \
	X(INVALID, "request refused", 69)                                      \
	X(UNTRUSTED, "no secure connection", 76)                               \
	X(PROTOCOL, "answer makes no sense", 76)                               \
	X(CONFIG, "configuration", 78)                                         \
	X(LOCAL, "out of memory or descriptors", 71)

enum service_error_class {
#define X(name, text, status) SERVICE_ERROR_##name,
	SERVICE_ERROR_CLASSES(X)
#undef X
};

/*
 * TRANSIENT   5xx, connection failures, stream reset: worth another try
 * THROTTLING  429 and throttling codes: worth another try, later
 * TIMEOUT     no answer in time: as TRANSIENT
 * EXPIRED     get new credentials once, then try once more
 * SKEW        correct the clock once, then try once more; again: wrong secret
 * DENIED      403 and its like: nothing but a person helps
 * INVALID     4xx: this request will never be served; others may
 * UNTRUSTED   certificate not signed by who we trust, TLS or ALPN refused
 * PROTOCOL    success status, but the body is not what the service promises
 * CONFIG      found out before anything was sent: no credentials, bad URL
 * LOCAL       this machine
 */

struct service_error {
	enum service_error_class class;
	int http_status; /* 0: no HTTP answer (network, or event in a stream) */
	int64_t
	    retry_after_ms;  /* what the service asked to wait; -1: nothing */
	char name[64];       /* "ThrottlingException"; ours are lower case:
	                        "connect", "timeout", "name", "certificate" */
	char message[512];   /* for people, one line, UTF-8; may be "" */
	char request_id[80]; /* "" when there was none */
	char detail[64]; /* DetectedLanguageCode, quotaCode or reason, whichever
	                    the body had; else "" */
};

/* How the service writes its errors. */
enum service_protocol {
	SERVICE_REST_JSON, /* Polly, Transcribe: header, body "code", "__type"
	                    */
	SERVICE_JSON_1_1,  /* Translate: body "__type", "code", header */
	SERVICE_QUERY_XML, /* STS: <Error><Code> */
};

/* No error: all empty, retry_after_ms -1. */
void service_error_init(struct service_error *e);

/*
 * From an HTTP answer that is not a success.  `errortype` and `request_id` are
 * the values of x-amzn-errortype and x-amzn-requestid (or x-amzn-request-id),
 * NULL where there was none; the body is any bytes: what is not the protocol's
 * (HTML of a proxy) is quoted in part.  Where no name is found it is
 * "HTTP 502".  retry_after_ms is the caller's to set.
 */
void service_error_from_answer(struct service_error *e,
    enum service_protocol protocol, int http_status, const char *errortype,
    const char *request_id, const void *body, size_t len);

/*
 * From an exception or error message in an event stream: `name` as in
 * :exception-type (or :error-code), payload JSON with message or Message, or
 * plain text.  http_status stays 0.  Source: PROTOCOL 2.2.
 */
void service_error_from_exception(struct service_error *e, const char *name,
    const char *request_id, const void *payload, size_t len);

/* One of our own: `name` is a lower-case word; fmt makes the message. */
__attribute__((format(printf, 4, 5))) void
service_error_set(struct service_error *e, enum service_error_class class,
    const char *name, const char *fmt, ...);

/*
 * "x,y", "Name:http://...", "com.amazonaws.polly#Name" to "Name" in out
 * (outsize bytes, always NUL-ended; cut where too long).
 */
void service_error_clean_name(char *out, size_t outsize, const char *name);

/* Class of a service's error by name, then by status; 0 for "not HTTP". */
enum service_error_class
service_error_classify(const char *name, int http_status);

/* Whether another try of the same request may help, without anything changed:
 * TRANSIENT, THROTTLING, TIMEOUT. */
bool service_error_is_retryable(const struct service_error *e);

/* Exit status of <sysexits.h> of a tool that ends because of it. */
int service_error_exit_status(enum service_error_class class);

/* The class in words.  Never NULL. */
const char *service_error_class_text(enum service_error_class class);

/*
 * One line for people: "ThrottlingException: Rate exceeded (HTTP 400, request
 * 1f2e...)".  Writes at most outsize bytes, NUL-ended; returns out.
 */
char *
service_error_text(const struct service_error *e, char *out, size_t outsize);

#endif
