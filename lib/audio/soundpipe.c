#include "audio/soundpipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/soundhead.h"

void
soundpipe_init(struct soundpipe *s, int fd, soundpipe_wait_fn *wait, void *arg)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->wait = wait;
	s->wait_arg = arg;
}

void
soundpipe_release(struct soundpipe *s)
{
	free(s->head);
	s->head = NULL;
	s->head_len = s->head_alloc = 0;
}

/* Read on at s->taken: n bytes unless the stream ends before. */
static size_t
read_on(struct soundpipe *s, uint8_t *p, size_t n)
{
	size_t total = 0;
	ssize_t got;

	while (total < n && !s->is_ended) {
		if (s->wait != NULL && s->wait(s->wait_arg, s->fd) != 0) {
			s->is_ended = s->is_halted = true;
			break;
		}
		got = read(s->fd, p + total, n - total);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			s->read_errno = errno;
		if (got <= 0)
			s->is_ended = true;
		else
			total += (size_t)got;
	}
	s->taken += (int64_t)total;
	return total;
}

/* Have the first n bytes in s->head, as far as they exist and were not passed
 * already.  Returns how many of them are there. */
static size_t
fill_head(struct soundpipe *s, size_t n)
{
	uint8_t *grown;
	size_t alloc = s->head_alloc == 0 ? 4096 : s->head_alloc;

	if (n > SOUNDPIPE_HEAD_MAX_BYTES)
		n = SOUNDPIPE_HEAD_MAX_BYTES;
	if (n <= s->head_len)
		return n;
	if (s->is_settled || s->taken > (int64_t)s->head_len)
		return s->head_len;
	while (alloc < n)
		alloc *= 2;
	if (alloc > s->head_alloc) {
		if ((grown = realloc(s->head, alloc)) == NULL) {
			s->has_no_memory = true;
			return s->head_len;
		}
		s->head = grown;
		s->head_alloc = alloc;
	}
	s->head_len += read_on(s, s->head + s->head_len, n - s->head_len);
	return s->head_len;
}

size_t
soundpipe_peek(struct soundpipe *s, size_t n, const uint8_t **p)
{
	n = fill_head(s, n);
	*p = s->head;
	return n;
}

void
soundpipe_settle(struct soundpipe *s)
{
	s->is_settled = true;
}

static sf_count_t
pipe_length(void *arg)
{
	(void)arg;
	return SF_COUNT_MAX; /* libsndfile's word for "not known" */
}

static sf_count_t
pipe_seek(sf_count_t offset, int whence, void *arg)
{
	struct soundpipe *s = arg;

	if (whence == SEEK_CUR)
		offset += s->pos;
	else if (whence == SEEK_END)
		offset = SF_COUNT_MAX;
	/* Where nothing can be read the next read says so. */
	s->pos = offset < 0 ? 0 : offset;
	return s->pos;
}

static sf_count_t
pipe_tell(void *arg)
{
	return ((struct soundpipe *)arg)->pos;
}

static sf_count_t
pipe_write(const void *p, sf_count_t n, void *arg)
{
	(void)p;
	(void)n;
	(void)arg;
	return 0;
}

/*
 * libsndfile looks for chunks behind the sound before it plays it.  In a pipe
 * that is the future: there is no telling when it comes.
 */
static bool
is_behind_sound(const struct soundpipe *s)
{
	uint64_t offset, len;

	return s->pos > s->taken &&
	       (s->pos >= (int64_t)SOUNDPIPE_HEAD_MAX_BYTES ||
		   (soundhead_promise(s->head, s->head_len, &offset, &len) &&
		       (uint64_t)s->pos > offset));
}

static sf_count_t
pipe_read(void *p, sf_count_t count, void *arg)
{
	struct soundpipe *s = arg;
	uint8_t *out = p;
	size_t n, done = 0, have;

	if (count <= 0 || is_behind_sound(s))
		return 0;
	n = (size_t)count;
	/* Within what is kept, or may still be kept. */
	if (s->pos < (int64_t)SOUNDPIPE_HEAD_MAX_BYTES &&
	    s->taken == (int64_t)s->head_len && s->pos >= s->taken)
		fill_head(s, (size_t)s->pos + n);
	if (s->pos < (int64_t)s->head_len) {
		have = s->head_len - (size_t)s->pos;
		done = have < n ? have : n;
		memcpy(out, s->head + s->pos, done);
		s->pos += (int64_t)done;
	}
	if (done < n && s->pos == s->taken) {
		have = read_on(s, out + done, n - done);
		done += have;
		s->pos += (int64_t)have;
	}
	return (sf_count_t)done;
}

SF_VIRTUAL_IO *
soundpipe_io(void)
{
	static SF_VIRTUAL_IO io = { pipe_length, pipe_seek, pipe_read,
		pipe_write, pipe_tell };

	return &io;
}
