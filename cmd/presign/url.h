/*
 * Presigned URLs for other programs: Transcribe's WebSocket form and Polly's
 * SynthesizeSpeech.  No I/O; time and credentials are arguments.
 *
 * Sources: PROTOCOL 1.4 and 4.5; for Polly, whose API reference has only the
 * POST, AWS's own presigners (SDKs for Ruby, Java and JavaScript): GET
 * /v1/speech, the members of the request as query parameters of the same names,
 * one of a list each time its name is given.
 */
#ifndef PRESIGN_URL_H
#define PRESIGN_URL_H

#include <stddef.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/polly_speech.h"
#include "aws/sigv4.h"
#include "aws/transcribe.h"

#define URL_ERROR_LIST(X)                                                      \
	X(URL_ERR_NOMEM, -1, "out of memory")                                  \
	X(URL_ERR_PARAMS, -2, "parameters contradict each other")              \
	X(URL_ERR_TEXT, -3, "text is empty, too long or not UTF-8")            \
	X(URL_ERR_SIGN, -4, "the request cannot be signed")

enum url_error {
#define X(name, code, text) name = (code),
	URL_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *url_strerror(int code);

/* The service's: seconds that a WebSocket URL may be good for. */
#define URL_TRANSCRIBE_EXPIRES_MAX_S 300
/* The service's port of the WebSocket form. */
#define URL_WEBSOCKET_PORT 8443

/* Who signs, where and when; all borrowed. */
struct url_signer {
	const struct endpoint *endpoint;
	const struct sigv4_credentials *keys;
	int64_t time_s;         /* Unix time */
	unsigned int expires_s; /* good for so long */
};

/*
 * Give the service's own host the port of the WebSocket form; an endpoint other
 * than `service` (the default one) keeps its port.
 */
void url_websocket_port(struct endpoint *e, const struct endpoint *service);

/*
 * "wss://.../stream-transcription-websocket?...", or ws: for an http endpoint.
 * media_encoding ("pcm", "flac", "ogg-opus") stands in place of params'.
 * 0 with *url, to be freed by free(); or URL_ERR_* with a line for people in
 * err.
 */
int url_transcribe(char **url, const struct url_signer *signer,
    const struct transcribe_params *params, const char *media_encoding,
    char *err, size_t errsize);

/* "https://.../v1/speech?...".  As above. */
int url_polly(char **url, const struct url_signer *signer,
    const struct polly_speech *speech, char *err, size_t errsize);

#endif
