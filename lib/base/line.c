#include "base/line.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Bytes asked of one read(2), and taken by one feed. */
#define READ_BYTES 65536

void
line_reader_init(struct line_reader *r, size_t max_bytes)
{
	memset(r, 0, sizeof(*r));
	/* One line in the making, one read behind it, and a NUL. */
	bytes_init(&r->q, max_bytes + READ_BYTES + 1);
	r->max_bytes = max_bytes;
}

void
line_reader_release(struct line_reader *r)
{
	bytes_release(&r->q);
}

/* Let go of the line handed out by the call before. */
static void
line_reader_forget(struct line_reader *r)
{
	bytes_skip(&r->q, r->returned);
	r->returned = 0;
}

int
line_reader_feed(struct line_reader *r, const void *p, size_t n)
{
	line_reader_forget(r);
	return bytes_append(&r->q, p, n) == 0 ? 0 : LINE_ERR_NOMEM;
}

long
line_reader_read(struct line_reader *r, int fd)
{
	uint8_t *p;
	ssize_t n;

	line_reader_forget(r);
	if ((p = bytes_reserve(&r->q, READ_BYTES)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if ((n = read(fd, p, READ_BYTES)) > 0)
		bytes_commit(&r->q, (size_t)n);
	return n;
}

/* Nothing but the end of an over-long line is of interest: drop all before it.
 */
static bool
drop_until_newline(struct line_reader *r)
{
	const uint8_t *p, *nl;
	size_t len;

	p = bytes_peek(&r->q, &len);
	nl = len == 0 ? NULL : memchr(p, '\n', len);
	if (nl == NULL) {
		r->dropped += len;
		bytes_skip(&r->q, len);
		return false;
	}
	r->dropped += (size_t)(nl - p) + 1;
	bytes_skip(&r->q, (size_t)(nl - p) + 1);
	r->is_dropping = false;
	return true;
}

int
line_reader_next(struct line_reader *r, char **line, size_t *len)
{
	uint8_t *p, *nl;
	size_t n;

	line_reader_forget(r);
	if (r->is_dropping && !drop_until_newline(r))
		return 0;
	p = (uint8_t *)bytes_peek(&r->q, &n);
	nl = n <= r->scanned ? NULL
	                     : memchr(p + r->scanned, '\n', n - r->scanned);
	if (nl == NULL && n < r->max_bytes) {
		r->scanned = n;
		return 0;
	}
	r->scanned = 0;
	r->number++;
	if (nl == NULL || (size_t)(nl - p) + 1 > r->max_bytes) {
		r->is_dropping = true;
		r->dropped = 0;
		drop_until_newline(r);
		return LINE_ERR_LONG;
	}
	*nl = '\0';
	*line = (char *)p;
	*len = (size_t)(nl - p);
	r->returned = *len + 1;
	return 1;
}

int
line_reader_last(struct line_reader *r, char **line, size_t *len)
{
	uint8_t *p;
	size_t n;

	line_reader_forget(r);
	/* The end of a line that was already complained about. */
	if (r->is_dropping) {
		bytes_reset(&r->q);
		r->is_dropping = false;
	}
	if ((n = bytes_len(&r->q)) == 0)
		return 0;
	r->number++;
	/* One more byte always fits: the cap has room for the NUL. */
	if (n >= r->max_bytes || bytes_append(&r->q, "", 1) != 0) {
		bytes_reset(&r->q);
		return LINE_ERR_LONG;
	}
	p = (uint8_t *)bytes_peek(&r->q, &n);
	*line = (char *)p;
	*len = n - 1;
	r->returned = n;
	r->scanned = 0;
	return 1;
}
