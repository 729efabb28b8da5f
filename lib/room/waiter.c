#define _GNU_SOURCE
#include "room/waiter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* A signal handler has no argument to find its state by. */
static volatile sig_atomic_t has_input;
static volatile sig_atomic_t is_waiting;
static sigjmp_buf wakeup;

static sigset_t usual_mask;

/* Whether the signal came while another handler was running, which blocks what
 * it handles. */
static bool
is_nested(const ucontext_t *context)
{
	int sig;

	for (sig = 1; sig < SIGRTMIN; sig++)
		if (sigismember(&context->uc_sigmask, sig) == 1 &&
		    sigismember(&usual_mask, sig) == 0)
			return true;
	return false;
}

static void
on_sigio(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	has_input = 1;
	/* A jump out of another handler would cut it short and leave its
	 * signal blocked; that handler's signal ends the sleep as well. */
	if (is_waiting && !is_nested(context)) {
		is_waiting = 0;
		siglongjmp(wakeup, 1);
	}
}

/* Open the pipe or terminal behind fd once more, in its place. */
static int
reopen(int fd)
{
	char path[32];
	int new_fd, ret = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	new_fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (new_fd == -1)
		return -errno;
	if (dup3(new_fd, fd, O_CLOEXEC) == -1)
		ret = -errno;
	close(new_fd);
	return ret;
}

int
waiter_watch(int fd)
{
	struct sigaction sa;
	struct stat st;
	int flags, ret;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd))) {
		ret = reopen(fd);
		if (ret != 0)
			return ret;
	} else if (!S_ISSOCK(st.st_mode)) {
		return 0;
	}

	/* SA_NODEFER: the handler is left by a jump that restores no mask. */
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_sigio;
	sa.sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	if (sigprocmask(SIG_SETMASK, NULL, &usual_mask) == -1 ||
	    sigaction(SIGIO, &sa, NULL) == -1)
		return -errno;
	if (fcntl(fd, F_SETOWN, getpid()) == -1)
		return -errno;
	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_ASYNC) == -1)
		return -errno;
	has_input = 1; /* what came before the handler did */
	return 0;
}

bool
waiter_take_input(void)
{
	if (!has_input)
		return false;
	has_input = 0;
	return true;
}

int
waiter_wait(const _Atomic uint32_t *word, uint32_t seen, int64_t timeout_ms)
{
	struct timespec ts;
	long ret;
	int error = 0;

	if (timeout_ms <= 0)
		return 0;
	ts.tv_sec = (time_t)(timeout_ms / 1000);
	ts.tv_nsec = (long)(timeout_ms % 1000) * 1000000;
	if (sigsetjmp(wakeup, 0) != 0)
		return 0;
	/* From here on the handler jumps; before, it leaves has_input. */
	is_waiting = 1;
	atomic_signal_fence(memory_order_seq_cst);
	if (!has_input) {
		ret = syscall(SYS_futex, word, FUTEX_WAIT, seen, &ts, NULL, 0);
		if (ret == -1)
			error = errno;
	}
	atomic_signal_fence(memory_order_seq_cst);
	is_waiting = 0;
	if (error == EAGAIN || error == EINTR || error == ETIMEDOUT)
		error = 0;
	return -error;
}
