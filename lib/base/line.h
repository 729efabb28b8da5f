/*
 * Lines in: newline-delimited text from bytes in any split, capped.  What a
 * line means is not known here.
 */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Our choice (booth-lines(5)): a line with its newline is at most 64 KiB. */
#define LINE_MAX_BYTES 65536

enum {
	LINE_ERR_LONG =
	    -1, /* a line longer than the cap was left out; the next is whole */
	LINE_ERR_NOMEM = -2, /* the bytes fed last were not taken */
};

struct line_reader {
	struct bytes q;
	size_t scanned;   /* bytes of q known to hold no newline */
	size_t returned;  /* bytes of the line handed out last, skipped at the
	                     next call */
	size_t max_bytes; /* of one line, newline included */
	size_t dropped; /* bytes of the over-long line that is being skipped */
	bool is_dropping;
	uint64_t number; /* of the line handed out or complained about last,
	                    from 1 */
};

/* Set up; lines (with newline) of more than max_bytes are refused. */
void line_reader_init(struct line_reader *r, size_t max_bytes);

void line_reader_release(struct line_reader *r);

/*
 * Add bytes.  0 or LINE_ERR_NOMEM.  At most 64 KiB at a time, and take all
 * lines with line_reader_next() before the next call.
 */
int line_reader_feed(struct line_reader *r, const void *p, size_t n);

/*
 * One read(2) from fd into the reader.  Returns the number of bytes, 0 at the
 * end of input, or -1 with errno set (EAGAIN and EINTR are to be tried again).
 */
long line_reader_read(struct line_reader *r, int fd);

/*
 * The next whole line: 1 with *line (without its newline, but ended by NUL; may
 * be written to until the next call on r) and *len; 0 when more bytes are
 * needed; LINE_ERR_LONG once for each over-long line.
 */
int line_reader_next(struct line_reader *r, char **line, size_t *len);

/* At end of input: the last line if it has no newline.  1, 0 (there is none) or
 * LINE_ERR_LONG. */
int line_reader_last(struct line_reader *r, char **line, size_t *len);

#endif
