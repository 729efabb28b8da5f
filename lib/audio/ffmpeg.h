/*
 * What libsndfile cannot read, read by ffmpeg(1) where it is installed: a child
 * that turns the first sound of a video, or of any other file, into WAV with
 * samples of 32-bit float, of the file's own rate and channels.
 *
 * The child is given an open descriptor and never a name, so that a name that
 * looks like an option or a protocol ("-i", "http:...", "concat:...") is only a
 * name.  It may use no protocol but file and pipe, and of the formats only
 * those that hold sound themselves: a playlist or a script that names other
 * files or addresses is refused.
 */
#ifndef AUDIO_FFMPEG_H
#define AUDIO_FFMPEG_H

#include <stddef.h>
#include <stdint.h>

#include "audio/error.h"

struct ffmpeg;

/*
 * Start on `fd` (borrowed until ffmpeg_free()), called `name` in messages.  A
 * file is read anew from its start; of what cannot seek, the first head_len
 * bytes, which were read from it already, are `head`.  On success *f is to be
 * freed by ffmpeg_free(); on failure it is NULL:
 *
 *   AUDIO_ERR_NO_FFMPEG  the program is not in PATH
 *   AUDIO_ERR_NOMEM, AUDIO_ERR_READ (the system said no)
 */
int ffmpeg_new(struct ffmpeg **f, int fd, const uint8_t *head, size_t head_len,
    const char *name, struct audio_error *err);

/* End the child, whatever it does. */
void ffmpeg_free(struct ffmpeg *f);

/* Where its WAV comes from, to be read; borrowed until ffmpeg_free(). */
int ffmpeg_fd(const struct ffmpeg *f);

/*
 * After the end of what it wrote: was that all?  Waits until the child is gone,
 * for a second or two at most.  0, or:
 *
 *   AUDIO_ERR_NO_SOUND  a film without sound; only if `has_begun` is 0: nothing
 *                       came
 *   AUDIO_ERR_FORMAT    it does not know the file; the text is what it said,
 *                       and `has_begun` is 0
 *   AUDIO_ERR_DAMAGED   it complained, or was killed
 */
int ffmpeg_end(struct ffmpeg *f, int has_begun, struct audio_error *err);

#endif
