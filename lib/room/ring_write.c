#define _GNU_SOURCE
#include "room/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/whole.h"
#include "room/ring_layout.h"

/* Memory is taken from the file system this much at a time, so that a full one
 * is an error code and not a SIGBUS in the middle of a record. */
#define ALLOCATE_BYTES ((size_t)64 * 1024)

const char *
ring_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		RING_ERRORS(X)
#undef X
	}
	return "unknown error";
}

static bool
is_capacity(uint64_t n)
{
	return n >= RING_CAPACITY_MIN && n <= RING_CAPACITY_MAX &&
	       (n & (n - 1)) == 0;
}

static int
from_errno(void)
{
	return errno == ENOSPC || errno == EDQUOT ? RING_ERR_NOSPACE
	                                          : RING_ERR_SYS;
}

/* Make the file whole under another name, then give it its own. */
static int
create(const char *path, size_t capacity_bytes)
{
	struct ring_file head;
	char tmp[PATH_MAX];
	int fd = -1, n, ret = RING_ERR_SYS;

	n = snprintf(tmp, sizeof(tmp), "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return RING_ERR_SYS;
	}
	memset(&head, 0, sizeof(head));
	head.magic = RING_MAGIC;
	head.version = RING_VERSION;
	head.header_bytes = RING_HEADER_BYTES;
	head.capacity_bytes = capacity_bytes;
	head.created_ms = (uint64_t)clock_wall_ms();

	fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return from_errno();
	if (write_whole(fd, &head, sizeof(head)) != 0 ||
	    ftruncate(fd, (off_t)(RING_HEADER_BYTES + capacity_bytes)) == -1 ||
	    rename(tmp, path) == -1)
		goto out;
	ret = 0;
out:
	if (ret != 0) {
		ret = from_errno();
		n = errno;
		unlink(tmp);
		errno = n;
	}
	close(fd);
	return ret;
}

/* Whether the records from tail to head line up; finds the newest seq. */
static bool
walk(struct ring_writer *w)
{
	const struct ring_file *f = w->file;
	uint64_t pos, word, seq, size;

	if (w->tail > w->head || w->head - w->tail > f->capacity_bytes ||
	    w->tail % 8 != 0 || w->head % 8 != 0)
		return false;
	for (pos = w->tail; pos < w->head; pos += size) {
		word = ring_load(f, pos);
		seq = ring_load(f, pos + 8);
		size = ring_record_bytes((uint32_t)word);
		if ((uint32_t)word == 0 || size > w->head - pos ||
		    seq <= w->last_seq)
			return false;
		w->last_seq = seq;
	}
	return true;
}

/* Map what is at path and take over its state. */
static int
attach(struct ring_writer *w, const char *path)
{
	struct ring_file *f;
	struct stat st;

	w->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (w->fd == -1)
		return errno == ENOENT ? RING_ERR_ABSENT : RING_ERR_SYS;
	if (fstat(w->fd, &st) == -1)
		return RING_ERR_SYS;
	if (!S_ISREG(st.st_mode) ||
	    st.st_size < RING_HEADER_BYTES + RING_CAPACITY_MIN ||
	    st.st_size > RING_HEADER_BYTES + RING_CAPACITY_MAX)
		return RING_ERR_FORMAT;
	w->map_bytes = (size_t)st.st_size;
	f = mmap(
	    NULL, w->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	if (f == MAP_FAILED)
		return RING_ERR_SYS;
	w->file = f;
	if (f->magic != RING_MAGIC || f->version != RING_VERSION ||
	    f->header_bytes != RING_HEADER_BYTES ||
	    !is_capacity(f->capacity_bytes) ||
	    f->capacity_bytes + RING_HEADER_BYTES != w->map_bytes)
		return RING_ERR_FORMAT;
	w->tail = atomic_load_explicit(&f->tail, memory_order_relaxed);
	w->head = atomic_load_explicit(&f->head, memory_order_acquire);
	return walk(w) ? 0 : RING_ERR_FORMAT;
}

static void
detach(struct ring_writer *w)
{
	int saved_errno = errno;

	if (w->file != NULL)
		munmap(w->file, w->map_bytes);
	if (w->fd != -1)
		close(w->fd);
	memset(w, 0, sizeof(*w));
	w->fd = -1;
	errno = saved_errno;
}

int
ring_writer_open(struct ring_writer *w, const char *path, size_t capacity_bytes)
{
	bool was_replaced = false, was_made = false;
	int ret;

	memset(w, 0, sizeof(*w));
	w->fd = -1;
	if (!is_capacity(capacity_bytes))
		return RING_ERR_SIZE;
	ret = attach(w, path);
	if (ret == RING_ERR_ABSENT || ret == RING_ERR_FORMAT) {
		was_replaced = ret == RING_ERR_FORMAT;
		detach(w);
		was_made = true;
		ret = create(path, capacity_bytes);
		if (ret == 0)
			ret = attach(w, path);
	}
	if (ret != 0) {
		detach(w);
		return ret;
	}
	w->was_replaced = was_replaced;
	w->was_made = was_made;
	/* The writer before us may have died between head and wake. */
	ring_nudge(w);
	ring_wake(w);
	return 0;
}

void
ring_writer_release(struct ring_writer *w)
{
	detach(w);
}

static int
allocate(struct ring_writer *w, uint64_t end)
{
	uint64_t capacity = w->file->capacity_bytes;
	size_t want;
	int error;

	if (end > capacity)
		end = capacity;
	if (end <= w->allocated)
		return 0;
	want = (size_t)((end + ALLOCATE_BYTES - 1) / ALLOCATE_BYTES) *
	       ALLOCATE_BYTES;
	do
		error = posix_fallocate(w->fd,
		    (off_t)(RING_HEADER_BYTES + w->allocated),
		    (off_t)(want - w->allocated));
	while (error == EINTR);
	if (error != 0) {
		errno = error;
		return from_errno();
	}
	w->allocated = want;
	return 0;
}

/* The first record that survives when the stream grows to `end`. */
static uint64_t
tail_for(const struct ring_writer *w, uint64_t end)
{
	uint64_t tail = w->tail;

	while (end - tail > w->file->capacity_bytes)
		tail += ring_record_bytes((uint32_t)ring_load(w->file, tail));
	return tail;
}

static void
store(struct ring_file *f, uint64_t offset, uint64_t word)
{
	uint64_t mask = f->capacity_bytes / 8 - 1;

	atomic_store_explicit(
	    &f->data[offset / 8 & mask], word, memory_order_relaxed);
}

int
ring_append(struct ring_writer *w, uint32_t kind, uint64_t seq, int64_t at_ms,
    const void *p, size_t len)
{
	struct ring_file *f = w->file;
	const uint8_t *src = p;
	uint64_t end, offset, word, tail;
	size_t i;
	int ret;

	if (len == 0 || len > f->capacity_bytes / 2)
		return RING_ERR_SIZE;
	if (seq <= w->last_seq)
		return RING_ERR_ORDER;
	end = w->head + ring_record_bytes((uint32_t)len);
	ret = allocate(w, end);
	if (ret != 0)
		return ret;

	tail = tail_for(w, end);
	if (tail != w->tail) {
		w->tail = tail;
		atomic_store_explicit(&f->tail, tail, memory_order_relaxed);
	}
	atomic_thread_fence(memory_order_release);

	store(f, w->head, (uint64_t)kind << 32 | (uint32_t)len);
	store(f, w->head + 8, seq);
	store(f, w->head + 16, (uint64_t)at_ms);
	offset = w->head + RING_RECORD_BYTES;
	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, src + i, 8);
		store(f, offset + i, word);
	}
	if (i < len) {
		word = 0;
		memcpy(&word, src + i, len - i);
		store(f, offset + i, word);
	}

	w->head = end;
	w->last_seq = seq;
	w->is_dirty = true;
	atomic_store_explicit(&f->head, end, memory_order_release);
	atomic_fetch_add_explicit(&f->word, 1, memory_order_release);
	return 0;
}

void
ring_nudge(struct ring_writer *w)
{
	w->is_dirty = true;
	atomic_fetch_add_explicit(&w->file->word, 1, memory_order_release);
}

void
ring_wake(struct ring_writer *w)
{
	if (!w->is_dirty)
		return;
	w->is_dirty = false;
	syscall(SYS_futex, &w->file->word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
