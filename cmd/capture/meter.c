#include "meter.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pcm.h"

#define LINE_FRAMES (PCM_RATE_HZ / 10)

/* A file played faster than real time must not fill a terminal. */
#define LINE_MIN_MS 90

/* Long enough to be seen. */
#define CLIP_SHOWN_MS 1500

#define BAR_CELLS 30
#define BAR_FLOOR_DBFS (-60.0)

void
meter_init(struct meter *m, int fd)
{
	memset(m, 0, sizeof(*m));
	m->fd = fd;
}

static int
bar_cells(double dbfs)
{
	double part = (dbfs - BAR_FLOOR_DBFS) / -BAR_FLOOR_DBFS;

	if (part <= 0)
		return 0;
	return part >= 1 ? BAR_CELLS : (int)lrint(part * BAR_CELLS);
}

void
meter_format(char *buf, size_t size, double seconds, double peak_dbfs,
    double rms_dbfs, int is_clipped)
{
	char bar[BAR_CELLS + 1];
	int rms = bar_cells(rms_dbfs), peak = bar_cells(peak_dbfs);
	unsigned long s = (unsigned long)seconds;

	for (int i = 0; i < BAR_CELLS; i++)
		bar[i] = i < rms ? '=' : '.';
	bar[BAR_CELLS] = '\0';
	if (peak > 0)
		bar[peak - 1] = '|';
	snprintf(buf, size, "%3lu:%02lu peak %5.1f rms %5.1f dBFS [%s] %s",
	    s / 60, s % 60, peak_dbfs, rms_dbfs, bar, is_clipped ? "CLIP" : "");
}

/* Never waits: a terminal that was stopped by ^S must not stop the sound. */
static void
put(struct meter *m, const char *text, size_t len)
{
	struct pollfd pfd = { .fd = m->fd, .events = POLLOUT };
	ssize_t n;

	if (poll(&pfd, 1, 0) != 1 || !(pfd.revents & POLLOUT))
		return;
	n = write(m->fd, text, len);
	(void)n;
}

static void
show(struct meter *m, int64_t now_ms)
{
	char body[128], line[160];
	double peak_dbfs, rms_dbfs;
	int16_t peak = (int16_t)(m->peak > 32767 ? 32767 : m->peak);
	double unused;
	int len;

	pcm_level_dbfs(&peak, 1, &peak_dbfs, &unused);
	rms_dbfs = m->square_sum > 0
	               ? 10 * log10(m->square_sum / (double)m->n / 1073741824.0)
	               : peak_dbfs;
	if (m->peak >= 32767)
		m->clip_ms = now_ms + CLIP_SHOWN_MS;
	meter_format(body, sizeof(body), (double)m->frames / PCM_RATE_HZ,
	    peak_dbfs, rms_dbfs, now_ms < m->clip_ms);
	/* The cursor goes back to the front, where the next message starts. */
	len = snprintf(line, sizeof(line), "%s\033[K\r", body);
	put(m, line, (size_t)len);
	m->shown_ms = now_ms;
	m->n = 0;
	m->peak = 0;
	m->square_sum = 0;
}

void
meter_feed(struct meter *m, const int16_t *pcm, size_t n)
{
	int64_t now_ms;
	int s;

	for (size_t i = 0; i < n; i++) {
		s = pcm[i] < 0 ? -(int)pcm[i] : pcm[i];
		if (s > m->peak)
			m->peak = s;
		m->square_sum += (double)s * s;
	}
	m->n += n;
	m->frames += n;
	if (m->n < LINE_FRAMES)
		return;
	now_ms = clock_mono_ms();
	if (m->shown_ms == 0 || now_ms - m->shown_ms >= LINE_MIN_MS)
		show(m, now_ms);
}

void
meter_hide(struct meter *m)
{
	if (m != NULL)
		put(m, "\033[K", 3);
}
