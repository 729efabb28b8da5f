/*
 * The seam for faults: one function that is asked at each phase of a
 * connection's and a request's life what should go wrong there.  Without one,
 * nothing does.  Who answers knows the plan (faults.h); client.c and
 * faults_exchange.c carry it out.
 */
#ifndef LOCALAWS_HOOKS_H
#define LOCALAWS_HOOKS_H

#include <stdint.h>

/* `n` of struct hook_at is 0 where nothing else is said. */
enum hook_phase {
	HOOK_CONNECT,   /* a connection was accepted, nothing read of it */
	HOOK_REQUEST,   /* line and headers have been read, nothing checked; of
	                   a plain request the body, too */
	HOOK_RESPONSE,  /* just before the response's headers */
	HOOK_OPEN,      /* a stream's response headers went, no event yet */
	HOOK_EVENT_IN,  /* the client's n-th event is next, before its service
	                   sees it */
	HOOK_EVENT_OUT, /* just before the n-th event of a response stream */
	HOOK_AUDIO,     /* n ms of audio came (Transcribe) or went (Polly) */
	HOOK_PARTIAL,   /* the n-th partial result of the stream went */
	HOOK_FINAL,     /* the n-th final one */
	HOOK_INPUT_END, /* the client's last event came */
	HOOK_LAST,      /* all was said; before StreamClosedEvent and the end */
	HOOK_CLOSED,    /* Polly: StreamClosedEvent went, the end did not */
	HOOK_NPHASES,
};

/* Our choice: rules of a plan. */
#define HOOK_RULES_MAX 256

/* What a plan remembers of one connection or request.  Begins zeroed; whoever
 * asks keeps it and does not look inside. */
struct hook_memory {
	uint64_t generation;
	uint64_t armed[HOOK_RULES_MAX / 64];
};

struct hook_at {
	enum hook_phase phase;
	const char *service;   /* "transcribe", ...; "" at HOOK_CONNECT */
	const char *operation; /* "StartStreamTranscription", ...; "" unknown */
	uint64_t request;      /* number of the request in this run, from 1 */
	uint64_t n;
	struct hook_memory *memory;
};

enum hook_action {
	HOOK_PASS, /* nothing: go on, after delay_ms */
	/* Goes on after these. */
	HOOK_GOAWAY, /* GOAWAY with h2_code */
	HOOK_WINDOW, /* receive window of `value` bytes for streams */
	HOOK_DATA,   /* DATA frames of at most `value` bytes */
	HOOK_SLOW,   /* the response leaves with `value` bytes a second */
	HOOK_CHUNK,  /* audio events of at most `value` bytes */
	HOOK_CLOCK,  /* our clock is wrong by `value` seconds */
	HOOK_FREEZE, /* the connection is neither read nor written for `value`
	                ms: a cable is pulled */
	/* Ends the request, or its answer. */
	HOOK_REFUSE, /* with name, status, message and retry_after_ms: an
	                error response, or an exception where the response
	                has begun */
	HOOK_ERROR,  /* a message of type error: name, message */
	HOOK_END,    /* end the response in order, as if all had been said */
	HOOK_HALF_CLOSE, /* the same, and go on reading */
	HOOK_TRUNCATE,   /* half a body or half an event, then the end */
	HOOK_DAMAGE,     /* an event whose checksum is wrong, then nothing */
	HOOK_GARBAGE,    /* bytes that are nothing */
	HOOK_HTML,       /* a proxy's page, with status */
	HOOK_HANG,       /* nothing more is said; what comes is dropped */
	HOOK_BLOCK,      /* nothing more is read, either */
	HOOK_RESET,      /* RST_STREAM with h2_code; HTTP/1.1: close */
	HOOK_UNSEEN, /* GOAWAY with h2_code that says the request was not seen
	              */
	/* Ends the connection. */
	HOOK_FIN,    /* TCP end, without GOAWAY and close_notify */
	HOOK_CUT,    /* TCP reset */
	HOOK_OUTAGE, /* TCP reset of all, and of who comes within `value` ms */
};

/* Zeroed before each question: HOOK_PASS. */
struct hook_order {
	enum hook_action action;
	int64_t delay_ms; /* before going on; with HOOK_PASS only */
	uint32_t h2_code; /* enum h2_code */
	int status;
	const char *name; /* borrowed until the next question */
	const char *message;
	int64_t retry_after_ms; /* told with a refusal; 0: not */
	int64_t value;
};

struct hooks {
	/* After each order that lets the request go on it is asked again, at
	 * the same place, until there is none. */
	void (*ask)(void *arg, const struct hook_at *at,
	    struct hook_order *order); /* NULL: no faults */
	void *arg;
};

#endif
