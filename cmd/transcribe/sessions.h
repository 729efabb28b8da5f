/*
 * Never deaf: keeps a session with the service open for as long as there is
 * input, whatever ends the one before.  What no final covered is sent again: in
 * front of the live audio while it is short, through a late session of its own
 * beside the live one when it is not.
 */
#ifndef TRANSCRIBE_SESSIONS_H
#define TRANSCRIBE_SESSIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "backlog.h"
#include "base/loop.h"
#include "base/out.h"
#include "captions.h"
#include "session.h"
#include "skew.h"

/* One live range, and late ones. */
#define SESSIONS_MAX 17
/* Late ranges that are heard at once; the service counts streams. */
#define SESSIONS_LATE_MAX 4

/* A range of the stream that is somebody's to hear. */
struct sessions_range {
	bool is_used;
	struct session *session; /* NULL: between two */
	uint64_t from;           /* the next session of it begins here */
	uint64_t until;          /* SESSION_LIVE for the live one */
	uint64_t heard[SESSION_CHANNELS_MAX]; /* of each channel, this far */
	int failures;             /* in a row, without getting further */
	int broken;               /* of them: after the service had taken it */
	unsigned int nmute;       /* in a row, without a result: SESSION_MUTE */
	unsigned int nunfinished; /* the same: SESSION_UNFINISHED */
	bool is_failing;          /* since the service last took a session */
	bool did_refresh;         /* credentials, since the last result */
	bool did_skew;            /* clock */
	bool is_told;             /* late: that it was missed */
	unsigned int nrehears;    /* ends that came too soon, since a result */
	bool is_worded;      /* words of it were heard, that are no final */
	int64_t retry_at_ms; /* no session before this */
	int64_t stuck_at_ms; /* since when it has not got further */
	uint64_t due_pos;  /* live: where the audio was, or should have been, */
	int64_t due_at_ms; /* at this time; 0: not yet known */
};

/* Results of a new session that wait for the old one's last. */
#define ROLL_HELD_MAX 128

/* The planned change-over; roll.h. */
struct roll {
	struct session *next;    /* open, or opening; NULL: none */
	struct session *old;     /* still has something to say; NULL: none */
	uint64_t searched;       /* for a pause, up to here */
	int64_t retry_at_ms;     /* no next one before this */
	int64_t gather_until_ms; /* 0: a pause is waited for */
	int64_t changed_at_ms;
	int failures;                                  /* in a row */
	struct transcribe_results held[ROLL_HELD_MAX]; /* of the new one */
	size_t nheld;
};

struct sessions_config {
	struct session_config
	    session; /* events, arg and backlog are set here */
	struct credentials_provider *provider;
	struct backlog *backlog;
	struct captions *captions;
	struct out *out;        /* status lines */
	int max_attempts;       /* to open the first session */
	int64_t max_session_ms; /* another one takes over before that */
	unsigned int seed;      /* of the back-off's jitter */
	const char *lang;       /* for the ready line */
};

struct sessions {
	struct sessions_config config;
	struct session_events events;
	struct sessions_range ranges[SESSIONS_MAX]; /* [0] is the live one */
	struct roll roll;
	bool is_input_ended;
	int64_t input_ended_at_ms;
	uint64_t stalled_end;  /* backlog's end when it last grew */
	int64_t stalled_at_ms; /* and when that was */
	bool is_stalled;       /* so long that it was told */
	bool was_ready;
	bool is_degraded;       /* told, and not yet taken back */
	bool lacks_credentials; /* told, too */
	bool is_done;
	int status; /* exit status, once done */
	struct skew skew;
	double sent_ms; /* audio sent by sessions that are over */
	double paid_s;  /* what those cost, in seconds of the service's */
	const struct cost *cost; /* borrowed; the meter's to set; NULL */
	double lost_ms;          /* never heard, given up */
	double paused_ms;        /* thrown away while paused */
	double est_usd;          /* for status lines; the meter's to set */
	bool is_paused;          /* pause.h */
	bool is_eager; /* a live session is wanted before there is audio */
	unsigned long opened;
	double wall_ms; /* of this turn */
};

/* Everything in config is borrowed. */
void sessions_init(struct sessions *s, const struct sessions_config *config);

void sessions_release(struct sessions *s);

/* The input has ended: hear the rest, then be done. */
void sessions_input_ended(struct sessions *s, int64_t now_ms);

void sessions_prepare(struct sessions *s, struct loop *l, int64_t now_ms);

void sessions_dispatch(
    struct sessions *s, struct loop *l, int64_t now_ms, double wall_ms);

/* Whether everything has been heard, or given up; status says which. */
bool sessions_is_done(const struct sessions *s);

/* How much of the input that was read the live session has not been sent. */
double sessions_lag_ms(const struct sessions *s);

/* A status line of this state; detail may be NULL. */
void sessions_say(
    struct sessions *s, const char *state, const char *detail, double wall_ms);

/* Put the counters into a status line, and write it; takes obj. */
void sessions_write_status(struct sessions *s, json_t *obj);

/* Be done, with an exit status; what was not heard is lost. */
void sessions_give_up(struct sessions *s, int status);

/* A range is given up: what it held was not heard. */
void sessions_range_lost(
    struct sessions *s, struct sessions_range *r, const char *why);

/* The tool leaves before it is done: what nobody has heard is lost. */
void sessions_leave(struct sessions *s);

/* Audio sent so far, in ms. */
double sessions_sent_ms(const struct sessions *s);

/* What is paid for: of every session that the service took, seconds as
 * cost_stream_s() counts them. */
double sessions_paid_s(const struct sessions *s);

/* A session is over: count it and free it.  NULL: there is none. */
void sessions_drop(struct sessions *s, struct session *session);

/* Stream position up to which everything has been heard. */
uint64_t sessions_covered(const struct sessions *s);

#endif
