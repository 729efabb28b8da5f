#define _GNU_SOURCE /* pipe2 */
#include "chain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define READ_BYTES 65536

void
chain_init(struct chain *c)
{
	memset(c, 0, sizeof(*c));
	c->in = c->out = -1;
	c->in_slot = c->out_slot = -1;
	bytes_init(&c->todo, CHAIN_BYTES_MAX);
	bytes_init(&c->answer, CHAIN_BYTES_MAX);
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Start one stage between two descriptors.  0 or an errno. */
static int
spawn_stage(pid_t *pid, char *const argv[], int in, int out, bool is_verbose)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t pipe_signal;
	int err;

	if ((err = posix_spawn_file_actions_init(&actions)) != 0)
		return err;
	if ((err = posix_spawnattr_init(&attr)) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return err;
	}
	/* We ignore SIGPIPE; a stage whose reader died shall end by it. */
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	if ((err = posix_spawnattr_setsigdefault(&attr, &pipe_signal)) == 0 &&
	    (err = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF)) ==
		0 &&
	    (err = posix_spawn_file_actions_adddup2(
		 &actions, in, STDIN_FILENO)) == 0 &&
	    (err = posix_spawn_file_actions_adddup2(
		 &actions, out, STDOUT_FILENO)) == 0 &&
	    (is_verbose || (err = posix_spawn_file_actions_addopen(&actions,
				STDERR_FILENO, "/dev/null", O_WRONLY, 0)) == 0))
		err =
		    posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

static int
set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int
chain_start(struct chain *c, const struct mode *m, bool is_verbose)
{
	int between[2] = { -1, -1 }, input = -1, err = 0;

	c->failed_stage = NULL;
	c->failed_status = 0;
	if (pipe2(between, O_CLOEXEC) != 0) {
		c->failed_stage = m->stages[0].argv[0];
		return CHAIN_ERR_START;
	}
	c->in = between[1];
	input = between[0];
	for (size_t i = 0; i < m->nstages && err == 0; i++) {
		c->failed_stage = m->stages[i].argv[0];
		if (pipe2(between, O_CLOEXEC) != 0) {
			err = errno;
			break;
		}
		err = spawn_stage(&c->pids[i], m->stages[i].argv, input,
		    between[1], is_verbose);
		if (err == 0)
			c->npids++;
		close_fd(&input);
		close_fd(&between[1]);
		input = between[0];
	}
	c->out = input;
	if (err == 0 &&
	    (set_nonblocking(c->in) != 0 || set_nonblocking(c->out) != 0))
		err = errno;
	if (err != 0) {
		const char *stage = c->failed_stage;

		chain_stop(c, m);
		c->failed_stage = stage;
		errno = err;
		return CHAIN_ERR_START;
	}
	c->failed_stage = NULL;
	return 0;
}

/*
 * A stage that ends closes its pipes, which is what we see, a moment before it
 * can be waited for: with a text under way, that moment is granted, so that
 * what ended can be named.
 */
static void
await_death(const struct chain *c)
{
	siginfo_t info;

	for (int tries = 0; c->is_busy && tries < 50; tries++) {
		for (size_t i = 0; i < c->npids; i++) {
			info.si_pid = 0;
			if (waitid(P_PID, (id_t)c->pids[i], &info,
				WEXITED | WNOHANG | WNOWAIT) == 0 &&
			    info.si_pid != 0)
				return;
		}
		poll(NULL, 0, 1);
	}
}

void
chain_stop(struct chain *c, const struct mode *m)
{
	int status;

	await_death(c);
	close_fd(&c->in);
	close_fd(&c->out);
	for (size_t i = 0; i < c->npids; i++) {
		/*
		 * A stage that the kill finds alive ends by SIGKILL; so does
		 * one that somebody else killed so, and counts as guilty only
		 * if it is a corpse already.
		 */
		if (waitpid(c->pids[i], &status, WNOHANG) == c->pids[i]) {
			bool is_broken_pipe =
			    WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE;

			if (c->failed_stage == NULL && status != 0 &&
			    !is_broken_pipe) {
				c->failed_stage = m->stages[i].argv[0];
				c->failed_status = status;
			}
			continue;
		}
		kill(c->pids[i], SIGKILL);
		while (waitpid(c->pids[i], &status, 0) < 0 && errno == EINTR)
			;
	}
	c->npids = 0;
	c->is_busy = false;
	bytes_reset(&c->todo);
	bytes_reset(&c->answer);
}

void
chain_release(struct chain *c)
{
	bytes_release(&c->todo);
	bytes_release(&c->answer);
}

struct bytes *
chain_text(struct chain *c)
{
	bytes_reset(&c->todo);
	return &c->todo;
}

void
chain_send(struct chain *c, int64_t now_ms)
{
	bytes_reset(&c->answer);
	c->is_busy = true;
	c->moved_ms = now_ms;
}

void
chain_prepare(struct chain *c, struct loop *l)
{
	c->in_slot = c->out_slot = -1;
	if (!c->is_busy)
		return;
	if (bytes_len(&c->todo) > 0)
		c->in_slot = loop_watch(l, c->in, POLLOUT);
	c->out_slot = loop_watch(l, c->out, POLLIN);
	loop_deadline(l, c->moved_ms + CHAIN_STALL_MS);
}

static int
write_text(struct chain *c, int64_t now_ms)
{
	size_t len;
	const uint8_t *p = bytes_peek(&c->todo, &len);
	ssize_t n;

	if (len == 0)
		return 0;
	n = write(c->in, p, len);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : CHAIN_ERR_DIED;
	bytes_skip(&c->todo, (size_t)n);
	c->moved_ms = now_ms;
	return 0;
}

static int
read_answer(struct chain *c, int64_t now_ms)
{
	uint8_t *room = bytes_reserve(&c->answer, READ_BYTES);
	ssize_t n;

	if (room == NULL)
		return CHAIN_ERR_NOMEM;
	n = read(c->out, room, READ_BYTES);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : CHAIN_ERR_DIED;
	if (n == 0)
		return CHAIN_ERR_DIED;
	bytes_commit(&c->answer, (size_t)n);
	c->moved_ms = now_ms;
	return 0;
}

int
chain_dispatch(struct chain *c, struct loop *l, int64_t now_ms)
{
	const uint8_t *p;
	size_t len;
	int err;

	if (!c->is_busy)
		return CHAIN_IDLE;
	if (loop_revents(l, c->in_slot) != 0 &&
	    (err = write_text(c, now_ms)) < 0)
		return err;
	if (loop_revents(l, c->out_slot) != 0 &&
	    (err = read_answer(c, now_ms)) < 0)
		return err;
	p = bytes_peek(&c->answer, &len);
	if (len > 0 && p[len - 1] == '\0') {
		c->is_busy = false;
		return CHAIN_ANSWERED;
	}
	return now_ms - c->moved_ms >= CHAIN_STALL_MS ? CHAIN_ERR_STALL
	                                              : CHAIN_BUSY;
}

const char *
chain_answer(const struct chain *c, size_t *len)
{
	const uint8_t *p = bytes_peek(&c->answer, len);

	(*len)--; /* the NUL */
	return (const char *)p;
}
