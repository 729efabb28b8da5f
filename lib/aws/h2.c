/* The connection as a whole. */
#include "aws/h2_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ours: what struct h2_config leaves at 0. */
#define STREAM_WINDOW_BYTES (1u << 20)
#define CONNECTION_WINDOW_BYTES (4u << 20)
#define MAX_STREAMS 100
#define SEND_CAP_BYTES (256 * 1024)
#define HEADER_CAP_BYTES (64 * 1024)
#define MAX_DATA_BYTES 16384
#define MAX_ACKS 1000

/* RFC 9113, section 6.9.1. */
#define WINDOW_MAX 0x7fffffffu

const char *
h2_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		H2_ERROR_LIST(X)
#undef X
	}
	return code == 0 ? "no error" : "unknown HTTP/2 error";
}

const char *
h2_code_name(uint32_t code)
{
	return nghttp2_http2_strerror(code);
}

const char *
h2_why_text(enum h2_why why)
{
	switch (why) {
	case H2_WHY_DONE:
		return "ended";
	case H2_WHY_CANCELLED:
		return "cancelled";
	case H2_WHY_REFUSED:
		return "refused by the peer before it was processed";
	case H2_WHY_RESET:
		return "reset by the peer";
	case H2_WHY_PROTOCOL:
		return "the peer broke HTTP/2 on this stream";
	case H2_WHY_LOST:
		return "the connection was lost";
	}
	return "unknown";
}

struct h2_stream *
h2_find(struct h2 *h2, int32_t id)
{
	struct h2_stream *s;

	for (s = h2->streams; s != NULL; s = s->next)
		if (s->id == id)
			return id == 0 ? NULL : s;
	return NULL;
}

struct h2_stream *
h2_stream_add(struct h2 *h2, int32_t id)
{
	struct h2_stream *s;

	s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->id = id;
	bytes_init(&s->q, h2->config.send_cap_bytes);
	/* Two bytes a field are NULs where the cap counts 32. */
	bytes_init(&s->header, h2->config.header_cap_bytes);
	s->next = h2->streams;
	h2->streams = s;
	h2->nstreams++;
	return s;
}

static void
stream_free(struct h2_stream *s)
{
	bytes_release(&s->q);
	bytes_wipe(&s->header);
	free(s);
}

void
h2_stream_close(
    struct h2 *h2, struct h2_stream *s, enum h2_why why, uint32_t code)
{
	struct h2_stream **at;

	for (at = &h2->streams; *at != s; at = &(*at)->next)
		;
	*at = s->next;
	h2->nstreams--;
	if (s->unconsumed > 0)
		(void)nghttp2_session_consume_connection(h2->ng, s->unconsumed);
	if (s->ev != NULL && s->ev->on_close != NULL) {
		h2->closing = s;
		s->ev->on_close(s->arg, h2, s->id, why, code);
		h2->closing = NULL;
	}
	stream_free(s);
}

void
h2_fail(struct h2 *h2, int code, const char *text)
{
	if (h2->error != 0)
		return;
	h2->error = code;
	(void)snprintf(h2->text, sizeof h2->text, "%s", text);
}

static void
set_defaults(struct h2_config *c)
{
	if (c->stream_window_bytes == 0)
		c->stream_window_bytes = STREAM_WINDOW_BYTES;
	if (c->stream_window_bytes > WINDOW_MAX)
		c->stream_window_bytes = WINDOW_MAX;
	if (c->connection_window_bytes == 0)
		c->connection_window_bytes = CONNECTION_WINDOW_BYTES;
	if (c->connection_window_bytes > WINDOW_MAX)
		c->connection_window_bytes = WINDOW_MAX;
	if (c->max_streams == 0)
		c->max_streams = MAX_STREAMS;
	if (c->send_cap_bytes == 0)
		c->send_cap_bytes = SEND_CAP_BYTES;
	if (c->header_cap_bytes == 0)
		c->header_cap_bytes = HEADER_CAP_BYTES;
	if (c->max_data_bytes == 0)
		c->max_data_bytes = MAX_DATA_BYTES;
	if (c->max_acks == 0)
		c->max_acks = MAX_ACKS;
}

static int
open_session(struct h2 *h2)
{
	nghttp2_session_callbacks *cb = NULL;
	nghttp2_option *opt = NULL;
	int rv = -1;

	if (nghttp2_session_callbacks_new(&cb) != 0 ||
	    nghttp2_option_new(&opt) != 0)
		goto out;
	h2_set_callbacks(cb);
	nghttp2_option_set_no_auto_window_update(opt, h2->config.is_manual);
	nghttp2_option_set_max_outbound_ack(opt, h2->config.max_acks);
	/* Closed streams are only kept for priorities, which nobody uses. */
	nghttp2_option_set_no_closed_streams(opt, 1);
	if (h2->config.is_server)
		rv = nghttp2_session_server_new2(&h2->ng, cb, h2, opt);
	else
		rv = nghttp2_session_client_new2(&h2->ng, cb, h2, opt);
out:
	nghttp2_option_del(opt);
	nghttp2_session_callbacks_del(cb);
	return rv;
}

static int
submit_preface(struct h2 *h2)
{
	nghttp2_settings_entry iv[3];
	size_t n = 0;
	int32_t window = (int32_t)h2->config.connection_window_bytes;

	iv[n].settings_id = NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE;
	iv[n++].value = h2->config.stream_window_bytes;
	iv[n].settings_id = NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE;
	iv[n++].value = (uint32_t)h2->config.header_cap_bytes;
	if (h2->config.is_server) {
		iv[n].settings_id = NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS;
		iv[n++].value = h2->config.max_streams;
	} else {
		iv[n].settings_id = NGHTTP2_SETTINGS_ENABLE_PUSH;
		iv[n++].value = 0;
	}
	if (nghttp2_submit_settings(h2->ng, NGHTTP2_FLAG_NONE, iv, n) != 0)
		return -1;
	if (window <= NGHTTP2_INITIAL_CONNECTION_WINDOW_SIZE)
		return 0;
	return nghttp2_session_set_local_window_size(
	    h2->ng, NGHTTP2_FLAG_NONE, 0, window);
}

int
h2_new(struct h2 **out, const struct h2_config *config,
    const struct h2_events *events, void *arg)
{
	struct h2 *h2;

	h2 = calloc(1, sizeof *h2);
	if (h2 == NULL)
		return H2_ERR_NOMEM;
	h2->config = *config;
	set_defaults(&h2->config);
	if (events != NULL)
		h2->ev = *events;
	h2->arg = arg;
	if (open_session(h2) != 0 || submit_preface(h2) != 0) {
		h2_free(h2);
		return H2_ERR_NOMEM;
	}
	*out = h2;
	return 0;
}

void
h2_free(struct h2 *h2)
{
	struct h2_stream *s;

	if (h2 == NULL)
		return;
	while ((s = h2->streams) != NULL) {
		h2->streams = s->next;
		stream_free(s);
	}
	nghttp2_session_del(h2->ng);
	free(h2);
}

int
h2_recv(struct h2 *h2, const uint8_t *p, size_t n)
{
	ssize_t rv;

	if (h2->error != 0)
		return h2->error;
	rv = nghttp2_session_mem_recv(h2->ng, p, n);
	if (rv >= 0)
		return h2->error;
	switch (rv) {
	case NGHTTP2_ERR_NOMEM:
	case NGHTTP2_ERR_CALLBACK_FAILURE: /* ours fail for memory only */
		h2_fail(h2, H2_ERR_NOMEM, h2_strerror(H2_ERR_NOMEM));
		break;
	case NGHTTP2_ERR_FLOODED:
		h2_fail(h2, H2_ERR_FLOOD, nghttp2_strerror((int)rv));
		break;
	default:
		h2_fail(h2, H2_ERR_PROTOCOL, nghttp2_strerror((int)rv));
		break;
	}
	return h2->error;
}

int
h2_peek(struct h2 *h2, const uint8_t **p, size_t *n)
{
	ssize_t rv;

	/* An error shows once what came before it (GOAWAY) has gone. */
	if (h2->out_len == 0 && h2->error == 0) {
		rv = nghttp2_session_mem_send(h2->ng, &h2->out);
		if (rv < 0)
			h2_fail(h2, H2_ERR_NOMEM, nghttp2_strerror((int)rv));
		else
			h2->out_len = (size_t)rv;
	}
	*p = h2->out;
	*n = h2->out_len;
	return h2->out_len > 0 ? 0 : h2->error;
}

void
h2_skip(struct h2 *h2, size_t n)
{
	h2->out += n;
	h2->out_len -= n;
}

bool
h2_wants_write(struct h2 *h2)
{
	return h2->out_len > 0 ||
	       (h2->error == 0 && nghttp2_session_want_write(h2->ng));
}

bool
h2_is_done(struct h2 *h2)
{
	if (h2->out_len > 0)
		return false;
	return h2->error != 0 || (!nghttp2_session_want_read(h2->ng) &&
				     !nghttp2_session_want_write(h2->ng));
}

void
h2_lost(struct h2 *h2)
{
	h2_fail(h2, H2_ERR_ENDED, "the connection was lost");
	while (h2->streams != NULL)
		h2_stream_close(h2, h2->streams,
		    h2->streams->is_reset ? H2_WHY_CANCELLED : H2_WHY_LOST,
		    h2->streams->reset_code);
}

void
h2_mute(struct h2 *h2)
{
	struct h2_stream *s;

	memset(&h2->ev, 0, sizeof h2->ev);
	for (s = h2->streams; s != NULL; s = s->next)
		s->ev = NULL;
}

const char *
h2_error_text(const struct h2 *h2)
{
	return h2->text;
}

size_t
h2_nstreams(const struct h2 *h2)
{
	return h2->nstreams;
}

bool
h2_is_draining(const struct h2 *h2)
{
	return h2->error != 0 || h2->is_goaway_sent || h2->is_goaway_received;
}

bool
h2_has_settings(const struct h2 *h2)
{
	return h2->has_settings;
}

uint32_t
h2_peer_max_streams(struct h2 *h2)
{
	return nghttp2_session_get_remote_settings(
	    h2->ng, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

int
h2_ping(struct h2 *h2, uint64_t opaque)
{
	uint8_t b[8];
	int i;

	if (h2->error != 0)
		return H2_ERR_ENDED;
	for (i = 0; i < 8; i++)
		b[i] = (uint8_t)(opaque >> (56 - 8 * i));
	return nghttp2_submit_ping(h2->ng, NGHTTP2_FLAG_NONE, b) == 0
	           ? 0
	           : H2_ERR_NOMEM;
}

int
h2_goaway(struct h2 *h2, uint32_t code, const char *text)
{
	return h2_goaway_from(
	    h2, nghttp2_session_get_last_proc_stream_id(h2->ng), code, text);
}

int
h2_goaway_from(
    struct h2 *h2, int32_t last_stream, uint32_t code, const char *text)
{
	int rv;

	if (h2->error != 0)
		return H2_ERR_ENDED;
	rv = nghttp2_submit_goaway(h2->ng, NGHTTP2_FLAG_NONE, last_stream, code,
	    (const uint8_t *)text, text == NULL ? 0 : strlen(text));
	if (rv != 0)
		return H2_ERR_NOMEM;
	h2->is_goaway_sent = true;
	return 0;
}

int
h2_set_stream_window(struct h2 *h2, uint32_t bytes)
{
	nghttp2_settings_entry iv;

	iv.settings_id = NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE;
	iv.value = bytes > WINDOW_MAX ? WINDOW_MAX : bytes;
	return nghttp2_submit_settings(h2->ng, NGHTTP2_FLAG_NONE, &iv, 1) == 0
	           ? 0
	           : H2_ERR_NOMEM;
}

void
h2_set_max_data(struct h2 *h2, size_t bytes)
{
	h2->config.max_data_bytes = bytes == 0 ? MAX_DATA_BYTES : bytes;
}
