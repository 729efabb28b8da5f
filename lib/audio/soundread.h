/*
 * Any sound file as the pipe's PCM (base/pcm.h): soundfile and convert in one.
 * `capture -f FILE` and `transcribe FILE` both read through this, so that they
 * send the same bytes for the same file.
 */
#ifndef AUDIO_SOUNDREAD_H
#define AUDIO_SOUNDREAD_H

#include <stddef.h>
#include <stdint.h>

#include "audio/error.h"
#include "audio/mixdown.h"
#include "audio/soundfile.h"

struct soundread;

/*
 * Open the file at `path`; `channel` counts from 1, MIXDOWN_MIX (0, the default
 * of both tools) mixes all of them.  On success *r is to be freed by
 * soundread_free(); on failure it is NULL, and err (may be NULL) holds one line
 * for people.  What soundfile_open() returns, and
 *
 *   AUDIO_ERR_CHANNEL  the file has fewer channels; the text says how many
 *   AUDIO_ERR_RATE     a sampling rate below 1 kHz or above 1 MHz
 */
int soundread_open(struct soundread **r, const char *path, unsigned int channel,
    struct audio_error *err);

/* The same from a descriptor (borrowed); see soundfile_open_fd(). */
int soundread_open_fd(struct soundread **r, int fd, const char *name,
    unsigned int channel, soundpipe_wait_fn *wait, void *wait_arg,
    struct audio_error *err);

void soundread_free(struct soundread *r);

/*
 * The next nframes frames of 16-bit mono at 16 kHz, little-endian in memory on
 * every machine.  Returns nframes; at the end fewer, then 0.  If the sound
 * should have been longer, AUDIO_ERR_TRUNCATED, _DAMAGED or _READ comes once in
 * place of the first 0: all that is there has then been handed out.  The bytes
 * do not depend on the sizes asked for.
 */
long soundread_read(
    struct soundread *r, int16_t *pcm, size_t nframes, struct audio_error *err);

/* Length of what can be read, in ms, or -1: not known (a pipe). */
int64_t soundread_duration_ms(const struct soundread *r);

/* How far soundread_read() has come, in ms. */
int64_t soundread_position_ms(const struct soundread *r);

/* What the file is; valid until soundread_free(). */
const struct soundfile_info *soundread_info(const struct soundread *r);

#endif
