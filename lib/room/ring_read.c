#include "room/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "room/ring_layout.h"

static bool
is_ring(const struct ring_file *f, size_t map_bytes)
{
	uint64_t n = f->capacity_bytes;

	return f->magic == RING_MAGIC && f->version == RING_VERSION &&
	       f->header_bytes == RING_HEADER_BYTES && n >= RING_CAPACITY_MIN &&
	       (n & (n - 1)) == 0 && n + RING_HEADER_BYTES == map_bytes;
}

int
ring_reader_open(struct ring_reader *r, const char *path)
{
	void *map = MAP_FAILED;
	struct stat st;
	int fd, saved_errno, ret = RING_ERR_SYS;

	memset(r, 0, sizeof(*r));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR ? RING_ERR_ABSENT
		                                           : RING_ERR_SYS;
	if (fstat(fd, &st) == -1)
		goto out;
	if (!S_ISREG(st.st_mode) ||
	    st.st_size < RING_HEADER_BYTES + RING_CAPACITY_MIN ||
	    st.st_size > RING_HEADER_BYTES + RING_CAPACITY_MAX) {
		ret = RING_ERR_FORMAT;
		goto out;
	}
	r->map_bytes = (size_t)st.st_size;
	map = mmap(NULL, r->map_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		goto out;
	if (!is_ring(map, r->map_bytes)) {
		munmap(map, r->map_bytes);
		ret = RING_ERR_FORMAT;
		goto out;
	}
	r->file = map;
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	ring_seek_newest(r);
	ret = 0;
out:
	saved_errno = errno;
	close(fd);
	errno = saved_errno;
	return ret;
}

void
ring_reader_release(struct ring_reader *r)
{
	if (r->file != NULL)
		munmap((void *)(uintptr_t)r->file, r->map_bytes);
	memset(r, 0, sizeof(*r));
}

bool
ring_reader_is_current(const struct ring_reader *r, const char *path)
{
	struct stat st;

	return r->file != NULL && stat(path, &st) == 0 && st.st_dev == r->dev &&
	       st.st_ino == r->ino;
}

void
ring_seek_newest(struct ring_reader *r)
{
	r->pos = atomic_load_explicit(&r->file->head, memory_order_acquire);
}

void
ring_seek_oldest(struct ring_reader *r)
{
	r->pos = atomic_load_explicit(&r->file->tail, memory_order_acquire);
}

/* Whether what was copied from pos on was still there when the copy was done.
 */
static bool
is_whole(const struct ring_reader *r)
{
	atomic_thread_fence(memory_order_acquire);
	return r->pos >=
	       atomic_load_explicit(&r->file->tail, memory_order_relaxed);
}

int
ring_peek(const struct ring_reader *r, struct ring_line *line)
{
	const struct ring_file *f = r->file;
	uint64_t head, word;

	head = atomic_load_explicit(&f->head, memory_order_acquire);
	if (r->pos == head)
		return 0;
	word = ring_load(f, r->pos);
	line->len = (uint32_t)word;
	line->kind = (uint32_t)(word >> 32);
	line->seq = ring_load(f, r->pos + 8);
	line->at_ms = (int64_t)ring_load(f, r->pos + 16);
	if (!is_whole(r))
		return RING_ERR_LAPPED;
	if (r->pos > head || line->len == 0 ||
	    ring_record_bytes(line->len) > head - r->pos)
		return RING_ERR_FORMAT;
	return 1;
}

void
ring_skip(struct ring_reader *r, const struct ring_line *line)
{
	r->pos += ring_record_bytes(line->len);
}

int
ring_read(struct ring_reader *r, void *buf, size_t size, struct ring_line *line)
{
	uint8_t *dst = buf;
	uint64_t offset, word;
	size_t i;
	int ret;

	ret = ring_peek(r, line);
	if (ret != 1)
		return ret;
	if (line->len > size)
		return RING_ERR_SIZE;
	offset = r->pos + RING_RECORD_BYTES;
	for (i = 0; i + 8 <= line->len; i += 8) {
		word = ring_load(r->file, offset + i);
		memcpy(dst + i, &word, 8);
	}
	if (i < line->len) {
		word = ring_load(r->file, offset + i);
		memcpy(dst + i, &word, line->len - i);
	}
	if (!is_whole(r))
		return RING_ERR_LAPPED;
	ring_skip(r, line);
	return 1;
}

const _Atomic uint32_t *
ring_word(const struct ring_reader *r)
{
	return &r->file->word;
}
