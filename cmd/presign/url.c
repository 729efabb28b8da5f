#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

#define WEBSOCKET_PATH "/stream-transcription-websocket"
#define SPEECH_PATH "/v1/speech"
#define HEADER_PREFIX "x-amzn-transcribe-"
/* 6000 characters of four bytes, each byte three in the URL, and the rest. */
#define QUERY_BYTES_MAX (128 * 1024)

const char *
url_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case value:                                                            \
		return text;
		URL_ERROR_LIST(X)
#undef X
	default:
		return "no error";
	}
}

void
url_websocket_port(struct endpoint *e, const struct endpoint *service)
{
	if (strcmp(e->authority, service->authority) != 0)
		return;
	e->port = URL_WEBSOCKET_PORT;
	snprintf(e->authority, sizeof(e->authority), "%.*s:%d",
	    (int)sizeof(e->authority) - 8, service->authority,
	    URL_WEBSOCKET_PORT);
}

/* A parameter, its value percent-encoded; NULL and "" are left out. */
static int
add(struct bytes *query, const char *name, const char *value)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_.~";
	char code[3] = { '%' };
	int rc = 0;

	if (value == NULL || value[0] == '\0')
		return 0;
	if (bytes_len(query) > 0)
		rc = bytes_append(query, "&", 1);
	if (rc == 0)
		rc = bytes_append(query, name, strlen(name));
	if (rc == 0)
		rc = bytes_append(query, "=", 1);
	for (; rc == 0 && *value != '\0'; value++) {
		code[1] = hex[(unsigned char)*value >> 4];
		code[2] = hex[(unsigned char)*value & 15];
		rc = strchr(plain, *value) != NULL
		         ? bytes_append(query, value, 1)
		         : bytes_append(query, code, sizeof(code));
	}
	return rc == 0 ? 0 : URL_ERR_NOMEM;
}

static int
add_list(struct bytes *query, const char *name, const char *const *values)
{
	int rc = 0;

	for (; rc == 0 && values != NULL && *values != NULL; values++)
		rc = add(query, name, *values);
	return rc;
}

static int
fail(int code, const char *why, char *err, size_t errsize)
{
	snprintf(err, errsize, "%s", why);
	return code;
}

static int
print_url(char **url, const char *scheme, const struct endpoint *e,
    const char *path, const char *query)
{
	size_t size = strlen(scheme) + strlen(e->authority) + strlen(path) +
	              strlen(query) + sizeof(":///?");

	if ((*url = malloc(size)) == NULL)
		return URL_ERR_NOMEM;
	snprintf(*url, size, "%s://%s%s?%s", scheme, e->authority, path, query);
	return 0;
}

/* Sign a GET of path and query, and write the URL. */
static int
sign(char **url, const struct url_signer *signer, const char *scheme,
    const char *operation, struct bytes *query, char *err, size_t errsize)
{
	const struct endpoint *e = signer->endpoint;
	const struct sigv4_signer by = {
		.credentials = signer->keys,
		.region = e->region,
		.service = e->service,
	};
	const struct sigv4_header host = { "host", e->authority };
	char path[sizeof(e->path_prefix) + 64];
	struct sigv4_request request;
	struct sigv4_signed out;
	size_t len;
	int rc;

	if (bytes_append(query, "", 1) != 0)
		return fail(
		    URL_ERR_NOMEM, url_strerror(URL_ERR_NOMEM), err, errsize);
	snprintf(path, sizeof(path), "%s%s", e->path_prefix, operation);
	memset(&request, 0, sizeof(request));
	request.method = "GET";
	request.path = path;
	request.query = (const char *)bytes_peek(query, &len);
	request.headers = &host;
	request.nheaders = 1;
	rc = sigv4_presign(
	    &out, &request, &by, signer->time_s, signer->expires_s, 0);
	if (rc != 0)
		return fail(
		    rc == SIGV4_ERR_NOMEM ? URL_ERR_NOMEM : URL_ERR_SIGN,
		    sigv4_strerror(rc), err, errsize);
	rc = print_url(url, scheme, e, path, out.query);
	sigv4_signed_release(&out);
	return rc == 0 ? 0 : fail(rc, url_strerror(rc), err, errsize);
}

/* The operation's headers, as parameters without their prefix. */
static int
transcribe_query(struct bytes *query, const struct transcribe_params *params,
    const char *media_encoding, char *err, size_t errsize)
{
	struct h2_header headers[BIDI_HEADERS_MAX];
	struct transcribe_scratch scratch;
	int n, rc = 0;

	n = transcribe_headers(params, &scratch, headers, err, errsize);
	if (n < 0)
		return n == TRANSCRIBE_ERR_PARAMS ? URL_ERR_PARAMS
		                                  : URL_ERR_NOMEM;
	for (int i = 0; rc == 0 && i < n; i++) {
		const char *name = headers[i].name, *value = headers[i].value;

		if (strncmp(name, HEADER_PREFIX, strlen(HEADER_PREFIX)) == 0)
			name += strlen(HEADER_PREFIX);
		if (strcmp(name, "media-encoding") == 0)
			value = media_encoding;
		rc = add(query, name, value);
	}
	return rc == 0 ? 0 : fail(rc, url_strerror(rc), err, errsize);
}

int
url_transcribe(char **url, const struct url_signer *signer,
    const struct transcribe_params *params, const char *media_encoding,
    char *err, size_t errsize)
{
	struct bytes query;
	int rc;

	if (signer->expires_s > URL_TRANSCRIBE_EXPIRES_MAX_S)
		return fail(URL_ERR_SIGN,
		    "Transcribe's URLs are good for 300 seconds at most", err,
		    errsize);
	bytes_init(&query, QUERY_BYTES_MAX);
	rc = transcribe_query(&query, params, media_encoding, err, errsize);
	if (rc == 0)
		rc =
		    sign(url, signer, signer->endpoint->is_https ? "wss" : "ws",
			WEBSOCKET_PATH, &query, err, errsize);
	bytes_release(&query);
	return rc;
}

/* What Polly would refuse of the text, found before it is asked. */
static const char *
wrong_text(const struct polly_speech *speech)
{
	const char *text = speech->text;
	size_t len = strlen(text), n, nchars = 0;
	bool is_ssml =
	    speech->text_type != NULL && strcmp(speech->text_type, "ssml") == 0;

	if (len == 0)
		return "there is no text";
	for (size_t i = 0; i < len; i += n, nchars++)
		if ((n = utf8_sequence(text + i, len - i)) == 0)
			return "the text is not UTF-8";
	if (nchars > POLLY_SPEECH_MAX_CHARS)
		return "the text has more than 6000 characters";
	/* Of SSML only Polly can tell what it bills. */
	if (!is_ssml && nchars > POLLY_SPEECH_MAX_BILLED_CHARS)
		return "the text has more than 3000 characters";
	return NULL;
}

int
url_polly(char **url, const struct url_signer *signer,
    const struct polly_speech *speech, char *err, size_t errsize)
{
	const struct {
		const char *name, *value;
	} members[] = {
		{ "Engine", speech->engine },
		{ "LanguageCode", speech->language_code },
		{ "OutputFormat", speech->output_format },
		{ "SampleRate", speech->sample_rate },
		{ "Text", speech->text },
		{ "TextType", speech->text_type },
		{ "VoiceId", speech->voice_id },
	};
	const char *wrong = wrong_text(speech);
	struct bytes query;
	int rc = 0;

	if (wrong != NULL)
		return fail(URL_ERR_TEXT, wrong, err, errsize);
	bytes_init(&query, QUERY_BYTES_MAX);
	for (size_t i = 0; rc == 0 && i < sizeof(members) / sizeof(members[0]);
	     i++)
		rc = add(&query, members[i].name, members[i].value);
	if (rc == 0)
		rc = add_list(&query, "LexiconNames", speech->lexicon_names);
	if (rc == 0)
		rc = add_list(
		    &query, "SpeechMarkTypes", speech->speech_mark_types);
	if (rc != 0)
		fail(rc, url_strerror(rc), err, errsize);
	else
		rc = sign(url, signer,
		    signer->endpoint->is_https ? "https" : "http", SPEECH_PATH,
		    &query, err, errsize);
	bytes_release(&query);
	return rc;
}
