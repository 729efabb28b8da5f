#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A handler can reach nothing but globals. */
static int stop_pipe[2] = { -1, -1 };
static volatile sig_atomic_t count;
static volatile sig_atomic_t last_signal;
static volatile sig_atomic_t resumes;

static void
on_signal(int sig)
{
	int saved = errno;
	ssize_t n;

	if (sig == SIGUSR1) {
		resumes++;
	} else {
		count++;
		last_signal = sig;
	}
	/* A full pipe wakes the loop as well as one more byte would. */
	n = write(stop_pipe[1], "", 1);
	(void)n;
	errno = saved;
}

int
stop_init(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction sa, old;

	if (pipe(stop_pipe) != 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC) != 0 ||
		    fcntl(stop_pipe[i], F_SETFL, O_NONBLOCK) != 0)
			return -1;
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_signal;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (sigaction(signals[i], NULL, &old) != 0)
			return -1;
		/* nohup(1), and a shell's background job, ignore on purpose. */
		if (old.sa_handler == SIG_IGN)
			continue;
		if (sigaction(signals[i], &sa, NULL) != 0)
			return -1;
	}
	sa.sa_handler = SIG_IGN;
	return sigaction(SIGPIPE, &sa, NULL);
}

int
stop_resume_init(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_signal;
	return sigaction(SIGUSR1, &sa, NULL);
}

int
stop_resume_count(void)
{
	return resumes;
}

void
stop_prepare(struct loop *l)
{
	char drain[16];

	/*
	 * Once told, the caller knows: a pipe that stayed readable would spin
	 * the loop, so what came before this turn is taken out here.
	 */
	while (
	    stop_pipe[0] >= 0 && read(stop_pipe[0], drain, sizeof(drain)) > 0)
		loop_deadline(l, 0);
	loop_watch(l, stop_pipe[0], POLLIN);
}

int
stop_count(void)
{
	return count;
}

int
stop_signal(void)
{
	return last_signal;
}
