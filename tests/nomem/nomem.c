/*
 * Linked into copies of the tools ($B/nomem/TOOL): the machine has a bad day.
 * The linker's --wrap leads our own code's calls here, and jansson's
 * allocations come by the functions that it is given; what other libraries do
 * inside is theirs.
 *
 *	NOMEM_AT=N       the N-th allocation, from 1, fails, once
 *	NOMEM_WHERE=F    and where it was is written to the file F: addresses
 *			 for addr2line(1)
 *	NOMEM_COUNT=F    the number of allocations goes into the file F at the
 *			 end of the process, unless a larger one is there, so
 *			 that a test knows when it is done
 *	NOMEM_SHORT=N    reads and writes are cut short and interrupted (EINTR),
 *			 at random; N is the seed, from 1
 *
 * A parse counts as one allocation and fails as a whole: jansson's parser
 * aborts, or takes good text for bad, when one of its own fails in the middle.
 * So does what libjwt makes of jansson's objects without looking.
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <jansson.h>
#include <jwt.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
json_t *__real_json_loadb(
    const char *text, size_t len, size_t flags, json_error_t *why);
json_t *__wrap_json_loadb(
    const char *text, size_t len, size_t flags, json_error_t *why);

json_t *
__real_json_load_file(const char *path, size_t flags, json_error_t *why);
json_t *
__wrap_json_load_file(const char *path, size_t flags, json_error_t *why);
int __real_jwt_decode(
    jwt_t **jwt, const char *token, const unsigned char *key, int key_len);
int __wrap_jwt_decode(
    jwt_t **jwt, const char *token, const unsigned char *key, int key_len);
char *__real_jwt_get_grants_json(jwt_t *jwt, const char *grant);
char *__wrap_jwt_get_grants_json(jwt_t *jwt, const char *grant);
int __real_jwt_add_grants_json(jwt_t *jwt, const char *json);
int __wrap_jwt_add_grants_json(jwt_t *jwt, const char *json);
char *__real_jwt_encode_str(jwt_t *jwt);
char *__wrap_jwt_encode_str(jwt_t *jwt);

ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __real_recv(int fd, void *p, size_t n, int flags);
ssize_t __real_send(int fd, const void *p, size_t n, int flags);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
pid_t __real_waitpid(pid_t pid, int *status, int options);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_recv(int fd, void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);

/* One call in so many is interrupted; of the others one in two is cut. */
#define INTERRUPTED_ONE_IN 8

static atomic_ulong count; /* capture and localaws have threads */
static unsigned long fails_at;
static _Thread_local bool is_inside;
static atomic_ullong seed; /* 0: reads and writes are left alone */

static void
tell_where(void)
{
	const char *path = getenv("NOMEM_WHERE");
	void *frames[32];
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return;
	backtrace_symbols_fd(frames, backtrace(frames, 32), fd);
	close(fd);
}

static bool
is_turn(void)
{
	if (is_inside || atomic_fetch_add(&count, 1) + 1 != fails_at)
		return false;
	tell_where();
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return is_turn() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return is_turn() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return is_turn() ? NULL : __real_realloc(p, n);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	char *copy;

	n = strnlen(s, n);
	copy = __wrap_malloc(n + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *
__wrap_strdup(const char *s)
{
	return __wrap_strndup(s, strlen(s));
}

static json_t *
no_object(json_error_t *why)
{
	if (why != NULL) {
		memset(why, 0, sizeof(*why));
		why->line = why->column = -1;
		strcpy(why->text, "out of memory");
		why->text[sizeof(why->text) - 1] = json_error_out_of_memory;
	}
	return NULL;
}

json_t *
__wrap_json_loadb(const char *text, size_t len, size_t flags, json_error_t *why)
{
	json_t *obj;

	if (is_turn())
		return no_object(why);
	is_inside = true;
	obj = __real_json_loadb(text, len, flags, why);
	is_inside = false;
	return obj;
}

json_t *
__wrap_json_load_file(const char *path, size_t flags, json_error_t *why)
{
	json_t *obj;

	if (is_turn())
		return no_object(why);
	is_inside = true;
	obj = __real_json_load_file(path, flags, why);
	is_inside = false;
	return obj;
}

int
__wrap_jwt_decode(
    jwt_t **jwt, const char *token, const unsigned char *key, int key_len)
{
	int rc;

	if (is_turn())
		return ENOMEM;
	is_inside = true;
	rc = __real_jwt_decode(jwt, token, key, key_len);
	is_inside = false;
	return rc;
}

char *
__wrap_jwt_get_grants_json(jwt_t *jwt, const char *grant)
{
	char *text;

	if (is_turn())
		return NULL;
	is_inside = true;
	text = __real_jwt_get_grants_json(jwt, grant);
	is_inside = false;
	return text;
}

int
__wrap_jwt_add_grants_json(jwt_t *jwt, const char *json)
{
	int rc;

	if (is_turn())
		return ENOMEM;
	is_inside = true;
	rc = __real_jwt_add_grants_json(jwt, json);
	is_inside = false;
	return rc;
}

char *
__wrap_jwt_encode_str(jwt_t *jwt)
{
	char *text;

	if (is_turn())
		return NULL;
	is_inside = true;
	text = __real_jwt_encode_str(jwt);
	is_inside = false;
	return text;
}

/* A number below n: xorshift64*, enough for dice. */
static size_t
dice(size_t n)
{
	uint64_t x = atomic_load(&seed);

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	atomic_store(&seed, x);
	return (size_t)((x * 0x2545F4914F6CDD1Du) >> 33) % n;
}

static bool
is_interrupted(void)
{
	if (atomic_load(&seed) == 0 || dice(INTERRUPTED_ONE_IN) != 0)
		return false;
	errno = EINTR;
	return true;
}

/* How many of n bytes go this time.  Only streams and files are cut: a datagram
 * or the counter of an eventfd is whole or not there. */
static size_t
cut(int fd, size_t n)
{
	socklen_t len = sizeof(int);
	struct stat st;
	int type = SOCK_STREAM;

	if (atomic_load(&seed) == 0 || n < 2 || fstat(fd, &st) != 0 ||
	    (st.st_mode & S_IFMT) == 0 || dice(2) == 0)
		return n;
	if (S_ISSOCK(st.st_mode) &&
	    (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
		type != SOCK_STREAM))
		return n;
	/* Mostly a handful: a big read would hide the seams. */
	return 1 + dice(dice(2) == 0 ? n : n < 16 ? n : 16);
}

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
	return is_interrupted() ? -1 : __real_read(fd, p, cut(fd, n));
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	struct stat st;

	if (is_interrupted())
		return -1;
	/* POSIX: such a write to a pipe is whole. */
	if (n <= PIPE_BUF && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return __real_write(fd, p, n);
	return __real_write(fd, p, cut(fd, n));
}

ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t at)
{
	return is_interrupted() ? -1 : __real_pread(fd, p, cut(fd, n), at);
}

ssize_t
__wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	return is_interrupted() ? -1 : __real_pwrite(fd, p, cut(fd, n), at);
}

ssize_t
__wrap_recv(int fd, void *p, size_t n, int flags)
{
	return is_interrupted() ? -1 : __real_recv(fd, p, cut(fd, n), flags);
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	return is_interrupted() ? -1 : __real_send(fd, p, cut(fd, n), flags);
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return is_interrupted() ? -1 : __real_poll(fds, n, timeout_ms);
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	/* One that waits for nothing is not interrupted. */
	return (options & WNOHANG) == 0 && is_interrupted()
	           ? -1
	           : __real_waitpid(pid, status, options);
}

/* Whatever way the process ends, short of being killed. */
__attribute__((destructor)) static void
tell(void)
{
	const char *path = getenv("NOMEM_COUNT");
	char text[32] = "";
	int fd, len;

	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		return;
	/* A job may be several processes. */
	if (__real_pread(fd, text, sizeof(text) - 1, 0) > 0 &&
	    strtoul(text, NULL, 10) >= atomic_load(&count)) {
		close(fd);
		return;
	}
	len = snprintf(text, sizeof(text), "%lu\n", atomic_load(&count));
	if (__real_pwrite(fd, text, (size_t)len, 0) != len)
		_exit(99);
	close(fd);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *at = getenv("NOMEM_AT"), *n = getenv("NOMEM_SHORT");

	if (at != NULL)
		fails_at = strtoul(at, NULL, 10);
	if (n != NULL)
		atomic_store(
		    &seed, strtoull(n, NULL, 10) * 0x9E3779B97F4A7C15u);
	json_set_alloc_funcs(__wrap_malloc, free);
}
