/*
 * The seam for faults: one function that is asked at each phase of a
 * connection's and a request's life what should go wrong there.  Without one,
 * nothing does.  Who answers knows the plan; the exchange carries it out.
 */
#ifndef LOCALAWS_HOOKS_H
#define LOCALAWS_HOOKS_H

#include <stdint.h>

enum hook_phase {
	HOOK_REQUEST,   /* line and headers have been read, nothing checked */
	HOOK_RESPONSE,  /* just before the response's headers */
	HOOK_EVENT_IN,  /* a signed event came, before its service sees it */
	HOOK_EVENT_OUT, /* just before an event of a response stream */
	HOOK_INPUT_END, /* the client's last event came */
	HOOK_NPHASES,
};

struct hook_at {
	enum hook_phase phase;
	const char *operation; /* "StartStreamTranscription", ...; "" unknown */
	uint64_t request;      /* number of the request in this run, from 1 */
	uint64_t event; /* of the stream in that direction, from 1; else 0 */
};

enum hook_action {
	HOOK_PASS,   /* nothing: go on */
	HOOK_REFUSE, /* with name, status and message: an error response, or an
	                exception where the response has begun */
	HOOK_END,    /* end the response in order, as if all had been said */
	HOOK_RESET,  /* RST_STREAM with h2_code; HTTP/1.1: close */
	HOOK_GOAWAY, /* GOAWAY with h2_code, and go on */
	HOOK_CUT,    /* TCP reset of the whole connection */
};

/* Zeroed before each question: HOOK_PASS. */
struct hook_order {
	enum hook_action action;
	int64_t delay_ms; /* before going on; with HOOK_PASS only */
	uint32_t h2_code; /* enum h2_code */
	int status;
	const char *name; /* borrowed until the next question */
	const char *message;
};

struct hooks {
	void (*ask)(void *arg, const struct hook_at *at,
	    struct hook_order *order); /* NULL: no faults */
	void *arg;
};

#endif
