/*
 * The voiced languages of a room together: which sentence is asked for next,
 * fairly between languages and within the account's quotas, and what to do when
 * the service says no.
 */
#ifndef SYNTH_SYNTH_H
#define SYNTH_SYNTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audience.h"
#include "base/loop.h"
#include "base/out.h"
#include "lane.h"
#include "quota.h"
#include "room/budget.h"
#include "speech.h"
#include "voices.h"

/* Utterances taken back that are remembered: one whose translation comes behind
 * is not voiced. */
#define SYNTH_RETRACTED_MAX 32
#define SYNTH_ID_MAX 128

/* --voice LANG=ID */
struct synth_voice {
	const char *tag;
	const char *id;
};

/* Everything is borrowed. */
struct synth_config {
	const struct speech_service *service;
	struct voices *voices;
	struct out *out;
	struct taps *taps;
	struct budget *budget;
	struct audience *audience; /* NULL: voice whatever comes */
	bool warms_wanted; /* a connection for each language that is heard */
	char **tags; /* NULL-ended languages to voice; NULL: all that come */
	const struct synth_voice *chosen;
	size_t nchosen;
	unsigned int engine;      /* enum polly_engine to begin with */
	unsigned int encodings;   /* VOICE_*, of the lines */
	unsigned int max_streams; /* at once: the account's quota */
	double streams_per_s;     /* new ones: the account's quota */
	size_t nwarm;             /* streams to open ahead, in all */
	int64_t max_lag_ms;
	bool is_fast;
	unsigned int seed; /* of the back-off's jitter */
};

struct synth {
	struct synth_config config;
	struct lane_config lane_config;
	struct lane **lanes;
	size_t nlanes;
	size_t turn; /* lane that is asked first next time */
	struct quota quota;
	bool has_more;         /* to ask for, at once */
	unsigned int nput_off; /* turns in which captions went first */
	int64_t starved_at_ms; /* since when there is no connection; 0: is */
	bool is_ready;         /* told that voices are known */
	bool is_voices_told;   /* told that they cannot be had */
	int failure;           /* exit status of the last refusal */
	unsigned long lost;    /* sentences left to the captions by failures */
	bool is_short;         /* of memory: something was lost, and said so */
	bool is_paused;
	json_t *offered; /* languages to say the voices of; NULL: none */
	char retracted[SYNTH_RETRACTED_MAX][SYNTH_ID_MAX];
	size_t nretracted;
	int64_t now_ms;
	double wall_ms;
};

void synth_init(struct synth *s, const struct synth_config *config);

void synth_release(struct synth *s);

/* A translation to say.  Unknown or captions-only languages are passed by. */
void synth_say(struct synth *s, const char *tag, const char *id,
    const char *text, double translated_at_ms, int64_t now_ms);

/* The utterance is taken back: what has begun to leave ends with a line that
 * says so, all else is as if it had never been.  Before the line is passed on.
 */
void synth_retract(struct synth *s, const char *id, int64_t now_ms);

/* Spend nothing more, what waits is left to the captions; or go on. */
void synth_pause(struct synth *s, bool is_paused);

/* Languages (an array of tags) are going to come: their voices are announced.
 */
void synth_offer(struct synth *s, const json_t *languages);

/* A voice for the language: the one that was chosen, else any, of that engine
 * or the next that has one. */
struct voice_choice
synth_choose(const struct synth *s, const char *tag, unsigned int engine);

void synth_prepare(struct synth *s, struct loop *l, int64_t now_ms);

/* Ask for what is next, write what is due.  After pool and HTTP caller.
 * `has_read`: lines came in this turn, so that more may follow. */
void
synth_dispatch(struct synth *s, bool has_read, int64_t now_ms, double wall_ms);

/* No more time: what has come leaves at once, the rest is marked. */
void synth_hurry(struct synth *s);

/* Time is up: what came leaves, the rest is marked as stopped. */
void synth_abandon(struct synth *s, int64_t now_ms, double wall_ms);

/* Whether nothing is left to say. */
bool synth_is_idle(const struct synth *s);

/* First error of the output, or 0. */
int synth_out_error(const struct synth *s);

#endif
