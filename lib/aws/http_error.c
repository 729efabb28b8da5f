#include "aws/http_error.h"

#include <string.h>

/* A handshake that the network cut off is worth another try; one that was
 * refused is not. */
static bool
is_cut_off(const char *text)
{
	return strstr(text, "SYSCALL") != NULL ||
	       strstr(text, "reset") != NULL || strstr(text, "eof") != NULL ||
	       strstr(text, "EOF") != NULL ||
	       strstr(text, "Broken pipe") != NULL;
}

static void
from_connect(struct service_error *e, CURL *easy, const char *at,
    const char *host, const char *text)
{
	long os_errno = 0;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
	/* Text that names another host: libcurl tried a proxy. */
	if (os_errno == 0 || strstr(text, host) == NULL)
		service_error_set(e, SERVICE_ERROR_TRANSIENT, "connect",
		    "cannot connect to %s: %s", at, text);
	else
		service_error_set(e, SERVICE_ERROR_TRANSIENT, "connect",
		    "cannot connect to %s: %s", at, strerror((int)os_errno));
}

static void
from_timeout(struct service_error *e, CURL *easy, const char *at)
{
	curl_off_t ready_us = 0, total_us = 0;

	curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total_us);
	service_error_set(e, SERVICE_ERROR_TIMEOUT, "timeout",
	    ready_us == 0 ? "no connection to %s within %lld ms"
			  : "no answer from %s within %lld ms",
	    at, (long long)(total_us / 1000));
}

/* The connection broke: perhaps before it was one, as a proxy said no. */
static void
from_break(
    struct service_error *e, CURL *easy, const char *at, const char *text)
{
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status < 300)
		service_error_set(e, SERVICE_ERROR_TRANSIENT, "reset",
		    "connection to %s broke: %s", at, text);
	else
		service_error_set(e, SERVICE_ERROR_TRANSIENT, "proxy",
		    "the proxy %s (%ld) for %s",
		    status == 407       ? "wants other credentials"
		    : status / 100 == 4 ? "refuses this destination"
					: "cannot reach it",
		    status, at);
}

void
http_error_from_curl(struct service_error *e, CURLcode code, CURL *easy,
    const struct endpoint *endpoint, const char *text, const char *ca_bundle)
{
	const char *at = endpoint->authority;

	if (text[0] == '\0')
		text = curl_easy_strerror(code);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		service_error_set(e, SERVICE_ERROR_TRANSIENT, "name",
		    "cannot find the address of '%s'", endpoint->host);
		break;
	case CURLE_COULDNT_RESOLVE_PROXY:
		/* It may quote a URL, with its password. */
		service_error_set(e, SERVICE_ERROR_TRANSIENT, "name",
		    "cannot find the address of the proxy%s%s",
		    strchr(text, '@') == NULL ? ": " : "",
		    strchr(text, '@') == NULL ? text : "");
		break;
	case CURLE_COULDNT_CONNECT:
		from_connect(e, easy, at, endpoint->host, text);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		from_timeout(e, easy, at);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		service_error_set(e, SERVICE_ERROR_UNTRUSTED, "certificate",
		    "certificate of %s is not trusted: %s (AWS_CA_BUNDLE names "
		    "the roots to trust)",
		    at, text);
		break;
	case CURLE_SSL_CACERT_BADFILE:
		service_error_set(e, SERVICE_ERROR_CONFIG, "roots",
		    "cannot use the certificates in '%s': %s",
		    ca_bundle != NULL ? ca_bundle : "the system's store", text);
		break;
	case CURLE_SSL_CONNECT_ERROR:
		service_error_set(e,
		    is_cut_off(text) ? SERVICE_ERROR_TRANSIENT
				     : SERVICE_ERROR_UNTRUSTED,
		    is_cut_off(text) ? "reset" : "tls",
		    "no TLS connection to %s: %s", at, text);
		break;
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_USE_SSL_FAILED:
		service_error_set(e, SERVICE_ERROR_UNTRUSTED, "tls",
		    "no TLS connection to %s: %s", at, text);
		break;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		service_error_set(
		    e, SERVICE_ERROR_LOCAL, "memory", "out of memory");
		break;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		service_error_set(e, SERVICE_ERROR_PROTOCOL, "protocol",
		    "%s does not speak HTTP: %s", at, text);
		break;
	default:
		from_break(e, easy, at, text);
		break;
	}
}
