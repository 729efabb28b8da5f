#include "backlog.h"

#include <math.h>
#include <string.h>

#include "base/pcm.h"

/* Marks nearer than this are one; 10 minutes of them are 30 000. */
#define MARK_BYTES (20 * PCM_BYTES_PER_MS)
#define WINDOW_BYTES (100 * PCM_BYTES_PER_MS)
#define STEP_BYTES (20 * PCM_BYTES_PER_MS)
/* As pcm_level_dbfs() says it. */
#define PCM_SILENCE_DBFS (-96.3)
/* A dB a second, for each 100 ms. */
#define LOUD_FADE 0.97724 /* 10^(-0.1 / 10) */

/* A pause, and how much quieter it is than speech.  Quieter than the floor is
 * always quiet. */
#define PAUSE_MS 300
#define PAUSE_STEP_MS 20
#define PAUSE_BELOW_DB 15.0
#define FLOOR_DBFS (-65.0)

struct backlog_mark {
	uint64_t end; /* position after the bytes that arrived */
	double wall_ms;
};

void
backlog_init(struct backlog *b, unsigned int channels)
{
	memset(b, 0, sizeof(*b));
	b->channels = channels;
	bytes_init(&b->audio, channels * pcm_bytes_of_ms(BACKLOG_MS));
	bytes_init(&b->marks, (pcm_bytes_of_ms(BACKLOG_MS) / MARK_BYTES + 2) *
				  sizeof(struct backlog_mark));
}

void
backlog_release(struct backlog *b)
{
	bytes_release(&b->audio);
	bytes_release(&b->marks);
}

size_t
backlog_room(const struct backlog *b)
{
	return b->audio.cap - bytes_len(&b->audio);
}

/* Of every sample, or with a larger step of one channel's. */
static uint64_t
energy_of(const uint8_t *p, size_t n, size_t step)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += step) {
		int16_t s = (int16_t)(p[i] | p[i + 1] << 8);

		sum += (uint64_t)((int32_t)s * s);
	}
	return sum;
}

static uint64_t
energy(const uint8_t *p, size_t n)
{
	return energy_of(p, n, PCM_FRAME_BYTES);
}

static double
dbfs(double sum, size_t nbytes)
{
	double rms =
	    nbytes == 0 ? 0 : sqrt(sum / (double)(nbytes / PCM_FRAME_BYTES));

	if (rms <= 0 || 20 * log10(rms / 32768) < PCM_SILENCE_DBFS)
		return PCM_SILENCE_DBFS;
	return 20 * log10(rms / 32768);
}

static int
largest(const uint8_t *p, size_t n)
{
	int most = 0;

	for (size_t i = 0; i + 1 < n; i += 2) {
		int v = (int16_t)(p[i] | p[i + 1] << 8);

		if (v > most || -v > most)
			most = v > 0 ? v : -v;
	}
	return most;
}

/* Keep track of how loud it is. */
static void
meter(struct backlog *b, const uint8_t *p, size_t n)
{
	const size_t window = b->channels * (size_t)WINDOW_BYTES;
	size_t part;

	for (; n > 0; p += part, n -= part) {
		part = window - b->nwindow;
		if (part > n)
			part = n;
		b->window += (double)energy(p, part);
		b->nwindow += part;
		if (largest(p, part) > b->peak)
			b->peak = largest(p, part);
		if (b->nwindow < window)
			continue;
		b->level += b->window;
		b->nlevel += b->nwindow;
		b->loud *= LOUD_FADE;
		if (b->window > b->loud)
			b->loud = b->window;
		b->window = 0;
		b->nwindow = 0;
	}
}

void
backlog_take_level(struct backlog *b, double *rms_dbfs, double *peak_dbfs)
{
	*rms_dbfs = dbfs(b->level, b->nlevel);
	*peak_dbfs = dbfs((double)b->peak * (double)b->peak, PCM_FRAME_BYTES);
	b->level = 0;
	b->nlevel = 0;
	b->peak = 0;
}

double
backlog_loud_dbfs(const struct backlog *b)
{
	return dbfs(b->loud, b->channels * (size_t)WINDOW_BYTES);
}

double
backlog_dbfs(const struct backlog *b, uint64_t from, uint64_t to)
{
	const uint8_t *p;
	size_t len;

	if (to <= from)
		return PCM_SILENCE_DBFS;
	p = backlog_peek(b, from, (size_t)(to - from), &len);
	len *= b->channels;
	return dbfs((double)energy(p, len), len);
}

int
backlog_add(struct backlog *b, const void *p, size_t n, double wall_ms)
{
	struct backlog_mark mark = { b->end + n / b->channels, wall_ms };
	struct backlog_mark *last, *before;
	size_t len;

	if (n == 0)
		return 0;
	if (bytes_append(&b->audio, p, n) != 0)
		return -1;
	b->end = mark.end;
	meter(b, p, n);
	last = (struct backlog_mark *)bytes_peek(&b->marks, &len);
	len /= sizeof(*last);
	/* The newest mark grows until it is far enough from the one before. */
	if (len >= 2) {
		before = &last[len - 2];
		last = &last[len - 1];
		if (last->end - before->end < MARK_BYTES) {
			*last = mark;
			return 0;
		}
	}
	return bytes_append(&b->marks, &mark, sizeof(mark)) == 0 ? 0 : -1;
}

const uint8_t *
backlog_peek(const struct backlog *b, uint64_t pos, size_t n, size_t *len)
{
	const uint8_t *p;
	size_t have, skip;

	p = bytes_peek(&b->audio, &have);
	have /= b->channels;
	skip = pos < b->begin ? 0 : (size_t)(pos - b->begin);
	if (skip >= have) {
		*len = 0;
		return NULL;
	}
	*len = have - skip < n ? have - skip : n;
	return p + skip * b->channels;
}

void
backlog_discard(struct backlog *b, uint64_t pos)
{
	struct backlog_mark *m;
	size_t len;

	if (pos > b->end)
		pos = b->end;
	if (pos <= b->begin)
		return;
	bytes_skip(&b->audio, (size_t)(pos - b->begin) * b->channels);
	b->begin = pos;
	/* One mark at or before pos stays: times are asked for behind it. */
	for (;;) {
		m = (struct backlog_mark *)bytes_peek(&b->marks, &len);
		if (len < 2 * sizeof(*m) || m[1].end >= pos)
			break;
		bytes_skip(&b->marks, sizeof(*m));
	}
}

double
backlog_arrival_ms(const struct backlog *b, uint64_t pos)
{
	const struct backlog_mark *m;
	size_t len, low = 0, high;

	m = (const struct backlog_mark *)bytes_peek(&b->marks, &len);
	if ((high = len / sizeof(*m)) == 0)
		return 0;
	while (low < high - 1) {
		size_t mid = low + (high - 1 - low) / 2;

		if (m[mid].end >= pos)
			high = mid + 1;
		else
			low = mid + 1;
	}
	return m[low].wall_ms;
}

/* Of the samples that are `step` bytes apart, from the one at `skip` on. */
static double
loudest_dbfs(const struct backlog *b, uint64_t from, uint64_t to, size_t skip,
    size_t step)
{
	uint64_t most = 0, e;
	const uint8_t *p;
	size_t len;

	for (; from + WINDOW_BYTES <= to; from += STEP_BYTES) {
		p = backlog_peek(b, from, WINDOW_BYTES, &len);
		if (len < WINDOW_BYTES)
			break;
		e = energy_of(p + skip, len * b->channels - skip, step);
		if (e > most)
			most = e;
	}
	return dbfs((double)most,
	    b->channels * (size_t)WINDOW_BYTES * PCM_FRAME_BYTES / step);
}

double
backlog_loudest_dbfs(const struct backlog *b, uint64_t from, uint64_t to)
{
	return loudest_dbfs(b, from, to, 0, PCM_FRAME_BYTES);
}

double
backlog_loudest_of_dbfs(
    const struct backlog *b, unsigned int channel, uint64_t from, uint64_t to)
{
	return loudest_dbfs(b, from, to, channel * (size_t)PCM_FRAME_BYTES,
	    b->channels * (size_t)PCM_FRAME_BYTES);
}

uint64_t
backlog_quietest(const struct backlog *b, uint64_t from, uint64_t to)
{
	uint64_t best = UINT64_MAX, at = to, e;
	const uint8_t *p;
	size_t len;

	for (uint64_t pos = from; pos + WINDOW_BYTES <= to; pos += STEP_BYTES) {
		p = backlog_peek(b, pos, WINDOW_BYTES, &len);
		if (len < WINDOW_BYTES)
			break;
		if ((e = energy(p, len * b->channels)) < best) {
			best = e;
			at = pos + WINDOW_BYTES / 2;
		}
	}
	return at & ~(uint64_t)(PCM_FRAME_BYTES - 1);
}

bool
backlog_find_pause(
    const struct backlog *b, uint64_t pos, uint64_t *searched, uint64_t *cut)
{
	const uint64_t pause = pcm_bytes_of_ms(PAUSE_MS);
	double quiet = backlog_loud_dbfs(b) - PAUSE_BELOW_DB;
	uint64_t from = pos > pause ? pos - pause : 0;

	if (from < b->begin)
		from = b->begin;
	if (from < *searched)
		from = *searched;
	if (quiet < FLOOR_DBFS)
		quiet = FLOOR_DBFS;
	for (; from + pause <= b->end; from += pcm_bytes_of_ms(PAUSE_STEP_MS)) {
		*searched = from;
		if (backlog_dbfs(b, from, from + pause) > quiet)
			continue;
		*cut = from + pause / 2 > pos ? from + pause / 2 : pos;
		*cut -= *cut % PCM_FRAME_BYTES;
		return true;
	}
	return false;
}
