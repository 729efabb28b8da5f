#include "aws/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

/* Ours: what a program that writes into a pipe may take.  A talk may wait. */
#define WAIT_MS 2000

/* Wait for a pipe to have something to read, or to end.  0 or -errno. */
static int
wait_for(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, WAIT_MS);
	while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

/* Open, and see that reading cannot block for ever.  The descriptor or -errno.
 */
static int
open_file(const char *path)
{
	/* Else a FIFO without a writer would hold us here. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	else if (S_ISDIR(st.st_mode))
		rc = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		rc = wait_for(fd);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int
config_file_read(const char *path, size_t cap, char **buf, size_t *len)
{
	char *p = NULL, *bigger;
	size_t n = 0, alloc = 0;
	ssize_t got;
	int rc, fd;

	*buf = NULL;
	*len = 0;
	fd = open_file(path);
	if (fd < 0)
		return fd;
	for (;;) {
		if (n + 1 >= alloc) {
			alloc = alloc == 0 ? 4096 : 2 * alloc;
			/* Not realloc(): it may leave a secret behind. */
			bigger = malloc(alloc);
			if (bigger == NULL) {
				rc = -ENOMEM;
				goto out;
			}
			for (size_t i = 0; i < n; i++)
				bigger[i] = p[i];
			if (p != NULL)
				OPENSSL_cleanse(p, n);
			free(p);
			p = bigger;
		}
		got = read(fd, p + n, alloc - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN) {
			if ((rc = wait_for(fd)) != 0)
				goto out;
			continue;
		}
		if (got < 0) {
			rc = -errno;
			goto out;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > cap) {
			rc = -EFBIG;
			goto out;
		}
	}
	p[n] = '\0';
	*buf = p;
	*len = n;
	p = NULL;
	rc = 0;
out:
	if (p != NULL)
		OPENSSL_cleanse(p, n);
	free(p);
	close(fd);
	return rc;
}
