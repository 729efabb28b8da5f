#include "audio/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
quiet_begin(void)
{
	int null_fd, saved_fd;

	if ((saved_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) < 0)
		return -1;
	if ((null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC)) < 0 ||
	    dup2(null_fd, STDERR_FILENO) < 0) {
		if (null_fd >= 0)
			close(null_fd);
		close(saved_fd);
		return -1;
	}
	close(null_fd);
	return saved_fd;
}

void
quiet_end(int saved_fd)
{
	int saved_errno = errno;

	if (saved_fd < 0)
		return;
	/* EBUSY and EINTR are all that can happen; neither lasts. */
	while (dup2(saved_fd, STDERR_FILENO) < 0 &&
	       (errno == EINTR || errno == EBUSY))
		continue;
	close(saved_fd);
	errno = saved_errno;
}
