#include "door.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "room/say.h"

void
door_init(struct door *d, int fd, int64_t now_ms)
{
	memset(d, 0, sizeof(*d));
	d->fd = fd;
	d->slot = -1;
	d->tokens = DOOR_BURST;
	d->paid_ms = d->read_ms = now_ms;
	line_reader_init(&d->in, SAY_LINE_MAX);
}

void
door_release(struct door *d)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
	line_reader_release(&d->in);
}

/* Whether the reader holds a part of a line. */
static bool
has_part(const struct door *d)
{
	return !d->has_lines &&
	       (d->in.is_dropping || bytes_len(&d->in.q) > d->in.returned);
}

void
door_prepare(struct door *d, struct loop *l)
{
	d->slot = -1;
	if (d->fd == -1)
		return;
	if (d->has_lines) {
		loop_deadline(
		    l, d->tokens > 0 ? 0 : d->paid_ms + DOOR_EVERY_MS);
		return;
	}
	d->slot = loop_watch(l, d->fd, POLLIN);
	if (has_part(d))
		loop_deadline(l, d->read_ms + DOOR_PATIENCE_MS);
}

static void
pay(struct door *d, int64_t now_ms)
{
	int64_t n = (now_ms - d->paid_ms) / DOOR_EVERY_MS;

	if (n <= 0)
		return;
	d->paid_ms += n * DOOR_EVERY_MS;
	d->tokens = n > DOOR_BURST - (int64_t)d->tokens
	                ? DOOR_BURST
	                : d->tokens + (unsigned int)n;
}

int
door_dispatch(struct door *d, struct loop *l, int64_t now_ms)
{
	long n;

	pay(d, now_ms);
	if (d->fd == -1 || d->has_lines || loop_revents(l, d->slot) == 0)
		return 0;
	n = line_reader_read(&d->in, d->fd);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	d->read_ms = now_ms;
	d->has_lines = n > 0;
	return 0;
}

int
door_next(struct door *d, int64_t now_ms, char **line, size_t *len)
{
	int ret;

	if (d->has_lines && d->tokens > 0) {
		ret = line_reader_next(&d->in, line, len);
		d->has_lines = ret != 0;
		if (ret == 1)
			d->tokens--;
		if (ret != 0)
			return ret == 1 ? 1 : DOOR_ERR_LONG;
	}
	if (!has_part(d) || now_ms < d->read_ms + DOOR_PATIENCE_MS)
		return 0;
	/* The end of a line that was too long was complained about. */
	ret = line_reader_last(&d->in, line, len);
	return ret == 0 ? 0 : DOOR_ERR_TORN;
}
