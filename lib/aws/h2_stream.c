/* Calls on one stream. */
#include "aws/h2_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The body of a request or response: what is queued, or "not now". */
ssize_t
h2_read_body(nghttp2_session *ng, int32_t id, uint8_t *buf, size_t len,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s = h2_find(h2, id);
	const uint8_t *p;
	size_t have;

	(void)ng;
	(void)source;
	if (s == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	p = bytes_peek(&s->q, &have);
	if (have == 0 && !s->is_ended) {
		s->is_deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	if (len > have)
		len = have;
	if (len > h2->config.max_data_bytes)
		len = h2->config.max_data_bytes;
	if (len > 0) {
		memcpy(buf, p, len);
		bytes_skip(&s->q, len);
		s->is_drained = len == have;
	}
	if (len == have && s->is_ended)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)len;
}

static int
from_nghttp2(int rv)
{
	switch (rv) {
	case NGHTTP2_ERR_NOMEM:
		return H2_ERR_NOMEM;
	case NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE:
		return H2_ERR_DRAINING;
	default:
		return H2_ERR_STREAM;
	}
}

static int
check_open(struct h2 *h2)
{
	if (h2->error != 0)
		return H2_ERR_ENDED;
	if (h2_is_draining(h2) ||
	    !nghttp2_session_check_request_allowed(h2->ng))
		return H2_ERR_DRAINING;
	if (h2->nstreams >= h2_peer_max_streams(h2))
		return H2_ERR_BUSY;
	return 0;
}

bool
h2_can_open(struct h2 *h2)
{
	return !h2->config.is_server && check_open(h2) == 0;
}

int32_t
h2_request(struct h2 *h2, const struct h2_request *r,
    const struct h2_stream_events *events, void *arg)
{
	struct h2_header pseudo[4];
	size_t npseudo = 0;
	nghttp2_data_provider body;
	nghttp2_nv *nv = NULL;
	struct h2_stream *s;
	int32_t id;
	int rv;

	if (h2->config.is_server)
		return H2_ERR_STREAM;
	if ((rv = check_open(h2)) != 0)
		return rv;
	pseudo[npseudo++] = (struct h2_header){ ":method", r->method };
	pseudo[npseudo++] = (struct h2_header){ ":scheme", r->scheme };
	if (r->authority != NULL)
		pseudo[npseudo++] =
		    (struct h2_header){ ":authority", r->authority };
	pseudo[npseudo++] = (struct h2_header){ ":path", r->path };
	rv = h2_nv_new(&nv, pseudo, npseudo, r->headers, r->nheaders,
	    h2->config.header_cap_bytes);
	if (rv != 0)
		return rv;
	/* The stream first: once nghttp2 has the request it cannot fail. */
	s = h2_stream_add(h2, 0);
	if (s == NULL) {
		free(nv);
		return H2_ERR_NOMEM;
	}
	memset(&body, 0, sizeof body);
	body.read_callback = h2_read_body;
	id = nghttp2_submit_request(h2->ng, NULL, nv, npseudo + r->nheaders,
	    r->has_body ? &body : NULL, NULL);
	free(nv);
	if (id < 0) {
		h2_stream_close(h2, s, H2_WHY_LOST, 0);
		return from_nghttp2(id);
	}
	s->id = id;
	s->is_open = r->has_body;
	s->ev = events;
	s->arg = arg;
	return id;
}

int
h2_respond(struct h2 *h2, int32_t stream, int status,
    const struct h2_header *headers, size_t nheaders, bool has_body)
{
	struct h2_stream *s = h2_find(h2, stream);
	nghttp2_data_provider body;
	nghttp2_nv *nv = NULL;
	struct h2_header pseudo;
	char digits[16];
	int rv;

	if (s == NULL || !h2->config.is_server || s->is_answered || s->is_reset)
		return H2_ERR_STREAM;
	if (status < 200 || status > 999)
		return H2_ERR_HEADER;
	(void)snprintf(digits, sizeof digits, "%d", status);
	pseudo = (struct h2_header){ ":status", digits };
	rv = h2_nv_new(
	    &nv, &pseudo, 1, headers, nheaders, h2->config.header_cap_bytes);
	if (rv != 0)
		return rv;
	memset(&body, 0, sizeof body);
	body.read_callback = h2_read_body;
	rv = nghttp2_submit_response(
	    h2->ng, stream, nv, nheaders + 1, has_body ? &body : NULL);
	free(nv);
	if (rv != 0)
		return from_nghttp2(rv);
	s->is_answered = true;
	s->is_open = has_body;
	return 0;
}

int
h2_attach(struct h2 *h2, int32_t stream, const struct h2_stream_events *events,
    void *arg)
{
	struct h2_stream *s = h2_find(h2, stream);

	if (s == NULL)
		return H2_ERR_STREAM;
	s->ev = events;
	s->arg = arg;
	return 0;
}

void
h2_detach(struct h2 *h2, int32_t stream)
{
	struct h2_stream *s = h2_find(h2, stream);

	if (s == NULL)
		return;
	s->ev = NULL;
	s->arg = NULL;
	h2_consume(h2, stream, SIZE_MAX);
}

/* There is something to frame again. */
static int
resume(struct h2 *h2, struct h2_stream *s)
{
	if (!s->is_deferred)
		return 0;
	s->is_deferred = false;
	if (nghttp2_session_resume_data(h2->ng, s->id) == NGHTTP2_ERR_NOMEM) {
		h2_fail(h2, H2_ERR_NOMEM, h2_strerror(H2_ERR_NOMEM));
		return H2_ERR_NOMEM;
	}
	return 0;
}

int
h2_write(struct h2 *h2, int32_t stream, const void *p, size_t n)
{
	struct h2_stream *s = h2_find(h2, stream);
	int rv;

	if (s == NULL || !s->is_open || s->is_ended || s->is_reset)
		return H2_ERR_STREAM;
	if (n == 0)
		return 0;
	rv = bytes_append(&s->q, p, n);
	if (rv != 0)
		return rv == BYTES_ERR_FULL ? H2_ERR_FULL : H2_ERR_NOMEM;
	return resume(h2, s);
}

size_t
h2_queued_bytes(struct h2 *h2, int32_t stream)
{
	struct h2_stream *s = h2_find(h2, stream);

	if (s == NULL && h2->closing != NULL && h2->closing->id == stream)
		s = h2->closing;
	return s == NULL ? 0 : bytes_len(&s->q);
}

size_t
h2_room_bytes(struct h2 *h2, int32_t stream)
{
	struct h2_stream *s = h2_find(h2, stream);

	if (s == NULL || !s->is_open || s->is_ended || s->is_reset)
		return 0;
	return h2->config.send_cap_bytes - bytes_len(&s->q);
}

int
h2_end(struct h2 *h2, int32_t stream)
{
	struct h2_stream *s = h2_find(h2, stream);

	if (s == NULL || !s->is_open || s->is_reset)
		return H2_ERR_STREAM;
	if (s->is_ended)
		return 0;
	s->is_ended = true;
	return resume(h2, s);
}

int
h2_end_early(struct h2 *h2, int32_t stream)
{
	struct h2_stream *s = h2_find(h2, stream);

	if (s == NULL || !s->is_answered || s->is_reset)
		return H2_ERR_STREAM;
	s->is_early = true;
	/* Answered without a body: END_STREAM stands on the headers. */
	return s->is_open ? h2_end(h2, stream) : 0;
}

void
h2_reset(struct h2 *h2, int32_t stream, uint32_t code)
{
	struct h2_stream *s = h2_find(h2, stream);

	if (s == NULL || s->is_reset)
		return;
	h2_consume(h2, stream, SIZE_MAX);
	s->is_reset = true;
	s->reset_code = code;
	bytes_reset(&s->q);
	if (nghttp2_submit_rst_stream(
		h2->ng, NGHTTP2_FLAG_NONE, stream, code) != 0)
		h2_fail(h2, H2_ERR_NOMEM, h2_strerror(H2_ERR_NOMEM));
}

void
h2_reset_all(struct h2 *h2, uint32_t code)
{
	struct h2_stream *s;

	/* No callback runs in here, so the list stays as it is. */
	for (s = h2->streams; s != NULL; s = s->next)
		h2_reset(h2, s->id, code);
}

void
h2_consume(struct h2 *h2, int32_t stream, size_t n)
{
	struct h2_stream *s = h2_find(h2, stream);

	if (s == NULL)
		return;
	if (n > s->unconsumed)
		n = s->unconsumed;
	if (n == 0)
		return;
	s->unconsumed -= n;
	if (nghttp2_session_consume(h2->ng, stream, n) != 0)
		h2_fail(h2, H2_ERR_NOMEM, h2_strerror(H2_ERR_NOMEM));
}
