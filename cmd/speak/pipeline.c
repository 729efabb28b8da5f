#define _GNU_SOURCE /* pipe2, F_SETPIPE_SZ */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/pcm.h"
#include "room/role.h"

/* Half a second: what a command that dies takes with it. */
#define PIPE_BYTES 16384

/* Longest line of its standard error that is told. */
#define ERR_LINE_MAX 2048

/* A command's end wakes us by its pipes, but for one that closed them. */
#define LOOK_MS 250

#define RESTART_MIN_MS 1000
#define RESTART_MAX_MS 30000
/* One that lived so long was good. */
#define GOOD_MS 30000

extern char **environ;

void
pipeline_init(struct pipeline *p, unsigned int id, const struct room *room,
    char **command, const char *lang)
{
	memset(p, 0, sizeof(*p));
	p->id = id;
	p->room = room;
	p->command = command;
	strcpy(p->lang, lang);
	bytes_init(&p->q, pcm_bytes_of_ms(PIPELINE_QUEUE_MS));
	line_reader_init(&p->err, ERR_LINE_MAX);
	p->pid = -1;
	p->in_fd = p->err_fd = -1;
	p->in_slot = p->err_slot = -1;
	p->end_ms = LOOP_NEVER;
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

void
pipeline_release(struct pipeline *p)
{
	close_fd(&p->in_fd);
	close_fd(&p->err_fd);
	if (p->pid != -1) {
		kill(-p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
	}
	p->pid = -1;
	bytes_release(&p->q);
	line_reader_release(&p->err);
}

/* --- what it says ---------------------------------------------------- */

static void
read_words(struct pipeline *p)
{
	size_t len;
	char *line;
	long n = 1;
	int ret;

	while (p->err_fd != -1 && n > 0) {
		n = line_reader_read(&p->err, p->err_fd);
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			close_fd(&p->err_fd);
		while ((ret = line_reader_next(&p->err, &line, &len)) != 0)
			if (ret == 1 && p->on_line != NULL)
				p->on_line(p->arg, line, len);
	}
}

/* --- its process ----------------------------------------------------- */

/*
 * What the command finds in its environment: the room and the language, no
 * token, and nothing that a client of websocketd chose (HTTP_PROXY would be one
 * of its headers).
 */
static void
set_environment(const struct pipeline *p)
{
	char name[256];
	char **entry;
	size_t len;

	role_forget_env();
	for (entry = environ; *entry != NULL;) {
		len = strcspn(*entry, "=");
		if (strncmp(*entry, "HTTP_", 5) == 0 && len < sizeof(name)) {
			memcpy(name, *entry, len);
			name[len] = '\0';
			unsetenv(name); /* moves the rest down */
		} else {
			entry++;
		}
	}
	unsetenv("QUERY_STRING");
	unsetenv("GATEWAY_INTERFACE");
	setenv("BOOTH_ROOM", p->room->name, 1);
	setenv("BOOTH_ROOM_DIR", p->room->dir, 1);
	setenv("BOOTH_RUN", p->room->run, 1);
	setenv("BOOTH_LANG", p->lang, 1);
}

static _Noreturn void
become_command(const struct pipeline *p, int in, int err)
{
	static const char failed[] = "speak: cannot run the command\n";
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	ssize_t n;

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(err, STDERR_FILENO) == -1)
		_exit(EX_OSERR);
	set_environment(p);
	execvp(p->command[0], p->command);
	n = write(STDERR_FILENO, failed, sizeof(failed) - 1);
	(void)n;
	_exit(errno == ENOENT ? 127 : 126);
}

static void
start(struct pipeline *p, int64_t now_ms)
{
	int in[2] = { -1, -1 }, err[2] = { -1, -1 };

	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(err, O_CLOEXEC) == -1 ||
	    (p->pid = fork()) == -1) {
		p->start_at_ms = now_ms + RESTART_MIN_MS;
		close_fd(&in[0]);
		close_fd(&in[1]);
		close_fd(&err[0]);
		close_fd(&err[1]);
		return;
	}
	if (p->pid == 0)
		become_command(p, in[0], err[1]);
	setpgid(p->pid, p->pid); /* whoever comes first */
	close(in[0]);
	close(err[1]);
	/* A smaller pipe is kept more of by us when the command dies. */
	(void)fcntl(in[1], F_SETPIPE_SZ, PIPE_BYTES);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	p->in_fd = in[1];
	p->err_fd = err[0];
	p->started_ms = now_ms;
}

/* Statuses that STYLE calls "do not try again". */
static bool
is_for_good(int status)
{
	return status == EX_USAGE || status == EX_DATAERR ||
	       status == EX_NOINPUT || status == EX_UNAVAILABLE ||
	       status == EX_NOPERM || status == EX_CONFIG || status == 126 ||
	       status == 127;
}

static void
look_for_end(struct pipeline *p, int64_t now_ms)
{
	int64_t wait_ms = RESTART_MIN_MS;
	unsigned int i;
	int status;

	if (p->pid == -1 || waitpid(p->pid, &status, WNOHANG) != p->pid)
		return;
	p->status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	p->pid = -1;
	close_fd(&p->in_fd);
	read_words(p); /* its last ones */
	if (p->is_ending) {
		p->is_over = true;
		return;
	}
	p->end_ms = LOOP_NEVER;
	p->nkills = 0;
	p->is_hopeless = is_for_good(p->status);
	if (now_ms - p->started_ms >= GOOD_MS)
		p->nfailed = 0;
	for (i = 0; i < p->nfailed && wait_ms < RESTART_MAX_MS; i++)
		wait_ms *= 2;
	p->nfailed++;
	p->start_at_ms =
	    now_ms + (wait_ms < RESTART_MAX_MS ? wait_ms : RESTART_MAX_MS);
}

static void
press(struct pipeline *p, int64_t now_ms)
{
	if (p->end_ms > now_ms)
		return;
	if (p->pid != -1)
		kill(-p->pid, p->nkills++ == 0 ? SIGTERM : SIGKILL);
	else
		p->is_over = true;
	p->end_ms = now_ms + PIPELINE_KILL_MS;
}

/* --- sound ----------------------------------------------------------- */

size_t
pipeline_room(const struct pipeline *p)
{
	return p->q.cap - bytes_len(&p->q);
}

int
pipeline_feed(struct pipeline *p, const void *pcm, size_t n)
{
	return n <= pipeline_room(p) && bytes_append(&p->q, pcm, n) == 0 ? 0
	                                                                 : -1;
}

int64_t
pipeline_lag_ms(const struct pipeline *p)
{
	size_t n = bytes_len(&p->q);
	int in_pipe = 0;

	if (p->in_fd != -1 && ioctl(p->in_fd, FIONREAD, &in_pipe) == 0)
		n += (size_t)in_pipe;
	return (int64_t)pcm_ms_of_bytes(n);
}

bool
pipeline_is_caught_up(const struct pipeline *p)
{
	return p->in_fd != -1 && bytes_len(&p->q) == 0;
}

void
pipeline_end(struct pipeline *p, int64_t now_ms)
{
	if (p->is_ending)
		return;
	p->is_ending = true;
	p->end_ms = now_ms + PIPELINE_END_MS;
	/* It is not running: what waits is tried once more, at once. */
	p->start_at_ms = now_ms;
	if (p->pid == -1 && bytes_len(&p->q) == 0)
		p->is_over = true;
}

bool
pipeline_is_handed_over(const struct pipeline *p)
{
	return p->is_over || (p->is_ending && p->pid != -1 && p->in_fd == -1);
}

/* The command reads no more: let it end, or help it. */
static void
give_up_input(struct pipeline *p, int64_t now_ms)
{
	close_fd(&p->in_fd);
	if (p->end_ms > now_ms + PIPELINE_KILL_MS)
		p->end_ms = now_ms + PIPELINE_KILL_MS;
}

static void
write_sound(struct pipeline *p, int64_t now_ms)
{
	const uint8_t *pcm;
	ssize_t done;
	size_t n;

	while (p->in_fd != -1) {
		pcm = bytes_peek(&p->q, &n);
		if (n == 0)
			break;
		done = write(p->in_fd, pcm, n);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1 && errno != EAGAIN)
			give_up_input(p, now_ms);
		if (done <= 0)
			return;
		bytes_skip(&p->q, (size_t)done);
		/* While it takes sound it is not stuck. */
		if (p->is_ending && p->nkills == 0)
			p->end_ms = now_ms + PIPELINE_END_MS;
	}
	if (p->is_ending && p->in_fd != -1) {
		close_fd(&p->in_fd);
		p->end_ms = now_ms + PIPELINE_END_MS;
	}
}

const char *
pipeline_state(const struct pipeline *p)
{
	if (p->is_ending)
		return "ending";
	if (p->pid != -1)
		return "running";
	return p->nfailed > 0 ? "restarting" : "starting";
}

void
pipeline_prepare(struct pipeline *p, struct loop *l, int64_t now_ms)
{
	p->in_slot = p->err_slot = -1;
	if (p->is_over) {
		loop_deadline(l, now_ms); /* to be noticed */
		return;
	}
	if (p->pid == -1)
		loop_deadline(l, p->start_at_ms);
	else
		loop_deadline(l, now_ms + LOOK_MS);
	if (p->in_fd != -1)
		p->in_slot =
		    loop_watch(l, p->in_fd, bytes_len(&p->q) > 0 ? POLLOUT : 0);
	if (p->err_fd != -1)
		p->err_slot = loop_watch(l, p->err_fd, POLLIN);
	loop_deadline(l, p->end_ms);
}

void
pipeline_dispatch(struct pipeline *p, struct loop *l, int64_t now_ms)
{
	if (p->in_fd != -1 && (loop_revents(l, p->in_slot) & POLLERR))
		give_up_input(p, now_ms);
	if (loop_revents(l, p->err_slot) != 0)
		read_words(p);
	look_for_end(p, now_ms);
	if (p->pid == -1 && !p->is_over && !p->is_hopeless &&
	    now_ms >= p->start_at_ms) {
		close_fd(&p->err_fd);
		start(p, now_ms);
	}
	write_sound(p, now_ms);
	press(p, now_ms);
}
