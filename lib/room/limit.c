#define _GNU_SOURCE /* F_OFD_SETLK */
#include "room/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "room/room.h"

#define MAGIC UINT64_C(0x4d4c48544f4f4250) /* "PBOOTHLM" */
#define VERSION 1
#define DATA_OFFSET 4096

/*
 * Its holder needs a few microseconds, so give way to it a few times; who needs
 * longer was stopped, or the machine is loaded: half a second at most.  (The
 * one place in the libraries that sleeps: a lock of this kind cannot be polled,
 * and a wait without end would let one stopped process stop all.)
 */
#define LOCK_YIELDS 64
#define LOCK_SLEEPS 500
#define LOCK_SLEEP_NS 1000000

struct header {
	uint64_t magic;
	uint32_t version;
	uint32_t nsets;
	uint64_t seed;
};

struct entry {
	uint64_t subscriber;
	int64_t free_at_ms[LIMIT_KINDS];
};

struct set {
	struct entry entries[LIMIT_WAYS];
};

_Static_assert(sizeof(struct entry) == 32, "layout");

#define FILE_BYTES (DATA_OFFSET + LIMIT_SETS * (off_t)sizeof(struct set))

static const struct limit_rate rates[LIMIT_KINDS] = {
	/* A hall of phones comes at once when its network is back. */
	[LIMIT_LISTEN] = { 4000, 20 },
	[LIMIT_SPEAK] = { 30, 2000 },
	[LIMIT_GUESS] = { 20, 15000 },
};

const char *
limit_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		LIMIT_ERRORS(X)
#undef X
	}
	return "unknown error";
}

struct limit_rate
limit_rate_of(enum limit_kind kind)
{
	return rates[kind];
}

/* --- the file -------------------------------------------------------- */

static int
lock(int fd, short type, off_t start, off_t len)
{
	struct flock l = { .l_type = type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = len };
	struct timespec pause = { .tv_nsec = LOCK_SLEEP_NS };
	int i;

	for (i = 0; i < LOCK_YIELDS + LOCK_SLEEPS; i++) {
		if (fcntl(fd, F_OFD_SETLK, &l) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return -1;
		if (i < LOCK_YIELDS)
			sched_yield();
		else
			nanosleep(&pause, NULL);
	}
	return -1;
}

/* All n bytes at `at`, or -1. */
static int
read_at(int fd, void *p, size_t n, off_t at)
{
	size_t done = 0;
	ssize_t got;

	while (done < n) {
		got = pread(fd, (char *)p + done, n - done, at + (off_t)done);
		if (got == 0)
			errno = EIO;
		if (got == 0 || (got == -1 && errno != EINTR))
			return -1;
		if (got > 0)
			done += (size_t)got;
	}
	return 0;
}

static int
write_at(int fd, const void *p, size_t n, off_t at)
{
	size_t done = 0;
	ssize_t wrote;

	while (done < n) {
		wrote = pwrite(
		    fd, (const char *)p + done, n - done, at + (off_t)done);
		if (wrote == -1 && errno != EINTR)
			return -1;
		if (wrote > 0)
			done += (size_t)wrote;
	}
	return 0;
}

static bool
is_good(int fd, struct header *h)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == FILE_BYTES && read_at(fd, h, sizeof(*h), 0) == 0 &&
	       h->magic == MAGIC && h->version == VERSION &&
	       h->nsets == LIMIT_SETS;
}

/* Make the file what it should be, once, whoever comes at the same time. */
static int
make(int fd, struct header *h)
{
	int ret = -1;

	(void)lock(fd, F_WRLCK, 0, DATA_OFFSET);
	if (is_good(fd, h)) {
		ret = 0;
		goto out;
	}
	memset(h, 0, sizeof(*h));
	h->magic = MAGIC;
	h->version = VERSION;
	h->nsets = LIMIT_SETS;
	/* Without it the sets are only easier to fill. */
	if (getrandom(&h->seed, sizeof(h->seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(h->seed))
		h->seed = MAGIC;
	if (ftruncate(fd, 0) == 0 && ftruncate(fd, FILE_BYTES) == 0)
		ret = write_at(fd, h, sizeof(*h), 0);
out:
	(void)lock(fd, F_UNLCK, 0, DATA_OFFSET);
	return ret;
}

int
limit_open(struct limit *l, const char *run)
{
	char path[ROOM_PATH_MAX];
	struct header h;
	int n, saved_errno;

	n = snprintf(path, sizeof(path), "%s/limit", run);
	if (n < 0 || (size_t)n >= sizeof(path))
		return LIMIT_ERR_PATH;
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd == -1)
		return LIMIT_ERR_SYS;
	if (!is_good(l->fd, &h) && make(l->fd, &h) != 0) {
		saved_errno = errno;
		limit_release(l);
		errno = saved_errno;
		return LIMIT_ERR_SYS;
	}
	l->seed = h.seed;
	return 0;
}

void
limit_release(struct limit *l)
{
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
}

/* --- one address ----------------------------------------------------- */

/* Mix as SplitMix64 does (Steele, Lea, Flood: "Fast splittable pseudorandom
 * number generators"): neighbours fall into different sets. */
static off_t
offset_of_set(const struct limit *l, uint64_t subscriber)
{
	uint64_t x = subscriber ^ l->seed;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return DATA_OFFSET +
	       (off_t)(x % LIMIT_SETS) * (off_t)sizeof(struct set);
}

/* A debt is never longer than its burst, so this one is from another boot, or
 * nonsense. */
static bool
is_possible(const struct entry *e, int64_t now_ms)
{
	int i;

	for (i = 0; i < LIMIT_KINDS; i++)
		if (e->free_at_ms[i] < 0 ||
		    e->free_at_ms[i] >
			now_ms + (int64_t)rates[i].burst * rates[i].every_ms)
			return false;
	return true;
}

/* When an entry has aged out. */
static int64_t
free_at(const struct entry *e)
{
	int64_t at_ms = 0;
	int i;

	for (i = 0; i < LIMIT_KINDS; i++)
		if (e->free_at_ms[i] > at_ms)
			at_ms = e->free_at_ms[i];
	return at_ms;
}

/* The entry of the subscriber; a new one in the place that is worth least. */
static struct entry *
find(struct set *s, uint64_t subscriber, int64_t now_ms)
{
	struct entry *e, *least = &s->entries[0];

	for (e = s->entries; e < s->entries + LIMIT_WAYS; e++) {
		if (e->subscriber == 0 || !is_possible(e, now_ms))
			memset(e, 0, sizeof(*e));
		else if (e->subscriber == subscriber)
			return e;
		if (free_at(e) < free_at(least))
			least = e;
	}
	memset(least, 0, sizeof(*least));
	least->subscriber = subscriber;
	return least;
}

static int
judge(struct entry *e, enum limit_kind kind, int64_t now_ms, int64_t *retry_ms)
{
	const struct limit_rate *r = &rates[kind];
	int64_t at_ms = e->free_at_ms[kind];
	int64_t burst_ms = (int64_t)r->burst * r->every_ms;

	if (at_ms < now_ms)
		at_ms = now_ms;
	if (at_ms + r->every_ms > now_ms + burst_ms) {
		*retry_ms = at_ms + r->every_ms - now_ms - burst_ms;
		return LIMIT_ERR_RATE;
	}
	e->free_at_ms[kind] = at_ms + r->every_ms;
	*retry_ms = 0;
	return 0;
}

static int
try(struct limit *l, enum limit_kind kind, const struct address *a,
    int64_t now_ms, int64_t *retry_ms, bool is_counted)
{
	uint64_t subscriber = address_subscriber(a);
	off_t at = offset_of_set(l, subscriber);
	struct set s;
	int ret;

	*retry_ms = 0;
	(void)lock(l->fd, F_WRLCK, at, (off_t)sizeof(s));
	if (read_at(l->fd, &s, sizeof(s), at) != 0) {
		ret = LIMIT_ERR_SYS;
	} else {
		ret =
		    judge(find(&s, subscriber, now_ms), kind, now_ms, retry_ms);
		if (ret == 0 && is_counted &&
		    write_at(l->fd, &s, sizeof(s), at) != 0)
			ret = LIMIT_ERR_SYS;
	}
	(void)lock(l->fd, F_UNLCK, at, (off_t)sizeof(s));
	return ret;
}

int
limit_take(struct limit *l, enum limit_kind kind, const struct address *a,
    int64_t now_ms, int64_t *retry_ms)
{
	return try(l, kind, a, now_ms, retry_ms, true);
}

int
limit_look(struct limit *l, enum limit_kind kind, const struct address *a,
    int64_t now_ms, int64_t *retry_ms)
{
	return try(l, kind, a, now_ms, retry_ms, false);
}
