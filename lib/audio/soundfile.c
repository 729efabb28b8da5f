#include "audio/soundfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/ffmpeg.h"
#include "audio/quiet.h"
#include "audio/soundhead.h"
#include "base/pcm.h"

/*
 * Decoders and encoders disagree about the padding at the ends of an MP3; a
 * file that is less than these frames short (two MPEG frames each end) is
 * whole.
 */
#define MPEG_TOLERANCE_FRAMES 4608

struct soundfile {
	struct soundfile_info info;
	struct soundpipe pipe;
	SNDFILE *snd;          /* owned */
	struct ffmpeg *ffmpeg; /* owned; NULL: libsndfile reads it */
	char *name;            /* owned; for messages */
	int fd;                /* owned if owns_fd */
	bool owns_fd;
	bool is_pipe;
	bool is_fed;       /* ffmpeg reads a pipe */
	bool is_mpeg;      /* mpg123 talks on stderr */
	bool is_told;      /* the end was explained */
	int64_t delivered; /* frames */
};

/* Bytes of one frame where that is a fixed number, else 0. */
static int64_t
frame_bytes(const SF_INFO *sf)
{
	switch (sf->format & SF_FORMAT_SUBMASK) {
	case SF_FORMAT_PCM_S8:
	case SF_FORMAT_PCM_U8:
	case SF_FORMAT_ULAW:
	case SF_FORMAT_ALAW:
		return sf->channels;
	case SF_FORMAT_PCM_16:
		return 2 * (int64_t)sf->channels;
	case SF_FORMAT_PCM_24:
		return 3 * (int64_t)sf->channels;
	case SF_FORMAT_PCM_32:
	case SF_FORMAT_FLOAT:
		return 4 * (int64_t)sf->channels;
	case SF_FORMAT_DOUBLE:
		return 8 * (int64_t)sf->channels;
	default:
		return 0;
	}
}

static const char *
kind_of(const SF_INFO *sf)
{
	switch (sf->format & SF_FORMAT_TYPEMASK) {
	case SF_FORMAT_WAV:
	case SF_FORMAT_WAVEX:
	case SF_FORMAT_RF64:
	case SF_FORMAT_W64:
		return "WAV";
	case SF_FORMAT_AIFF:
		return "AIFF";
	case SF_FORMAT_AU:
		return "AU";
	case SF_FORMAT_FLAC:
		return "FLAC";
	case SF_FORMAT_OGG:
		return "Ogg";
	case SF_FORMAT_MPEG:
		return "MPEG audio";
	case SF_FORMAT_CAF:
		return "CAF";
	default:
		return "sound";
	}
}

/*
 * What the header promises, and what is there: libsndfile corrects the number
 * of frames of a file that is too short for its header without a word.
 */
static void
set_lengths(struct soundfile *f, const SF_INFO *sf, const uint8_t *head,
    size_t head_len, int64_t file_bytes)
{
	struct soundfile_info *info = &f->info;
	uint64_t offset, promised;
	int64_t present, one = frame_bytes(sf);
	bool is_known;

	is_known = soundhead_promise(head, head_len, &offset, &promised) != 0;
	info->nframes = info->promised = sf->frames;
	if (sf->frames < 0 || sf->frames >= SF_COUNT_MAX / 2)
		info->nframes = info->promised = -1;
	if (f->is_pipe) {
		/* A length left open reads as a very long one. */
		if (!is_known &&
		    (sf->format & SF_FORMAT_TYPEMASK) != SF_FORMAT_FLAC)
			info->promised = -1;
		if (info->promised == 0 && !is_known)
			info->promised = -1;
		info->nframes = info->promised;
		return;
	}
	present = file_bytes - (int64_t)offset;
	if (!is_known || present <= 0 || promised <= (uint64_t)present)
		return;
	/* Without a fixed size (ADPCM) in proportion, which is close. */
	info->promised = one > 0
	                     ? (int64_t)(promised / (uint64_t)one)
	                     : (int64_t)((double)sf->frames * (double)promised /
					 (double)present);
	if (info->promised < sf->frames)
		info->promised = sf->frames;
}

/* Why libsndfile does not want it, and ffmpeg neither (`why`; NULL: it is not
 * there), for a person. */
static int
refuse(struct soundfile *f, const uint8_t *head, size_t head_len,
    const char *why, struct audio_error *err)
{
	const char *kind;
	bool is_known = pcm_sniff(head, head_len, &kind) == PCM_SNIFF_FILE;

	if (is_known && why == NULL)
		return audio_fail(err, AUDIO_ERR_FORMAT,
		    "'%s' looks like %s, which libsndfile cannot read%s; "
		    "install ffmpeg, which reads more kinds",
		    f->name, kind, f->is_pipe ? " from a pipe" : "");
	if (is_known)
		return audio_fail(err, AUDIO_ERR_FORMAT,
		    "'%s' looks like %s, but neither libsndfile nor ffmpeg "
		    "can read it%s: %s",
		    f->name, kind,
		    f->is_pipe ? " from a pipe (save it to a file first)" : "",
		    why);
	return audio_fail(err, AUDIO_ERR_FORMAT,
	    why == NULL ? "'%s' is not a sound file that libsndfile knows; if "
			  "it is one, install ffmpeg, which reads more kinds"
			: "'%s' is not a sound file that libsndfile or ffmpeg "
			  "knows",
	    f->name);
}

/* From a pipe all that was read must still be there, to be read again. */
static bool
can_read_again(struct soundfile *f, off_t start)
{
	if (f->is_pipe)
		return f->pipe.taken == (int64_t)f->pipe.head_len &&
		       !f->pipe.is_halted;
	return lseek(f->fd, start, SEEK_SET) == start;
}

/* What libsndfile does not know: the same through ffmpeg, as a pipe of WAV. */
static int
open_by_ffmpeg(struct soundfile *f, SF_INFO *sf, const uint8_t *head,
    size_t head_len, off_t start, struct audio_error *err)
{
	soundpipe_wait_fn *wait = f->pipe.wait;
	void *wait_arg = f->pipe.wait_arg;
	struct audio_error why;
	uint8_t first[16];
	const char *kind;
	size_t n = head_len < sizeof(first) ? head_len : sizeof(first);
	int rc;

	memcpy(first, head, n);
	if (!can_read_again(f, start))
		return refuse(f, first, n, "too much of it was read", err);
	rc = ffmpeg_new(&f->ffmpeg, f->fd, head, head_len, f->name, &why);
	if (rc == AUDIO_ERR_NO_FFMPEG)
		return refuse(f, first, n, NULL, err);
	if (rc != 0)
		return audio_fail(err, rc, "%s", why.text);
	soundpipe_release(&f->pipe);
	soundpipe_init(&f->pipe, ffmpeg_fd(f->ffmpeg), wait, wait_arg);
	memset(sf, 0, sizeof(*sf));
	f->snd = sf_open_virtual(soundpipe_io(), SFM_READ, sf, &f->pipe);
	if (f->snd == NULL && f->pipe.is_halted)
		return audio_fail(err, AUDIO_ERR_READ,
		    "'%s' was not read to its beginning", f->name);
	if (f->pipe.has_no_memory)
		return audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	if (f->snd == NULL) {
		rc = ffmpeg_end(f->ffmpeg, 0, &why);
		return rc == AUDIO_ERR_FORMAT
		           ? refuse(f, first, n, why.text, err)
		           : audio_fail(err, rc, "%s", why.text);
	}
	if (pcm_sniff(first, n, &kind) == PCM_SNIFF_FILE)
		f->info.kind = kind;
	f->is_fed = f->is_pipe;
	f->is_pipe = true;
	f->is_mpeg = false;
	return 0;
}

/* MP3 without the say-so of a magic number is libsndfile's guess; that too. */
static bool
may_be_mpeg(const uint8_t *head, size_t n)
{
	return (n >= 3 && memcmp(head, "ID3", 3) == 0) ||
	       (n >= 2 && head[0] == 0xff && (head[1] & 0xe0) == 0xe0);
}

/* What is at `start`, up to SOUNDHEAD_MAX_BYTES.  0, or -1 and errno. */
static int
read_head(int fd, uint8_t *head, size_t *len, off_t start)
{
	ssize_t got = 1;

	for (*len = 0; *len < SOUNDHEAD_MAX_BYTES && got != 0;) {
		got = pread(fd, head + *len, SOUNDHEAD_MAX_BYTES - *len,
		    start + (off_t)*len);
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			*len += (size_t)got;
	}
	return 0;
}

static int
open_sound(struct soundfile *f, SF_INFO *sf, struct audio_error *err)
{
	uint8_t file_head[SOUNDHEAD_MAX_BYTES];
	const uint8_t *head = file_head;
	size_t head_len;
	off_t start = 0;
	struct stat st;
	int saved = -1, own, rc;

	if (fstat(f->fd, &st) != 0)
		return audio_fail(err, AUDIO_ERR_OPEN, "cannot open '%s': %s",
		    f->name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return audio_fail(err, AUDIO_ERR_OPEN,
		    "cannot open '%s': it is a folder", f->name);
	f->is_pipe = (start = lseek(f->fd, 0, SEEK_CUR)) < 0;
	if (f->is_pipe) {
		head_len = soundpipe_peek(&f->pipe, 12, &head);
	} else {
		if (read_head(f->fd, file_head, &head_len, start) != 0)
			return audio_fail(err, AUDIO_ERR_READ,
			    "cannot read '%s': %s", f->name, strerror(errno));
	}
	f->is_mpeg = may_be_mpeg(head, head_len);
	if (f->is_mpeg)
		saved = quiet_begin();
	/* A descriptor of its own: what it refuses it closes, even if told not
	 * to.  mpg123 wants to measure the file: it would read a pipe to its
	 * end. */
	if (!f->is_pipe && (own = fcntl(f->fd, F_DUPFD_CLOEXEC, 3)) >= 0)
		f->snd = sf_open_fd(own, SFM_READ, sf, SF_TRUE);
	else if (f->is_pipe && !f->is_mpeg && head_len > 0)
		f->snd =
		    sf_open_virtual(soundpipe_io(), SFM_READ, sf, &f->pipe);
	quiet_end(saved);
	if (f->pipe.has_no_memory)
		return audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	if (f->snd == NULL && f->pipe.read_errno != 0)
		return audio_fail(err, AUDIO_ERR_READ, "cannot read '%s': %s",
		    f->name, strerror(f->pipe.read_errno));
	if (f->snd == NULL && head_len == 0)
		return audio_fail(
		    err, AUDIO_ERR_FORMAT, "'%s' is empty", f->name);
	if (f->snd == NULL) {
		if (f->is_pipe)
			head_len =
			    soundpipe_peek(&f->pipe, f->pipe.head_len, &head);
		rc = open_by_ffmpeg(f, sf, head, head_len, start, err);
		if (rc != 0)
			return rc;
	}
	if (f->is_pipe)
		head_len = soundpipe_peek(&f->pipe, f->pipe.head_len, &head);
	soundpipe_settle(&f->pipe);
	if (f->pipe.has_no_memory)
		return audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	set_lengths(f, sf, head, head_len, (int64_t)(st.st_size - start));
	return 0;
}

static int
open_fd(struct soundfile **out, int fd, bool owns_fd, const char *name,
    soundpipe_wait_fn *wait, void *wait_arg, struct audio_error *err)
{
	struct soundfile *f;
	SF_INFO sf = { 0 };
	int rc;

	*out = NULL;
	if ((f = calloc(1, sizeof(*f))) == NULL) {
		if (owns_fd)
			close(fd);
		return audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	}
	f->fd = fd;
	f->owns_fd = owns_fd;
	soundpipe_init(&f->pipe, fd, wait, wait_arg);
	if ((f->name = strdup(name)) == NULL)
		rc = audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	else
		rc = open_sound(f, &sf, err);
	if (rc == 0 &&
	    (sf.channels < 1 || sf.channels > SOUNDFILE_CHANNELS_MAX ||
		sf.samplerate < 1))
		rc = audio_fail(err, AUDIO_ERR_FORMAT,
		    "'%s' claims %d channels at %d Hz", name, sf.channels,
		    sf.samplerate);
	if (rc != 0) {
		soundfile_free(f);
		return rc;
	}
	if (f->info.kind == NULL)
		f->info.kind = kind_of(&sf);
	f->info.rate_hz = (unsigned int)sf.samplerate;
	f->info.channels = (unsigned int)sf.channels;
	*out = f;
	return 0;
}

int
soundfile_open(struct soundfile **f, const char *path, struct audio_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	*f = NULL;
	if (fd < 0)
		return audio_fail(err, AUDIO_ERR_OPEN, "cannot open '%s': %s",
		    path, strerror(errno));
	return open_fd(f, fd, true, path, NULL, NULL, err);
}

int
soundfile_open_fd(struct soundfile **f, int fd, const char *name,
    soundpipe_wait_fn *wait, void *wait_arg, struct audio_error *err)
{
	return open_fd(f, fd, false, name, wait, wait_arg, err);
}

void
soundfile_free(struct soundfile *f)
{
	if (f == NULL)
		return;
	if (f->snd != NULL)
		sf_close(f->snd);
	ffmpeg_free(f->ffmpeg);
	soundpipe_release(&f->pipe);
	if (f->owns_fd)
		close(f->fd);
	free(f->name);
	free(f);
}

const struct soundfile_info *
soundfile_info(const struct soundfile *f)
{
	return &f->info;
}

/* A film in a pipe whose index is at its end: when ffmpeg has seen it, the
 * sound has passed. */
static int
explain_ffmpeg(struct soundfile *f, struct audio_error *err)
{
	int rc = ffmpeg_end(f->ffmpeg, 1, err);

	if (rc != AUDIO_ERR_DAMAGED || f->delivered > 0 || !f->is_fed)
		return rc;
	return audio_fail(err, AUDIO_ERR_FORMAT,
	    "'%s' cannot be read from a pipe, save it to a file first (a film "
	    "needs its index in front)",
	    f->name);
}

/* The end came: was that all?  Says so once. */
static int
explain_end(struct soundfile *f, struct audio_error *err)
{
	int64_t slack = f->is_mpeg ? MPEG_TOLERANCE_FRAMES : 0;
	int code = sf_error(f->snd);

	if (f->is_told || f->pipe.is_halted)
		return 0;
	f->is_told = true;
	if (f->pipe.read_errno != 0)
		return audio_fail(err, AUDIO_ERR_READ, "cannot read '%s': %s",
		    f->name, strerror(f->pipe.read_errno));
	if (f->ffmpeg != NULL)
		return explain_ffmpeg(f, err);
	if (code == SF_ERR_SYSTEM)
		return audio_fail(err, AUDIO_ERR_READ, "cannot read '%s': %s",
		    f->name, sf_strerror(f->snd));
	if (f->delivered + slack < f->info.promised)
		return audio_fail(err, AUDIO_ERR_TRUNCATED,
		    "'%s' is truncated: %lld of %lld frames", f->name,
		    (long long)f->delivered, (long long)f->info.promised);
	if (code != SF_ERR_NO_ERROR)
		return audio_fail(err, AUDIO_ERR_DAMAGED,
		    "'%s' is damaged after %lld frames: %s", f->name,
		    (long long)f->delivered, sf_strerror(f->snd));
	return 0;
}

long
soundfile_read(
    struct soundfile *f, float *frames, size_t nframes, struct audio_error *err)
{
	sf_count_t got;
	int saved = f->is_mpeg ? quiet_begin() : -1;

	got = sf_readf_float(f->snd, frames, (sf_count_t)nframes);
	quiet_end(saved);
	if (got > 0) {
		f->delivered += got;
		return (long)got;
	}
	return explain_end(f, err);
}
