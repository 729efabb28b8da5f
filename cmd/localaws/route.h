/* Services, their operations, and which of them a request is for. */
#ifndef LOCALAWS_ROUTE_H
#define LOCALAWS_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

struct exchange;

enum protocol {
	PROTOCOL_REST_JSON, /* error name in the header x-amzn-errortype */
	PROTOCOL_JSON_11,   /* error name in the body, __type */
};

struct service {
	const char *signing_name;
	enum protocol protocol;
	const char *message_key; /* of its errors: "message" or "Message" */
};

extern const struct service transcribe_service;
extern const struct service translate_service;
extern const struct service polly_service;

/* All functions run inside exchange_pump() but stop(). */
struct operation {
	const char *name; /* "": unknown, which needs neither body nor
	                     signature to be refused */
	const struct service *service;
	bool is_stream; /* signed events in; HTTP/2 only */
	/* The request is complete (plain) or its headers are (stream), and
	 * signed rightly. */
	void (*start)(struct exchange *x);
	/* Once a turn after start(), until the exchange is finished.  May be
	 * NULL. */
	void (*pump)(struct exchange *x, int64_t now_ms);
	/* Free x->state; may be NULL.  Also called when start() never was. */
	void (*stop)(struct exchange *x);
};

/* Never NULL: what is for nobody goes to an operation that says so. */
const struct operation *route(const struct request *r);

#endif
