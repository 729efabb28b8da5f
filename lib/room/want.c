#define _GNU_SOURCE
#include "room/want.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/lang.h"

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

int
want_hold(const struct room *r, const char *channel)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char path[ROOM_PATH_MAX];
	int fd, ret, saved_errno;

	ret = want_path(r, channel, path);
	if (ret != 0)
		return ret;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		return errno == ENOENT ? ROOM_ERR_ABSENT : ROOM_ERR_SYS;
	if (fcntl(fd, F_OFD_SETLK, &lock) == -1) {
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
