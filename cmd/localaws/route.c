#include "route.h"

#include <string.h>

#include "exchange.h"
#include "svc_polly.h"
#include "svc_transcribe.h"
#include "svc_translate.h"

#define TRANSLATE_TARGET "AWSShineFrontendService_20170701."

const struct service transcribe_service = {
	"transcribe",
	PROTOCOL_REST_JSON,
	"Message",
};

const struct service translate_service = {
	"translate",
	PROTOCOL_JSON_11,
	"Message",
};

const struct service polly_service = {
	"polly",
	PROTOCOL_REST_JSON,
	"message",
};

static void
refuse_unknown(struct exchange *x)
{
	exchange_refuse(x,
	    x->op->service->protocol == PROTOCOL_JSON_11 ? 400 : 404,
	    "UnknownOperationException", NULL,
	    "The stand-in does not know the operation %s %s", x->req.method,
	    x->req.path);
}

static void
refuse_websocket(struct exchange *x)
{
	exchange_refuse(x, 400, "BadRequestException", NULL,
	    "The stand-in has no WebSocket form of Transcribe: use HTTP/2");
}

static const struct operation unknown_transcribe = {
	.name = "",
	.service = &transcribe_service,
	.start = refuse_unknown,
};

static const struct operation unknown_translate = {
	.name = "",
	.service = &translate_service,
	.start = refuse_unknown,
};

static const struct operation unknown_polly = {
	.name = "",
	.service = &polly_service,
	.start = refuse_unknown,
};

static const struct operation websocket = {
	.name = "StartStreamTranscriptionWebSocket",
	.service = &transcribe_service,
	.start = refuse_websocket,
};

static bool
is(const struct request *r, const char *method, const char *path)
{
	return strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0;
}

static const struct operation *
route_translate(const struct request *r, const char *target)
{
	size_t n = strlen(TRANSLATE_TARGET);

	if (is(r, "POST", "/") && strncmp(target, TRANSLATE_TARGET, n) == 0 &&
	    strcmp(target + n, "TranslateText") == 0)
		return &translate_text;
	return &unknown_translate;
}

const struct operation *
route(const struct request *r)
{
	const char *target = request_header(r, "x-amz-target");

	if (is(r, "POST", "/stream-transcription"))
		return &start_stream_transcription;
	if (is(r, "GET", "/stream-transcription-websocket"))
		return &websocket;
	if (is(r, "GET", "/v1/voices"))
		return &describe_voices;
	if (is(r, "POST", "/v1/speech"))
		return &synthesize_speech;
	if (is(r, "GET", "/v1/speech"))
		return &synthesize_speech_get;
	if (is(r, "POST", "/v1/synthesisStream"))
		return &start_speech_synthesis_stream;
	if (target != NULL)
		return route_translate(r, target);
	if (strncmp(r->path, "/v1/", 4) == 0)
		return &unknown_polly;
	if (strcmp(r->path, "/") == 0)
		return &unknown_translate;
	return &unknown_transcribe;
}
