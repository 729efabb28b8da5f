#include "room/pause.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

static const char file[] = "paused";

int
room_pause(const struct room *r, const char *reason)
{
	char path[ROOM_PATH_MAX], text[ROOM_REASON_MAX + 1];
	size_t len = strcspn(reason, "\r\n");
	int ret;

	if (!room_exists(r))
		return ROOM_ERR_ABSENT;
	ret = room_path(r, file, path);
	if (ret != 0)
		return ret;
	if (len > ROOM_REASON_MAX - 1)
		len = utf8_prefix(reason, len, ROOM_REASON_MAX - 1);
	ret = snprintf(text, sizeof(text), "%.*s\n", (int)len, reason);
	return room_write_whole(path, text, (size_t)ret);
}

int
room_resume(const struct room *r)
{
	char path[ROOM_PATH_MAX];
	int ret = room_path(r, file, path);

	if (ret != 0)
		return ret;
	return unlink(path) == 0 || errno == ENOENT ? 0 : ROOM_ERR_SYS;
}

int
room_is_paused(const struct room *r, char *reason)
{
	char path[ROOM_PATH_MAX];
	ssize_t n;
	int fd, ret = room_path(r, file, path);

	if (ret != 0)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : 1;
	if (reason != NULL) {
		n = read(fd, reason, ROOM_REASON_MAX - 1);
		reason[n > 0 ? n : 0] = '\0';
		reason[strcspn(reason, "\r\n")] = '\0';
		if (!utf8_is_valid(reason, strlen(reason)))
			reason[0] = '\0';
	}
	close(fd);
	return 1;
}
