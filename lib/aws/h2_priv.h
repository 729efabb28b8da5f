/* Inside of h2: what h2.c (the connection), h2_stream.c (calls on streams),
 * h2_event.c (nghttp2's callbacks) and h2_header.c share. */
#ifndef AWS_H2_PRIV_H
#define AWS_H2_PRIV_H

#include <nghttp2/nghttp2.h>

#include "aws/h2.h"
#include "base/bytes.h"

#define H2_TEXT_BYTES 160

struct h2_stream {
	struct h2_stream *next;
	int32_t id;
	const struct h2_stream_events *ev; /* NULL: nobody listens */
	void *arg;
	struct bytes q;      /* body that waits to be framed */
	struct bytes header; /* "name\0value\0..." of the message coming in */
	size_t header_bytes; /* its size as RFC 9113, section 6.5.2, counts */
	size_t unconsumed;   /* is_manual: given to on_data, not yet consumed */
	bool is_open;        /* h2_write() is taken: headers with a body went */
	bool is_ended;       /* h2_end() was called */
	bool is_early;       /* h2_end_early() was called */
	bool is_deferred;    /* nghttp2 waits for nghttp2_session_resume_data */
	bool is_drained;     /* on_drained is due once the frame has gone */
	bool is_sent;        /* client: the request has left the queue */
	bool is_answered;    /* final headers came (client) or went (server) */
	bool is_peer_ended;
	bool is_reset;       /* by us */
	bool is_peer_reset;  /* RST_STREAM came */
	bool is_not_allowed; /* nghttp2 would not send the request any more */
	uint32_t reset_code; /* ours */
};

struct h2 {
	nghttp2_session *ng;
	struct h2_config config;
	struct h2_events ev;
	void *arg;
	struct h2_stream *streams;
	struct h2_stream *closing; /* its on_close runs */
	size_t nstreams;
	const uint8_t *out; /* nghttp2's, what mem_send gave */
	size_t out_len;
	bool has_settings;
	bool is_goaway_sent;
	bool is_goaway_received;
	int error; /* fatal, once set */
	char text[H2_TEXT_BYTES];
};

/* --- h2.c ------------------------------------------------------------ */
struct h2_stream *h2_find(struct h2 *h2, int32_t id);

struct h2_stream *h2_stream_add(struct h2 *h2, int32_t id);

/* Take it out of the list, tell its owner, free it. */
void h2_stream_close(
    struct h2 *h2, struct h2_stream *s, enum h2_why why, uint32_t code);

/* Note a fatal error; the first one stays. */
void h2_fail(struct h2 *h2, int code, const char *text);

/* --- h2_event.c ------------------------------------------------------ */
int h2_set_callbacks(nghttp2_session_callbacks *cb);

/* --- h2_stream.c ----------------------------------------------------- */
ssize_t h2_read_body(nghttp2_session *ng, int32_t id, uint8_t *buf, size_t len,
    uint32_t *flags, nghttp2_data_source *source, void *arg);

/* --- h2_header.c ----------------------------------------------------- */

/* A message's headers, as the callbacks get them. */
struct h2_message {
	struct h2_request request; /* pseudo headers; and the other ones */
	int status;                /* 0: there was no :status */
	struct h2_header *list;    /* owned; h2_message_release() */
};

/* Add a field to s->header.  0, H2_ERR_NOMEM or H2_ERR_HEADER (above cap). */
int h2_header_add(struct h2_stream *s, const uint8_t *name, size_t name_len,
    const uint8_t *value, size_t value_len, size_t cap);

/* Read s->header; strings are borrowed from it.  0 or H2_ERR_NOMEM. */
int h2_message_init(struct h2_message *m, const struct h2_stream *s);

void h2_message_release(struct h2_message *m);

/*
 * Headers as nghttp2 takes them, after the npseudo given ones.  Strings are
 * borrowed.  0 and *out (owned by the caller), H2_ERR_NOMEM or H2_ERR_HEADER.
 */
int h2_nv_new(nghttp2_nv **out, const struct h2_header *pseudo, size_t npseudo,
    const struct h2_header *headers, size_t n, size_t cap);

#endif
