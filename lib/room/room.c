#define _GNU_SOURCE
#include "room/room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lang.h"
#include "base/whole.h"
#include "room/ring.h"

static const char *const format_names[ROOM_NFORMATS] = {
	[ROOM_TEXT] = "text",
	[ROOM_PARTIALS] = "partials",
	[ROOM_PCM] = "pcm",
	[ROOM_OPUS] = "opus",
	[ROOM_STATUS] = "status",
};

static const char ring_suffix[] = ".ring";

const char *
room_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		ROOM_ERRORS(X)
#undef X
	}
	return "unknown error";
}

const char *
room_format_name(enum room_format format)
{
	return format_names[format];
}

size_t
room_format_bytes(enum room_format format)
{
	switch (format) {
	case ROOM_PCM:
		return ROOM_RING_BYTES_PCM;
	case ROOM_OPUS:
		return ROOM_RING_BYTES_OPUS;
	case ROOM_STATUS:
		return ROOM_RING_BYTES_STATUS;
	default:
		return ROOM_RING_BYTES_TEXT;
	}
}

bool
room_is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);

	return len >= 1 && len <= ROOM_NAME_MAX && name[0] != '-' &&
	       strspn(name, letters) == len;
}

/* Join into buf (ROOM_PATH_MAX bytes). */
__attribute__((format(printf, 2, 3))) static int
format_path(char *buf, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, ROOM_PATH_MAX, fmt, ap);
	va_end(ap);
	return n >= 0 && n < ROOM_PATH_MAX ? 0 : ROOM_ERR_PATH;
}

static int
default_run(char *buf)
{
	const char *dir;

	dir = getenv("BOOTH_RUN");
	if (dir != NULL && dir[0] != '\0')
		return format_path(buf, "%s", dir);
	dir = getenv("XDG_RUNTIME_DIR");
	if (dir != NULL && dir[0] != '\0')
		return format_path(buf, "%s/pipebooth", dir);
	return format_path(buf, "/tmp/pipebooth-%lu", (unsigned long)getuid());
}

int
room_init(struct room *r, const char *run, const char *name)
{
	int ret;

	memset(r, 0, sizeof(*r));
	if (!room_is_name(name))
		return ROOM_ERR_NAME;
	memcpy(r->name, name, strlen(name));
	ret =
	    run != NULL ? format_path(r->run, "%s", run) : default_run(r->run);
	if (ret != 0)
		return ret;
	return format_path(r->dir, "%s/rooms/%s", r->run, name);
}

/* mkdir -p */
static int
make_path(const char *path)
{
	char buf[ROOM_PATH_MAX];
	char *p;

	if (format_path(buf, "%s", path) != 0)
		return ROOM_ERR_PATH;
	for (p = buf + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(buf, 0700) == -1 && errno != EEXIST)
			return ROOM_ERR_SYS;
		*p = '/';
	}
	return mkdir(buf, 0700) == -1 && errno != EEXIST ? ROOM_ERR_SYS : 0;
}

/* In /tmp, where anybody may make it before us. */
static int
check_owner(const char *run)
{
	char buf[ROOM_PATH_MAX];
	struct stat st;

	format_path(buf, "/tmp/pipebooth-%lu", (unsigned long)getuid());
	if (strcmp(buf, run) != 0)
		return 0;
	if (lstat(buf, &st) == -1)
		return ROOM_ERR_SYS;
	return S_ISDIR(st.st_mode) && st.st_uid == getuid() &&
	               (st.st_mode & 077) == 0
	           ? 0
	           : ROOM_ERR_OWNER;
}

static int
make_run(const char *run)
{
	int ret = make_path(run);

	return ret == 0 ? check_owner(run) : ret;
}

int
room_run_dir(char *buf)
{
	int ret = default_run(buf);

	return ret == 0 ? make_run(buf) : ret;
}

int
room_create(const struct room *r)
{
	char want[ROOM_PATH_MAX];
	int ret;

	ret = room_path(r, "want", want);
	if (ret == 0)
		ret = make_run(r->run);
	if (ret == 0)
		ret = make_path(want);
	return ret;
}

bool
room_exists(const struct room *r)
{
	struct stat st;

	return stat(r->dir, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *
lock_name(enum room_role role)
{
	switch (role) {
	case ROOM_WRITER:
		return "writer.lock";
	case ROOM_SPEAKER:
		return "speaker.lock";
	default:
		return "say.lock";
	}
}

int
room_lock(const struct room *r, enum room_role role)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[ROOM_PATH_MAX];
	int fd, ret;

	ret = room_path(r, lock_name(role), path);
	if (ret != 0)
		return ret;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		return errno == ENOENT ? ROOM_ERR_ABSENT : ROOM_ERR_SYS;
	if (fcntl(fd, F_OFD_SETLK, &lock) == -1) {
		ret = errno == EAGAIN || errno == EACCES ? ROOM_ERR_BUSY
		                                         : ROOM_ERR_SYS;
		close(fd);
		return ret;
	}
	return fd;
}

bool
room_is_locked(const struct room *r, enum room_role role)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char path[ROOM_PATH_MAX];
	bool is_locked;
	int fd;

	if (room_path(r, lock_name(role), path) != 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	is_locked =
	    fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return is_locked;
}

int
room_channel(char *buf, const char *lang, enum room_format format)
{
	bool is_source = strcmp(lang, ROOM_SOURCE) == 0;
	bool is_of_source = format == ROOM_PARTIALS || format == ROOM_STATUS;

	if ((!is_source && !lang_is_tag(lang)) || strlen(lang) >= LANG_TAG_MAX)
		return ROOM_ERR_CHANNEL;
	if (format != ROOM_TEXT && is_source != is_of_source)
		return ROOM_ERR_CHANNEL;
	snprintf(buf, ROOM_CHANNEL_MAX, "%s.%s", lang, format_names[format]);
	return 0;
}

int
room_channel_parse(const char *channel, char *lang, enum room_format *format)
{
	char check[ROOM_CHANNEL_MAX];
	const char *dot;
	int i;

	dot = strchr(channel, '.');
	if (dot == NULL || dot - channel >= LANG_TAG_MAX)
		return ROOM_ERR_CHANNEL;
	memcpy(lang, channel, (size_t)(dot - channel));
	lang[dot - channel] = '\0';
	for (i = 0; i < ROOM_NFORMATS; i++) {
		if (strcmp(dot + 1, format_names[i]) == 0) {
			*format = (enum room_format)i;
			return room_channel(check, lang, *format);
		}
	}
	return ROOM_ERR_CHANNEL;
}

int
room_path(const struct room *r, const char *file, char *buf)
{
	return format_path(buf, "%s/%s", r->dir, file);
}

int
room_ring_path(const struct room *r, const char *channel, char *buf)
{
	enum room_format format;
	char lang[LANG_TAG_MAX];

	if (room_channel_parse(channel, lang, &format) != 0)
		return ROOM_ERR_CHANNEL;
	return format_path(buf, "%s/%s%s", r->dir, channel, ring_suffix);
}

int
room_each_channel(const struct room *r,
    int (*fn)(void *arg, const char *lang, enum room_format format), void *arg)
{
	enum room_format format;
	char channel[ROOM_CHANNEL_MAX], lang[LANG_TAG_MAX];
	struct dirent *entry;
	const char *dot;
	size_t len;
	DIR *dir;
	int ret = 0;

	dir = opendir(r->dir);
	if (dir == NULL)
		return errno == ENOENT ? ROOM_ERR_ABSENT : ROOM_ERR_SYS;
	while (ret == 0 && (entry = readdir(dir)) != NULL) {
		dot = strrchr(entry->d_name, '.');
		if (dot == NULL || strcmp(dot, ring_suffix) != 0)
			continue;
		len = (size_t)(dot - entry->d_name);
		if (len >= sizeof(channel))
			continue;
		memcpy(channel, entry->d_name, len);
		channel[len] = '\0';
		if (room_channel_parse(channel, lang, &format) == 0)
			ret = fn(arg, lang, format);
	}
	closedir(dir);
	return ret;
}

int
room_write_whole(const char *path, const void *p, size_t len)
{
	char tmp[ROOM_PATH_MAX];
	int fd, saved_errno;

	if (format_path(tmp, "%s.new", path) != 0)
		return ROOM_ERR_PATH;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1)
		return ROOM_ERR_SYS;
	if (write_whole(fd, p, len) != 0)
		goto fail;
	if (close(fd) == -1) {
		fd = -1;
		goto fail;
	}
	fd = -1;
	if (rename(tmp, path) == -1)
		goto fail;
	return 0;
fail:
	saved_errno = errno;
	if (fd != -1)
		close(fd);
	unlink(tmp);
	errno = saved_errno;
	return ROOM_ERR_SYS;
}
