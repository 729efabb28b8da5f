#define _GNU_SOURCE /* pidfd_open, pipe2 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/utf8.h"

/* A line of an engine's stderr; the rest of a longer one is dropped. */
#define COMPLAINT_BYTES 512
/* Arguments that a service gives to an engine. */
#define ARGS_MAX 8

extern char **environ;

struct engine {
	struct engines *set;
	struct engine *next;
	const char *what;
	pid_t pid; /* also its process group; 0: reaped */
	int pidfd; /* readable when it has exited */
	int in, out, err;
	int pidfd_slot, in_slot, out_slot, err_slot;
	struct bytes to;    /* for its stdin */
	struct bytes from;  /* from its stdout */
	bool is_ended;      /* engine_end() was called, or it closed stdin */
	bool is_orphan;     /* engine_free() was called: only to be reaped */
	int64_t kill_at_ms; /* SIGKILL then; LOOP_NEVER */
	int status;
	char line[COMPLAINT_BYTES]; /* stderr line being read */
	size_t line_len;
	char complaint[COMPLAINT_BYTES];
};

struct engines {
	struct engine *first;
	int64_t now_ms; /* of the last dispatch */
};

const char *
engine_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		ENGINE_ERROR_LIST(X)
#undef X
	}
	return "no error";
}

struct engines *
engines_new(void)
{
	return calloc(1, sizeof(struct engines));
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
engine_destroy(struct engine *e)
{
	close_fd(&e->pidfd);
	close_fd(&e->in);
	close_fd(&e->out);
	close_fd(&e->err);
	bytes_release(&e->to);
	bytes_release(&e->from);
	free(e);
}

/* The whole group: a wrapper script's own children too.  The pid is ours until
 * it is reaped, so it cannot have become somebody else's. */
static void
engine_signal(const struct engine *e, int sig)
{
	if (e->pid > 0 && kill(-e->pid, sig) != 0)
		kill(e->pid, sig);
}

void
engines_free(struct engines *set)
{
	struct engine *e;

	if (set == NULL)
		return;
	while ((e = set->first) != NULL) {
		set->first = e->next;
		engine_signal(e, SIGKILL);
		while (e->pid > 0 && waitpid(e->pid, NULL, 0) < 0 &&
		       errno == EINTR)
			continue;
		engine_destroy(e);
	}
	free(set);
}

static void
engine_terminate(struct engine *e, int64_t now_ms)
{
	engine_signal(e, SIGTERM);
	if (e->kill_at_ms == LOOP_NEVER)
		e->kill_at_ms = now_ms + ENGINE_KILL_MS;
}

void
engines_stop(struct engines *set, int64_t now_ms)
{
	for (struct engine *e = set->first; e != NULL; e = e->next)
		engine_terminate(e, now_ms);
}

size_t
engines_count(const struct engines *set)
{
	size_t n = 0;

	for (const struct engine *e = set->first; e != NULL; e = e->next)
		n += e->pid > 0;
	return n;
}

/* --- starting ------------------------------------------------------------- */

struct pipes {
	int in[2], out[2], err[2];
};

static int
pipes_open(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	return pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0 &&
	               pipe2(p->err, O_CLOEXEC) == 0
	           ? 0
	           : -1;
}

static void
pipes_close(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->in[i]);
		close_fd(&p->out[i]);
		close_fd(&p->err[i]);
	}
}

/* Signals as a program expects them: our ignored SIGPIPE would be inherited. */
static int
attributes_set(posix_spawnattr_t *attr)
{
	sigset_t none, defaults;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGTERM);
	sigaddset(&defaults, SIGHUP);
	return posix_spawnattr_setsigmask(attr, &none) != 0 ||
	               posix_spawnattr_setsigdefault(attr, &defaults) != 0 ||
	               posix_spawnattr_setpgroup(attr, 0) != 0 ||
	               posix_spawnattr_setflags(attr,
			   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			       POSIX_SPAWN_SETPGROUP) != 0
	           ? -1
	           : 0;
}

static int
spawn(pid_t *pid, const struct pipes *p, char *const *argv)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = ENOMEM;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0)
		goto out;
	if (attributes_set(&attr) == 0 &&
	    posix_spawn_file_actions_adddup2(&actions, p->in[0], 0) == 0 &&
	    posix_spawn_file_actions_adddup2(&actions, p->out[1], 1) == 0 &&
	    posix_spawn_file_actions_adddup2(&actions, p->err[1], 2) == 0)
		rc =
		    posix_spawn(pid, "/bin/sh", &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* sh -c 'exec COMMAND "$@"' WHAT ARGS... */
static int
spawn_shell(pid_t *pid, const struct pipes *p, const char *what,
    const char *command, const char *const *args)
{
	char *argv[ARGS_MAX + 5], *script;
	size_t n = 0, size = strlen(command) + sizeof("exec  \"$@\"");
	int rc;

	if ((script = malloc(size)) == NULL)
		return ENOMEM;
	snprintf(script, size, "exec %s \"$@\"", command);
	argv[n++] = (char *)(uintptr_t) "sh";
	argv[n++] = (char *)(uintptr_t) "-c";
	argv[n++] = script;
	argv[n++] = (char *)(uintptr_t)what;
	for (size_t i = 0; i < ARGS_MAX && args[i] != NULL; i++)
		argv[n++] = (char *)(uintptr_t)args[i];
	argv[n] = NULL;
	rc = spawn(pid, p, argv);
	free(script);
	return rc;
}

static struct engine *
engine_alloc(struct engines *set, const char *what)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->set = set;
	e->what = what;
	e->pidfd = e->in = e->out = e->err = -1;
	e->pidfd_slot = e->in_slot = e->out_slot = e->err_slot = -1;
	e->kill_at_ms = LOOP_NEVER;
	bytes_init(&e->to, ENGINE_IN_BYTES);
	bytes_init(&e->from, ENGINE_OUT_BYTES);
	return e;
}

int
engine_start(struct engine **out, struct engines *set, const char *what,
    const char *command, const char *const *args)
{
	struct engine *e = engine_alloc(set, what);
	struct pipes p;
	int rc;

	if (e == NULL)
		return ENGINE_ERR_NOMEM;
	if (pipes_open(&p) != 0 || fcntl(p.in[1], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(p.out[0], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(p.err[0], F_SETFL, O_NONBLOCK) != 0) {
		rc = errno;
		goto fail;
	}
	if ((rc = spawn_shell(&e->pid, &p, what, command, args)) != 0)
		goto fail;
	e->in = p.in[1];
	e->out = p.out[0];
	e->err = p.err[0];
	p.in[1] = p.out[0] = p.err[0] = -1;
	pipes_close(&p);
	e->next = set->first;
	set->first = e;
	if ((e->pidfd = pidfd_open(e->pid, 0)) < 0) {
		rc = errno;
		engine_free(e);
		errno = rc;
		return ENGINE_ERR_SPAWN;
	}
	log_msg(LOG_DEBUG, "engine", "started %s, pid=%d", what, (int)e->pid);
	*out = e;
	return 0;
fail:
	pipes_close(&p);
	engine_destroy(e);
	errno = rc;
	return ENGINE_ERR_SPAWN;
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	e->is_orphan = true;
	close_fd(&e->in);
	close_fd(&e->out);
	close_fd(&e->err);
	bytes_release(&e->to);
	bytes_release(&e->from);
	if (e->pid > 0)
		engine_terminate(e, e->set->now_ms);
}

/* --- pipes ---------------------------------------------------------------- */

/* Write what goes now. */
static void
engine_push(struct engine *e)
{
	const uint8_t *p;
	size_t n;
	ssize_t done;

	while (e->in >= 0 && (p = bytes_peek(&e->to, &n), n > 0)) {
		done = write(e->in, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN)
			return;
		if (done < 0) {
			/* It reads no more: it is leaving, or has all it
			 * wants. */
			e->is_ended = true;
			bytes_reset(&e->to);
			break;
		}
		bytes_skip(&e->to, (size_t)done);
	}
	if (e->is_ended)
		close_fd(&e->in);
}

int
engine_write(struct engine *e, const void *p, size_t n)
{
	int rc;

	if (e->is_ended)
		return ENGINE_ERR_ENDED;
	if ((rc = bytes_append(&e->to, p, n)) != 0)
		return rc == BYTES_ERR_FULL ? ENGINE_ERR_FULL
		                            : ENGINE_ERR_NOMEM;
	engine_push(e);
	return 0;
}

size_t
engine_room(const struct engine *e)
{
	return e->is_ended ? 0 : ENGINE_IN_BYTES - bytes_len(&e->to);
}

void
engine_end(struct engine *e)
{
	e->is_ended = true;
	engine_push(e);
}

const uint8_t *
engine_peek(const struct engine *e, size_t *n)
{
	return bytes_peek(&e->from, n);
}

void
engine_skip(struct engine *e, size_t n)
{
	bytes_skip(&e->from, n);
}

/* One turn's worth of output; more comes next turn. */
static void
engine_pull(struct engine *e)
{
	size_t room = ENGINE_OUT_BYTES - bytes_len(&e->from);
	uint8_t *p;
	ssize_t n;

	if (room == 0)
		return;
	if (room > 32768)
		room = 32768;
	if ((p = bytes_reserve(&e->from, room)) == NULL)
		return;
	n = read(e->out, p, room);
	if (n > 0)
		bytes_commit(&e->from, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(&e->out);
}

static void
engine_hear(struct engine *e, char c)
{
	if (c != '\n') {
		if (e->line_len < sizeof(e->line) - 1)
			e->line[e->line_len++] = c;
		return;
	}
	if (e->line_len > 0) {
		utf8_escape(
		    e->complaint, sizeof(e->complaint), e->line, e->line_len);
		log_msg(LOG_DEBUG, "engine", "%s: %s", e->what, e->complaint);
	}
	e->line_len = 0;
}

static void
engine_listen(struct engine *e)
{
	char buf[4096];
	ssize_t n = read(e->err, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++)
		engine_hear(e, buf[i]);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		engine_hear(e, '\n');
		close_fd(&e->err);
	}
}

/* --- life and death ------------------------------------------------------- */

bool
engine_is_over(const struct engine *e)
{
	return e->pid == 0 && e->out < 0;
}

int
engine_status(const struct engine *e)
{
	return e->status;
}

const char *
engine_complaint(const struct engine *e)
{
	return e->complaint;
}

static void
engine_reap(struct engine *e)
{
	int status;
	pid_t pid = waitpid(e->pid, &status, WNOHANG);

	if (pid == 0 || (pid < 0 && errno == EINTR))
		return;
	/* What it said last is in the pipe by now. */
	if (e->err >= 0) {
		engine_listen(e);
		engine_hear(e, '\n');
	}
	e->status = pid < 0               ? 255
	            : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
	                                  : WEXITSTATUS(status);
	log_msg(LOG_DEBUG, "engine", "%s ended, pid=%d status=%d", e->what,
	    (int)e->pid, e->status);
	e->pid = 0;
	close_fd(&e->pidfd);
	e->is_ended = true;
	bytes_reset(&e->to);
	close_fd(&e->in);
}

void
engines_prepare(struct engines *set, struct loop *l)
{
	for (struct engine *e = set->first; e != NULL; e = e->next) {
		e->pidfd_slot = loop_watch(l, e->pidfd, POLLIN);
		e->in_slot =
		    bytes_len(&e->to) > 0 ? loop_watch(l, e->in, POLLOUT) : -1;
		e->out_slot = bytes_len(&e->from) < ENGINE_OUT_BYTES
		                  ? loop_watch(l, e->out, POLLIN)
		                  : -1;
		e->err_slot = loop_watch(l, e->err, POLLIN);
		if (e->pid > 0)
			loop_deadline(l, e->kill_at_ms);
	}
}

static void
engine_dispatch(struct engine *e, struct loop *l, int64_t now_ms)
{
	if (loop_revents(l, e->in_slot) != 0)
		engine_push(e);
	if (e->err >= 0 && loop_revents(l, e->err_slot) != 0)
		engine_listen(e);
	if (e->out >= 0 && loop_revents(l, e->out_slot) != 0)
		engine_pull(e);
	if (e->pid > 0 && loop_revents(l, e->pidfd_slot) != 0)
		engine_reap(e);
	if (e->pid > 0 && now_ms >= e->kill_at_ms) {
		engine_signal(e, SIGKILL);
		e->kill_at_ms = LOOP_NEVER;
	}
}

void
engines_dispatch(struct engines *set, struct loop *l, int64_t now_ms)
{
	struct engine **link = &set->first, *e;

	set->now_ms = now_ms;
	while ((e = *link) != NULL) {
		engine_dispatch(e, l, now_ms);
		if (e->is_orphan && e->pid == 0) {
			*link = e->next;
			engine_destroy(e);
		} else {
			link = &e->next;
		}
	}
}
