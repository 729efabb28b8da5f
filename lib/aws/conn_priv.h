/* Inside of conn: what conn.c (life), conn_turn.c (turns of the loop, ends),
 * conn_up.c (dialing to ready), conn_io.c (bytes) and conn_proxy.c share. */
#ifndef AWS_CONN_PRIV_H
#define AWS_CONN_PRIV_H

#include "aws/conn.h"
#include "aws/dial.h"
#include "aws/resolve.h"
#include "base/bytes.h"

#define CONN_TEXT_BYTES 384
/* RFC 9113, section 3.4: what an HTTP/2 client sends first. */
#define CONN_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define CONN_PREFACE_LEN 24

struct conn {
	struct conn_config config; /* strings are ours */
	const struct conn_events *ev;
	void *arg;
	enum conn_state state;
	bool is_server;
	int depth;      /* of calls that may run callbacks */
	bool is_dead;   /* conn_free() was called in a callback */
	bool has_ended; /* error is final, the socket is to be closed and
	                   the owner to be told */
	int error;
	char text[CONN_TEXT_BYTES];
	char peer[64];

	struct resolve *resolve;
	struct dial dial;
	bool is_dialing;
	int fd;
	int slot;
	struct tls *tls;
	struct h2 *h2;
	bool is_http1;

	struct bytes first; /* proxy's answer, or the preface while sniffing */
	struct bytes app;   /* HTTP/1.1: conn_write() */
	struct bytes out;   /* without TLS: for the wire */
	bool is_blocked;    /* the socket took no more: wait for POLLOUT */
	bool is_broken;     /* the socket takes nothing any more */
	bool is_eof;        /* the peer ended its side */
	bool is_eof_told;
	bool is_paused;
	bool needs_turn;  /* wake up, though no descriptor would */
	bool is_closing;  /* conn_close() was called */
	bool is_bye_sent; /* close_notify is queued, nothing follows */
	bool is_shut;     /* our side of the socket is ended (server) */
	bool is_draining; /* GOAWAY came */
	uint32_t goaway_code;
	char goaway_text[96];

	int64_t now_ms;      /* of the current turn */
	int64_t deadline_ms; /* of the state; LOOP_NEVER: none */
	int64_t heard_at_ms;
	int64_t pinged_at_ms; /* 0: no PING is out */
	int64_t busy_at_ms;   /* since when there is a stream; 0: none is */
	int64_t ready_at_ms;
	int64_t active_at_ms; /* server: last seen with a stream, or bytes */
};

/* --- conn.c ---------------------------------------------------------- */

/* It is over: note why (0: in order), to be told when the turn ends.  The first
 * one stays. */
__attribute__((format(printf, 3, 4))) void
conn_end(struct conn *c, int code, const char *fmt, ...);

/* Whether a callback has made it pointless to go on. */
bool conn_is_over(const struct conn *c);

void conn_close_socket(struct conn *c);

/* Let go of everything below the owner. */
void conn_release_transport(struct conn *c);

void conn_set_state(struct conn *c, enum conn_state s, int64_t timeout_ms);

/* --- conn_turn.c ----------------------------------------------------- */

/* The peer is gone without having said so, unless it had. */
void conn_end_cut(struct conn *c, const char *reason);

/* --- conn_up.c ------------------------------------------------------- */

/* Resolving and connecting: take the next step. */
void conn_up_step(struct conn *c, struct loop *l);

/* Connected (or accepted): what comes above TCP. */
void conn_up_socket(struct conn *c);

/* The way to the server is open: TLS or HTTP/2. */
void conn_up_transport(struct conn *c);

/* TLS's handshake is done. */
void conn_up_tls(struct conn *c);

/* Bytes before it is known whether they are HTTP/2. */
void conn_up_sniff(struct conn *c, const uint8_t *p, size_t n);

/* --- conn_proxy.c ---------------------------------------------------- */

/* Queue the CONNECT. */
void conn_proxy_ask(struct conn *c);

/* Read the answer. */
void conn_proxy_recv(struct conn *c, const uint8_t *p, size_t n);

/* --- conn_io.c ------------------------------------------------------- */

/* Read what is there, up to a bound. */
void conn_io_read(struct conn *c);

/* What TLS holds already decrypted, or can decrypt. */
void conn_io_plaintext(struct conn *c);

/* Move what is to be sent down and write what goes. */
void conn_io_write(struct conn *c);

/* Bytes for what is above TLS, in the current state. */
void conn_io_up(struct conn *c, const uint8_t *p, size_t n);

/* Whether there is something to write. */
bool conn_io_wants_write(struct conn *c);

/* Whether everything handed down has left. */
bool conn_io_is_flushed(const struct conn *c);

#endif
