#define _GNU_SOURCE
#include "room/want.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/lang.h"

/* See want.h: where a holder's byte is. */
#define OWN_STEP (1 << 22)
#define OWN_TRIES 1024

static int
want_path(const struct room *r, const char *channel, char *buf)
{
	enum room_format format;
	char lang[LANG_TAG_MAX], file[ROOM_CHANNEL_MAX + 5] = "want/";

	if (room_channel_parse(channel, lang, &format) != 0)
		return ROOM_ERR_CHANNEL;
	strcat(file, channel);
	return room_path(r, file, buf);
}

/* A byte that nobody else has.  0, or -1 with errno set. */
static int
lock_own_byte(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int i;

	lock.l_len = 1;
	for (i = 0; i < OWN_TRIES; i++) {
		lock.l_start = (off_t)getpid() + i * (off_t)OWN_STEP;
		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return -1;
	}
	return -1;
}

int
want_hold(const struct room *r, const char *channel)
{
	char path[ROOM_PATH_MAX];
	int fd, ret, saved_errno;

	ret = want_path(r, channel, path);
	if (ret != 0)
		return ret;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		return errno == ENOENT ? ROOM_ERR_ABSENT : ROOM_ERR_SYS;
	if (lock_own_byte(fd) == -1) {
		saved_errno = errno;
		close(fd);
		errno = saved_errno;
		return ROOM_ERR_SYS;
	}
	return fd;
}

static bool
is_held(const struct room *r, const char *channel)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[ROOM_PATH_MAX];
	bool held;
	int fd;

	if (want_path(r, channel, path) != 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return held;
}

/* Locks in [from, to); the kernel's answer is any one of them, so what lies
 * before and behind it is asked for again. */
static unsigned int
count_between(int fd, off_t from, off_t to)
{
	struct flock lock;
	unsigned int n = 0;

	while (from < to) {
		memset(&lock, 0, sizeof(lock));
		lock.l_type = F_WRLCK;
		lock.l_whence = SEEK_SET;
		lock.l_start = from;
		lock.l_len = to - from;
		if (fcntl(fd, F_OFD_GETLK, &lock) == -1 ||
		    lock.l_type == F_UNLCK)
			break;
		n++;
		/* Somebody who locks it all, up to its end, is one, too. */
		if (lock.l_len == 0)
			lock.l_len = to - lock.l_start;
		/* The shorter way is the nested one: its depth is bounded. */
		if (lock.l_start - from < to - (lock.l_start + lock.l_len)) {
			n += count_between(fd, from, lock.l_start);
			from = lock.l_start + lock.l_len;
		} else {
			n += count_between(fd, lock.l_start + lock.l_len, to);
			to = lock.l_start;
		}
	}
	return n;
}

unsigned int
want_count(const struct room *r, const char *channel)
{
	char path[ROOM_PATH_MAX];
	unsigned int n;
	int fd;

	if (want_path(r, channel, path) != 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	n = count_between(fd, 0, (off_t)OWN_TRIES * OWN_STEP);
	close(fd);
	return n;
}

unsigned int
want_formats(const struct room *r, const char *lang)
{
	char channel[ROOM_CHANNEL_MAX];
	unsigned int formats = 0;
	int i;

	for (i = 0; i < ROOM_NFORMATS; i++) {
		if (room_channel(channel, lang, (enum room_format)i) == 0 &&
		    is_held(r, channel))
			formats |= 1u << i;
	}
	return formats;
}

int
want_each(const struct room *r,
    int (*fn)(void *arg, const char *lang, enum room_format format), void *arg)
{
	enum room_format format;
	char path[ROOM_PATH_MAX], lang[LANG_TAG_MAX];
	struct dirent *entry;
	DIR *dir;
	int ret;

	ret = room_path(r, "want", path);
	if (ret != 0)
		return ret;
	dir = opendir(path);
	if (dir == NULL)
		return errno == ENOENT ? ROOM_ERR_ABSENT : ROOM_ERR_SYS;
	while (ret == 0 && (entry = readdir(dir)) != NULL) {
		if (room_channel_parse(entry->d_name, lang, &format) == 0 &&
		    is_held(r, entry->d_name))
			ret = fn(arg, lang, format);
	}
	closedir(dir);
	return ret;
}
