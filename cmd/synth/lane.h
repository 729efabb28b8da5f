/*
 * One voiced language: its sentences in the order in which they were spoken,
 * what has been asked for ahead, and when the audio that was sent will have
 * been played.  Which sentence is asked when is synth.c's to decide.
 */
#ifndef SYNTH_LANE_H
#define SYNTH_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/service_error.h"
#include "base/bytes.h"
#include "base/lang.h"
#include "base/loop.h"
#include "base/out.h"
#include "speech.h"
#include "tap.h"
#include "tempo.h"
#include "voiceline.h"
#include "voices.h"

/* Streams open ahead of the sentences of one language. */
#define LANE_HELD_MAX 4

struct lane;

enum sentence_state {
	SENTENCE_WAITING, /* not asked for */
	SENTENCE_ASKED,   /* audio may come */
	SENTENCE_SAID,    /* all its audio came */
	SENTENCE_SKIPPED, /* none will: `why` */
};

struct sentence {
	struct sentence *next;
	struct lane *lane;
	char *id;
	char *text;
	double translated_at_ms;
	int64_t arrived_ms; /* monotonic */
	int64_t retry_at_ms;
	enum sentence_state state;
	int tries;
	struct speech *speech; /* NULL unless asked */
	bool is_call;          /* asked by SynthesizeSpeech */
	unsigned int engine;   /* that was asked */
	bool must_call;        /* the stream did not do: no other way */
	bool did_refresh;      /* credentials, for its sake */
	struct bytes raw;      /* as it came */
	struct bytes pcm;      /* as it leaves */
	struct tempo tempo;
	bool is_started; /* some of it has left */
	bool is_flushed; /* tempo has given all */
	struct voicelines lines;
	double voiced_at_ms;
	const char *why; /* a word for the line; booth-lines(5) has them all */
};

struct lane_config {
	struct out *out;    /* borrowed */
	struct taps *taps;  /* borrowed; NULL: none */
	int64_t max_lag_ms; /* 0: no bound */
	bool is_fast;       /* lines leave at once, not when they are played */
};

struct lane {
	char tag[LANG_TAG_MAX];
	const struct lane_config *config; /* borrowed */
	void *owner;               /* for callbacks of speeches; borrowed */
	struct voice_choice voice; /* .voice NULL: captions only */
	unsigned int formats;      /* VOICE_*: what is listened to now */
	bool is_wanted;            /* by somebody, as lines or by a tap */
	struct speech *held[LANE_HELD_MAX]; /* streams ahead of need */
	size_t nheld;
	int64_t hold_at_ms; /* another not before */
	struct voiceline_writer writer;
	bool is_chosen;   /* voice was looked for */
	bool uses_calls;  /* the stream is refused: SynthesizeSpeech */
	bool is_degraded; /* told, and not yet taken back */
	struct service_error refusal; /* of a stream, the last; or none */
	struct sentence *head;
	struct sentence **tail;
	size_t nsentences;
	int64_t play_until_ms; /* monotonic: what was sent is played by then */
	bool has_more;         /* another line could leave at once */
	unsigned long said;
	unsigned long skipped;
	double audio_ms;
	long chars;       /* billed, or what that will be */
	long chars_spent; /* of them in the budget */
	int error;        /* of out */
};

void lane_init(struct lane *l, const char *tag,
    const struct lane_config *config, void *owner);

/* Frees every sentence; their speeches are cancelled. */
void lane_release(struct lane *l, int64_t now_ms);

enum {
	LANE_ERR_FULL = -1, /* too many wait */
	LANE_ERR_NOMEM = -2
};

/* Put a sentence in line.  0 or a negative code. */
int lane_add(struct lane *l, const char *id, const char *text,
    double translated_at_ms, int64_t now_ms);

/* The sentence to ask for next, at most `depth` ahead of the one that plays;
 * NULL: none now.  One that would be too late is left to the captions first. */
struct sentence *lane_next(struct lane *l, unsigned int depth, int64_t now_ms);

/* Audio of a sentence came. */
void sentence_audio(struct sentence *s, const uint8_t *pcm, size_t n);

/* Characters of its text. */
long sentence_chars(const struct sentence *s);

/* Forget what audio came, for another try; none has left yet. */
void sentence_reset(struct sentence *s);

/* No audio (or no more) will come: why is a constant word.  What came of one
 * that has begun still leaves. */
void sentence_skip(struct sentence *s, const char *why);

/* sentence_skip() for all that have not been asked for.  How many. */
unsigned int lane_skip_waiting(struct lane *l, const char *why);

/*
 * Drop the sentences with that id (NULL: all) as if they had never been: what
 * runs for them is cancelled.  Of one that has begun to leave nothing more does
 * but a line that says that it ends, and why.  Returns how many there were.
 */
size_t
lane_cut(struct lane *l, const char *id, const char *why, int64_t now_ms);

/* Write the first line of the sentence at the head, if it is to be written now:
 * this is what somebody waits for. */
void lane_emit_first(struct lane *l, int64_t now_ms, double wall_ms);

/* Write the next line that is due; sentences that are done leave.  Whether
 * there may be another. */
bool lane_emit_one(struct lane *l, int64_t now_ms, double wall_ms);

/* Write all that are due. */
void lane_emit(struct lane *l, int64_t now_ms, double wall_ms);

/* Wake when there is something to write. */
void lane_prepare(const struct lane *l, struct loop *loop, int64_t now_ms);

/* Whether no sentence is left. */
bool lane_is_idle(const struct lane *l);

#endif
