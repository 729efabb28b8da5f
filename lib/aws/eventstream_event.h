/*
 * What a service's event-stream message is: an event, an exception or an
 * error, with its name (PROTOCOL 2.2).
 */
#ifndef AWS_EVENTSTREAM_EVENT_H
#define AWS_EVENTSTREAM_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/eventstream.h"

enum es_kind {
	ES_KIND_EVENT,     /* type: member of the stream's union */
	ES_KIND_EXCEPTION, /* modelled: type is its name, payload JSON */
	ES_KIND_ERROR,     /* unmodelled: type is :error-code */
	ES_KIND_OTHER, /* a :message-type nobody knows yet: skip the message */
};

/* Borrowed from the message; strings are not NUL-ended. */
struct es_event {
	enum es_kind kind;
	const char *type; /* "AudioEvent", "BadRequestException", ...; "" when
	                     the message does not say */
	size_t type_len;
	const char *content_type; /* "" when missing */
	size_t content_type_len;
	const char *error_message; /* of ES_KIND_ERROR; "" when missing */
	size_t error_message_len;
	const uint8_t *payload;
	size_t payload_len;
};

/*
 * Read a message.  An exception without `:exception-type` takes its name from
 * `:event-type` (one table of AWS's guide); without `:message-type` the header
 * that is there decides.  0, or ES_ERR_HEADER: none of these headers.
 */
int es_event_read(struct es_event *e, const struct es_message *m);

/* Whether e is of that kind and type. */
bool es_event_is(const struct es_event *e, enum es_kind kind, const char *type);

/*
 * What an exception or error says, for people: `Message` or `message` of its
 * JSON, else its payload as text, else :error-message; made harmless by
 * utf8_escape().  Written to buf (size bytes, NUL-ended).  Returns buf.
 */
const char *es_event_text(const struct es_event *e, char *buf, size_t size);

#endif
