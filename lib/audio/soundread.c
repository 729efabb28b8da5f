#include "audio/soundread.h"

#include <stdbool.h>
#include <stdlib.h>

#include "audio/convert.h"
#include "base/pcm.h"

/* Samples read at a time; at least one frame of SOUNDFILE_CHANNELS_MAX. */
#define CHUNK_SAMPLES 8192

struct soundread {
	struct soundfile *file;  /* owned */
	struct convert *convert; /* owned */
	int64_t position;        /* frames handed out */
	size_t start, end;       /* frames in chunk not converted yet */
	bool is_ended;           /* the file gives no more */
	int end_code;            /* why, to be told after the last frame */
	struct audio_error end_error;
	float chunk[CHUNK_SAMPLES];
};

/* Takes `file`. */
static int
wrap(struct soundread **out, struct soundfile *file, const char *name,
    unsigned int channel, struct audio_error *err)
{
	const struct soundfile_info *info = soundfile_info(file);
	struct soundread *r;
	int rc;

	if ((r = calloc(1, sizeof(*r))) == NULL) {
		soundfile_free(file);
		return audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	}
	r->file = file;
	rc = convert_new(&r->convert, info->rate_hz, info->channels, channel);
	if (rc == 0) {
		*out = r;
		return 0;
	}
	if (rc == AUDIO_ERR_CHANNEL)
		audio_fail(err, rc, "there is no channel %u in '%s': it has %u",
		    channel, name, info->channels);
	else if (rc == AUDIO_ERR_RATE)
		audio_fail(err, rc, "'%s' claims a rate of %u Hz", name,
		    info->rate_hz);
	else
		audio_fail(err, rc, "%s", audio_strerror(rc));
	soundread_free(r);
	return rc;
}

int
soundread_open(struct soundread **r, const char *path, unsigned int channel,
    struct audio_error *err)
{
	struct soundfile *file;
	int rc;

	*r = NULL;
	if ((rc = soundfile_open(&file, path, err)) != 0)
		return rc;
	return wrap(r, file, path, channel, err);
}

int
soundread_open_fd(struct soundread **r, int fd, const char *name,
    unsigned int channel, soundpipe_wait_fn *wait, void *wait_arg,
    struct audio_error *err)
{
	struct soundfile *file;
	int rc;

	*r = NULL;
	rc = soundfile_open_fd(&file, fd, name, wait, wait_arg, err);
	if (rc != 0)
		return rc;
	return wrap(r, file, name, channel, err);
}

void
soundread_free(struct soundread *r)
{
	if (r == NULL)
		return;
	convert_free(r->convert);
	soundfile_free(r->file);
	free(r);
}

/* Have frames in the chunk, unless the file is at its end. */
static void
fill(struct soundread *r)
{
	size_t frames = CHUNK_SAMPLES / soundfile_info(r->file)->channels;
	long got = soundfile_read(r->file, r->chunk, frames, &r->end_error);

	r->start = r->end = 0;
	if (got > 0) {
		r->end = (size_t)got;
		return;
	}
	r->is_ended = true;
	r->end_code = (int)got;
}

long
soundread_read(
    struct soundread *r, int16_t *pcm, size_t nframes, struct audio_error *err)
{
	unsigned int channels = soundfile_info(r->file)->channels;
	size_t total = 0, got, used;
	int code;

	while (total < nframes) {
		if (r->start == r->end && !r->is_ended)
			fill(r);
		got = convert_run(r->convert,
		    r->is_ended ? NULL : r->chunk + r->start * channels,
		    r->end - r->start, &used, pcm + total, nframes - total);
		r->start += used;
		total += got;
		if (r->is_ended && got == 0)
			break;
	}
	r->position += (int64_t)total;
	if (total > 0 || nframes == 0 || r->end_code == 0)
		return (long)total;
	code = r->end_code;
	r->end_code = 0;
	return audio_fail(err, code, "%s", r->end_error.text);
}

int64_t
soundread_duration_ms(const struct soundread *r)
{
	const struct soundfile_info *info = soundfile_info(r->file);

	if (info->nframes < 0)
		return -1;
	return (
	    int64_t)((double)info->nframes * 1000.0 / (double)info->rate_hz);
}

int64_t
soundread_position_ms(const struct soundread *r)
{
	return r->position * 1000 / PCM_RATE_HZ;
}

const struct soundfile_info *
soundread_info(const struct soundread *r)
{
	return soundfile_info(r->file);
}
