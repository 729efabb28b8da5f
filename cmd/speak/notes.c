#include "notes.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int
notes_open(const struct room *room)
{
	char path[ROOM_PATH_MAX];
	int fd = -1, ret = 0;

	if (room_path(room, "speak.log", path) == 0)
		fd = open(path,
		    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd == -1) {
		ret = -1;
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	if (fd != -1) {
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
	return ret;
}

void
notes_turn(const struct room *room)
{
	char path[ROOM_PATH_MAX], old[ROOM_PATH_MAX];
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size < NOTES_MAX_BYTES ||
	    room_path(room, "speak.log", path) != 0 ||
	    room_path(room, "speak.log.1", old) != 0)
		return;
	(void)rename(path, old);
	(void)notes_open(room);
}
