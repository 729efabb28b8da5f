#include "base/whole.h"

#include <errno.h>
#include <unistd.h>

int
write_whole(int fd, const void *p, size_t n)
{
	const char *src = p;
	ssize_t wrote;

	while (n > 0) {
		wrote = write(fd, src, n);
		if (wrote == -1 && errno != EINTR)
			return -1;
		if (wrote > 0) {
			src += wrote;
			n -= (size_t)wrote;
		}
	}
	return 0;
}
