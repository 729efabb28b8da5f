/*
 * A sound file of any kind that libsndfile reads, or ffmpeg where that is
 * installed (ffmpeg.h), frame by frame; nothing is ever read ahead but
 * libsndfile's own buffers, and a pipe's worth by ffmpeg.
 */
#ifndef AUDIO_SOUNDFILE_H
#define AUDIO_SOUNDFILE_H

#include <stddef.h>
#include <stdint.h>

#include "audio/error.h"
#include "audio/soundpipe.h"

/* More channels than this in a header is damage, not music; our choice (it is
 * libsndfile's as well). */
#define SOUNDFILE_CHANNELS_MAX 1024

struct soundfile;

struct soundfile_info {
	const char *kind; /* "WAV", "MP4", ... or "sound"; static */
	unsigned int rate_hz;
	unsigned int channels;
	int64_t nframes;  /* that can be read, or -1: not known */
	int64_t promised; /* that the header speaks of, or -1: it does not */
};

/*
 * Open the file, FIFO or device file at `path`.  On success *f is to be freed
 * by soundfile_free(); on failure it is NULL and err (may be NULL) says why in
 * a line that names the file:
 *
 *   AUDIO_ERR_OPEN    missing, a folder, no permission
 *   AUDIO_ERR_FORMAT  nothing that libsndfile or ffmpeg reads; names the kind
 *                     where it is known, and the way out
 *   AUDIO_ERR_NO_SOUND  a film without sound
 *   AUDIO_ERR_READ, AUDIO_ERR_NOMEM
 *
 * The file is read through the functions of soundpipe.h if it cannot seek, and
 * only kinds that say all in their header can then be opened.
 */
int
soundfile_open(struct soundfile **f, const char *path, struct audio_error *err);

/*
 * The same from a descriptor (borrowed), called `name` in messages: a file is
 * read from where its offset stands.  `wait` (may be NULL) is called before
 * each read from a pipe; see soundpipe.h.
 */
int soundfile_open_fd(struct soundfile **f, int fd, const char *name,
    soundpipe_wait_fn *wait, void *wait_arg, struct audio_error *err);

void soundfile_free(struct soundfile *f);

/* Valid until soundfile_free(). */
const struct soundfile_info *soundfile_info(const struct soundfile *f);

/*
 * Read up to nframes frames of info->channels interleaved samples; full scale
 * is 1.0, a float file may be louder.  Returns how many, 0 at the end; or once,
 * after all that could be had was handed out, why that is less than it should
 * be:
 *
 *   AUDIO_ERR_TRUNCATED  "...: truncated: N of M frames"
 *   AUDIO_ERR_DAMAGED    the decoder gave up in the middle, complained, or was
 *                        killed (ffmpeg)
 *   AUDIO_ERR_READ       read(2) failed
 *
 * A sound that `wait` ended is complete as far as this is concerned.  An Ogg or
 * MP3 file without a length in it that was cut short cannot be told from a
 * short one.
 */
long soundfile_read(struct soundfile *f, float *frames, size_t nframes,
    struct audio_error *err);

#endif
