#include "aws/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>

int
config_file_read(const char *path, size_t cap, char **buf, size_t *len)
{
	char *p = NULL, *bigger;
	size_t n = 0, alloc = 0;
	ssize_t got;
	int rc, fd;

	*buf = NULL;
	*len = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
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
