#define _GNU_SOURCE
#include "aws/credentials_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"

extern char **environ;

struct credentials_process {
	pid_t pid;  /* also its group; -1: reaped */
	int out_fd; /* what it prints; -1: it closed that */
	int pid_fd; /* readable when it has ended */
	int out_slot;
	int pid_slot;
	int64_t deadline_ms;
	struct bytes output;
	char end[32];
	bool is_over_cap;
	int status;
};

const char *
credentials_process_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case CREDENTIALS_PROCESS_##name:                                       \
		return text;
		CREDENTIALS_PROCESS_STATES(X)
#undef X
	}
	return "unknown error";
}

/* In a group of its own, so that what it starts ends with it. */
static int
spawn(const char *command, int out_fd, pid_t *pid)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;
	int rc;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -1;
	}
	posix_spawn_file_actions_addopen(
	    &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	/* We ignore SIGPIPE and may block others; it should not. */
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
					    POSIX_SPAWN_SETSIGDEF |
					    POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn(pid, "/bin/sh", &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc == 0 ? 0 : -1;
}

struct credentials_process *
credentials_process_new(const char *command, int64_t now_ms)
{
	struct credentials_process *p = calloc(1, sizeof(*p));
	int fds[2] = { -1, -1 };

	if (p == NULL)
		return NULL;
	p->pid = p->out_fd = p->pid_fd = -1;
	p->out_slot = p->pid_slot = -1;
	p->deadline_ms = now_ms + CREDENTIALS_PROCESS_TIMEOUT_MS;
	bytes_init(&p->output, CREDENTIALS_PROCESS_MAX_BYTES + 1);
	if (pipe2(fds, O_CLOEXEC) != 0)
		goto fail;
	p->out_fd = fds[0];
	if (fcntl(p->out_fd, F_SETFL, O_NONBLOCK) != 0 ||
	    spawn(command, fds[1], &p->pid) != 0)
		goto fail;
	p->pid_fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->pid_fd < 0)
		goto fail;
	fcntl(p->pid_fd, F_SETFD, FD_CLOEXEC);
	close(fds[1]);
	return p;
fail:
	if (fds[1] >= 0)
		close(fds[1]);
	credentials_process_free(p);
	return NULL;
}

void
credentials_process_free(struct credentials_process *p)
{
	if (p == NULL)
		return;
	if (p->pid > 0) {
		kill(-p->pid, SIGKILL);
		kill(p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (p->out_fd >= 0)
		close(p->out_fd);
	if (p->pid_fd >= 0)
		close(p->pid_fd);
	bytes_wipe(&p->output);
	free(p);
}

void
credentials_process_prepare(struct credentials_process *p, struct loop *l)
{
	p->out_slot = loop_watch(l, p->out_fd, POLLIN);
	p->pid_slot = p->pid > 0 ? loop_watch(l, p->pid_fd, POLLIN) : -1;
	loop_deadline(l, p->deadline_ms);
}

/* Read what is there. */
static void
read_output(struct credentials_process *p)
{
	uint8_t buf[4096];
	ssize_t n;

	while (p->out_fd >= 0) {
		n = read(p->out_fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close(p->out_fd);
			p->out_fd = -1;
		} else if (bytes_append(&p->output, buf, (size_t)n) != 0) {
			p->is_over_cap = true;
			return;
		}
	}
}

static void
reap(struct credentials_process *p)
{
	int status;

	if (waitpid(p->pid, &status, WNOHANG) != p->pid)
		return;
	p->pid = -1;
	p->status = status;
	if (WIFSIGNALED(status))
		snprintf(p->end, sizeof(p->end), "signal %d", WTERMSIG(status));
	else
		snprintf(
		    p->end, sizeof(p->end), "status %d", WEXITSTATUS(status));
}

int
credentials_process_dispatch(
    struct credentials_process *p, struct loop *l, int64_t now_ms)
{
	if (loop_revents(l, p->out_slot) != 0)
		read_output(p);
	if (loop_revents(l, p->pid_slot) != 0)
		reap(p);
	p->out_slot = p->pid_slot = -1;
	if (p->is_over_cap ||
	    bytes_len(&p->output) > CREDENTIALS_PROCESS_MAX_BYTES)
		return CREDENTIALS_PROCESS_ERR_SIZE;
	if (p->pid < 0) {
		/* What it started may hold the pipe open: not waited for. */
		read_output(p);
		return p->status == 0 ? CREDENTIALS_PROCESS_DONE
		                      : CREDENTIALS_PROCESS_ERR_STATUS;
	}
	return now_ms < p->deadline_ms ? CREDENTIALS_PROCESS_RUNNING
	                               : CREDENTIALS_PROCESS_ERR_TIMEOUT;
}

const char *
credentials_process_output(const struct credentials_process *p, size_t *len)
{
	return (const char *)bytes_peek(&p->output, len);
}

const char *
credentials_process_end(const struct credentials_process *p)
{
	return p->end;
}
