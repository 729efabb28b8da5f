/* with: tests/bench/lib/phone.c tests/bench/lib/usage.c */
/* with: tests/bench/lib/measure.c */
/*
 * Many listeners of one channel, in one process.
 *
 *	listeners [-f] [-s] -n N -t SECONDS -w WEBSOCKETD-PID PORT PATH
 *
 * Opens N WebSockets, waits until each is live, then measures for so long what
 * talk.c writes, from its `at_ms` to the last byte's arrival.  -f: one more
 * that floods its input.  -s: one more that acknowledges once and then reads
 * and says nothing.  Neither counts among the others.  A line each:
 *
 *	opened_s	from the first connection until all were live
 *	window_s	of the measurement
 *	lines		that came within it
 *	lost		that one got and another did not, or twice
 *	p50_ms p99_ms max_ms
 *	server_cpu server_pss_kib     of websocketd, ...
 *	children_cpu children_pss_kib ... and of all its children; cpu is in
 *			processors (0.5: half of one)
 *	children	how many
 *	own_cpu		of this process
 *	gone		connections that the server ended
 *	flood_mb	sent by the flooding one
 *	stalled_lines	that the stalled one finds when it reads again, of
 *	stalled_of	that were sent, and how often it was told
 *	stalled_told	that audio is skipped
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "lib/measure.h"
#include "lib/phone.h"
#include "lib/usage.h"

/* Handshakes under way at once: each starts a process. */
#define DIALS_MAX 32
#define OPEN_MS 120000
#define SWEEP_MS 25
/* After the window, for what is still on its way. */
#define GRACE_MS 3000
/* A flood's share of a sweep; 4 MB/s in all. */
#define FLOOD_BYTES (100 * 1024)

struct crowd {
	struct phone *phones; /* the stalled and the flooding one come last */
	unsigned int nlisteners, nphones, ndialled, nlive, ngone;
	int port, epoll_fd;
	const char *path;
	struct phone *stalled, *flooding; /* or NULL */
	double sweep_ms;
	/* The window, in wall-clock ms; INFINITY: not known yet. */
	double from_ms, to_ms;
	unsigned long first_line, last_line;
	double *delays_ms;
	size_t ndelays, alloc;
};

struct cost {
	double server_ms, children_ms, own_ms;
};

static void
note_delay(struct crowd *c, double ms)
{
	if (c->ndelays == c->alloc) {
		c->alloc = c->alloc * 2 + 65536;
		c->delays_ms = realloc(c->delays_ms, c->alloc * sizeof(double));
		if (c->delays_ms == NULL)
			die(EX_OSERR, "out of memory");
	}
	c->delays_ms[c->ndelays++] = ms;
}

/* {"seq":S,"at_ms":T,"line":N,...: broadcast's number, then talk's own. */
static void
on_message(void *arg, struct phone *ph, const char *begin)
{
	double now_ms = clock_wall_ms(), at_ms;
	struct crowd *c = arg;
	unsigned long long seq;
	unsigned long line;

	if (!ph->is_live && strstr(begin, "\"state\":\"live\"") != NULL) {
		ph->is_live = true;
		c->nlive++;
	}
	if (strstr(begin, "\"state\":\"skipping\"") != NULL)
		ph->nskipping++;
	if (strncmp(begin, "{\"type\":\"ping\"", 14) == 0)
		phone_say(ph, "{\"type\":\"pong\"}", 15);
	if (sscanf(begin, "{\"seq\":%llu,", &seq) == 1)
		ph->seq = seq;
	if (sscanf(begin, "{\"seq\":%llu,\"at_ms\":%lf,\"line\":%lu", &seq,
		&at_ms, &line) != 3 ||
	    at_ms < c->from_ms || at_ms >= c->to_ms)
		return;
	ph->nlines++;
	if (ph == c->stalled || ph == c->flooding)
		return;
	if (line < c->first_line)
		c->first_line = line;
	if (line > c->last_line)
		c->last_line = line;
	note_delay(c, now_ms - at_ms);
	phone_ack(ph, now_ms);
}

static void
watch(struct crowd *c, struct phone *ph, bool reads)
{
	struct epoll_event ev = { .events = reads ? EPOLLIN : 0,
		.data.ptr = ph };

	if (epoll_ctl(c->epoll_fd, EPOLL_CTL_MOD, ph->fd, &ev) == -1)
		die(EX_OSERR, "epoll_ctl: %s", strerror(errno));
}

static void
dial(struct crowd *c)
{
	struct phone *ph = &c->phones[c->ndialled++];
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = ph };

	if (phone_dial(ph, c->port, c->path) == -1 ||
	    epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, ph->fd, &ev) == -1)
		die(EX_UNAVAILABLE, "cannot connect: %s", strerror(errno));
}

static void
sweep(struct crowd *c, double now_ms)
{
	unsigned int i;

	c->sweep_ms = now_ms;
	for (i = 0; i < c->ndialled; i++)
		if (c->phones[i].is_live && &c->phones[i] != c->stalled)
			phone_ack(&c->phones[i], now_ms);
	if (c->flooding != NULL && c->flooding->is_live &&
	    now_ms >= c->from_ms && now_ms < c->to_ms)
		phone_flood(c->flooding, FLOOD_BYTES);
}

/* What comes, for at most one sweep's time. */
static void
turn(struct crowd *c)
{
	struct epoll_event events[256];
	struct phone *ph;
	double now_ms;
	int i, n;

	n = epoll_wait(c->epoll_fd, events, 256, SWEEP_MS);
	if (n == -1 && errno != EINTR)
		die(EX_OSERR, "epoll_wait: %s", strerror(errno));
	for (i = 0; i < n; i++) {
		ph = events[i].data.ptr;
		phone_read(ph, on_message, c);
		if (ph->is_gone) {
			c->ngone++;
			phone_hang_up(ph);
		}
	}
	now_ms = clock_wall_ms();
	if (now_ms - c->sweep_ms >= SWEEP_MS)
		sweep(c, now_ms);
}

static void
turn_until(struct crowd *c, double at_ms)
{
	while (clock_wall_ms() < at_ms)
		turn(c);
}

static void
open_all(struct crowd *c)
{
	double late_ms = clock_wall_ms() + OPEN_MS;

	while (c->nlive < c->nphones) {
		while (c->ndialled < c->nphones &&
		       c->ndialled - c->nlive < DIALS_MAX)
			dial(c);
		turn(c);
		if (c->ngone > 0)
			die(EX_UNAVAILABLE, "refused after %u", c->nlive);
		if (clock_wall_ms() > late_ms)
			die(EX_UNAVAILABLE, "only %u of %u are live", c->nlive,
			    c->nphones);
	}
}

static struct cost
cost_now(pid_t server, const pid_t *children, size_t n)
{
	struct cost cost = { 0 };
	size_t i;

	cost.server_ms = usage_processor_ms(server);
	cost.own_ms = usage_processor_ms(getpid());
	for (i = 0; i < n; i++)
		cost.children_ms += usage_processor_ms(children[i]);
	return cost;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
percentile(const struct crowd *c, double p)
{
	size_t i = (size_t)ceil((double)c->ndelays * p / 100);

	return c->ndelays == 0 ? NAN : c->delays_ms[i > 0 ? i - 1 : 0];
}

static void
print_delays(struct crowd *c)
{
	unsigned long sent = 0, lost = 0;
	unsigned int i;

	qsort(c->delays_ms, c->ndelays, sizeof(double), compare);
	if (c->ndelays > 0)
		sent = c->last_line - c->first_line + 1;
	for (i = 0; i < c->nlisteners; i++)
		lost +=
		    (unsigned long)labs((long)sent - (long)c->phones[i].nlines);
	printf("lines %zu\nlost %lu\ngone %u\n", c->ndelays, lost, c->ngone);
	printf("p50_ms %.2f\np99_ms %.2f\nmax_ms %.2f\n", percentile(c, 50),
	    percentile(c, 99), percentile(c, 100));
	if (c->flooding != NULL)
		printf("flood_mb %.1f\n",
		    (double)c->flooding->flooded_bytes / 1e6);
	if (c->stalled != NULL)
		printf("stalled_lines %lu\nstalled_of %lu\nstalled_told %lu\n",
		    c->stalled->nlines, sent, c->stalled->nskipping);
}

static void
print_costs(pid_t server, const pid_t *children, size_t n,
    const struct cost *before, const struct cost *after, double window_ms)
{
	long pss_kib = 0;
	size_t i;

	for (i = 0; i < n; i++)
		pss_kib += usage_pss_kib(children[i]);
	printf("window_s %.3f\nserver_cpu %.4f\nchildren_cpu %.4f\n"
	       "own_cpu %.4f\n",
	    window_ms / 1e3, (after->server_ms - before->server_ms) / window_ms,
	    (after->children_ms - before->children_ms) / window_ms,
	    (after->own_ms - before->own_ms) / window_ms);
	printf("server_pss_kib %ld\nchildren_pss_kib %ld\nchildren %zu\n",
	    usage_pss_kib(server), pss_kib, n);
}

static void
measure(struct crowd *c, pid_t server, double window_ms)
{
	pid_t *children = xcalloc(c->nphones + 64, sizeof(pid_t));
	struct cost before, after;
	double began_us;
	size_t n;

	n = usage_children(server, children, c->nphones + 64);
	if (c->stalled != NULL) {
		c->stalled->acked_ms = 0;
		c->stalled->acked_seq = 0;
		phone_ack(c->stalled, clock_wall_ms());
		watch(c, c->stalled, false);
	}
	before = cost_now(server, children, n);
	began_us = measure_us();
	c->from_ms = clock_wall_ms();
	c->to_ms = c->from_ms + window_ms;
	turn_until(c, c->to_ms);
	window_ms = (measure_us() - began_us) / 1e3;
	after = cost_now(server, children, n);
	turn_until(c, clock_wall_ms() + GRACE_MS);
	print_costs(server, children, n, &before, &after, window_ms);
	if (c->stalled != NULL) {
		watch(c, c->stalled, true);
		turn_until(c, clock_wall_ms() + GRACE_MS);
	}
	print_delays(c);
	free(children);
}

static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static const char usage[] =
    "usage: listeners [-f] [-s] -n N -t SECONDS -w WEBSOCKETD-PID PORT PATH\n";

int
main(int argc, char **argv)
{
	static const struct option longs[] = { { NULL, 0, NULL, 0 } };
	static const struct opt_spec spec = { "listeners", usage,
		"fsn:t:w:", longs, NULL };
	struct crowd c = { .from_ms = INFINITY,
		.to_ms = INFINITY,
		.first_line = (unsigned long)-1 };
	bool has_flood = false, has_stall = false;
	double began_us, seconds = 10;
	pid_t server = -1;
	int opt;

	while ((opt = opt_next(argc, argv, &spec)) != -1) {
		if (opt == 'f')
			has_flood = true;
		else if (opt == 's')
			has_stall = true;
		else if (opt == 'n')
			c.nlisteners =
			    (unsigned int)opt_num("-n", optarg, 1, 100000);
		else if (opt == 't')
			seconds = opt_real("-t", optarg, 0.1, 86400);
		else if (opt == 'w')
			server = (pid_t)opt_num("-w", optarg, 1, INT32_MAX);
	}
	if (argc - optind != 2 || server == -1 || c.nlisteners == 0)
		opt_fail("what to measure?");
	c.port = (int)opt_num("PORT", argv[optind], 1, 65535);
	c.path = argv[optind + 1];
	raise_limit();
	signal(SIGPIPE, SIG_IGN);
	c.nphones = c.nlisteners + has_flood + has_stall;
	c.phones = xcalloc(c.nphones, sizeof(*c.phones));
	if (has_flood)
		c.flooding = &c.phones[c.nlisteners];
	if (has_stall)
		c.stalled = &c.phones[c.nphones - 1];
	c.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	began_us = measure_us();
	open_all(&c);
	printf("opened_s %.2f\n", (measure_us() - began_us) / 1e6);
	/* What opening took must not count: let it come to rest. */
	turn_until(&c, clock_wall_ms() + 2000);
	measure(&c, server, seconds * 1e3);
	for (unsigned int i = 0; i < c.nphones; i++)
		phone_hang_up(&c.phones[i]);
	free(c.delays_ms);
	free(c.phones);
	return 0;
}
