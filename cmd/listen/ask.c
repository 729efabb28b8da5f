#define _GNU_SOURCE /* pipe2 */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

#define ANSWER_MS 10000
#define ANSWER_BYTES 1024

extern char **environ;

/* The program beside this one, else wherever PATH has it. */
static void
find_program(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - sizeof("token"));
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL)
		strcpy(slash + 1, "token");
	if (slash == NULL || access(path, X_OK) != 0)
		strcpy(path, "token");
}

/* Run it with `in` and `out` as its standard input and output.  0 and *pid. */
static int
start(pid_t *pid, const char *room, int in, int out)
{
	char path[1024], role[] = "listener", name[64];
	char *argv[] = { path, (char[]){ "check" }, (char[]){ "--json" },
		(char[]){ "-q" }, (char[]){ "-R" }, role, (char[]){ "-r" },
		name, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t defaults;
	int ret = -1;

	find_program(path, sizeof(path));
	snprintf(name, sizeof(name), "%s", room);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	if (posix_spawnattr_init(&attr) != 0)
		goto out;
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	if (posix_spawnattr_setsigdefault(&attr, &defaults) == 0 &&
	    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF) == 0 &&
	    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) == 0 &&
	    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) == 0)
		ret = posix_spawnp(pid, path, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&actions);
	return ret == 0 ? 0 : -1;
}

/* All that comes until the end, NUL-ended; whether the end came in time. */
static bool
read_answer(int fd, char *buf, size_t size)
{
	int64_t until_ms = clock_mono_ms() + ANSWER_MS, left_ms;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (left_ms = until_ms - clock_mono_ms()) > 0) {
		if (poll(&pfd, 1, (int)left_ms) != 1)
			continue;
		n = read(fd, buf + len, size - 1 - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			buf[len] = '\0';
			return n == 0;
		}
		len += (size_t)n;
	}
	return false;
}

static int
parse_answer(const char *text, int *code)
{
	char reason[64];
	json_t *obj;
	double value;

	obj = json_line_parse(text, strlen(text), reason, sizeof(reason));
	if (obj == NULL)
		return ASK_ERR_FAILED;
	value = json_num(obj, "code", 1);
	json_decref(obj);
	if (value > 0 || value < -1000)
		return ASK_ERR_FAILED;
	*code = (int)value;
	return 0;
}

static void
close_both(int *fds)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (fds[i] != -1)
			close(fds[i]);
		fds[i] = -1;
	}
}

int
ask_token(const char *room, const char *token, int *code)
{
	char answer[ANSWER_BYTES];
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	int status, ret = ASK_ERR_FAILED;
	size_t len = strlen(token);
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) == -1 || pipe2(from, O_CLOEXEC) == -1 ||
	    start(&pid, room, to[0], from[1]) != 0)
		goto out;
	close(from[1]);
	from[1] = -1;
	/* A token is far shorter than what a pipe takes at once. */
	if (write(to[1], token, len) == (ssize_t)len) {
		close_both(to);
		if (read_answer(from[0], answer, sizeof(answer)))
			ret = parse_answer(answer, code);
	}
	if (ret != 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
out:
	close_both(to);
	close_both(from);
	return ret;
}
