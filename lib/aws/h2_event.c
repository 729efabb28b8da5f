/* What nghttp2 tells, turned into the events of h2.h. */
#include "aws/h2_priv.h"

#include <stdio.h>
#include <string.h>

static const struct h2_stream_events no_events;

/* Whom to tell about s; nobody any more once we have reset it. */
static const struct h2_stream_events *
listener(const struct h2_stream *s)
{
	return s->ev == NULL || s->is_reset ? &no_events : s->ev;
}

static int
on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s;

	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	s = h2_find(h2, frame->hd.stream_id);
	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST && s == NULL) {
		s = h2_stream_add(h2, frame->hd.stream_id);
		if (s == NULL)
			return NGHTTP2_ERR_CALLBACK_FAILURE;
		s->is_sent = true;
	}
	if (s != NULL) {
		bytes_reset(&s->header);
		s->header_bytes = 0;
	}
	(void)ng;
	return 0;
}

static int
on_header(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
    void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s = h2_find(h2, frame->hd.stream_id);

	(void)ng;
	(void)flags;
	if (s == NULL || frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	switch (h2_header_add(
	    s, name, name_len, value, value_len, h2->config.header_cap_bytes)) {
	case 0:
		return 0;
	case H2_ERR_HEADER:
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	default:
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
}

static void
tell_end(struct h2 *h2, int32_t id)
{
	struct h2_stream *s = h2_find(h2, id);

	if (s == NULL || s->is_peer_ended)
		return;
	s->is_peer_ended = true;
	if (listener(s)->on_end != NULL)
		listener(s)->on_end(s->arg, h2, id);
}

/* Client: 1xx and trailers are passed over. */
static void
tell_response(
    struct h2 *h2, struct h2_stream *s, struct h2_message *m, bool is_end)
{
	if (m->status < 200 || s->is_answered)
		return;
	s->is_answered = true;
	if (listener(s)->on_headers != NULL)
		listener(s)->on_headers(s->arg, h2, s->id, m->status,
		    m->request.headers, m->request.nheaders, is_end);
}

static void
tell_request(
    struct h2 *h2, struct h2_stream *s, struct h2_message *m, bool is_end)
{
	m->request.has_body = !is_end;
	if (h2->ev.on_request == NULL)
		h2_reset(h2, s->id, H2_REFUSED_STREAM);
	else
		h2->ev.on_request(h2->arg, h2, s->id, &m->request);
}

static int
on_headers_done(struct h2 *h2, const nghttp2_frame *frame)
{
	struct h2_stream *s = h2_find(h2, frame->hd.stream_id);
	bool is_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
	struct h2_message m;

	if (s == NULL)
		return 0;
	if (h2_message_init(&m, s) != 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		tell_request(h2, s, &m, is_end);
	else if (!h2->config.is_server)
		tell_response(h2, s, &m, is_end);
	h2_message_release(&m);
	/* The callback may have let go of s: look it up again. */
	s = h2_find(h2, frame->hd.stream_id);
	if (s != NULL)
		bytes_reset(&s->header);
	if (is_end)
		tell_end(h2, frame->hd.stream_id);
	return 0;
}

static uint64_t
get_be64(const uint8_t *p)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

/*
 * nghttp2 itself closes the streams that were sent and lie above last_stream.
 * A request still in its queue (MAX_CONCURRENT_STREAMS reached) would stay
 * there for ever: it is closed here.
 */
static void
on_goaway(struct h2 *h2, const nghttp2_goaway *g)
{
	struct h2_stream *s, *next;

	h2->is_goaway_received = true;
	if (h2->ev.on_goaway != NULL)
		h2->ev.on_goaway(h2->arg, h2, g->last_stream_id, g->error_code,
		    g->opaque_data, g->opaque_data_len);
	for (s = h2->streams; s != NULL; s = next) {
		next = s->next;
		if (s->is_sent)
			continue;
		(void)nghttp2_submit_rst_stream(
		    h2->ng, NGHTTP2_FLAG_NONE, s->id, H2_CANCEL);
		h2_stream_close(h2, s,
		    s->is_reset ? H2_WHY_CANCELLED : H2_WHY_REFUSED,
		    H2_REFUSED_STREAM);
		/* on_close may have changed the list: begin again. */
		next = h2->streams;
	}
}

static int
on_frame_recv(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s;

	(void)ng;
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		return on_headers_done(h2, frame);
	case NGHTTP2_DATA:
		if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
			tell_end(h2, frame->hd.stream_id);
		break;
	case NGHTTP2_RST_STREAM:
		s = h2_find(h2, frame->hd.stream_id);
		if (s != NULL)
			s->is_peer_reset = true;
		break;
	case NGHTTP2_SETTINGS:
		if (frame->hd.flags & NGHTTP2_FLAG_ACK)
			break;
		h2->has_settings = true;
		if (h2->ev.on_settings != NULL)
			h2->ev.on_settings(h2->arg, h2);
		break;
	case NGHTTP2_PING:
		if ((frame->hd.flags & NGHTTP2_FLAG_ACK) &&
		    h2->ev.on_pong != NULL)
			h2->ev.on_pong(
			    h2->arg, h2, get_be64(frame->ping.opaque_data));
		break;
	case NGHTTP2_GOAWAY:
		on_goaway(h2, &frame->goaway);
		break;
	default:
		break;
	}
	return 0;
}

static int
on_data_chunk(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *p,
    size_t n, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s = h2_find(h2, id);

	(void)flags;
	if (s == NULL || listener(s)->on_data == NULL) {
		/* Nobody will consume it. */
		if (h2->config.is_manual)
			(void)nghttp2_session_consume(ng, id, n);
		return 0;
	}
	if (h2->config.is_manual)
		s->unconsumed += n;
	if (n > 0)
		s->ev->on_data(s->arg, h2, id, p, n);
	return 0;
}

static enum h2_why
why_closed(const struct h2_stream *s, uint32_t code)
{
	if (s->is_reset)
		return H2_WHY_CANCELLED;
	if (s->is_not_allowed)
		return H2_WHY_REFUSED;
	/* RST_STREAM(REFUSED_STREAM), or above the last id of GOAWAY.  A peer
	 * that had answered did look at the request. */
	if (code == H2_REFUSED_STREAM && !s->is_answered)
		return H2_WHY_REFUSED;
	if (code == H2_NO_ERROR && s->is_peer_ended)
		return H2_WHY_DONE;
	if (s->is_early && s->is_answered && code == H2_NO_ERROR)
		return H2_WHY_DONE;
	if (s->is_peer_reset || code == H2_REFUSED_STREAM)
		return H2_WHY_RESET;
	return H2_WHY_PROTOCOL;
}

static int
on_stream_close(nghttp2_session *ng, int32_t id, uint32_t code, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s = h2_find(h2, id);

	(void)ng;
	if (s != NULL)
		h2_stream_close(h2, s, why_closed(s, code),
		    s->is_reset ? s->reset_code : code);
	return 0;
}

/* Our side of the stream has ended on the wire. */
static void
on_end_sent(struct h2 *h2, struct h2_stream *s)
{
	if (s->is_early && !s->is_peer_ended && h2->config.is_server)
		(void)nghttp2_submit_rst_stream(
		    h2->ng, NGHTTP2_FLAG_NONE, s->id, H2_NO_ERROR);
}

static int
on_frame_send(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s;

	(void)ng;
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	s = h2_find(h2, frame->hd.stream_id);
	if (s == NULL)
		return 0;
	s->is_sent = true;
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		on_end_sent(h2, s);
	if (s->is_drained) {
		s->is_drained = false;
		if (bytes_len(&s->q) == 0 && listener(s)->on_drained != NULL)
			s->ev->on_drained(s->arg, h2, s->id);
	}
	return 0;
}

/* nghttp2 ends the session by itself when the peer breaks the rules: its GOAWAY
 * says which. */
static int
on_before_send(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	char text[H2_TEXT_BYTES];

	(void)ng;
	if (frame->hd.type != NGHTTP2_GOAWAY || h2->is_goaway_sent ||
	    frame->goaway.error_code == H2_NO_ERROR)
		return 0;
	(void)snprintf(text, sizeof text, "%s: %.*s",
	    h2_code_name(frame->goaway.error_code),
	    (int)frame->goaway.opaque_data_len,
	    (const char *)frame->goaway.opaque_data);
	/* INTERNAL_ERROR is our side's: nghttp2 ran out of memory. */
	h2_fail(h2,
	    frame->goaway.error_code == H2_INTERNAL_ERROR ? H2_ERR_NOMEM
							  : H2_ERR_PROTOCOL,
	    text);
	return 0;
}

static int
on_not_sent(
    nghttp2_session *ng, const nghttp2_frame *frame, int error, void *arg)
{
	struct h2_stream *s = h2_find(arg, frame->hd.stream_id);

	(void)ng;
	if (s != NULL && frame->hd.type == NGHTTP2_HEADERS && !s->is_sent &&
	    error == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED)
		s->is_not_allowed = true;
	return 0;
}

int
h2_set_callbacks(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(
	    cb, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
	    cb, on_data_chunk);
	nghttp2_session_callbacks_set_on_stream_close_callback(
	    cb, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_frame_send);
	nghttp2_session_callbacks_set_before_frame_send_callback(
	    cb, on_before_send);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(
	    cb, on_not_sent);
	return 0;
}
