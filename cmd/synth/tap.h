/*
 * --pcm LANG=PATH: the voice of a language as raw PCM, in real time, for a
 * program of this machine: a player, an encoder, a transmitter.
 *
 * PATH is a FIFO (made if it is missing), a plain file or a device.  A FIFO's
 * reader comes, goes and returns as it likes: the FIFO is opened without
 * blocking as soon as one is there, gets the sound from that moment on, and
 * nothing is kept for who is not there.  What a slow reader has not taken two
 * seconds after its time is dropped.  Nothing here ever waits.
 */
#ifndef SYNTH_TAP_H
#define SYNTH_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/lang.h"
#include "base/loop.h"

/* Sentences that wait in one tap at most. */
#define TAP_PIECES_MAX 256

/* Sound of one sentence without a gap. */
struct tap_piece {
	uint64_t id; /* hash of the utterance's */
	int64_t plays_at_ms;
	size_t len; /* bytes of it that wait */
};

struct tap {
	char tag[LANG_TAG_MAX];
	const char *path; /* borrowed */
	bool fills_silence;
	bool is_fast; /* as it comes, not when it is due */
	int fd;       /* -1: nobody reads */
	int slot;
	int64_t look_at_ms; /* for a reader */
	bool is_blocked;    /* the reader has not taken what was due */
	bool is_told;       /* that it cannot be opened or written */
	struct bytes q;
	struct tap_piece pieces[TAP_PIECES_MAX];
	size_t npieces;
	int64_t began_ms;    /* when the reader came */
	int64_t now_ms;      /* of the last dispatch */
	int64_t wrote_at_ms; /* voice, last, or there was some to write */
	uint64_t position;   /* bytes given to it since, silence included */
	uint64_t dropped;    /* bytes */
};

struct taps {
	struct tap **taps;
	size_t n;
};

void taps_init(struct taps *t);

void taps_release(struct taps *t);

/* Add one; path is borrowed.  0, or -1: no memory. */
int taps_add(struct taps *t, const char *tag, const char *path);

/*
 * Make what is missing, look at what is there: with silence between sentences
 * or not, paced or not.  0, or -1 with one line for people in err: that path
 * can be neither FIFO nor file.
 */
int taps_start(struct taps *t, bool fills_silence, bool is_fast, int64_t now_ms,
    char *err, size_t errsize);

/* Whether the language has a tap with a reader now. */
bool taps_has_reader(const struct taps *t, const char *tag);

/* n bytes (whole samples) of utterance `id`, to be heard at plays_at_ms
 * (monotonic).  t may be NULL. */
void taps_feed(struct taps *t, const char *tag, const char *id,
    const uint8_t *pcm, size_t n, int64_t plays_at_ms);

/* Drop what waits of the utterance, in every language. */
void taps_retract(struct taps *t, const char *id);

void taps_prepare(struct taps *t, struct loop *l, int64_t now_ms);

void taps_dispatch(struct taps *t, struct loop *l, int64_t now_ms);

/* Whether no sound waits that somebody takes. */
bool taps_is_idle(const struct taps *t, int64_t now_ms);

#endif
