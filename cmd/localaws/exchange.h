/*
 * One request and its response, whichever HTTP carries them: routed, its
 * signature checked, handed to the operation, answered in AWS's shape, logged.
 *
 * The transport makes it, feeds it, and frees it when the stream or connection
 * is gone; the operation reads, writes and finishes.  Nobody is called back:
 * once a turn exchange_pump() lets it do what it can.
 */
#ifndef LOCALAWS_EXCHANGE_H
#define LOCALAWS_EXCHANGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/h2.h"
#include "aws/sigv4_verify.h"
#include "base/bytes.h"
#include "base/loop.h"
#include "hooks.h"
#include "localaws.h"
#include "request.h"
#include "route.h"

/* Our caps.  Plain bodies: 10 000 bytes of text, each of them escaped as \u00XX
 * at worst, is 60 000.  Streams: what the transport's window lets in. */
#define EXCHANGE_BODY_BYTES (256 * 1024)
/* A plain request must be complete this long after its headers. */
#define EXCHANGE_BODY_MS 60000
/* After our end of a stream the client has this long to end its own. */
#define EXCHANGE_LINGER_MS 5000

struct exchange;

/* What only faults ask of a transport, with a number. */
enum link_fault {
	LINK_IS_FLUSHED, /* whether what was written has left */
	LINK_WINDOW,     /* receive window of streams, bytes */
	LINK_DATA,       /* largest DATA frame to send, bytes */
	LINK_FREEZE,     /* neither read nor write before this time (ms) */
	LINK_UNSEEN,     /* GOAWAY with this code, as if never seen */
	LINK_FIN,        /* end the TCP connection without a word */
};

/* How a transport carries the response; all run outside its callbacks. */
struct exchange_link {
	/* As h2_respond(), h2_write(), h2_end() and the like; 0 or negative. */
	int (*respond)(struct exchange *x, int status,
	    const struct h2_header *headers, size_t n, bool has_body);
	int (*write)(struct exchange *x, const void *p, size_t n);
	size_t (*room)(struct exchange *x);
	int (*end)(struct exchange *x);
	/* n bytes of the body have been dealt with. */
	void (*consume)(struct exchange *x, size_t n);
	/* Abandon the stream. */
	void (*reset)(struct exchange *x, uint32_t h2_code);
	void (*goaway)(struct exchange *x, uint32_t h2_code);
	void (*cut)(struct exchange *x);
	/* Whether an older exchange of this operation, on the same connection,
	 * has not ended. */
	bool (*is_behind)(struct exchange *x, const struct operation *op);
	/* May be NULL: nothing is done, all has left. */
	bool (*fault)(struct exchange *x, enum link_fault what, int64_t value);
};

/* link->fault(), where there is one; else true. */
bool link_fault(const struct exchange_link *link, struct exchange *x,
    enum link_fault what, int64_t value);

enum exchange_phase {
	EXCHANGE_BODY,     /* a plain request's body is coming in */
	EXCHANGE_DELAYED,  /* checked; starts at start_at_ms */
	EXCHANGE_RUNNING,  /* the operation has it */
	EXCHANGE_FINISHED, /* our side has ended */
};

struct exchange {
	struct localaws *la;
	const struct exchange_link *link;
	void *transport; /* the connection */
	int32_t stream;  /* HTTP/2 */
	struct request req;
	const struct operation *op; /* never NULL */
	struct bytes in;    /* body: whole (plain) or not yet taken (stream) */
	bool is_input_over; /* the body is complete */
	bool is_too_large;
	enum exchange_phase phase;
	struct sigv4_auth auth; /* of a checked request */
	bool is_checked;
	void *state;    /* the operation's; freed by its stop() */
	int64_t now_ms; /* of this turn */
	int64_t started_ms;
	int64_t start_at_ms;
	int64_t wake_at_ms; /* LOOP_NEVER, or when to be pumped again */
	int64_t finished_ms;
	int status;      /* of the response; 0: none yet */
	char error[80];  /* name of the error told, or "" */
	char id[37];     /* request id */
	uint64_t number; /* of this request in the run */
	uint64_t nevents_in, nevents_out;
	uint64_t nbytes_out;
	struct exchange *next; /* the server's list */
	/* What faults do to it; see faults_exchange.c. */
	struct hook_memory memory;
	struct hook_order order; /* to be obeyed when all has left */
	bool is_ordered;
	bool is_mute;          /* nothing more is said */
	bool is_blocked;       /* nothing more is read */
	bool is_half_closed;   /* its end of the input is waited for for ever */
	int64_t hold_until_ms; /* nothing goes on before; 0: it does */
	int64_t clock_offset_ms; /* our clock is wrong by this */
	int64_t retry_after_ms;  /* told with the answer; 0: not */
	size_t chunk_bytes;      /* of audio events at most; 0: no cap */
	struct slow *slow;       /* what stands before link; NULL: nothing */
};

/* --- for the transport ---------------------------------------------------- */

/* A request's headers came.  NULL: no memory, or too large. */
struct exchange *exchange_new(struct localaws *la, const struct h2_request *rq,
    bool is_h2, const struct exchange_link *link, void *transport,
    int32_t stream, int64_t now_ms);

/* Body bytes came; more than the caps allow of a plain request are counted as
 * consumed and dropped. */
void exchange_data(struct exchange *x, const uint8_t *p, size_t n);

/* The body is complete. */
void exchange_input_end(struct exchange *x);

/* The client is gone or all is done: stop the operation, log, free. */
void exchange_free(struct exchange *x);

/* Add deadlines. */
void exchange_prepare(struct exchange *x, struct loop *l);

/* Do what can be done now. */
void exchange_pump(struct exchange *x, int64_t now_ms);

/* --- for the operation ---------------------------------------------------- */

/* Answer with a whole body: `type` is its content type.  extra (may be NULL) is
 * ended by an entry without name. */
void exchange_reply(struct exchange *x, int status, const char *type,
    const void *p, size_t n, const struct h2_header *extra);

/* The same with a JSON value, which is taken. */
void exchange_reply_json(struct exchange *x, int status, json_t *body);

/*
 * Refuse, in the shape of the operation's service: HTTP status, error name,
 * members beside the message (taken; NULL: none) and the message.  Only before
 * exchange_open().
 */
__attribute__((format(printf, 5, 6))) void exchange_refuse(struct exchange *x,
    int status, const char *name, json_t *extra, const char *fmt, ...);

/* Begin an answer whose body follows by exchange_write(): 200 and headers
 * (ended by an entry without name). */
void exchange_open(struct exchange *x, const struct h2_header *headers);

/* n bytes of the body: all or none.  0, or negative: not enough room (see
 * exchange_room()), or the client is gone. */
int exchange_write(struct exchange *x, const void *p, size_t n);

size_t exchange_room(struct exchange *x);

/* End of the answer; x->state is freed when start() or pump() returns. */
void exchange_finish(struct exchange *x);

/* Bytes of a stream's body that were not taken yet, and taking them. */
const uint8_t *exchange_input(const struct exchange *x, size_t *n);

void exchange_take(struct exchange *x, size_t n);

/* Unix time in ms, as this request is to see it. */
int64_t exchange_wall_ms(const struct exchange *x);

/* Bytes of input to look at in one go: `most`, less where hooks are to see each
 * event. */
size_t exchange_slice(const struct exchange *x, size_t most);

/* Be pumped again at at_ms (monotonic) at the latest. */
void exchange_wake(struct exchange *x, int64_t at_ms);

/*
 * Ask the hooks (n: struct hook_at) and do as they say.  True: go on.  False:
 * the exchange has been ended, or is to wait: return from pump(), which is not
 * called before it goes on; asking again then is harmless.
 */
bool exchange_hook(struct exchange *x, enum hook_phase phase, uint64_t n);

#endif
