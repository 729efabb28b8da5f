#include "aws/http_coding.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

#define PIECE_BYTES 4096
/* gzip's or zlib's header, whichever there is. */
#define ANY_HEADER (15 + 32)

/* All of in, to out.  0 or -1. */
static int
inflate_all(z_stream *z, struct bytes *out)
{
	uint8_t piece[PIECE_BYTES];
	int rc = Z_OK;

	while (rc == Z_OK) {
		z->next_out = piece;
		z->avail_out = sizeof(piece);
		rc = inflate(z, Z_NO_FLUSH);
		if ((rc == Z_OK || rc == Z_STREAM_END) &&
		    bytes_append(out, piece, sizeof(piece) - z->avail_out) != 0)
			return -1;
	}
	return rc == Z_STREAM_END ? 0 : -1;
}

int
http_coding_undo(struct bytes *q, const char *coding)
{
	struct bytes out;
	const uint8_t *p;
	z_stream z;
	size_t n;
	int rc;

	p = bytes_peek(q, &n);
	if (n == 0 || coding == NULL || strcasecmp(coding, "identity") == 0)
		return 0;
	if (strcasecmp(coding, "gzip") != 0 &&
	    strcasecmp(coding, "x-gzip") != 0 &&
	    strcasecmp(coding, "deflate") != 0)
		return -1;
	memset(&z, 0, sizeof(z));
	z.next_in = (uint8_t *)(uintptr_t)p;
	z.avail_in = (unsigned int)n;
	if (inflateInit2(&z, ANY_HEADER) != Z_OK)
		return -1;
	bytes_init(&out, q->cap);
	rc = inflate_all(&z, &out);
	inflateEnd(&z);
	bytes_release(rc == 0 ? q : &out);
	if (rc == 0)
		*q = out;
	return rc;
}
