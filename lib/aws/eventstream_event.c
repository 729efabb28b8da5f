#include "aws/eventstream_event.h"

#include <string.h>

#include <jansson.h>

#include "base/utf8.h"

/* The string at name, or "" when there is none. */
static bool
get_string(
    const struct es_message *m, const char *name, const char **s, size_t *len)
{
	const char *found = es_find_string(m, name, len);

	*s = found == NULL ? "" : found;
	if (found == NULL)
		*len = 0;
	return found != NULL;
}

/* The kind of a message that may not say it. */
static int
get_kind(enum es_kind *kind, const struct es_message *m)
{
	const struct es_header *h = es_find(m, ":message-type");

	if (es_header_is(h, "event"))
		*kind = ES_KIND_EVENT;
	else if (es_header_is(h, "exception"))
		*kind = ES_KIND_EXCEPTION;
	else if (es_header_is(h, "error"))
		*kind = ES_KIND_ERROR;
	else if (h != NULL)
		*kind = ES_KIND_OTHER;
	else if (es_find(m, ":exception-type") != NULL)
		*kind = ES_KIND_EXCEPTION;
	else if (es_find(m, ":error-code") != NULL)
		*kind = ES_KIND_ERROR;
	else if (es_find(m, ":event-type") != NULL)
		*kind = ES_KIND_EVENT;
	else
		return ES_ERR_HEADER;
	return 0;
}

int
es_event_read(struct es_event *e, const struct es_message *m)
{
	int rc;

	memset(e, 0, sizeof(*e));
	e->type = e->error_message = "";
	e->payload = m->payload;
	e->payload_len = m->payload_len;
	get_string(m, ":content-type", &e->content_type, &e->content_type_len);
	if ((rc = get_kind(&e->kind, m)) != 0)
		return rc;
	switch (e->kind) {
	case ES_KIND_EXCEPTION:
		if (get_string(m, ":exception-type", &e->type, &e->type_len))
			break;
		/* FALLTHROUGH */
	case ES_KIND_EVENT:
	case ES_KIND_OTHER:
		get_string(m, ":event-type", &e->type, &e->type_len);
		break;
	case ES_KIND_ERROR:
		get_string(m, ":error-code", &e->type, &e->type_len);
		get_string(m, ":error-message", &e->error_message,
		    &e->error_message_len);
		break;
	}
	return 0;
}

bool
es_event_is(const struct es_event *e, enum es_kind kind, const char *type)
{
	return e->kind == kind && e->type_len == strlen(type) &&
	       memcmp(e->type, type, e->type_len) == 0;
}

const char *
es_event_text(const struct es_event *e, char *buf, size_t size)
{
	const char *text = (const char *)e->payload;
	size_t len = e->payload_len;
	json_t *root = NULL, *message;

	if (len == 0) {
		text = e->error_message;
		len = e->error_message_len;
	} else {
		root = json_loadb(text, len, 0, NULL);
	}
	message = json_object_get(root, "Message");
	if (!json_is_string(message))
		message = json_object_get(root, "message");
	if (json_is_string(message)) {
		text = json_string_value(message);
		len = json_string_length(message);
	}
	utf8_escape(buf, size, text, len);
	json_decref(root);
	return buf;
}
