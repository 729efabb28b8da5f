#include "input.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pcm.h"

/* One read: a quarter of a pipe; a device brings far less at a time. */
#define READ_BYTES 16384
#define BLOCK_MS 100
#define BLOCK_FRAMES (BLOCK_MS * PCM_RATE_HZ / 1000)
/* Enough to tell a sound file from samples. */
#define SNIFF_BYTES 12

static void
input_init(struct input *in, const char *name)
{
	memset(in, 0, sizeof(*in));
	in->fd = -1;
	in->slot = -1;
	in->name = name;
}

void
input_init_pcm(struct input *in, int fd)
{
	input_init(in, "standard input");
	in->fd = fd;
}

int
input_init_file(struct input *in, const char *path, bool is_realtime,
    unsigned int channels, struct audio_error *err)
{
	int rc;

	input_init(in, path);
	in->is_realtime = is_realtime;
	in->is_sniffed = true;
	rc = soundread_open(
	    &in->file, path, channels == 2 ? 1 : MIXDOWN_MIX, err);
	if (rc == 0 && channels == 2)
		rc = soundread_open(&in->second, path, 2, err);
	return rc == 0 ? 0 : audio_exit_status(rc);
}

void
input_release(struct input *in)
{
	soundread_free(in->file);
	soundread_free(in->second);
	in->file = in->second = NULL;
}

void
input_stop(struct input *in)
{
	in->has_ended = true;
}

/* When the next block of a file is due. */
static int64_t
file_due_ms(const struct input *in)
{
	return in->started_at_ms == 0 || !in->is_realtime
	           ? 0
	           : in->started_at_ms +
	                 (int64_t)pcm_ms_of_bytes(in->read_bytes);
}

void
input_prepare(struct input *in, const struct backlog *b, struct loop *l)
{
	in->slot = -1;
	if (in->has_ended || backlog_room(b) < READ_BYTES)
		return;
	if (in->file != NULL)
		loop_deadline(l, file_due_ms(in));
	else
		in->slot = loop_watch(l, in->fd, POLLIN);
}

static int
out_of_memory(void)
{
	log_msg(LOG_ERROR, "input", "out of memory");
	return EX_OSERR;
}

/* The next frames of the file: interleaved where two channels are told apart.
 * As soundread_read(). */
static long
read_block(struct input *in, int16_t *block, struct audio_error *err)
{
	int16_t one[BLOCK_FRAMES];
	long n, m;

	if (in->second == NULL)
		return soundread_read(in->file, block, BLOCK_FRAMES, err);
	n = soundread_read(in->file, one, BLOCK_FRAMES, err);
	for (long i = 0; i < n; i++)
		block[2 * i] = one[i];
	if (n <= 0)
		return n;
	m = soundread_read(in->second, one, (size_t)n, err);
	for (long i = 0; i < m; i++)
		block[2 * i + 1] = one[i];
	return m < n ? m : n;
}

static int
read_file(struct input *in, struct backlog *b, int64_t now_ms, double wall_ms)
{
	int16_t block[BLOCK_FRAMES * 2];
	struct audio_error err;
	size_t bytes;
	long n;

	if (in->started_at_ms == 0)
		in->started_at_ms = now_ms;
	while (backlog_room(b) >= READ_BYTES && file_due_ms(in) <= now_ms) {
		n = read_block(in, block, &err);
		if (n < 0) {
			log_msg(LOG_ERROR, NULL, "%s", err.text);
			in->status = audio_exit_status((int)n);
		}
		if (n <= 0) {
			in->has_ended = true;
			return 0;
		}
		bytes = (size_t)n * PCM_FRAME_BYTES;
		if (backlog_add(b, block, bytes * b->channels, wall_ms) != 0)
			return out_of_memory();
		in->read_bytes += bytes;
		/* Fast: the loop gets its turn between blocks. */
		if (!in->is_realtime && in->read_bytes % (READ_BYTES * 4) <
					    BLOCK_FRAMES * PCM_FRAME_BYTES)
			break;
	}
	return 0;
}

/* A WAV header would be heard as a crack, and MP3 as noise. */
static int
judge(struct input *in)
{
	const char *kind;

	if (pcm_sniff(in->head, in->head_len, &kind) != PCM_SNIFF_FILE)
		return 0;
	log_msg(LOG_ERROR, NULL,
	    "standard input is a sound file (%s), not PCM; use 'capture -f - "
	    "| transcribe', or name the file: 'transcribe ... FILE'",
	    kind);
	return EX_DATAERR;
}

/* Whole frames into the backlog; a part of one is kept for later. */
static int
add_pcm(
    struct input *in, struct backlog *b, uint8_t *p, size_t n, double wall_ms)
{
	const size_t frame = b->channels * (size_t)PCM_FRAME_BYTES;
	size_t part;

	in->read_bytes += n;
	if (in->npart > 0) {
		part = frame - in->npart < n ? frame - in->npart : n;
		memcpy(in->part + in->npart, p, part);
		in->npart += part;
		p += part;
		n -= part;
		if (in->npart < frame)
			return 0;
		in->npart = 0;
		if (backlog_add(b, in->part, frame, wall_ms) != 0)
			return out_of_memory();
	}
	in->npart = n % frame;
	n -= in->npart;
	memcpy(in->part, p + n, in->npart);
	return backlog_add(b, p, n, wall_ms) == 0 ? 0 : out_of_memory();
}

static int
read_pcm(struct input *in, struct backlog *b, double wall_ms)
{
	uint8_t buf[READ_BYTES];
	size_t used = 0;
	ssize_t n;
	int rc;

	n = read(in->fd, buf, sizeof(buf));
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		log_msg(LOG_ERROR, NULL, "cannot read standard input: %s",
		    strerror(errno));
		in->status = EX_IOERR;
	}
	if (n > 0 && !in->is_sniffed) {
		used = SNIFF_BYTES - in->head_len;
		if (used > (size_t)n)
			used = (size_t)n;
		memcpy(in->head + in->head_len, buf, used);
		in->head_len += used;
	}
	if (!in->is_sniffed && (n <= 0 || in->head_len == SNIFF_BYTES)) {
		in->is_sniffed = true;
		if ((rc = judge(in)) != 0 ||
		    (rc = add_pcm(in, b, in->head, in->head_len, wall_ms)) != 0)
			return rc;
	}
	if (n <= 0) {
		in->has_ended = true;
		if (in->npart > 0)
			log_msg(LOG_WARN, NULL,
			    "standard input ended within a %s; is it 16-bit "
			    "PCM%s?",
			    b->channels > 1 ? "frame" : "sample",
			    b->channels > 1 ? " of two channels" : "");
		return 0;
	}
	return add_pcm(in, b, buf + used, (size_t)n - used, wall_ms);
}

int
input_dispatch(struct input *in, struct backlog *b, struct loop *l,
    int64_t now_ms, double wall_ms)
{
	if (in->has_ended || backlog_room(b) < READ_BYTES)
		return 0;
	if (in->file != NULL)
		return read_file(in, b, now_ms, wall_ms);
	if (loop_revents(l, in->slot) == 0)
		return 0;
	return read_pcm(in, b, wall_ms);
}
