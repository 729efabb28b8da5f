/*
 * Where the audio comes from: PCM on a descriptor, read whenever there is some,
 * or a sound file, read at the pace of the talk or as fast as it is taken.
 */
#ifndef TRANSCRIBE_INPUT_H
#define TRANSCRIBE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/soundread.h"
#include "backlog.h"
#include "base/loop.h"

struct input {
	int fd;                   /* PCM; -1 for a file */
	struct soundread *file;   /* NULL for PCM */
	struct soundread *second; /* the same file's second channel, where two
	                             are told apart */
	const char *name;         /* for people; borrowed */
	bool is_realtime;         /* file: at the pace of the talk */
	int64_t started_at_ms;    /* file: first read */
	uint64_t read_bytes;      /* file: of one channel */
	uint8_t head[16]; /* PCM: the first bytes, until they can be judged */
	size_t head_len;
	uint8_t part[4]; /* PCM: of a frame that waits for the rest */
	size_t npart;
	bool is_sniffed;
	bool has_ended;
	int status; /* exit status that the end of input asks for; 0: fine */
	int slot;
};

/* PCM from fd (borrowed). */
void input_init_pcm(struct input *in, int fd);

/* A sound file, mixed down to one channel, or its first two.  0, or an exit
 * status with *err filled. */
int input_init_file(struct input *in, const char *path, bool is_realtime,
    unsigned int channels, struct audio_error *err);

void input_release(struct input *in);

/* Wait for audio, if there is room for it. */
void input_prepare(struct input *in, const struct backlog *b, struct loop *l);

/*
 * Read into the backlog.  Sets has_ended (and status) at the end.  Returns 0,
 * or an exit status to leave with at once; both times that something is wrong
 * it has been said.
 */
int input_dispatch(struct input *in, struct backlog *b, struct loop *l,
    int64_t now_ms, double wall_ms);

/* Stop reading: as if the input ended here. */
void input_stop(struct input *in);

#endif
