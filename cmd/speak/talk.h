/*
 * One speaker's talk as the keeper counts it: which session, which audio
 * message comes next, what is missing, how loud it is.  No I/O.
 */
#ifndef SPEAK_TALK_H
#define SPEAK_TALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"

/* A SHA-256 in hexadecimal, with NUL. */
#define TALK_WHO_MAX 65

struct talk {
	char session[MESSAGE_SESSION_MAX + 1]; /* "": none */
	/* Whose token it was, from which address; "": nobody's that can be
	 * known again. */
	char who[TALK_WHO_MAX];
	char lang[LANG_TAG_MAX];
	uint64_t next;     /* number of the audio message wanted */
	uint64_t lost;     /* messages that never came, or found no room */
	uint64_t seen;     /* taken since talk_begin() */
	uint64_t ack_seen; /* `seen` at the last talk_level() */
	double energy;     /* since then: sum of mean squares by samples */
	double nsamples;
	double peak_dbfs;
};

void talk_begin(
    struct talk *t, const char *session, const char *lang, uint64_t next);

/* Whether a speaker with this `session` and `who` may go on with the talk of
 * one who is away: by the session, or as the same bearer of a token at the same
 * address. */
bool talk_is_of(const struct talk *t, const char *session, const char *who);

/* There is none any more. */
void talk_end(struct talk *t);

enum talk_verdict {
	TALK_OLD, /* it is here already */
	TALK_NEXT /* take it; what was missing before it is lost */
};

/* An audio message came. */
enum talk_verdict talk_judge(struct talk *t, uint64_t seq);

/* Count its sound; is_lost: there was no room for it. */
void talk_count(struct talk *t, const uint8_t *pcm, size_t n, int is_lost);

/* Level since the last call, in dBFS; -96.3 where nothing came. */
void talk_level(struct talk *t, double *rms_dbfs, double *peak_dbfs);

#endif
