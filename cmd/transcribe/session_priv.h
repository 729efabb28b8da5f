/* What session.c and session_send.c share. */
#ifndef TRANSCRIBE_SESSION_PRIV_H
#define TRANSCRIBE_SESSION_PRIV_H

#include "session.h"

struct session {
	const struct session_config *config;
	struct conn *conn;
	struct bidi *bidi;
	struct credentials *credentials;
	struct timeline timeline;
	uint64_t pos;   /* next byte of the stream to send */
	uint64_t until; /* SESSION_LIVE, or where its range ends */
	uint64_t begin; /* of its range */
	uint64_t heard[SESSION_CHANNELS_MAX]; /* what is before has been */
	int64_t ready_at_ms;   /* a stream could be asked for; 0: not yet */
	int64_t started_at_ms; /* the stream was opened; 0: not yet */
	uint64_t due_pos;      /* where it was, or should have been, */
	int64_t due_at_ms;     /* at this time; 0: it has sent no audio yet */
	int64_t sent_at_ms;    /* something was last sent */
	bool is_forgiven;      /* nothing was, for the process stood still */
	int64_t taken_at_ms;   /* the service last took something */
	uint64_t given;        /* bytes of audio given to the stream */
	uint64_t taken;        /* of them: that do not wait any more */
	int64_t heard_at_ms;   /* an event last came */
	int64_t loud_ms;       /* of sound sent since then */
	int64_t patience_ms;   /* with a service that says nothing of sound */
	int64_t finish_ms;     /* the same, once all was sent, with one that */
	bool has_spoken;       /* told of anything */
	int64_t limit_ms;      /* of audio in all, for now; 0: none */
	bool is_standby;       /* open, and not yet told what to hear */
	bool is_finishing;     /* send no more */
	bool is_end_sent;
	bool was_open;
	bool is_live;
	bool is_speaking[SESSION_CHANNELS_MAX];
	bool is_over;
	struct service_error error;
	char id[64];
	char request_id[80];
	char date[64];
};

/* What is to be done next, if it is time for it. */
enum session_step {
	SESSION_STEP_AUDIO,   /* send what there is, up to a chunk */
	SESSION_STEP_SILENCE, /* send a chunk of it */
	SESSION_STEP_END,     /* all of the range has been sent */
	SESSION_STEP_WAIT,    /* until *wake_ms, or for the service */
};

enum session_step
session_next_step(const struct session *s, int64_t now_ms, int64_t *wake_ms);

/* Bytes of the stream that could be sent now. */
uint64_t session_available(const struct session *s);

/* Whether everything of the range has been sent. */
bool session_is_exhausted(const struct session *s);

/* Send what there is and what the pace allows. */
void session_send(struct session *s, int64_t now_ms, double wall_ms);

/* It is over, because of this. */
void session_fail(struct session *s, enum service_error_class class,
    const char *name, const char *text);

#endif
