/* libcurl's failures as service errors, in words that name the way out. */
#ifndef AWS_HTTP_ERROR_H
#define AWS_HTTP_ERROR_H

#include <curl/curl.h>

#include "aws/endpoint.h"
#include "aws/service_error.h"

/*
 * Fill e for a transfer on `easy` to `endpoint` that ended with `code` (not
 * CURLE_OK).  `text` is libcurl's own, "" or more; ca_bundle may be NULL.
 */
void http_error_from_curl(struct service_error *e, CURLcode code, CURL *easy,
    const struct endpoint *endpoint, const char *text, const char *ca_bundle);

#endif
