/*
 * One session with Transcribe: a connection, its event stream, and a range of
 * the backlog that it is given at the pace the service wants.  It never ends
 * the process: how it ended is told, and what it covered, so that the next
 * session can go on from there.
 */
#ifndef TRANSCRIBE_SESSION_H
#define TRANSCRIBE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/bidi.h"
#include "aws/client.h"
#include "aws/conn.h"
#include "aws/credentials.h"
#include "aws/service_error.h"
#include "aws/transcribe.h"
#include "backlog.h"
#include "base/loop.h"
#include "timeline.h"

/* Two, where they are told apart. */
#define SESSION_CHANNELS_MAX 2

/* No end: the live session follows the input. */
#define SESSION_LIVE UINT64_MAX

/* Audio that is louder (dBFS) may be words: rooms are quieter, and voices at
 * any sensible level louder. */
#define SESSION_QUIET_DBFS (-45.0)

/* The error's name when there was sound and the service told of nothing. */
#define SESSION_MUTE "mute"

/* The same when all was sent, and the service did not end its side. */
#define SESSION_UNFINISHED "unfinished"

struct session;

struct session_events {
	/* The service took the session. */
	void (*on_open)(void *arg, struct session *s);
	/* What it heard; session times (session_stream_pos()). */
	/* The results may be taken away (left zeroed). */
	void (*on_results)(
	    void *arg, struct session *s, struct transcribe_results *results);
};

/* Borrowed until session_free(). */
struct session_config {
	const struct client *client; /* where, and how to get there */
	const struct transcribe_params *params;
	bool is_fast;    /* send as quickly as it is taken */
	int64_t lead_ms; /* how far ahead of real time it may send */
	const struct session_events *events;
	void *arg;
	struct backlog *backlog;
};

/*
 * Dial, for the audio from stream position `from` up to `until`.  The stream is
 * opened once there is audio to send.  Of a channel that has been heard further
 * than `from` (NULL: none has) only the rest is sent, and silence for what is
 * before it.  NULL: no memory.
 */
struct session *session_new(const struct session_config *config,
    struct credentials *credentials, uint64_t from, uint64_t until,
    const uint64_t heard[SESSION_CHANNELS_MAX], int64_t now_ms);

/*
 * The same, but opened at once, and kept open by silence until session_go()
 * says from where on it is to hear.
 */
struct session *session_new_standby(const struct session_config *config,
    struct credentials *credentials, int64_t now_ms);

/* A session on standby becomes the live one, from stream position `from`;
 * `heard` as for session_new(). */
void session_go(struct session *s, uint64_t from,
    const uint64_t heard[SESSION_CHANNELS_MAX]);

/* Ends at once whatever runs, and frees.  NULL does nothing. */
void session_free(struct session *s);

/* The live input has ended: what is left is the rest. */
void session_input_ended(struct session *s);

/* So many sessions before this one, in a row, ended as SESSION_MUTE, or as
 * SESSION_UNFINISHED: it may be music that nobody writes down, or a service
 * that is slow, and each one waits twice as long. */
void session_be_patient(
    struct session *s, unsigned int nmute, unsigned int nunfinished);

/* Finish early: send no more, take the last results.  For a stop or a stall.
 */
void session_finish(struct session *s);

/* The live session is to end at stream position `until`, not before what it has
 * sent; another goes on there. */
void session_set_until(struct session *s, uint64_t until);

/* Send no more than so much audio in all, until told otherwise; 0: no limit. */
void session_set_limit_ms(struct session *s, int64_t limit_ms);

/* How old it is by the service's count: by the clock, or by the audio that it
 * was given, whichever is more. */
int64_t session_age_ms(const struct session *s, int64_t now_ms);

/* Whether it was told to finish, or has sent its end. */
bool session_is_ending(const struct session *s);

/* Its words are late from now on. */
void session_set_late(struct session *s);

void session_prepare(struct session *s, struct loop *l, int64_t now_ms);

/* wall_ms: Unix time to sign with. */
void session_dispatch(
    struct session *s, struct loop *l, int64_t now_ms, double wall_ms);

/* Whether it is over; session_error() then says how (class NONE: in order, all
 * that it was to send has been sent and answered). */
bool session_is_over(const struct session *s);

const struct service_error *session_error(const struct session *s);

/* Whether the service ever took it. */
bool session_was_open(const struct session *s);

/* Whether there was a connection to ask for a stream on. */
bool session_was_connected(const struct session *s);

/* Whether a stream was asked for; false: only a connection was made. */
bool session_was_started(const struct session *s);

/* Whether its words are the live ones, and not late. */
bool session_is_live(const struct session *s);

/* Stream position (bytes) of a time in the session's results. */
uint64_t session_stream_pos(const struct session *s, double session_ms);

/* Up to where nothing of its range needs to be heard again: the end of the
 * last final, or where a later result began; of two channels, of the one that
 * is further behind. */
uint64_t session_covered(const struct session *s);

/* How far each channel has been heard. */
const uint64_t *session_heard(const struct session *s);

/* In this channel (from 0) all before this stream position has been heard. */
void session_cover(struct session *s, unsigned int channel, uint64_t pos);

/* A partial result is open in this channel: what is behind session_covered() is
 * being said.  A session that ends now has lost something, however it ends. */
void
session_set_speaking(struct session *s, unsigned int channel, bool is_speaking);

bool session_is_speaking(const struct session *s);

/* How far it has sent (stream position), and audio sent in all, in ms. */
uint64_t session_sent_pos(const struct session *s);

double session_sent_ms(const struct session *s);

/* Stream position where it would be, had its audio not stalled. */
uint64_t session_due(const struct session *s, int64_t now_ms);

/* It goes on where `before` should have been. */
void session_inherit_due(struct session *s, const struct session *before);

/* Stream position up to which its pace lets it send what it has. */
uint64_t session_reach(const struct session *s, int64_t now_ms);

/* Whether what it has to send waits for its time alone, if for anything. */
bool session_is_paced(const struct session *s);

/* Date of a refusal, for the clock's offset; "" if none. */
const char *session_date(const struct session *s);

const struct credentials *session_credentials(const struct session *s);

#endif
