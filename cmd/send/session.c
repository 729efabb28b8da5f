#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/b64.h"
#include "room/room.h"

const char *
session_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		SESSION_ERRORS(X)
#undef X
	}
	return "unknown error";
}

static int
make_id(char *id)
{
	uint8_t raw[SESSION_BYTES];

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return SESSION_ERR_RANDOM;
	hex_encode(id, raw, sizeof(raw));
	return 0;
}

/* Its path; the folder is made. */
static int
make_path(char *path, size_t size, const struct url *url)
{
	char run[ROOM_PATH_MAX], text[URL_HOST_MAX + URL_PATH_MAX + 32];
	char name[2 * SESSION_BYTES + 1];
	uint8_t hash[SHA256_DIGEST_LENGTH];
	int n, ret = room_run_dir(run);

	if (ret != 0) {
		if (ret != ROOM_ERR_SYS)
			errno = ret == ROOM_ERR_PATH ? ENAMETOOLONG : EACCES;
		return SESSION_ERR_SYS;
	}
	n = snprintf(text, sizeof(text), "%d %s %u %s", url->is_secure,
	    url->host, (unsigned int)url->port, url->path);
	SHA256((const uint8_t *)text, (size_t)n, hash);
	hex_encode(name, hash, SESSION_BYTES);
	n = snprintf(path, size, "%s/send", run);
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return SESSION_ERR_SYS;
	snprintf(path + n, size - (size_t)n, "/%s", name);
	return 0;
}

/* What a file of ours holds into id; else that is not touched. */
static void
take_kept(struct session *s)
{
	char text[sizeof(s->id)];
	size_t len = sizeof(s->id) - 1;

	if (pread(s->fd, text, sizeof(text), 0) != (ssize_t)len)
		return;
	text[len] = '\0';
	if (strspn(text, "0123456789abcdef") == len)
		memcpy(s->id, text, sizeof(text));
}

int
session_open(struct session *s, const struct url *url)
{
	char path[ROOM_PATH_MAX + 64];
	size_t len = sizeof(s->id) - 1;
	int ret, saved_errno;

	s->fd = -1;
	ret = make_id(s->id);
	if (ret != 0)
		return ret;
	ret = make_path(path, sizeof(path), url);
	if (ret == 0) {
		s->fd =
		    open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (s->fd == -1)
			ret = SESSION_ERR_SYS;
		else if (flock(s->fd, LOCK_EX | LOCK_NB) == -1)
			ret = errno == EWOULDBLOCK ? SESSION_ERR_BUSY
			                           : SESSION_ERR_SYS;
	}
	if (ret == 0) {
		take_kept(s);
		if (pwrite(s->fd, s->id, len, 0) != (ssize_t)len ||
		    ftruncate(s->fd, (off_t)len) == -1)
			ret = SESSION_ERR_SYS;
	}
	if (ret != 0) {
		saved_errno = errno;
		session_release(s);
		errno = saved_errno;
	}
	return ret;
}

void
session_end(struct session *s)
{
	/* Not removed: another send may be about to lock it. */
	if (s->fd != -1 && ftruncate(s->fd, 0) == -1)
		return; /* then the next talk is taken for this one */
}

void
session_release(struct session *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}
