/*
 * The `audio` lines of one sentence (booth-lines(5)): its PCM as PCM, as Opus
 * packets, or both.  Each encoding numbers its own lines, because a listener
 * gets one of them.
 */
#ifndef SYNTH_VOICELINE_H
#define SYNTH_VOICELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/opus_encode.h"
#include "base/bytes.h"
#include "base/out.h"

/* Encodings, to be or-ed. */
#define VOICE_PCM 1u
#define VOICE_OPUS 2u
#define VOICE_NFORMATS 2

/* Where lines are cut, so that no Opus packet is torn. */
#define VOICELINE_CUT_MS OPUS_ENCODE_FRAME_MS

/*
 * Our choice.  websocketd sends a line of up to 4082 bytes as one frame (DESIGN
 * 5), and broadcast puts `seq` in front, 24 bytes at most.
 */
#define VOICELINE_OPUS_BYTES_MAX (4082 - 24)

/* What all lines of a sentence say; strings are borrowed for the call. */
struct voiceline_head {
	const char *id;
	const char *lang;
	const char *voice;
	double speed;
	double translated_at_ms;
	double voiced_at_ms;
	const char *error; /* of the last line; NULL: none */
};

struct voicelines {
	unsigned int begun;             /* encodings that had a line */
	unsigned int n[VOICE_NFORMATS]; /* next number */
	uint64_t samples_in;            /* given to the encoder */
	uint64_t samples_out;           /* that lines have promised */
	uint64_t npackets;              /* that lines hold */
};

/* One encoder a lane will do: its sentences come one after the other. */
struct voiceline_writer {
	struct out *out;             /* borrowed */
	struct opus_encode *encoder; /* made when first needed */
	struct bytes packets;        /* of the line in the making */
};

void voiceline_writer_init(struct voiceline_writer *w, struct out *out);

void voiceline_writer_release(struct voiceline_writer *w);

/*
 * Write n bytes of PCM (whole samples; whole packets' worth of
 * VOICELINE_CUT_MS, unless is_last) in each of `formats` and of those begun:
 * one that joins in mid-sentence begins here.  is_last: the lines say that no
 * more follow.  0, or a code of out.h.
 */
int voicelines_write(struct voicelines *v, struct voiceline_writer *w,
    const struct voiceline_head *head, unsigned int formats, const uint8_t *pcm,
    size_t n, bool is_last);

/* End, with no more sound, each encoding that was begun, or (where none was)
 * those of `formats`.  0, or a code of out.h. */
int voicelines_cut(struct voicelines *v, struct voiceline_writer *w,
    const struct voiceline_head *head, unsigned int formats);

#endif
