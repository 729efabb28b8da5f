/*
 * The audio that was read and that no final result covers yet: what a new
 * session can be given when the old one breaks.  Positions, and lengths beside
 * them, are byte offsets in the stream of one channel since the first sample
 * ever read: with two channels there is twice as much audio, interleaved.
 */
#ifndef TRANSCRIBE_BACKLOG_H
#define TRANSCRIBE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* DESIGN 6: ten minutes are kept; beyond that the input is not read. */
#define BACKLOG_MS (10 * 60 * 1000)

struct backlog {
	unsigned int channels; /* 1 or 2 */
	struct bytes audio;
	struct bytes marks; /* struct backlog_mark, in order */
	uint64_t begin;     /* position of the first byte kept */
	uint64_t end;       /* one past the last byte read */
	double window;      /* of the 100 ms being read: sum of squares */
	size_t nwindow;     /* and bytes so far */
	double loud;        /* sum of squares of the loudest 100 ms of late */
	double level;       /* sum of squares, and bytes, */
	size_t nlevel;      /* since backlog_take_level() */
	int peak;           /* and the largest sample */
};

void backlog_init(struct backlog *b, unsigned int channels);

void backlog_release(struct backlog *b);

/* Bytes of audio, of all channels, that may be added now. */
size_t backlog_room(const struct backlog *b);

/* Add n bytes (at most backlog_room(); whole frames) that arrived at wall_ms.
 * 0, or -1: no memory. */
int backlog_add(struct backlog *b, const void *p, size_t n, double wall_ms);

/* The audio from `pos` on, up to n, in one piece (of n * channels bytes); *len
 * is what there is.  pos is at least begin.  Valid until the next add or
 * discard. */
const uint8_t *
backlog_peek(const struct backlog *b, uint64_t pos, size_t n, size_t *len);

/* Let go of everything before pos. */
void backlog_discard(struct backlog *b, uint64_t pos);

/* When the byte before pos arrived (Unix ms); the nearest known time when its
 * mark is gone, 0 when nothing was ever read. */
double backlog_arrival_ms(const struct backlog *b, uint64_t pos);

/*
 * The best place to cut between from and to: the middle of the quietest 100 ms,
 * on a whole sample; so that no word is cut in two where a pause is near.
 */
uint64_t backlog_quietest(const struct backlog *b, uint64_t from, uint64_t to);

/* Loudness of all that was read since the last call: RMS and peak in dBFS. */
void backlog_take_level(struct backlog *b, double *rms_dbfs, double *peak_dbfs);

/* Loudness of what was read of late: the loudest 100 ms, a dB less for each
 * second since; RMS in dBFS. */
double backlog_loud_dbfs(const struct backlog *b);

/* Loudness of all between from and to together: RMS in dBFS; of nothing:
 * silence. */
double backlog_dbfs(const struct backlog *b, uint64_t from, uint64_t to);

/* Loudness of the loudest 100 ms between from and to: RMS in dBFS, as
 * pcm_level_dbfs() counts; of less than that much audio: silence. */
double
backlog_loudest_dbfs(const struct backlog *b, uint64_t from, uint64_t to);

/* The same of one channel, from 0. */
double backlog_loudest_of_dbfs(
    const struct backlog *b, unsigned int channel, uint64_t from, uint64_t to);

/*
 * Where to cut in a pause: at `pos` or behind it, in the middle of 300 ms that
 * are quiet beside what was loud of late.  Looks from *searched on, and moves
 * it.  False: nothing is quiet up to the end of the backlog.
 */
bool backlog_find_pause(
    const struct backlog *b, uint64_t pos, uint64_t *searched, uint64_t *cut);

#endif
