#include "faults_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

/* A handler can reach nothing but globals. */
static int wake_pipe[2] = { -1, -1 };
static volatile sig_atomic_t is_due;

static void
on_signal(int sig)
{
	int saved = errno;
	ssize_t n;

	(void)sig;
	is_due = 1;
	/* A full pipe wakes the loop as well as one more byte would. */
	n = write(wake_pipe[1], "", 1);
	(void)n;
	errno = saved;
}

static int
take_signal(void)
{
	struct sigaction sa, old;

	if (pipe(wake_pipe) != 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (fcntl(wake_pipe[i], F_SETFD, FD_CLOEXEC) != 0 ||
		    fcntl(wake_pipe[i], F_SETFL, O_NONBLOCK) != 0)
			return -1;
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_signal;
	if (sigaction(SIGHUP, NULL, &old) != 0)
		return -1;
	/* nohup(1) ignores on purpose. */
	if (old.sa_handler == SIG_IGN)
		return 0;
	return sigaction(SIGHUP, &sa, NULL);
}

int
faults_watch_new(
    struct faults **out, const char *path, char text[FAULTS_TEXT_BYTES])
{
	struct faults *f = faults_new(path);
	int rc;

	if (f == NULL || take_signal() != 0) {
		snprintf(text, FAULTS_TEXT_BYTES, "faults: %s",
		    f == NULL ? "out of memory" : strerror(errno));
		faults_free(f);
		return FAULTS_ERR_NOMEM;
	}
	if ((rc = faults_read(f, text)) != 0) {
		faults_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void
faults_watch_prepare(struct loop *l)
{
	char drain[16];

	while (
	    wake_pipe[0] >= 0 && read(wake_pipe[0], drain, sizeof(drain)) > 0)
		loop_deadline(l, 0);
	loop_watch(l, wake_pipe[0], POLLIN);
}

/* A reader of the status lines that left is no reason to stop serving. */
static void
say(const struct faults *f, const char *state, const char *detail)
{
	json_t *line = json_status("localaws", state, detail, clock_wall_ms());
	size_t len;
	char *text;

	json_object_set_new(
	    line, "rules", json_integer((json_int_t)faults_nrules(f)));
	if ((text = json_line_dump(line, &len)) != NULL) {
		printf("%s\n", text);
		fflush(stdout);
	}
	free(text);
	json_decref(line);
}

void
faults_watch_dispatch(struct faults *f)
{
	char text[FAULTS_TEXT_BYTES];

	if (!is_due)
		return;
	is_due = 0;
	if (faults_read(f, text) == 0) {
		log_msg(
		    LOG_DEBUG, "fault", "read, rules=%zu", faults_nrules(f));
		say(f, "faults", NULL);
	} else {
		log_msg(
		    LOG_WARN, "fault", "%s; the rules before it stay", text);
		say(f, "faults-refused", text);
	}
}
