#define _GNU_SOURCE /* EAI_NODATA */
#include "aws/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* getaddrinfo() and the modules behind it are at home in far less. */
#define STACK_BYTES (512 * 1024)

/*
 * What the thread and the caller share.  The thread writes addrs, n and code,
 * then the eventfd; the caller reads them only after it has read the eventfd.
 * The last one to let go frees it, so that neither waits for the other.
 */
struct job {
	atomic_int refs;
	int event_fd;
	char port[8];
	char *host;
	int code; /* 0 or a RESOLVE_ERR_ */
	size_t n;
	struct resolve_address addrs[RESOLVE_MAX];
};

struct resolve {
	struct job *job; /* a reference */
	int slot;
	bool is_done;
};

const char *
resolve_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		RESOLVE_ERROR_LIST(X)
#undef X
	}
	return code == 0 ? "no error" : "unknown resolver error";
}

static void
job_unref(struct job *job)
{
	if (atomic_fetch_sub(&job->refs, 1) != 1)
		return;
	if (job->event_fd != -1)
		(void)close(job->event_fd);
	free(job->host);
	free(job);
}

static int
from_eai(int e)
{
	switch (e) {
	case 0:
		return 0;
	case EAI_NONAME:
	case EAI_NODATA:
		return RESOLVE_ERR_NONAME;
	case EAI_AGAIN:
		return RESOLVE_ERR_AGAIN;
	case EAI_MEMORY:
		return RESOLVE_ERR_NOMEM;
	default:
		return RESOLVE_ERR_FAIL;
	}
}

static const struct addrinfo *
next_of(const struct addrinfo *ai, int family, bool same)
{
	while (ai != NULL && (ai->ai_family == family) != same)
		ai = ai->ai_next;
	return ai;
}

static void
job_add(struct job *job, const struct addrinfo *ai)
{
	struct resolve_address *a;

	if (job->n == RESOLVE_MAX || ai->ai_addrlen > sizeof a->addr)
		return;
	a = &job->addrs[job->n++];
	memcpy(&a->addr, ai->ai_addr, ai->ai_addrlen);
	a->len = ai->ai_addrlen;
}

/* Of each family in the system's order, the two in turns. */
static void
interleave(struct job *job, const struct addrinfo *list)
{
	int first = list->ai_family;
	const struct addrinfo *a = next_of(list, first, true);
	const struct addrinfo *b = next_of(list, first, false);

	while (a != NULL || b != NULL) {
		if (a != NULL) {
			job_add(job, a);
			a = next_of(a->ai_next, first, true);
		}
		if (b != NULL) {
			job_add(job, b);
			b = next_of(b->ai_next, first, false);
		}
	}
}

static void
look_up(struct job *job, int flags)
{
	struct addrinfo hints, *list = NULL;

	memset(&hints, 0, sizeof hints);
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICSERV | flags;
	job->code = from_eai(getaddrinfo(job->host, job->port, &hints, &list));
	if (job->code == 0)
		interleave(job, list);
	if (list != NULL)
		freeaddrinfo(list);
	if (job->code == 0 && job->n == 0)
		job->code = RESOLVE_ERR_NONAME;
}

static void *
run(void *arg)
{
	struct job *job = arg;
	uint64_t one = 1;

	look_up(job, 0);
	/* An eventfd with a count of 0 takes this without blocking. */
	while (write(job->event_fd, &one, sizeof one) == -1 && errno == EINTR)
		;
	job_unref(job);
	return NULL;
}

static int
start_thread(struct job *job)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int rv;

	if (pthread_attr_init(&attr) != 0)
		return RESOLVE_ERR_NOMEM;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	/* Signals are the main thread's business. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	atomic_fetch_add(&job->refs, 1);
	rv = pthread_create(&thread, &attr, run, job);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attr);
	if (rv == 0)
		return 0;
	atomic_fetch_sub(&job->refs, 1);
	return RESOLVE_ERR_NOMEM;
}

static struct job *
job_new(const char *host, uint16_t port)
{
	struct job *job;
	size_t len = strlen(host);

	/* "[::1]" as it stands in a URL. */
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	job = calloc(1, sizeof *job);
	if (job == NULL)
		return NULL;
	atomic_init(&job->refs, 1);
	job->event_fd = -1;
	job->host = strndup(host, len);
	if (job->host == NULL) {
		job_unref(job);
		return NULL;
	}
	(void)snprintf(job->port, sizeof job->port, "%u", (unsigned int)port);
	return job;
}

int
resolve_start(struct resolve **out, const char *host, uint16_t port)
{
	struct resolve *r;
	int rv = RESOLVE_ERR_NOMEM;

	r = calloc(1, sizeof *r);
	if (r == NULL)
		return rv;
	r->slot = -1;
	r->job = job_new(host, port);
	if (r->job == NULL)
		goto out;
	look_up(r->job, AI_NUMERICHOST);
	r->is_done = r->job->code == 0;
	if (!r->is_done) {
		r->job->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (r->job->event_fd == -1)
			goto out;
		rv = start_thread(r->job);
		if (rv != 0)
			goto out;
	}
	*out = r;
	return 0;
out:
	resolve_free(r);
	return rv;
}

void
resolve_free(struct resolve *r)
{
	if (r == NULL)
		return;
	if (r->job != NULL)
		job_unref(r->job);
	free(r);
}

void
resolve_prepare(struct resolve *r, struct loop *l)
{
	if (r->is_done)
		loop_deadline(l, 0);
	else
		r->slot = loop_watch(l, r->job->event_fd, POLLIN);
}

int
resolve_dispatch(struct resolve *r, struct loop *l)
{
	uint64_t count;

	if (!r->is_done) {
		if (loop_revents(l, r->slot) == 0)
			return 0;
		if (read(r->job->event_fd, &count, sizeof count) == -1)
			return errno == EAGAIN || errno == EINTR
			           ? 0
			           : RESOLVE_ERR_FAIL;
		r->is_done = true;
	}
	return r->job->code == 0 ? 1 : r->job->code;
}

const struct resolve_address *
resolve_addresses(const struct resolve *r, size_t *n)
{
	*n = r->is_done ? r->job->n : 0;
	return r->job->addrs;
}
